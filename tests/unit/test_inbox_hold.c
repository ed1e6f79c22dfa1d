/*
 * inbox: mail whose sender the relay has to name first, and what is behind it. The linker puts a relay
 * of the test's here: what it is asked is noted, and it answers when the test says so.
 */
#include <string.h>

#include "core/inbox.h"
#include "core/own.h"
#include "core/relay.h"
#include "crypto/kdf.h"
#include "crypto/receipt.h"
#include "crypto/warrant.h"
#include "letterbox.h"
#include "unit.h"

/* The last of each kind. */
static struct request {
	conn_reply_fn *fn;
	void *arg;
	unsigned count;
} fetches, lookups;
static bool others, deaf;
static uint64_t moved;

int __wrap_relay_request(struct engine *e, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg);
bool __wrap_own_others(struct engine *e);
uint64_t __wrap_clock_mono_ms(void);

int
__wrap_relay_request(struct engine *e, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg)
{
	struct request *q = rq->op_case == RECADO__TO_RELAY__OP_FETCH ? &fetches
	    : rq->op_case == RECADO__TO_RELAY__OP_LOOKUP              ? &lookups
	                                                              : NULL;

	(void)e;
	if (q == NULL || (deaf && q == &lookups))
		return ERR_UNREACHABLE;
	q->fn = fn;
	q->arg = arg;
	q->count++;
	return 0;
}

bool
__wrap_own_others(struct engine *e)
{
	(void)e;
	return others;
}

uint64_t
__wrap_clock_mono_ms(void)
{
	return moved;
}

static void
setup(void)
{
	memset(&fetches, 0, sizeof(fetches));
	memset(&lookups, 0, sizeof(lookups));
	others = deaf = false;
	moved = 1000000;
	letterbox_setup();
}

/* What is due at once. */
static void
turn(void)
{
	ck_assert_int_ge(event_base_loop(desk.base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
}

/* The relay has these and nothing else; its chain of them is as long. */
static void
fetched(struct buf *const *mail, size_t n)
{
	Recado__ReplyBody reply = RECADO__REPLY_BODY__INIT;
	Recado__Fetched f = RECADO__FETCHED__INIT;
	Recado__ChainPart part = RECADO__CHAIN_PART__INIT;
	uint8_t hashes[4][STORE_HASH], head[32];
	ProtobufCBinaryData list[4];
	Recado__Mail m[4], *pm[4];
	size_t i;

	ck_assert_int_eq(
	    warrant_chain_start(desk.account.relay_id, desk.account.device_id, head), 0);
	for (i = 0; i < n; i++) {
		recado__mail__init(&m[i]);
		m[i].index = i + 1;
		m[i].envelope = pb_data(buf_view(mail[i]));
		pm[i] = &m[i];
		ck_assert_int_eq(kdf_sha256(buf_view(mail[i]), hashes[i]), 0);
		ck_assert_int_eq(warrant_chain_step(head, i + 1, hashes[i]), 0);
		list[i] = pb_data((struct bytes){ hashes[i], STORE_HASH });
	}
	part.first = 1;
	part.hashes = list;
	part.n_hashes = n;
	part.length = n;
	part.head = pb_data((struct bytes){ head, sizeof(head) });
	f.chain = &part;
	f.mail = pm;
	f.n_mail = n;
	reply.op_case = RECADO__REPLY_BODY__OP_FETCHED;
	reply.fetched = &f;
	fetches.fn(fetches.arg, 0, &reply);
}

static void
looked_up(uint32_t status)
{
	Recado__ReplyBody reply = RECADO__REPLY_BODY__INIT;

	reply.status = status;
	lookups.fn(lookups.arg, 0, &reply);
}

/* maria's, of her laptop, under a binding that nobody knows; and a text. */
static struct buf *
with_receipt(struct session *s, const uint8_t *message)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	struct receipt rc = { .kind = RECEIPT_KIND_DELIVERED, .time = PERSON_NOW };
	Recado__SignedReceipt *sr = NULL;
	struct buf *b = buf_new(0), *out;

	memcpy(rc.message, message, STORE_HASH);
	memcpy(rc.reader_user, maria_party.user_id, USER_ID_LEN);
	memcpy(rc.reader_device, laptop->id, DEVICE_ID_LEN);
	memset(rc.reader_binding, 0xbb, HASH_LEN);
	ck_assert_int_eq(receipt_sign(&rc, laptop->sign, b), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_receipt__descriptor, buf_view(b), &sr), 0);
	pt.receipts = &sr;
	pt.n_receipts = 1;
	pt.content = text_of_maria(1, "ola");
	out = introduced(s, &pt);
	pb_free(&pt.content);
	pb_free(&sr);
	buf_free(&b);
	return out;
}

