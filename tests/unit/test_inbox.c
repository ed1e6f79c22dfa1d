/*
 * inbox: what is done with an envelope.
 */
#include <string.h>

#include "base/clock.h"
#include "core/inbox.h"
#include "core/outbox_state.h"
#include "core/prekeys.h"
#include "core/seal.h"
#include "crypto/keyfile.h"
#include "letterbox.h"
#include "unit.h"

/* ------------------------------------------------------------------------------ beginnings */

START_TEST(a_stranger_is_introduced_and_heard)
{
	struct session *s = start(&maria_party, &bundle, 1);
	struct buf *first = says(s, 1, "ola"), *second = says(s, 2, "outra");
	struct key_dh *k = NULL;

	ck_assert_int_eq(take(first), 0);
	ck_assert_int_eq(take(second), 0);
	ck_assert_uint_eq(kept(), 2);
	ck_assert(seal_ready(&desk, laptop->id));
	ck_assert_int_eq(prekeys_get(&desk, STORE_PREKEY_ONE_TIME, ONE_TIME, &k), ERR_NOT_FOUND);
	ck_assert_int_eq(take(first), 0); /* acked again, not shown again */
	ck_assert_uint_eq(kept(), 2);
	ck_assert_str_eq(notices, "");
}
END_TEST

/* The envelope's hash is forgotten after 30 days and the session may be gone: what stands then is the
 * prekey that was erased, or the ephemeral that is remembered. */
START_TEST(an_initial_message_is_not_accepted_twice)
{
	struct session_bundle b = _i == 0 ? bundle : last_resort();
	struct session *s = start(&maria_party, &b, 1);
	struct buf *first = says(s, 1, "ola");

	ck_assert_int_eq(take(first), 0);
	ck_assert_uint_eq(kept(), 1);
	ck_assert_int_eq(store_expire(desk.store, clock_now_ms() + 31 * DAY_MS), 0);
	ck_assert(!is_seen(first));
	drop_sessions();
	refused(first);
	ck_assert(!seal_ready(&desk, laptop->id));
}
END_TEST

START_TEST(the_last_resort_is_said)
{
	struct session_bundle b = last_resort();
	struct session *s = start(&maria_party, &b, 1);
	struct buf *first = says(s, 1, "ola");

	ck_assert_int_eq(take(first), 0);
	ck_assert_uint_eq(kept(), 1);
	ck_assert_ptr_nonnull(strstr(notices, "last-resort"));
}
END_TEST

/* Whoever claims another binding, or another identity key, than the card signed for this device. */
START_TEST(a_session_begins_with_the_binding_that_is_proven)
{
	struct session_party claim = maria_party;
	struct key_dh *own = laptop->dh, *other = NULL;
	struct session *s;
	struct buf *first;

	ck_assert_int_eq(key_dh_new(&other), 0);
	if (_i == 0) {
		claim.binding_hash[31] ^= 1;
	} else {
		memcpy(claim.identity_key, key_dh_public(other), KEY_LEN);
		laptop->dh = other;
	}
	s = start(&claim, &bundle, 1);
	laptop->dh = own;
	first = says(s, 1, "ola");
	refused(first);
	ck_assert(!seal_ready(&desk, laptop->id));
	s = start(&maria_party, &bundle, 1); /* and it cost the prekey nothing */
	first = says(s, 1, "ola");
	ck_assert_int_eq(take(first), 0);
	ck_assert_uint_eq(kept(), 1);
	key_dh_free(&other);
}
END_TEST

START_TEST(an_initial_for_another_binding_of_ours_is_none)
{
	struct session *s;
	struct buf *first;

	our_party.binding_hash[0] ^= 1;
	s = start(&maria_party, &bundle, 1);
	first = says(s, 1, "ola");
	refused(first);
}
END_TEST

/* Somebody of that name was written to and is not known yet: the relay has to name her first. */
START_TEST(who_is_not_known_yet_waits_at_the_relay)
{
	struct store_person blank = { .name = "maria", .contact = CORE_CONTACT };
	struct session *s = start(&maria_party, &bundle, 1);
	struct buf *first = says(s, 1, "ola");
	struct fault f;

	ck_assert_int_eq(store_person_add(desk.store, &blank), 0);
	ck_assert_int_eq(take(first), ERR_AGAIN);
	ck_assert(!is_seen(first));
	ck_assert_uint_eq(kept(), 0);
	ck_assert(!seal_ready(&desk, laptop->id));
	ck_assert_int_eq(take(first), ERR_AGAIN); /* asked again, since the relay did not answer */
	ck_assert_int_eq(trust_learn(desk.trust, &blank, &parts.entry, &f), 0);
	ck_assert_int_eq(take(first), 0);
	ck_assert_uint_eq(kept(), 1);
}
END_TEST

