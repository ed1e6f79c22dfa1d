/*
 * inbox: what is done with an envelope. We are ines, with a device and prekeys in a real store; maria
 * is entry.h's, and writes from her laptop with sessions of her own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/inbox.h"
#include "core/outbox_state.h"
#include "core/prekeys.h"
#include "core/receipts.h"
#include "core/seal.h"
#include "core/suites.h"
#include "crypto/content.h"
#include "crypto/keyfile.h"
#include "desk.h"
#include "unit.h"

#define DAY_MS (24ull * 3600 * 1000)
#define ONE_TIME 500

static struct port listener;
static char notices[4096]; /* all there were */
static struct session_party maria_party, our_party;
static struct session_bundle bundle; /* ours, as the relay would hand it out */
static struct key_dh *one_time;

/* Freed with the test. */
static struct buf *bufs[8];
static struct session *sessions[4];
static size_t buf_count, session_count;

static struct buf *
mine(struct buf *b)
{
	return bufs[buf_count++] = b;
}

static void
hear(struct port *p, struct core_event *ev)
{
	if (ev->kind == CORE_EV_NOTICE) {
		strncat(notices, ev->note.text, sizeof(notices) - strlen(notices) - 2);
		strcat(notices, "\n");
	}
	core_event_clear(ev);
}

/* Our record into the bundle, and a one-time prekey. */
static void
publish(void)
{
	Recado__SignedDeviceRecord *sr = NULL;
	Recado__DeviceRecord *rec = NULL;
	uint8_t private[KEY_LEN];
	struct buf *b = buf_new(0);

	ck_assert_int_eq(store_begin(desk.store), 0);
	ck_assert_int_eq(prekeys_record(&desk, desk.store, b), 0);
	ck_assert_int_eq(store_commit(desk.store), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_device_record__descriptor, buf_view(b), &sr), 0);
	ck_assert_int_eq(pb_unpack(&recado__device_record__descriptor, pb_view(sr->body), &rec), 0);
	memset(&bundle, 0, sizeof(bundle));
	bundle.signed_prekey_id = rec->signed_prekey_id;
	memcpy(bundle.signed_prekey, rec->signed_prekey.data, KEY_LEN);
	bundle.has_one_time = true;
	bundle.one_time_id = ONE_TIME;
	ck_assert_int_eq(key_dh_new(&one_time), 0);
	ck_assert_int_eq(key_dh_private(one_time, private), 0);
	ck_assert_int_eq(store_prekey_add(desk.store, STORE_PREKEY_ONE_TIME, ONE_TIME,
	                     (struct bytes){ private, KEY_LEN }, clock_now_ms()), 0);
	memcpy(bundle.one_time, key_dh_public(one_time), KEY_LEN);
	pb_free(&rec);
	pb_free(&sr);
	buf_free(&b);
}

/* The same with the last-resort prekey in place of the one-time one. */
static struct session_bundle
last_resort(void)
{
	struct session_bundle b = bundle;
	struct key_dh *k = NULL;

	ck_assert_int_eq(prekeys_get(&desk, STORE_PREKEY_LAST, bundle.signed_prekey_id, &k), 0);
	b.last_resort = true;
	b.one_time_id = bundle.signed_prekey_id;
	memcpy(b.one_time, key_dh_public(k), KEY_LEN);
	key_dh_free(&k);
	return b;
}

static void
setup(void)
{
	desk_setup();
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(keyfile_new(&desk.keys), 0);
	memset(desk.account.user_id, 3, STORE_USER);
	memset(desk.account.device_id, 4, STORE_DEVICE);
	memset(desk.account.binding_hash, 5, STORE_HASH);
	strcpy(desk.account.name, "ines");
	ck_assert_int_eq(outbox_open(&desk), 0);
	ck_assert_int_eq(inbox_open(&desk), 0);
	ck_assert_int_eq(receipts_open(&desk), 0);
	notices[0] = '\0';
	listener = (struct port){ .watching = true, .emit = hear };
	port_add(&desk, &listener);
	publish();
	seal_own_party(&desk, &our_party);
	memcpy(maria_party.user_id, identity_user_id(id), USER_ID_LEN);
	memcpy(maria_party.device_id, laptop->id, DEVICE_ID_LEN);
	memcpy(maria_party.binding_hash, laptop->binding.hash, HASH_LEN);
	memcpy(maria_party.identity_key, key_dh_public(laptop->dh), KEY_LEN);
}

static void
teardown(void)
{
	while (buf_count > 0)
		buf_free(&bufs[--buf_count]);
	while (session_count > 0)
		session_free(&sessions[--session_count]);
	port_remove(&listener);
	key_dh_free(&one_time);
	receipts_close(&desk);
	inbox_close(&desk);
	outbox_close(&desk);
	keyfile_free(&desk.keys);
	desk_teardown();
}

