#include "letterbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/inbox.h"
#include "core/outbox_state.h"
#include "core/prekeys.h"
#include "core/receipts.h"
#include "core/seal.h"
#include "crypto/content.h"
#include "crypto/keyfile.h"
#include "unit.h"

static struct port listener;
char notices[4096];
struct session_party maria_party, our_party;
struct session_bundle bundle;
static struct key_dh *one_time;

/* Freed with the test. */
static struct buf *bufs[8];
static struct session *sessions[4];
static size_t buf_count, session_count;

struct buf *
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

struct session_bundle
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

void
letterbox_setup(void)
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

void
letterbox_teardown(void)
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

struct session *
start(const struct session_party *from, const struct session_bundle *to, uint16_t suite)
{
	struct session_start st = { .suite = suite, .own = from, .peer = &our_party, .bundle = to,
		.own_identity = laptop->dh, .now = clock_now_ms() };
	struct session **s = &sessions[session_count++];

	ck_assert_int_eq(session_start(&st, s), 0);
	return *s;
}

struct buf *
seal(struct session *s, Recado__Plaintext *pt)
{
	struct buf *plain = buf_new_secret(65536), *out = mine(buf_new(ENVELOPE_MAX));

	ck_assert_int_eq(pb_pack(pt, plain), 0);
	ck_assert_int_eq(session_seal(s, buf_view(plain), out), 0);
	buf_free(&plain);
	return out;
}

struct buf *
introduced(struct session *s, Recado__Plaintext *pt)
{
	Recado__Introduction intro = RECADO__INTRODUCTION__INIT;
	struct buf *out;

	intro.user_name = pb_data((struct bytes){ (const uint8_t *)"maria", 5 });
	intro.bindings = parts.entry.bindings;
	intro.n_bindings = parts.entry.n_bindings;
	intro.events = parts.entry.events;
	intro.n_events = parts.entry.n_events;
	pt->introduction = &intro;
	out = seal(s, pt);
	pt->introduction = NULL;
	return out;
}

Recado__SignedContent *
text_of_maria(uint8_t name, const char *text)
{
	struct content c = { .text = { (const uint8_t *)text, strlen(text) }, .recipient_count = 1,
		.sequence = name, .has_previous = name > 1, .written_at = PERSON_NOW };
	Recado__SignedContent *sc = NULL;
	struct buf *b = buf_new(0);
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
	ck_assert_int_eq(pb_unpack(&recado__signed_content__descriptor, buf_view(b), &sc), 0);
	buf_free(&b);
	return sc;
}

struct buf *
says(struct session *s, uint8_t name, const char *text)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	struct buf *out;

	pt.content = text_of_maria(name, text);
	out = introduced(s, &pt);
	pb_free(&pt.content);
	return out;
}

int
take(const struct buf *envelope)
{
	return inbox_take(&desk, buf_view(envelope));
}

uint32_t
kept(void)
{
	uint32_t n;

	ck_assert_int_eq(store_message_count(desk.store, STORE_LIST_INBOX, 0, &n), 0);
	return n;
}

bool
is_seen(const struct buf *envelope)
{
	uint8_t hash[STORE_HASH];
	bool seen;

	ck_assert_int_eq(session_envelope_hash(buf_view(envelope), hash), 0);
	ck_assert_int_eq(store_seen(desk.store, hash, &seen), 0);
	return seen;
}

void
refused(const struct buf *envelope)
{
	uint32_t before = kept();

	ck_assert_int_eq(take(envelope), 0);
	ck_assert(is_seen(envelope));
	ck_assert_uint_eq(kept(), before);
}

void
drop_sessions(void)
{
	struct store_person p;

	ck_assert_int_eq(store_person_by_user(desk.store, maria_party.user_id, &p), 0);
	ck_assert_int_eq(store_session_drop_person(desk.store, p.id), 0);
}

struct buf *
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