/* ------------------------------------------------------------------------------ suites */

START_TEST(a_new_session_in_a_lesser_suite_is_refused)
{
	struct session *s = start(&maria_party, &bundle, 2), *lesser, *again;
	struct buf *first = says(s, 1, "ola"), *second, *third;
	struct session_bundle b = last_resort();

	ck_assert_int_eq(take(first), 0);
	drop_sessions();
	lesser = start(&maria_party, &b, 5);
	second = says(lesser, 2, "pior");
	refused(second);
	ck_assert_ptr_nonnull(strstr(notices, "ECDHE-AES256_GCM-SHA384"));
	ck_assert_ptr_nonnull(strstr(notices, "ECDHE-AES256_CBC-SHA256"));
	again = start(&maria_party, &b, 1); /* and a better one raises it */
	third = says(again, 3, "melhor");
	ck_assert_int_eq(take(third), 0);
	ck_assert_uint_eq(kept(), 2);
	drop_sessions();
	refused(second);
	lesser = start(&maria_party, &b, 2);
	second = says(lesser, 4, "de novo");
	refused(second);
}
END_TEST

START_TEST(a_suite_that_was_never_listed_is_refused)
{
	struct session *s = start(&maria_party, &bundle, 5);
	struct buf *first = says(s, 1, "ola");

	desk.config->suites = (struct suite_list){ { 1, 2 }, 2 };
	refused(first);
	ck_assert_ptr_nonnull(strstr(notices, "not offered"));
}
END_TEST

/* ------------------------------------------------------------------------------ broken sessions */

/* Asked for again, in a fresh session; once an hour. */
START_TEST(what_does_not_open_is_asked_for_once_an_hour)
{
	struct session_bundle b = last_resort();
	struct session *s = start(&maria_party, &bundle, 1), *fresh = start(&maria_party, &b, 1);
	struct buf *first = says(s, 1, "ola"), *lost = says(s, 2, "perdida"), *bad = spoilt(lost);
	struct buf *third = says(fresh, 3, "nova"), *fourth = says(fresh, 4, "outra"),
		   *worse = spoilt(fourth);

	ck_assert_int_eq(take(first), 0);
	refused(bad);
	ck_assert(!seal_ready(&desk, laptop->id));
	ck_assert_ptr_nonnull(strstr(notices, "the session is renewed"));
	ck_assert_int_eq(take(third), 0);
	ck_assert(seal_ready(&desk, laptop->id));
	notices[0] = '\0';
	refused(worse);
	ck_assert(seal_ready(&desk, laptop->id));
	ck_assert_ptr_nonnull(strstr(notices, "could not be opened"));
	ck_assert_ptr_null(strstr(notices, "renewed"));
	ck_assert_int_eq(take(fourth), 0); /* the session is as it was */
	ck_assert_uint_eq(kept(), 3);
}
END_TEST

static int
ask_count(void *arg, int64_t person, const uint8_t *device, const uint8_t *hash)
{
	(void)person;
	(void)hash;
	ck_assert_mem_eq(device, laptop->id, STORE_DEVICE);
	++*(unsigned *)arg;
	return 0;
}

static unsigned
asks(void)
{
	unsigned n = 0;

	ck_assert_int_eq(store_ask_each(desk.store, ask_count, &n), 0);
	return n;
}

/* The relay gave the one-time prekey out twice. Who is a contact is asked to write again, once an hour
 * and visibly; what anybody can forge makes no session unreadable. */
START_TEST(a_first_message_that_does_not_open_is_asked_for)
{
	struct session *s = start(&maria_party, &bundle, 1), *late = start(&maria_party, &bundle, 1);
	struct buf *first = says(s, 1, "ola"), *second = says(s, 2, "outra");
	struct buf *lost = says(late, 3, "perdida"), *more = says(late, 4, "mais");

	ck_assert_int_eq(take(first), 0);
	ck_assert_str_eq(notices, "");
	refused(lost);
	ck_assert_ptr_nonnull(strstr(notices, "asked for again"));
	ck_assert(!seal_ready(&desk, laptop->id)); /* the request goes in a fresh one */
	ck_assert_uint_eq(asks(), 1);
	notices[0] = '\0';
	refused(more);
	ck_assert_str_eq(notices, "");
	ck_assert_uint_eq(asks(), 1);
	ck_assert_int_eq(take(second), 0);
	ck_assert_uint_eq(kept(), 2);
}
END_TEST