static struct session *
start(const struct session_party *from, const struct session_bundle *to, uint16_t suite)
{
	struct session_start st = { .suite = suite, .own = from, .peer = &our_party, .bundle = to,
		.own_identity = laptop->dh, .now = clock_now_ms() };
	struct session **s = &sessions[session_count++];

	ck_assert_int_eq(session_start(&st, s), 0);
	return *s;
}

static struct buf *
seal(struct session *s, Recado__Plaintext *pt)
{
	struct buf *plain = buf_new_secret(65536), *out = mine(buf_new(ENVELOPE_MAX));

	ck_assert_int_eq(pb_pack(pt, plain), 0);
	ck_assert_int_eq(session_seal(s, buf_view(plain), out), 0);
	buf_free(&plain);
	return out;
}

/* A text of maria's; she introduces herself. */
static struct buf *
says(struct session *s, uint8_t name, const char *text)
{
	struct content c = { .text = { (const uint8_t *)text, strlen(text) }, .recipient_count = 1,
		.sequence = name, .has_previous = name > 1, .written_at = PERSON_NOW };
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	Recado__Introduction intro = RECADO__INTRODUCTION__INIT;
	struct buf *b = buf_new(0), *out;
	uint8_t mh[HASH_LEN];

	memset(c.id, name, sizeof(c.id));
	memset(c.nonce, text[0], sizeof(c.nonce));
	memcpy(c.sender_user, maria_party.user_id, USER_ID_LEN);
	memcpy(c.sender_device, laptop->id, DEVICE_ID_LEN);
	memcpy(c.sender_binding, laptop->binding.hash, HASH_LEN);
	c.recipients = (const uint8_t(*)[USER_ID_LEN])desk.account.user_id;
	ck_assert_int_eq(
	    content_conversation(desk.account.user_id, maria_party.user_id, c.conversation), 0);
	ck_assert_int_eq(content_sign(&c, laptop->sign, b, mh), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_content__descriptor, buf_view(b), &pt.content), 0);
	intro.user_name = pb_data((struct bytes){ (const uint8_t *)"maria", 5 });
	intro.bindings = parts.entry.bindings;
	intro.n_bindings = parts.entry.n_bindings;
	intro.events = parts.entry.events;
	intro.n_events = parts.entry.n_events;
	pt.introduction = &intro;
	out = seal(s, &pt);
	pb_free(&pt.content);
	buf_free(&b);
	return out;
}

static int
take(const struct buf *envelope)
{
	return inbox_take(&desk, buf_view(envelope));
}

static uint32_t
kept(void)
{
	uint32_t n;

	ck_assert_int_eq(store_message_count(desk.store, STORE_LIST_INBOX, 0, &n), 0);
	return n;
}

static bool
is_seen(const struct buf *envelope)
{
	uint8_t hash[STORE_HASH];
	bool seen;

	ck_assert_int_eq(session_envelope_hash(buf_view(envelope), hash), 0);
	ck_assert_int_eq(store_seen(desk.store, hash, &seen), 0);
	return seen;
}

/* Taken off the relay, and nothing came of it. */
static void
refused(const struct buf *envelope)
{
	uint32_t before = kept();

	ck_assert_int_eq(take(envelope), 0);
	ck_assert(is_seen(envelope));
	ck_assert_uint_eq(kept(), before);
}

static void
drop_sessions(void)
{
	struct store_person p;

	ck_assert_int_eq(store_person_by_user(desk.store, maria_party.user_id, &p), 0);
	ck_assert_int_eq(store_session_drop_person(desk.store, p.id), 0);
}

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

/* The same envelope with one octet of its body changed. */
static struct buf *
spoilt(const struct buf *envelope)
{
	Recado__Envelope *e = NULL;
	struct buf *out = mine(buf_new(0));

	ck_assert_int_eq(pb_unpack(&recado__envelope__descriptor, buf_view(envelope), &e), 0);
	e->body.data[3] ^= 1;
	ck_assert_int_eq(pb_pack(e, out), 0);
	pb_free(&e);
	return out;
}

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
	ck_assert(seal_ready(&desk, laptop->id));
	ck_assert_int_eq(take(second), 0);
	ck_assert_uint_eq(kept(), 2);
	pb_free(&e);
}
END_TEST

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
	ck_assert_int_eq(take(end), 0);
	ck_assert(!seal_ready(&desk, laptop->id));
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

	tcase_add_checked_fixture(c, setup, teardown);
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
	tcase_add_test(c, a_tag_names_the_session_or_nothing_does);
	tcase_add_test(c, a_disconnect_erases_and_is_said);
	suite_add_tcase(s, c);
	return unit_run(s);
}
