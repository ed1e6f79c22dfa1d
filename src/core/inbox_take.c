/*
 * One envelope. The tag it shows names the session it belongs to; there is no trying of others. An
 * envelope with X3DH data that no session knows begins one: then who sent it is not known before it
 * is open, and the introduction inside is judged before anything else in it counts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/inbox.h"
#include "core/letter.h"
#include "core/outbox.h"
#include "core/own.h"
#include "core/prekeys.h"
#include "core/seal.h"
#include "core/suites.h"
#include "crypto/introduction.h"
#include "crypto/keyfile.h"

struct opening {
	struct engine *e;
	struct bytes envelope;
	struct session_peek peek;
	struct store_session kept; /* id 0: a new session */
	struct session *session, *next;
	struct buf *plain;
	Recado__Plaintext *pt;
	struct store_person person;
	struct fault why; /* a new session refused, as the user should hear it */
	bool lost; /* the peer began anew: the session we knew is gone */
	bool only; /* we know no other session with the device */
};

/* Who is blocked fills no screen. */
static void
tell(const struct opening *o, const char *text)
{
	if (o->person.contact != CORE_CONTACT_BLOCKED)
		engine_notice(o->e, o->person.name, text);
}

static void
opening_clear(struct opening *o)
{
	session_free(&o->session);
	session_free(&o->next);
	pb_free(&o->pt);
	buf_free(&o->plain);
}

/* ------------------------------------------------------------------------------ known sessions */

static int
open_known(struct opening *o)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	int r = store_session_by_tag(o->e->store, o->peek.tag, &o->kept, packed);

	if (r == 0)
		r = session_unpack(buf_view(packed), &o->session);
	if (r == 0)
		r = session_open(o->session, o->envelope, clock_now_ms(), &o->next, o->plain);
	if (r == 0)
		r = store_person_by_id(o->e->store, o->kept.person, &o->person);
	buf_free(&packed);
	return r;
}

/* ------------------------------------------------------------------------------ new sessions */

static int
accept_keys(struct opening *o, struct key_dh **spk, struct key_dh **opk)
{
	const struct session_peek *k = &o->peek;
	int r = prekeys_get(o->e, STORE_PREKEY_SIGNED, k->signed_prekey_id, spk);

	if (r == 0 && k->has_one_time)
		r = prekeys_get(o->e, k->last_resort ? STORE_PREKEY_LAST : STORE_PREKEY_ONE_TIME,
		    k->one_time_id, opk);
	return r;
}

static int
open_initial(struct opening *o)
{
	const struct identity *self = trust_self(o->e->trust);
	struct session_party own;
	struct key_dh *spk = NULL, *opk = NULL;
	struct session_accept a = { .peek = &o->peek, .own = &own,
		.own_identity = o->e->keys->device_dh, .now = clock_now_ms() };
	int r;

	seal_own_party(o->e, &own);
	/* They may know an older binding of ours than the newest: it is a name for us all the same. */
	if (memcmp(o->peek.recipient_binding, own.binding_hash, STORE_HASH) != 0 &&
	    (self == NULL || !identity_certified(self, own.device_id, o->peek.recipient_binding)))
		return ERR_UNEXPECTED;
	memcpy(own.binding_hash, o->peek.recipient_binding, STORE_HASH);
	if ((r = accept_keys(o, &spk, &opk)) != 0)
		goto out;
	a.signed_prekey = spk;
	a.one_time = opk;
	memset(&o->kept, 0, sizeof(o->kept));
	if ((r = session_accept(&a, &o->session)) == 0)
		r = session_open(o->session, o->envelope, a.now, &o->next, o->plain);
out:
	key_dh_free(&spk);
	key_dh_free(&opk);
	return r;
}

/* Which session with a device is the one to answer on, in whatever order their mail comes: the newer;
 * if both sides began at once, both choose by the same rule. Who begins anew has lost what we shared
 * before. Where ours was given up and no other has begun, its mail is read and it stays given up. */
