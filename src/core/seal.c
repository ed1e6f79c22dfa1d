#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "core/outbox.h"
#include "core/own.h"
#include "core/seal.h"
#include "core/suites.h"
#include "crypto/introduction.h"
#include "crypto/content.h"
#include "crypto/keyfile.h"
#include "crypto/rand.h"

#define SEAL_PLAIN_MAX (64 * 1024)
#define GENERATION_KEY 64
#define GENERATION_LEAP "generation.leap"
#define SEAL_SKEW_MS (24ull * 3600 * 1000)

void
seal_own_party(struct engine *e, struct session_party *out)
{
	memcpy(out->user_id, e->account.user_id, STORE_USER);
	memcpy(out->device_id, e->account.device_id, STORE_DEVICE);
	memcpy(out->binding_hash, e->account.binding_hash, STORE_HASH);
	memcpy(out->identity_key, key_dh_public(e->keys->device_dh), KEY_LEN);
}

bool
seal_ready(struct engine *e, const uint8_t *device)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	int64_t id;
	int r = store_session_by_device(e->store, device, &id, packed);

	buf_free(&packed);
	return r == 0;
}

bool
seal_possible(struct engine *e, const struct identity_device *d)
{
	struct fault f = { 0 };
	uint16_t suite;

	return d->record_number == 0 || suites_choose(e, d, &suite, &f) != ERR_SUITE;
}

bool
seal_wants(const struct engine *e, const struct identity_device *d)
{
	return d->removed_at == 0 && memcmp(d->id, e->account.device_id, STORE_DEVICE) != 0;
}

/* ------------------------------------------------------------------------------ sessions */

static int
keep(struct engine *e, const struct session *s, struct store_session *ss)
{
	uint8_t tags[SESSION_TAGS_MAX][SESSION_TAG];
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	int r = session_pack(s, packed);

	memcpy(ss->device, session_peer(s)->device_id, STORE_DEVICE);
	ss->oldest = session_oldest(s);
	ss->packed = buf_view(packed);
	ss->tags = (const uint8_t(*)[8])tags;
	ss->tag_count = session_tags(s, tags, SESSION_TAGS_MAX);
	if (r == 0)
		r = store_session_put(e->store, ss);
	buf_free(&packed);
	return r;
}

int
seal_keep(struct engine *e, int64_t person, const struct session *s, int64_t id, bool active)
{
	struct store_session ss = { .id = id, .person = person, .active = active };

	return keep(e, s, &ss);
}

static int
generation_next(struct engine *e, const uint8_t *device, char key[GENERATION_KEY], uint64_t *out)
{
	char hex[2 * STORE_DEVICE + 1];
	uint64_t leap;
	int r;

	hex_encode(device, STORE_DEVICE, hex);
	snprintf(key, GENERATION_KEY, "generation.%s", hex);
	if ((r = store_number_get(e->store, key, out)) != 0 ||
	    (r = store_number_get(e->store, GENERATION_LEAP, &leap)) != 0)
		return r;
	if (*out < leap)
		*out = leap;
	if (*out > SEAL_GENERATION_MAX)
		*out = SEAL_GENERATION_MAX;
	return 0;
}

int
seal_keep_new(struct engine *e, int64_t person, const struct session *s, uint64_t generation,
    bool active)
{
	struct store_session ss = { .person = person, .active = active, .generation = generation };
	char key[GENERATION_KEY];
	uint64_t next;
	int r = generation_next(e, session_peer(s)->device_id, key, &next);

	if (r == 0 && next <= generation)
		r = store_number_set(e->store, key, generation + 1);
	return r != 0 ? r : keep(e, s, &ss);
}

int
seal_leap_device(struct engine *e, const uint8_t *device)
{
	uint64_t next, now = clock_now_ms() / 1000;
	char key[GENERATION_KEY];
	int r = generation_next(e, device, key, &next);

	return r != 0 || next >= now ? r : store_number_set(e->store, key, now);
}

/* Seconds, since another copy of this store may leap, too, and later: nothing counts as fast. */
int
seal_leap(struct engine *e)
{
	return store_number_set(e->store, GENERATION_LEAP, clock_now_ms() / 1000);
}

/* Past its date, clocks being what they are. */
static bool
is_expired(const struct identity_device *d)
{
	uint64_t now = clock_now_ms();

	return now > SEAL_SKEW_MS && now - SEAL_SKEW_MS > d->signed_prekey_expires;
}

/* Said once about each record. */
static int
refuse_replaced(struct engine *e, const struct store_person *p, const struct identity_device *d,
    struct fault *f)
{
	char key[16 + 2 * STORE_DEVICE + 1] = "replaced.", line[sizeof(struct fault)];
	uint64_t said;

