/*
 * mailbox: our copy of the relay's chain over our mailbox, and what senders say it must hold.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/mailbox.h"
#include "crypto/warrant.h"
#include "desk.h"
#include "unit.h"

#define MINUTE 60000ull

/* Of an honest relay with n envelopes, whose hashes are 1, 2, ...: what it says from first on. */
static void
extend(uint64_t first, uint64_t n)
{
	Recado__ChainPart part = RECADO__CHAIN_PART__INIT;
	uint8_t hashes[16][STORE_HASH], head[32];
	ProtobufCBinaryData list[16];
	uint64_t i;

	ck_assert_int_eq(
	    warrant_chain_start(desk.account.relay_id, desk.account.device_id, head), 0);
	for (i = 1; i <= n; i++) {
		memset(hashes[i], (int)i, STORE_HASH);
		ck_assert_int_eq(warrant_chain_step(head, i, hashes[i]), 0);
		if (i >= first)
			list[part.n_hashes++] = pb_data((struct bytes){ hashes[i], STORE_HASH });
	}
	part.first = first;
	part.hashes = list;
	part.length = n;
	part.head = pb_data((struct bytes){ head, sizeof(head) });
	mailbox_extend(&desk, &part);
}

static void
says(uint64_t index, uint8_t hash)
{
	Recado__LastDeposit last = RECADO__LAST_DEPOSIT__INIT;
	uint8_t octets[STORE_HASH];

	memset(octets, hash, sizeof(octets));
	last.index = index;
	last.envelope_hash = pb_data((struct bytes){ octets, sizeof(octets) });
	ck_assert_int_eq(mailbox_compare(&desk, &last), 0);
}

static bool
broken(void)
{
	char *what = store_text_get(desk.store, "chain.broken");
	bool is = what != NULL;

	free(what);
	return is;
}

START_TEST(an_honest_relay_looks_honest)
{
	extend(1, 3);
	says(2, 2);
	says(5, 5); /* warranted after what we were told */
	says(4, 4);
	ck_assert(!broken());
	extend(4, 5);
	says(5, 5);
	extend(6, 5);
	ck_assert_uint_eq(mailbox_length(&desk), 5);
	ck_assert(!broken());
}
END_TEST

START_TEST(another_envelope_under_an_index)
{
	char *what;

	extend(1, 3);
	says(2, 9);
	ck_assert(broken());
	what = store_text_get(desk.store, "chain.broken");
	ck_assert_ptr_nonnull(strstr(what, "a sender says")); /* and shows no warrant */
	free(what);
}
END_TEST

START_TEST(another_envelope_under_a_later_index)
{
	extend(1, 3);
	says(5, 9);
	ck_assert(!broken());
	extend(4, 4);
	ck_assert(!broken());
	extend(5, 5);
	ck_assert(broken());
}
END_TEST

/* Warranted to its sender, and a minute later the relay's account of the mailbox still ends before. */
START_TEST(an_index_beyond_a_later_head)
{
	uint8_t hash[STORE_HASH] = { 5 };
	uint64_t now = clock_now_ms();

	extend(1, 3);
	ck_assert_int_eq(store_claim_add(desk.store, 4, hash, now - MINUTE / 2), 0);
	extend(4, 3); /* an answer to what was asked before the claim came */
	ck_assert(!broken());
	ck_assert_int_eq(store_claim_add(desk.store, 5, hash, now - 2 * MINUTE), 0);
	extend(4, 3);
	ck_assert(broken());
}
END_TEST

START_TEST(nonsense_says_nothing)
{
	Recado__LastDeposit last = RECADO__LAST_DEPOSIT__INIT;

	extend(1, 3);
	last.index = 2;
	ck_assert_int_eq(mailbox_compare(&desk, &last), 0);
	says(0, 9);
	says(UINT64_MAX, 9);
	ck_assert(!broken());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("core mailbox");
	TCase *c = tcase_create("mailbox");

	tcase_add_checked_fixture(c, desk_setup, desk_teardown);
	tcase_add_test(c, an_honest_relay_looks_honest);
	tcase_add_test(c, another_envelope_under_an_index);
	tcase_add_test(c, another_envelope_under_a_later_index);
	tcase_add_test(c, an_index_beyond_a_later_head);
	tcase_add_test(c, nonsense_says_nothing);
	suite_add_tcase(s, c);
	return unit_run(s);
}