static int
choose_active(struct opening *o, uint64_t generation, bool *active, bool *lost)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	struct session *other = NULL;
	struct store_session best;
	int r = store_session_best(o->e->store, session_peer(o->next)->device_id, &best, packed);

	*active = o->kept.id == 0;
	*lost = false;
	if (r == 0 && (r = session_unpack(buf_view(packed), &other)) == 0) {
		bool newer = generation > best.generation ||
		    (generation == best.generation && session_compare(other, o->next) > 0);

		if (best.active)
			*active = newer;
		if (generation > best.generation || !session_answered(other))
			r = store_session_older(
			    o->e->store, best.device, generation, lost);
	}
	o->only = r == ERR_NOT_FOUND;
	session_free(&other);
	buf_free(&packed);
	return r == ERR_NOT_FOUND ? 0 : r;
}

/* What came in a known session that we do not seal on may say that we should. */
static int
keep_known(struct opening *o)
{
	bool active = o->kept.active, lost;
	int r = active ? 0 : choose_active(o, o->kept.generation, &active, &lost);

	return r != 0 ? r : seal_keep(o->e, o->person.id, o->next, o->kept.id, active);
}

static int
keep_new(struct opening *o)
{
	struct store *s = o->e->store;
	const uint8_t *device = o->peek.sender.device_id;
	bool active, lost;
	int r = suites_accept(o->e, device, o->peek.suite, &o->why);

	if (r == 0)
		r = suites_peer_raise(o->e, device, o->peek.suite);
	if (r == 0)
		r = store_ephemeral_add(s, o->peek.signed_prekey_id, o->peek.ephemeral);
	if (r == 0 && o->peek.has_one_time && !o->peek.last_resort)
		r = store_prekey_drop(s, STORE_PREKEY_ONE_TIME, o->peek.one_time_id);
	if (r == 0)
		r = choose_active(o, o->kept.generation, &active, &lost);
	if (r == 0)
		r = seal_keep_new(o->e, o->person.id, o->next, o->kept.generation, active);
	o->lost = lost;
	/* After sessions that one side ended, too, something of ours may not have been heard. */
	if (r == 0 && (lost || (o->only && o->kept.generation > 0)))
		r = outbox_retry_person(o->e, o->person.id, device);
	return r;
}

/* More devices came and went than fit an envelope: the relay has the list. */
static bool
is_brief(const Recado__Introduction *in)
{
	return in != NULL && in->n_bindings == 0 && in->n_events == 0;
}

/* Who a stranger says to be, judged; the person gets into the store with it. */
static int
introduced(struct opening *o)
{
	Recado__DirectoryEntry entry = RECADO__DIRECTORY_ENTRY__INIT;
	Recado__Introduction *in = o->pt->introduction;
	const struct identity *known;
	struct introduction full = { 0 };
	struct fault f = { 0 };
	int r = store_person_by_user(o->e->store, o->peek.sender.user_id, &o->person);

	if (r != 0 && r != ERR_NOT_FOUND)
		return r;
	if (in == NULL)
		return r;
	entry.user_id = pb_data((struct bytes){ o->peek.sender.user_id, STORE_USER });
	entry.user_name = in->user_name;
	entry.events = in->events;
	entry.n_events = in->n_events;
	/* An introduction may know less than we do by now: what we know stays. */
	known = r == 0 ? trust_identity(o->e->trust, &o->person) : NULL;
	if (is_brief(in))
		return known != NULL && identity_certified(known, o->peek.sender.device_id,
		                            o->peek.sender.binding_hash) ? 0 : ERR_AGAIN;
	if (known != NULL && identity_list_length(known) >= in->n_events)
		return 0;
	if ((r = introduction_full(in->bindings, in->n_bindings, &full)) == 0) {
		entry.bindings = full.list;
		entry.n_bindings = full.count;
		r = trust_person(o->e->trust, &entry, &o->person, &f);
	}
	introduction_clear(&full);
	if (r != 0)
		log_warn(o->e->log, "inbox", "an introduction is refused: %s %s", err_name(r), f.what);
	return r;
}