START_TEST(a_stranger_s_that_does_not_open_is_not_asked_for)
{
	struct session *s = start(&maria_party, &bundle, 1);
	struct buf *first = says(s, 1, "ola");

	ck_assert_int_eq(store_prekey_drop(desk.store, STORE_PREKEY_ONE_TIME, ONE_TIME), 0);
	refused(first);
	ck_assert_str_eq(notices, "");
	ck_assert_uint_eq(asks(), 0);
}
END_TEST

/* No tag, no trying: not even the right key opens it. */
START_TEST(a_tag_names_the_session_or_nothing_does)
{
	struct session *s = start(&maria_party, &bundle, 1);
	struct buf *first = says(s, 1, "ola"), *second = says(s, 2, "outra"), *other = mine(buf_new(0));
	Recado__Envelope *e = NULL;

	ck_assert_int_eq(take(first), 0);
	ck_assert_int_eq(pb_unpack(&recado__envelope__descriptor, buf_view(second), &e), 0);
	e->tag.data[0] ^= 1;
	ck_assert_int_eq(pb_pack(e, other), 0);
	refused(other);
	ck_assert_int_eq(take(second), 0);
	ck_assert_uint_eq(kept(), 2);
	pb_free(&e);
}
END_TEST

/* We began a session with another device of hers. */
static void
meet_phone(void)
{
	struct session_party party = maria_party;
	struct session_start st = { .suite = 1, .own = &our_party, .peer = &party, .bundle = &bundle,
		.own_identity = desk.keys->device_dh, .now = PERSON_NOW };
	struct store_person p;
	struct session *s = NULL;

	memcpy(party.device_id, phone->id, DEVICE_ID_LEN);
	ck_assert_int_eq(store_person_by_user(desk.store, maria_party.user_id, &p), 0);
	ck_assert_int_eq(session_start(&st, &s), 0);
	ck_assert_int_eq(seal_keep(&desk, p.id, s, 0, true), 0);
	session_free(&s);
}

/* It is the word of the device that says it. */
START_TEST(a_disconnect_erases_and_is_said)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	Recado__Control control = RECADO__CONTROL__INIT;
	Recado__Disconnect bye = RECADO__DISCONNECT__INIT;
	struct session *s = start(&maria_party, &bundle, 1);
	struct buf *first = says(s, 1, "ola"), *end, *late;

	control.op_case = RECADO__CONTROL__OP_DISCONNECT;
	control.disconnect = &bye;
	pt.control = &control;
	end = seal(s, &pt);
	late = says(s, 2, "depois");
	ck_assert_int_eq(take(first), 0);
	meet_phone();
	ck_assert_int_eq(take(end), 0);
	ck_assert(!seal_ready(&desk, laptop->id));
	ck_assert(seal_ready(&desk, phone->id));
	ck_assert_ptr_nonnull(strstr(notices, "ended the session"));
	refused(late);
}
END_TEST

/* A one-shot command that waits for its mail to leave waits for that too. */
START_TEST(an_outbox_that_was_told_to_wait_is_not_idle)
{
	ck_assert(outbox_idle(&desk));
	outbox_pause(desk.outbox);
	ck_assert(!outbox_idle(&desk));
	outbox_offline(&desk);
	ck_assert(outbox_idle(&desk));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("inbox");
	TCase *c = tcase_create("inbox");

	tcase_add_checked_fixture(c, letterbox_setup, letterbox_teardown);
	tcase_add_test(c, a_stranger_is_introduced_and_heard);
	tcase_add_test(c, an_outbox_that_was_told_to_wait_is_not_idle);
	tcase_add_loop_test(c, an_initial_message_is_not_accepted_twice, 0, 2);
	tcase_add_test(c, the_last_resort_is_said);
	tcase_add_loop_test(c, a_session_begins_with_the_binding_that_is_proven, 0, 2);
	tcase_add_test(c, an_initial_for_another_binding_of_ours_is_none);
	tcase_add_test(c, who_is_not_known_yet_waits_at_the_relay);
	tcase_add_test(c, a_new_session_in_a_lesser_suite_is_refused);
	tcase_add_test(c, a_suite_that_was_never_listed_is_refused);
	tcase_add_loop_test(c, what_does_not_open_is_asked_for_once_an_hour, 0, 1);
	tcase_add_test(c, a_first_message_that_does_not_open_is_asked_for);
	tcase_add_test(c, a_stranger_s_that_does_not_open_is_not_asked_for);
	tcase_add_test(c, a_tag_names_the_session_or_nothing_does);
	tcase_add_test(c, a_disconnect_erases_and_is_said);
	suite_add_tcase(s, c);
	return unit_run(s);
}
