/*
 * renew: what lost sessions cost somebody with two devices. We are ines; maria has a laptop and a phone,
 * and a session with each is in the store.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/outbox.h"
#include "core/prekeys.h"
#include "core/seal.h"
#include "crypto/keyfile.h"
#include "desk.h"
#include "unit.h"

static struct port listener;
static int said;
static struct store_person maria;
static const uint8_t hash[STORE_HASH] = { 7 };

static void
hear(struct port *p, struct core_event *ev)
{
	said += ev->kind == CORE_EV_NOTICE;
	core_event_clear(ev);
}

static void
meet(const struct person_device *d)
{
	struct session_party own, peer = { 0 };
	struct session_bundle b = { .signed_prekey_id = 1 };
	struct session_start st = { .suite = 1, .own = &own, .peer = &peer, .bundle = &b,
		.own_identity = desk.keys->device_dh, .now = clock_now_ms() };
	struct key_dh *k = NULL;
	struct session *s = NULL;

	ck_assert_int_eq(key_dh_new(&k), 0);
	memcpy(b.signed_prekey, key_dh_public(k), KEY_LEN);
	seal_own_party(&desk, &own);
	memcpy(peer.device_id, d->id, DEVICE_ID_LEN);
	memcpy(peer.identity_key, key_dh_public(d->dh), KEY_LEN);
	ck_assert_int_eq(session_start(&st, &s), 0);
	ck_assert_int_eq(seal_keep(&desk, maria.id, s, 0, true), 0);
	ck_assert(seal_ready(&desk, d->id));
	session_free(&s);
	key_dh_free(&k);
}

static void
setup(void)
{
	desk_setup();
	ck_assert_int_eq(keyfile_new(&desk.keys), 0);
	memset(desk.account.device_id, 4, STORE_DEVICE);
	ck_assert_int_eq(store_prekey_add(desk.store, STORE_PREKEY_SIGNED, 1,
	                     (struct bytes){ hash, sizeof(hash) }, clock_now_ms()), 0);
	ck_assert_int_eq(outbox_open(&desk), 0);
	maria = (struct store_person){ .name = "maria", .user_id = { 3 } };
	ck_assert_int_eq(store_person_add(desk.store, &maria), 0);
	said = 0;
	listener = (struct port){ .watching = true, .emit = hear };
	port_add(&desk, &listener);
	meet(laptop);
	meet(phone);
}

static void
teardown(void)
{
	port_remove(&listener);
	outbox_close(&desk);
	keyfile_free(&desk.keys);
	desk_teardown();
}

static int
count(void *arg, int64_t person, const uint8_t *device, const uint8_t *of)
{
	++*(int *)arg;
	return 0;
}

static int
requests(void)
{
	int n = 0;

	ck_assert_int_eq(store_ask_each(desk.store, count, &n), 0);
	return n;
}

static bool
ask(const struct person_device *d, uint8_t name)
{
	uint8_t of[STORE_HASH] = { name };
	bool asked;

	ck_assert_int_eq(outbox_ask_again(&desk, maria.id, d->id, of, &asked), 0);
	return asked;
}

/* Each device has a session of its own to lose. */
START_TEST(each_device_is_asked_once_an_hour)
{
	ck_assert(ask(laptop, 1));
	ck_assert(!seal_ready(&desk, laptop->id));
	ck_assert(seal_ready(&desk, phone->id));
	ck_assert(ask(phone, 2));
	ck_assert(!seal_ready(&desk, phone->id));
	ck_assert_int_eq(requests(), 2);
	meet(laptop);
	ck_assert(!ask(laptop, 3));
	ck_assert(seal_ready(&desk, laptop->id));
	ck_assert_int_eq(requests(), 2);
}
END_TEST

/* And nobody is told that it is. */
START_TEST(what_is_not_ours_is_not_sent_again)
{
	bool again = true;

	ck_assert_int_eq(outbox_retry(&desk, maria.id, laptop->id, hash, &again), 0);
	ck_assert(!again);
}
END_TEST

/* No session of an older copy seals again: its next key has sealed something already. */
START_TEST(an_older_copy_keeps_no_session)
{
	ck_assert(ask(laptop, 1));
	meet(laptop);
	outbox_renew(&desk, hash);
	ck_assert(!seal_ready(&desk, laptop->id));
	ck_assert(!seal_ready(&desk, phone->id));
	ck_assert_int_eq(requests(), 3);
	ck_assert_int_eq(said, 1);
	meet(phone); /* the new one; once an hour is enough */
	outbox_renew(&desk, hash);
	ck_assert(seal_ready(&desk, phone->id));
	ck_assert_int_eq(said, 1);
}
END_TEST

/* What is not known here is said, also when there is no session to lose. */
START_TEST(it_is_said_without_sessions)
{
	ck_assert_int_eq(store_session_drop_person(desk.store, maria.id), 0);
	outbox_renew(&desk, hash);
	ck_assert_int_eq(said, 1);
	ck_assert_int_eq(requests(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("renew");
	TCase *c = tcase_create("renew");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, each_device_is_asked_once_an_hour);
	tcase_add_test(c, what_is_not_ours_is_not_sent_again);
	tcase_add_test(c, an_older_copy_keeps_no_session);
	tcase_add_test(c, it_is_said_without_sessions);
	suite_add_tcase(s, c);
	return unit_run(s);
}