/* ------------------------------------------------------------------------------ both */

/* The device at the other end must be the one its identity proves, and live; a session begins with
 * a binding that is known of it. (A card that is renewed later changes that, not the session.) */
static int
device_proven(struct opening *o, const struct identity_device **out)
{
	const struct session_party *peer = session_peer(o->next);
	const struct identity *i = trust_identity(o->e->trust, &o->person);
	const struct identity_device *d =
	    i != NULL ? identity_find_device(i, peer->device_id) : NULL;

	*out = d;
	if (d == NULL || d->removed_at != 0)
		return ERR_UNTRUSTED;
	if (memcmp(peer->user_id, identity_user_id(i), USER_ID_LEN) != 0 ||
	    memcmp(peer->identity_key, d->identity_key, KEY_LEN) != 0 ||
	    (o->kept.id == 0 && !identity_certified(i, d->id, peer->binding_hash)))
		return ERR_UNTRUSTED;
	return 0;
}

static int
keep(struct opening *o, const uint8_t *hash, struct letter_news *news)
{
	const struct identity_device *d = NULL;
	struct store *s = o->e->store;
	struct fault f = { 0 };
	int r = store_begin(s);

	if (r != 0)
		return r;
	if (o->kept.id == 0)
		r = introduced(o);
	if (r == 0 && (r = device_proven(o, &d)) == 0)
		r = trust_may_receive(o->e->trust, &o->person, &f);
	if (o->kept.id == 0)
		o->kept.generation = o->pt->generation;
	if (r == 0)
		r = o->kept.id == 0 ? keep_new(o) : keep_known(o);
	if (r == 0)
		r = letter_read(o->e, &o->person, d, o->pt, news);
	/* Their other devices speak for themselves; and what began after it is another session. */
	if (r == 0 && news->ended)
		r = store_session_drop_upto(s, d->id, o->kept.generation);
	if (r == 0)
		r = store_seen_add(s, hash, clock_now_ms());
	return store_end(s, r);
}

/* Failures of ours, and waiting, keep the envelope at the relay; everything else is its own fault. */
static bool
is_ours(int r)
{
	return r == ERR_AGAIN || err_is_local(r);
}

/* A first message that does not open: its prekey was used, perhaps because the relay gave it to two.
 * Whom it names proves nothing; a contact is asked all the same, and our sessions with them stay
 * readable. Their session is of a generation that we cannot know: the one that asks is newer. */
static int
ask_named(struct opening *o, const uint8_t *hash, bool *asked)
{
	const uint8_t *device = o->peek.sender.device_id;
	const struct identity_device *d;
	const struct identity *i;
	struct store_person p;
	int r = store_person_by_user(o->e->store, o->peek.sender.user_id, &p);

	if (r != 0)
		return r == ERR_NOT_FOUND ? 0 : r;
	if (p.contact != CORE_CONTACT && !own_is(o->e, &p))
		return 0;
	i = trust_identity(o->e->trust, &p);
	d = i != NULL ? identity_find_device(i, device) : NULL;
	if (d == NULL || d->removed_at != 0 || !seal_wants(o->e, d))
		return 0;
	o->person = p;
	if ((r = outbox_ask_again(o->e, p.id, device, hash, asked)) == 0)
		r = seal_leap_device(o->e, device);
	return r;
}