	fault_set(f, ERR_UNEXPECTED, p->name, "the relay shows keys of their device that it must have "
	    "replaced since");
	fault_hint(f, "What you write to it waits until the relay shows the newer ones.");
	hex_encode(d->id, STORE_DEVICE, key + strlen(key));
	if (store_number_get(e->store, key, &said) != 0 || said == d->record_number ||
	    store_number_set(e->store, key, d->record_number) != 0)
		return ERR_UNEXPECTED;
	fault_line(f, line, sizeof(line));
	engine_notice(e, p->name, line);
	return ERR_UNEXPECTED;
}

/* A device that is away replaces nothing, and keeps the key until it is back: an expired one is all that
 * an honest relay has of it. But who wrote since was there since, and published another first. */
int
seal_current(struct engine *e, const struct store_person *p, const Recado__Bundle *bundle,
    struct fault *f)
{
	const struct identity *i = trust_identity(e->trust, p);
	const struct identity_device *d = NULL;
	uint8_t device[STORE_DEVICE];
	uint64_t wrote;
	int r = pb_fixed(bundle->device_id, device, STORE_DEVICE);

	if (r == 0 && i != NULL)
		d = identity_find_device(i, device);
	if (r != 0 || d == NULL || d->record_number == 0 || !is_expired(d))
		return r;
	if ((r = store_message_newest(e->store, p->id, d->id, &wrote)) != 0)
		return r;
	return wrote > SEAL_SKEW_MS && wrote - SEAL_SKEW_MS > d->signed_prekey_expires
	    ? refuse_replaced(e, p, d, f)
	    : 0;
}

/* One-time prekey where there is one; otherwise the last resort of the signed record. */
static int
bundle_take(const Recado__Bundle *b, const struct identity_device *d, struct session_bundle *out)
{
	memset(out, 0, sizeof(*out));
	out->signed_prekey_id = d->signed_prekey_id;
	memcpy(out->signed_prekey, d->signed_prekey, 32);
	if (b->one_time != NULL) {
		out->has_one_time = true;
		out->one_time_id = b->one_time->id;
		return pb_fixed(b->one_time->key, out->one_time, 32);
	}
	if (d->last_resort_id != 0) {
		out->has_one_time = out->last_resort = true;
		out->one_time_id = d->last_resort_id;
		memcpy(out->one_time, d->last_resort, 32);
	}
	return 0;
}

int
seal_start(struct engine *e, const struct store_person *p, const Recado__Bundle *bundle,
    struct fault *f)
{
	const struct identity *i = trust_identity(e->trust, p);
	const struct identity_device *d = NULL;
	struct session_party own, peer;
	struct session_bundle sb;
	struct session_start st = { .own = &own, .peer = &peer, .bundle = &sb,
		.own_identity = e->keys->device_dh, .now = clock_now_ms() };
	uint8_t device[STORE_DEVICE];
	char key[GENERATION_KEY];
	struct session *s = NULL;
	uint64_t generation;
	int r;

	if ((r = pb_fixed(bundle->device_id, device, STORE_DEVICE)) != 0 || seal_ready(e, device))
		return r;
	if (i != NULL)
		d = identity_find_device(i, device);
	if (d == NULL || d->removed_at != 0 || d->record_number == 0)
		return ERR_NOT_FOUND;
	if ((r = suites_choose(e, d, &st.suite, f)) != 0 || (r = bundle_take(bundle, d, &sb)) != 0)
		return r;
	seal_own_party(e, &own);
	memcpy(peer.user_id, p->user_id, STORE_USER);
	memcpy(peer.device_id, d->id, STORE_DEVICE);
	memcpy(peer.binding_hash, d->binding_hash, STORE_HASH);
	memcpy(peer.identity_key, d->identity_key, KEY_LEN);
	if ((r = session_start(&st, &s)) == 0 && (r = store_begin(e->store)) == 0) {
		if ((r = generation_next(e, d->id, key, &generation)) == 0 &&
		    (r = seal_keep_new(e, p->id, s, generation, true)) == 0)
			r = suites_peer_raise(e, d->id, st.suite);
		/* What they said of ours in a session that we ended, we have not heard. */
		if (r == 0 && generation > 0 && !own_is(e, p))
			r = outbox_retry_person(e, p->id, d->id);
		r = store_end(e->store, r);
	}
	if (r == 0 && sb.last_resort)
		engine_notice(e, p->name, "this session began with the last-resort key of their device: the "
		    "relay had no one-time key of it left. Until they answer, whoever gets hold of that "
		    "key and this traffic could read it");
	if (r == 0 && is_expired(d))
		engine_notice(e, p->name, "this session began with an expired key of their device: it has not "
		    "been online for a month or more, or the relay withholds a newer key");
	session_free(&s);
	return r;
}