/* Somebody was written to by the name of maria alone: who that is, the relay has to say. */
static void
name_written_to(void)
{
	struct store_person blank = { .name = "maria", .contact = CORE_CONTACT };

	ck_assert_int_eq(store_person_add(desk.store, &blank), 0);
}

static struct buf *
garbage(void)
{
	struct buf *b = mine(buf_new(0));

	ck_assert_int_eq(buf_put(b, "no envelope", 11), 0);
	return b;
}

START_TEST(a_receipt_for_nothing_of_ours_holds_nothing_up)
{
	static const uint8_t nothing[STORE_HASH] = { 9 };
	struct buf *first = with_receipt(start(&maria_party, &bundle, 1), nothing);

	ck_assert_int_eq(take(first), 0);
	ck_assert_uint_eq(kept(), 1);
}
END_TEST

/* It could be for what another device of ours sent; but who came with it is nobody to ask about. */
START_TEST(who_came_with_an_envelope_is_not_asked_about)
{
	static const uint8_t nothing[STORE_HASH] = { 9 };
	struct buf *first = with_receipt(start(&maria_party, &bundle, 1), nothing);
	struct store_person p;

	others = true;
	refused(first);
	ck_assert_uint_eq(lookups.count, 0);
	ck_assert_int_eq(store_person_by_user(desk.store, maria_party.user_id, &p), ERR_NOT_FOUND);
	ck_assert_str_eq(notices, "");
}
END_TEST

/* The relay's word is fetched once, and what it does not explain is done with; the next one waits a
 * moment. */
START_TEST(what_the_relay_answers_decides_and_not_at_once_again)
{
	struct session_bundle b = last_resort();
	struct buf *mail[] = { says(start(&maria_party, &bundle, 1), 1, "ola"),
		says(start(&maria_party, &b, 1), 2, "de novo") };

	name_written_to();
	inbox_fetch(&desk);
	fetched(mail, 2);
	ck_assert_uint_eq(lookups.count, 1);
	ck_assert_uint_eq(fetches.count, 1);
	ck_assert(!is_seen(mail[0]));
	looked_up(RECADO__STATUS__STATUS_NO_USER);
	ck_assert_uint_eq(fetches.count, 2);
	fetched(mail, 2);
	ck_assert(is_seen(mail[0]) && !is_seen(mail[1]));
	ck_assert_uint_eq(lookups.count, 2);
	moved += 100;
	looked_up(RECADO__STATUS__STATUS_NO_USER);
	turn();
	ck_assert_uint_eq(fetches.count, 2);
	ck_assert(inbox_fetching(&desk)); /* a command waits for it */
}
END_TEST

/* The relay does not say who it is: nothing spins, and what is behind it comes after a minute; itself it
 * stays at the relay, and is no sign of an older copy. */
START_TEST(what_the_relay_does_not_answer_is_passed_over)
{
	struct buf *mail[] = { says(start(&maria_party, &bundle, 1), 1, "ola"), garbage() };

	name_written_to();
	inbox_fetch(&desk);
	for (int i = 0; i < 6; i++) {
		fetched(mail, 2);
		ck_assert_uint_eq(lookups.count, i + 1);
		ck_assert(!is_seen(mail[1]));
		looked_up(RECADO__STATUS__STATUS_RATE_LIMIT);
		turn();
		ck_assert_uint_eq(fetches.count, i + 1);
		moved += 10000;
		inbox_fetch(&desk); /* its time has come */
	}
	fetched(mail, 2);
	ck_assert_uint_eq(lookups.count, 6);
	ck_assert(!is_seen(mail[0]) && is_seen(mail[1]));
	ck_assert_str_eq(notices, "");
	turn();
	ck_assert_uint_eq(fetches.count, 7);
}
END_TEST

START_TEST(a_relay_that_cannot_be_asked_is_not_asked_at_once_again)
{
	struct buf *mail[] = { says(start(&maria_party, &bundle, 1), 1, "ola") };

	name_written_to();
	deaf = true;
	inbox_fetch(&desk);
	fetched(mail, 1);
	turn();
	ck_assert_uint_eq(fetches.count, 1);
	ck_assert(!is_seen(mail[0]));
}
END_TEST