static int
quarantine(struct opening *o, const uint8_t *hash, int why)
{
	struct store *s = o->e->store;
	static const char renewed[] =
	    "a message could not be opened; the session is renewed and it is asked for again";
	char line[sizeof(struct fault)];
	const char *said = NULL;
	bool asked = false, initial = o->kept.id == 0 && o->peek.initial && o->pt == NULL;
	int r;

	if (is_ours(why))
		return why;
	log_warn(o->e->log, "inbox", "mail that does not open: %s", err_name(why));
	if ((r = store_begin(s)) != 0)
		return r;
	if (o->kept.id != 0 && why != ERR_REPLAY && o->pt == NULL &&
	    store_person_by_id(s, o->kept.person, &o->person) == 0) {
		r = outbox_ask_again(o->e, o->kept.person, o->kept.device, hash, &asked);
		said = asked ? renewed : "a message could not be opened";
	} else if (o->person.id != 0 && o->why.code == ERR_SUITE) {
		/* Who they say, and may write, but not in this suite: again, in a session of ours. */
		fault_line(&o->why, line, sizeof(line));
		if (store_person_by_id(s, o->person.id, &o->person) == 0)
			r = outbox_ask_again(o->e, o->person.id, o->peek.sender.device_id, hash, &asked);
		said = line;
	} else if (initial && why != ERR_REPLAY) {
		r = ask_named(o, hash, &asked);
		said = asked ? renewed : NULL;
	} else if (o->person.id != 0) {
		said = "a message of theirs could not be believed";
	}
	if (r == 0)
		r = store_seen_add(s, hash, clock_now_ms());
	r = store_end(s, r);
	if (r == 0 && said != NULL)
		tell(o, said);
	if (r == 0 && asked)
		outbox_kick(o->e);
	return r;
}

/* It waits for the relay's word about its sender, who is known here, at least by name (whoever came
 * into the store with it went with it), or has left it to the relay to say who that is. */
static int
wait_for_word(struct opening *o, const uint8_t *hash)
{
	int r = store_person_by_id(o->e->store, o->person.id, &o->person);

	if (r == 0)
		return inbox_hold(o->e, o->person.id, hash) ? ERR_AGAIN : ERR_CHAIN;
	memset(&o->person, 0, sizeof(o->person));
	if (r == ERR_NOT_FOUND && o->pt != NULL && is_brief(o->pt->introduction) &&
	    inbox_hold_stranger(o->e, o->peek.sender.user_id, hash))
		return ERR_AGAIN;
	return r == ERR_NOT_FOUND ? ERR_CHAIN : r;
}

int
inbox_take(struct engine *e, struct bytes envelope)
{
	struct opening o = { .e = e, .envelope = envelope };
	struct letter_news news = { 0 };
	uint8_t hash[STORE_HASH];
	bool seen;
	int r = session_envelope_hash(envelope, hash);

	if (r != 0 || (r = store_seen(e->store, hash, &seen)) != 0 || seen)
		return r;
	o.plain = buf_new_secret(2 * ENVELOPE_MAX);
	if ((r = session_peek(envelope, &o.peek)) == 0)
		r = open_known(&o);
	else
		memset(&o.peek, 0, sizeof(o.peek));
	if (r == ERR_NOT_FOUND && o.peek.initial)
		r = open_initial(&o);
	if (r == 0)
		r = pb_unpack(&recado__plaintext__descriptor, buf_view(o.plain), &o.pt);
	if (r == 0)
		r = keep(&o, hash, &news);
	if (r == ERR_AGAIN)
		r = wait_for_word(&o, hash);
	if (r == 0 && o.lost)
		tell(&o, "they opened a new session; the old one was lost");
	/* A session to seal in, or room in it for what was too large beside an introduction. */
	if (r == 0 && (o.kept.id == 0 || !session_answered(o.session)))
		outbox_kick(e);
	if (r == 0 && o.kept.id == 0 && o.peek.last_resort)
		tell(&o, "their session began with the last-resort key of this "
		    "device: the relay had no one-time key of it left");
	if (r == 0)
		letter_tell(e, &news);
	else
		r = quarantine(&o, hash, r);
	letter_clear(&news);
	opening_clear(&o);
	return r;
}