/* ------------------------------------------------------------------------------ plaintext */

/* Who we are, for somebody who has not answered yet. *self and *lean own what intro points to. */
static int
introduce(struct engine *e, Recado__Introduction *intro, Recado__DirectoryEntry **self,
    struct introduction *lean)
{
	const struct identity *i = trust_self(e->trust);
	struct buf *b = buf_new(0);
	int r = i != NULL ? identity_pack(i, b) : ERR_NOT_FOUND;

	if (r == 0)
		r = pb_unpack(&recado__directory_entry__descriptor, buf_view(b), self);
	if (r == 0)
		r = introduction_lean((*self)->bindings, (*self)->n_bindings, lean);
	if (r == 0) {
		intro->user_name = (*self)->user_name;
		intro->bindings = lean->list;
		intro->n_bindings = lean->count;
		intro->events = (*self)->events;
		intro->n_events = (*self)->n_events;
	}
	buf_free(&b);
	return r;
}

/* So many devices came and went that the list does not fit beside what is to be said: the name alone.
 * Who does not know us asks the relay for the rest. */
static void
introduce_briefly(Recado__Introduction *intro)
{
	intro->n_bindings = 0;
	intro->n_events = 0;
}

static int
seal_plain(struct session *s, const Recado__Plaintext *pt, struct buf *plain, struct buf *envelope)
{
	int r;

	buf_reset(plain);
	return (r = pb_pack(pt, plain)) != 0 ? r : session_seal(s, buf_view(plain), envelope);
}

static int
seal_on(struct engine *e, struct session *s, const struct store_session *ss, Recado__Plaintext *pt,
    struct buf *envelope)
{
	Recado__Introduction intro = RECADO__INTRODUCTION__INIT;
	Recado__LastDeposit last = RECADO__LAST_DEPOSIT__INIT;
	struct introduction lean = { 0 };
	Recado__DirectoryEntry *self = NULL;
	struct buf *plain = buf_new_secret(SEAL_PLAIN_MAX);
	uint8_t hash[STORE_HASH];
	int r = 0;

	pt->introduction = NULL;
	pt->last_deposit = NULL;
	pt->generation = 0;
	if (!session_answered(s)) {
		if ((r = introduce(e, &intro, &self, &lean)) != 0)
			goto out;
		pt->introduction = &intro;
		pt->generation = (uint32_t)ss->generation;
	}
	if (store_deposit_last(e->store, ss->device, &last.index, hash) == 0) {
		last.envelope_hash = pb_data((struct bytes){ hash, STORE_HASH });
		pt->last_deposit = &last;
	}
	r = seal_plain(s, pt, plain, envelope);
	if (r == ERR_LIMIT && pt->introduction != NULL) {
		introduce_briefly(&intro);
		r = seal_plain(s, pt, plain, envelope);
	}
out:
	pt->introduction = NULL;
	pt->last_deposit = NULL;
	introduction_clear(&lean);
	pb_free(&self);
	buf_free(&plain);
	return r;
}

int
seal_deposit(struct engine *e, const struct store_person *p, const uint8_t *device,
    Recado__Plaintext *pt, int64_t row)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX), *envelope = buf_new(ENVELOPE_MAX);
	struct store_deposit d = { .message = row, .person = p->id };
	struct store_session ss;
	struct session *s = NULL;
	int r = store_session_best(e->store, device, &ss, packed);

	if (r == 0 && !ss.active)
		r = ERR_NOT_FOUND;
	if (r != 0 || (r = session_unpack(buf_view(packed), &s)) != 0 ||
	    (r = seal_on(e, s, &ss, pt, envelope)) != 0 ||
	    (r = seal_keep(e, p->id, s, ss.id, true)) != 0 ||
	    (r = session_envelope_hash(buf_view(envelope), d.hash)) != 0 ||
	    (r = store_number_next(e->store, "deposit.number", &d.number)) != 0)
		goto out;
	memcpy(d.device, device, STORE_DEVICE);
	d.envelope = buf_view(envelope);
	r = store_deposit_add(e->store, &d);
out:
	session_free(&s);
	buf_free(&packed);
	buf_free(&envelope);
	return r;
}

bool
seal_answered(struct engine *e, const uint8_t *device)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	struct session *s = NULL;
	int64_t id;
	bool answered = store_session_by_device(e->store, device, &id, packed) == 0 &&
	    session_unpack(buf_view(packed), &s) == 0 && session_answered(s);

	session_free(&s);
	buf_free(&packed);
	return answered;
}

