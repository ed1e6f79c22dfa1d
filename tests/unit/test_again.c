/*
 * outbox: what is sealed again after a session was lost, while its recipient cannot be sent to.
 */
#include <string.h>

#include "base/clock.h"
#include "core/message.h"
#include "core/outbox_state.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "core/seal.h"
#include "crypto/keyfile.h"
#include "twin.h"
#include "unit.h"

static struct key_dh *prekey;
static int verdict; /* what stands against sending to rui */
static int64_t row;

bool __wrap_relay_listed(const struct engine *e);
int __wrap_trust_may_send(struct trust *t, const struct store_person *p, struct fault *f);

bool
__wrap_relay_listed(const struct engine *e)
{
	(void)e;
	return true;
}

int
__wrap_trust_may_send(struct trust *t, const struct store_person *p, struct fault *f)
{
	(void)t;
	return verdict == 0 ? 0 : fault_set(f, verdict, p->name, "something stands against it");
}

void __wrap_engine_status(struct engine *e, struct op *op);

/* A desk has no profile to tell of. */
void
__wrap_engine_status(struct engine *e, struct op *op)
{
	(void)e;
	(void)op;
}

static void
session_with_rui(void)
{
	struct session_bundle b = { .signed_prekey_id = 1 };
	struct session_party own, peer;
	struct session_start st = { .suite = 1, .own = &own, .peer = &peer, .bundle = &b,
		.own_identity = desk.keys->device_dh, .now = clock_now_ms() };
	struct session *s = NULL;

	seal_own_party(&desk, &own);
	memcpy(peer.user_id, rui.user_id, STORE_USER);
	memcpy(peer.device_id, tablet->id, STORE_DEVICE);
	memcpy(peer.binding_hash, tablet->binding.hash, STORE_HASH);
	memcpy(peer.identity_key, key_dh_public(tablet->dh), KEY_LEN);
	memcpy(b.signed_prekey, key_dh_public(prekey), KEY_LEN);
	ck_assert_int_eq(session_start(&st, &s), 0);
	ck_assert_int_eq(seal_keep(&desk, rui.id, s, 0, true), 0);
	session_free(&s);
}

static bool
has_it(void)
{
	bool has;

	ck_assert_int_eq(store_deposit_has(desk.store, row, tablet->id, &has), 0);
	return has;
}

static int
state(void)
{
	struct store_message m;

	ck_assert_int_eq(message_fields(&desk, row, &m), 0);
	return m.state;
}

/* A message to rui is sealed, and the session lost that it was sealed in. */
static void
setup(void)
{
	struct fault f = { 0 };

	twin_setup();
	verdict = 0;
	ck_assert_int_eq(keyfile_new(&desk.keys), 0);
	ck_assert_int_eq(key_dh_new(&prekey), 0);
	ck_assert_int_eq(outbox_open(&desk), 0);
	ck_assert_int_eq(receipts_open(&desk), 0);
	session_with_rui();
	ck_assert_int_eq(outbox_send(&desk, &rui, "ola", &row, &f), 0);
	outbox_seal_all(desk.outbox);
	ck_assert(has_it());
	ck_assert_int_eq(outbox_retry_person(&desk, rui.id, tablet->id), 0);
	ck_assert(!has_it());
}

static void
teardown(void)
{
	receipts_close(&desk);
	outbox_close(&desk);
	key_dh_free(&prekey);
	keyfile_free(&desk.keys);
	twin_teardown();
}

START_TEST(it_is_sealed_again)
{
	outbox_seal_all(desk.outbox);
	ck_assert(has_it());
}
END_TEST

START_TEST(it_waits_for_fresh_lists)
{
	verdict = ERR_CERT_REVOCATION;
	outbox_seal_all(desk.outbox);
	outbox_seal_all(desk.outbox);
	ck_assert(!has_it());
	ck_assert_int_eq(state(), CORE_ST_QUEUED);
	verdict = 0;
	outbox_seal_all(desk.outbox);
	ck_assert(has_it());
}
END_TEST

START_TEST(it_fails_with_the_reason)
{
	verdict = ERR_CERT_REVOKED;
	outbox_seal_all(desk.outbox);
	ck_assert_int_eq(state(), CORE_ST_FAILED);
	verdict = 0;
	outbox_seal_all(desk.outbox);
	ck_assert(!has_it());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("again");
	TCase *c = tcase_create("again");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, it_is_sealed_again);
	tcase_add_test(c, it_waits_for_fresh_lists);
	tcase_add_test(c, it_fails_with_the_reason);
	suite_add_tcase(s, c);
	return unit_run(s);
}