/* ------------------------------------------------------------------------------ no list */

/* A text of maria's, whose list does not fit the envelope. */
static struct buf *
brief(struct session *s)
{
	size_t bindings = parts.entry.n_bindings, events = parts.entry.n_events;
	struct buf *out;

	parts.entry.n_bindings = parts.entry.n_events = 0;
	out = says(s, 1, "ola");
	parts.entry.n_bindings = bindings;
	parts.entry.n_events = events;
	return out;
}

/* The relay shows maria, as the user that was asked for. */
static void
shown(const uint8_t *user_id)
{
	Recado__ReplyBody reply = RECADO__REPLY_BODY__INIT;
	Recado__DirectoryEntry entry = parts.entry;

	entry.user_id = pb_data((struct bytes){ user_id, USER_ID_LEN });
	entry.user_name = pb_data((struct bytes){ (const uint8_t *)"maria", 5 });
	reply.op_case = RECADO__REPLY_BODY__OP_ENTRY;
	reply.entry = &entry;
	lookups.fn(lookups.arg, 0, &reply);
}

static bool
is_known(void)
{
	struct store_person p;

	return store_person_by_user(desk.store, maria_party.user_id, &p) == 0;
}

START_TEST(a_stranger_without_a_list_is_shown_by_the_relay)
{
	struct buf *mail[] = { brief(start(&maria_party, &bundle, 1)) };

	if (_i == 1)
		name_written_to();
	inbox_fetch(&desk);
	fetched(mail, 1);
	ck_assert_uint_eq(lookups.count, 1);
	ck_assert(!is_seen(mail[0]) && !is_known());
	shown(maria_party.user_id);
	ck_assert(is_known());
	ck_assert_uint_eq(fetches.count, 2);
	fetched(mail, 1);
	ck_assert(is_seen(mail[0]));
	ck_assert_uint_eq(kept(), 1);
}
END_TEST

START_TEST(whom_the_relay_does_not_show_is_not_heard)
{
	static const uint8_t other[USER_ID_LEN] = { 7 };
	struct buf *mail[] = { brief(start(&maria_party, &bundle, 1)) };

	inbox_fetch(&desk);
	fetched(mail, 1);
	if (_i == 0)
		looked_up(RECADO__STATUS__STATUS_NO_USER);
	else
		shown(other);
	fetched(mail, 1);
	ck_assert(is_seen(mail[0]) && !is_known());
	ck_assert_uint_eq(kept(), 0);
	ck_assert_uint_eq(lookups.count, 1);
	ck_assert_str_eq(notices, "");
}
END_TEST

/* A contact is asked for again, since the device may be new; but the list has to have it. */
START_TEST(a_device_that_no_list_has_is_not_heard)
{
	struct session_party claim = maria_party;
	struct store_person p;
	struct fault f;
	struct buf *mail[1];

	claim.binding_hash[0] ^= 1;
	mail[0] = brief(start(&claim, &bundle, 1));
	ck_assert_int_eq(trust_person(desk.trust, &parts.entry, &p, &f), 0);
	inbox_fetch(&desk);
	fetched(mail, 1);
	ck_assert_uint_eq(lookups.count, 1);
	ck_assert(!is_seen(mail[0]));
	shown(maria_party.user_id);
	fetched(mail, 1);
	ck_assert(is_seen(mail[0]));
	ck_assert_uint_eq(kept(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("inbox_hold");
	TCase *c = tcase_create("inbox_hold");

	tcase_add_checked_fixture(c, setup, letterbox_teardown);
	tcase_add_test(c, a_receipt_for_nothing_of_ours_holds_nothing_up);
	tcase_add_test(c, who_came_with_an_envelope_is_not_asked_about);
	tcase_add_test(c, what_the_relay_answers_decides_and_not_at_once_again);
	tcase_add_test(c, what_the_relay_does_not_answer_is_passed_over);
	tcase_add_loop_test(c, a_stranger_without_a_list_is_shown_by_the_relay, 0, 2);
	tcase_add_loop_test(c, whom_the_relay_does_not_show_is_not_heard, 0, 2);
	tcase_add_test(c, a_device_that_no_list_has_is_not_heard);
	tcase_add_test(c, a_relay_that_cannot_be_asked_is_not_asked_at_once_again);
	suite_add_tcase(s, c);
	return unit_run(s);
}