int
seal_deposit_all(struct engine *e, const struct store_person *p, Recado__Plaintext *pt, size_t *n,
    bool *waits)
{
	const struct identity *id = trust_identity(e->trust, p);
	const struct identity_device *d;
	bool large = false;
	size_t i;
	int r = 0;

	*n = 0;
	*waits = false;
	for (i = 0; id != NULL && r == 0 && (d = identity_device(id, i)) != NULL; i++) {
		if (!seal_wants(e, d) || !seal_ready(e, d->id))
			continue;
		r = seal_deposit(e, p, d->id, pt, 0);
		*n += r == 0;
		if (r == ERR_LIMIT) {
			large = true;
			*waits = *waits || !seal_answered(e, d->id);
			r = 0;
		}
	}
	return r == 0 && large ? ERR_LIMIT : r;
}

/* Also in a session that was given up for a new one, which has not begun yet. */
static int
disconnect_one(struct engine *e, const struct store_person *p, const uint8_t *device)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	Recado__Control control = RECADO__CONTROL__INIT;
	Recado__Disconnect bye = RECADO__DISCONNECT__INIT;
	int r = seal_ready(e, device) ? 0 : store_session_wake(e->store, device);

	control.op_case = RECADO__CONTROL__OP_DISCONNECT;
	control.disconnect = &bye;
	pt.control = &control;
	return r == 0 && seal_ready(e, device) ? seal_deposit(e, p, device, &pt, 0) : r;
}

int
seal_disconnect(struct engine *e, const struct store_person *p)
{
	const struct identity *id = trust_identity(e->trust, p);
	size_t i;
	int r = store_begin(e->store);

	if (r != 0)
		return r;
	for (i = 0; id != NULL && i < identity_device_count(id) && r == 0; i++)
		r = disconnect_one(e, p, identity_device(id, i)->id);
	if (r == 0)
		r = store_session_drop_person(e->store, p->id);
	return store_end(e->store, r);
}

/* ------------------------------------------------------------------------------ content */

static void
head_of(const struct identity *i, struct content_head *out)
{
	memcpy(out->user_id, identity_user_id(i), USER_ID_LEN);
	out->length = identity_list_length(i);
	memcpy(out->head, identity_list_head(i), HASH_LEN);
}

static int
content_fill(struct engine *e, const struct store_person *p, const struct store_message *m,
    struct content *c)
{
	int r;

	if ((r = hex_decode(m->id, 2 * CONTENT_ID_LEN, c->id, CONTENT_ID_LEN)) != 0 ||
	    (r = rand_secret(c->nonce, sizeof(c->nonce))) != 0 ||
	    (r = content_conversation(e->account.user_id, p->user_id, c->conversation)) != 0)
		return r;
	memcpy(c->sender_user, e->account.user_id, USER_ID_LEN);
	memcpy(c->sender_device, e->account.device_id, DEVICE_ID_LEN);
	memcpy(c->sender_binding, e->account.binding_hash, HASH_LEN);
	c->recipients = &p->user_id;
	c->recipient_count = 1;
	c->sequence = p->out_sequence + 1;
	c->has_previous = p->out_sequence > 0;
	memcpy(c->previous, p->out_previous, HASH_LEN);
	c->written_at = m->sent_at;
	c->text = (struct bytes){ (const uint8_t *)m->text, strlen(m->text) };
	return 0;
}

int
seal_content(struct engine *e, struct store_person *p, const struct store_message *m,
    Recado__SignedContent **sc)
{
	const struct identity *self = trust_self(e->trust), *peer = trust_identity(e->trust, p);
	struct content_head heads[2];
	struct content c = { .heads = heads, .head_count = 2 };
	struct buf *b = buf_new(0);
	uint8_t mh[HASH_LEN];
	int r;

	*sc = NULL;
	if (self == NULL || peer == NULL) {
		r = ERR_NOT_FOUND;
		goto out;
	}
	head_of(self, &heads[0]);
	head_of(peer, &heads[1]);
	if ((r = content_fill(e, p, m, &c)) != 0 ||
	    (r = content_sign(&c, e->keys->device_sign, b, mh)) != 0)
		goto out;
	p->out_sequence++;
	memcpy(p->out_previous, mh, HASH_LEN);
	if ((r = store_person_set(e->store, p)) == 0 &&
	    (r = store_message_sealed(e->store, m->row, mh, c.sequence, buf_view(b))) == 0)
		r = pb_unpack(&recado__signed_content__descriptor, buf_view(b), sc);
out:
	buf_free(&b);
	return r;
}
