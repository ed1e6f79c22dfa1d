/*
 * What a person's own devices say of their device list: each content carries its length and head.
 * The relay has the list from the same devices before it has such a content, so a relay that shows
 * less, or another list, hides something. The claim is kept until the relay shows that much, and
 * nothing is sealed for the person before. DESIGN 3.3.
 *
 * A device in wrong hands may claim anything. What it claims ends when its card has taken part in the
 * list after its removal (of two devices that remove each other, the relay could show either), or when
 * the card took the place of what was claimed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/own.h"
#include "core/trust_state.h"

#define CLAIM_LEN (4 + STORE_HASH + STORE_DEVICE) /* u32 length || head || who says so */
#define CLAIM_WHY 160

struct claim {
	uint32_t length;
	uint8_t head[STORE_HASH], device[STORE_DEVICE];
};

struct claim_key {
	char text[40];
};

static struct claim_key
key_of(const char *what, const struct store_person *p)
{
	struct claim_key k;

	snprintf(k.text, sizeof(k.text), "%s.%lld", what, (long long)p->id);
	return k;
}

static int
claim_get(struct trust *t, const struct store_person *p, struct claim *out)
{
	uint8_t octets[CLAIM_LEN];
	int r = store_fixed_get(t->engine->store, key_of("said", p).text, octets, CLAIM_LEN);

	memset(out, 0, sizeof(*out));
	if (r != 0)
		return r == ERR_NOT_FOUND ? 0 : r;
	out->length = (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
	    (uint32_t)octets[2] << 8 | octets[3];
	memcpy(out->head, octets + 4, STORE_HASH);
	memcpy(out->device, octets + 4 + STORE_HASH, STORE_DEVICE);
	return 0;
}

static int
claim_set(struct trust *t, const struct store_person *p, const struct claim *c)
{
	uint8_t octets[CLAIM_LEN] = { (uint8_t)(c->length >> 24), (uint8_t)(c->length >> 16),
		(uint8_t)(c->length >> 8), (uint8_t)c->length };

	memcpy(octets + 4, c->head, STORE_HASH);
	memcpy(octets + 4 + STORE_HASH, c->device, STORE_DEVICE);
	return store_value_set(
	    t->engine->store, key_of("said", p).text, (struct bytes){ octets, sizeof(octets) });
}

/* ------------------------------------------------------------------------------ doubt */

char *
trust_doubt(struct trust *t, const struct store_person *p)
{
	char *why = p->changed ? store_text_get(t->engine->store, key_of("doubt", p).text) : NULL;

	return why != NULL ? why : mem_strdup(TRUST_OTHER_USER);
}

int
trust_doubt_set(struct trust *t, struct store_person *p, const char *why)
{
	struct store *s = t->engine->store;
	char *old = p->changed ? trust_doubt(t, p) : NULL;
	bool same = old != NULL && strcmp(old, why) == 0;
	int r;

	free(old);
	if (same)
		return 0;
	p->changed = true;
	if ((r = store_person_set(s, p)) != 0 ||
	    (r = store_text_set(s, key_of("doubt", p).text, why)) != 0 ||
	    (r = store_past_add(s, p->id, clock_now_ms(), why)) != 0)
		return r;
	engine_notice(t->engine, own_is(t->engine, p) ? NULL : p->name, why);
	contact_publish(t->engine, p->id);
	return 0;
}

int
trust_doubt_end(struct trust *t, struct store_person *p)
{
	bool own = own_is(t->engine, p);
	const char *again = own ? "the relay shows your own devices again as they say"
	                        : "the relay again shows who was known under this name";
	int r;

	if (!p->changed)
		return 0;
	p->changed = false;
	if ((r = store_person_set(t->engine->store, p)) == 0 &&
	    (r = store_past_add(t->engine->store, p->id, clock_now_ms(), again)) == 0)
		engine_notice(t->engine, own ? NULL : p->name, again);
	return r;
}

int
trust_renounce(struct trust *t, struct store_person *p, const Recado__DirectoryEntry *entry)
{
	static const char accepted[] = "accepted as somebody else than before; compare the safety number";
	static const struct claim none;
	int r;

	if (!p->known || !p->changed || entry->user_id.len == 0 ||
	    bytes_equal(pb_view(entry->user_id), (struct bytes){ p->user_id, STORE_USER }))
		return 0;
	p->known = p->changed = p->stale = false;
	p->verified_at = 0;
	p->out_sequence = 0;
	memset(p->user_id, 0, sizeof(p->user_id));
	memset(p->out_previous, 0, sizeof(p->out_previous));
	if ((r = store_session_drop_person(t->engine->store, p->id)) == 0 &&
	    (r = claim_set(t, p, &none)) == 0 && (r = store_person_set(t->engine->store, p)) == 0)
		r = store_past_add(t->engine->store, p->id, clock_now_ms(), accepted);
	return r;
}

/* ------------------------------------------------------------------------------ claims */

static bool
claim_holds(const struct claim *c, const struct identity *i)
{
	uint8_t head[HASH_LEN];

	return identity_head_at(i, c->length, head) == 0 && memcmp(head, c->head, HASH_LEN) == 0;
}

/* What is wrong with the list that is known, held against the claim; false: nothing. */
static bool
claim_differs(const struct claim *c, const struct identity *i, bool own, char why[CLAIM_WHY])
{
	unsigned length = identity_list_length(i), claimed = c->length;

	if (claim_holds(c, i))
		return false;
	if (claimed > length && own)
		snprintf(why, CLAIM_WHY, "the relay shows %u entries of your own device list, another device of"
		    " yours counts %u: your devices get no copies meanwhile", length, claimed);
	else if (claimed > length)
		snprintf(why, CLAIM_WHY, "the relay shows %u entries of this person's device list, their device"
		    " counts %u", length, claimed);
	else if (own)
		snprintf(why, CLAIM_WHY, "the relay shows another list of your own devices than one of them"
		    " does, at entry %u: they get no copies meanwhile", claimed);
	else
		snprintf(why, CLAIM_WHY, "the relay shows another device list of this person than their own"
		    " device does, at entry %u", claimed);
	return true;
}

/* The card has the last word: it took the place of what was claimed (nothing else can, of what was
 * verified before), or who claimed it is out, and the card knows. */
static bool
claim_overruled(const struct claim *c, const struct identity *old, const struct identity *new)
{
	return identity_card_removed(new, c->device) ||
	    (old != NULL && claim_holds(c, old) && !claim_holds(c, new));
}

int
trust_claim_settle(struct trust *t, struct store_person *p, const struct identity *old,
    const struct identity *new)
{
	static const struct claim none;
	char why[CLAIM_WHY];
	struct claim c;
	int r = claim_get(t, p, &c);

	if (r == 0 && c.length > 0 && claim_overruled(&c, old, new)) {
		c = none;
		r = claim_set(t, p, &none);
	}
	if (r != 0)
		return r;
	if (c.length > 0 && claim_differs(&c, new, own_is(t->engine, p), why))
		return trust_doubt_set(t, p, why);
	return trust_doubt_end(t, p);
}

/* To be fetched before anything is sealed. */
static int
make_stale(struct trust *t, struct store_person *p)
{
	if (p->stale)
		return 0;
	p->stale = true;
	return store_person_set(t->engine->store, p);
}

/* About no more than is known. The device whose claim made p doubtful may have learned better; what it
 * said before that, and comes late, is shorter. */
static int
claim_behind(struct trust *t, struct store_person *p, const struct claim *last,
    const struct claim *now)
{
	const struct identity *i = trust_identity(t, p);
	bool differs;
	char why[CLAIM_WHY];
	int r;

	differs = claim_differs(now, i, own_is(t->engine, p), why);
	if (!differs && (!p->changed || last->length == 0 || now->length < last->length ||
	                    memcmp(now->device, last->device, STORE_DEVICE) != 0))
		return 0;
	if ((r = claim_set(t, p, now)) != 0)
		return r;
	return differs ? trust_doubt_set(t, p, why) : make_stale(t, p);
}

int
trust_claim(struct trust *t, struct store_person *p, const uint8_t device[STORE_DEVICE],
    uint32_t length, const uint8_t head[STORE_HASH])
{
	const struct identity *i = trust_identity(t, p);
	struct claim last, now = { .length = length };
	int r;

	if (i == NULL || length == 0)
		return 0;
	memcpy(now.head, head, STORE_HASH);
	memcpy(now.device, device, STORE_DEVICE);
	if ((r = claim_get(t, p, &last)) != 0)
		return r;
	if (length <= identity_list_length(i))
		return claim_behind(t, p, &last, &now);
	if (last.length < length && (r = claim_set(t, p, &now)) != 0)
		return r;
	return make_stale(t, p);
}
