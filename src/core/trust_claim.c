/*
 * What a person's own devices say of their device list: each content carries its length and head.
 * The relay has the list from the same devices before it has such a content, so a relay that shows
 * less, or another list, hides something. The claim is kept until the relay shows that much, and
 * nothing is sealed for the person before. DESIGN 3.3.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/trust_state.h"

#define CLAIM_LEN (4 + STORE_HASH) /* u32 length || head */

struct claim {
	uint32_t length;
	uint8_t head[STORE_HASH];
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
	int r = store_fixed_get(t->engine->store, key_of("claim", p).text, octets, CLAIM_LEN);

	memset(out, 0, sizeof(*out));
	if (r != 0)
		return r == ERR_NOT_FOUND ? 0 : r;
	out->length = (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
	    (uint32_t)octets[2] << 8 | octets[3];
	memcpy(out->head, octets + 4, STORE_HASH);
	return 0;
}

static int
claim_set(struct trust *t, const struct store_person *p, const struct claim *c)
{
	uint8_t octets[CLAIM_LEN] = { (uint8_t)(c->length >> 24), (uint8_t)(c->length >> 16),
		(uint8_t)(c->length >> 8), (uint8_t)c->length };

	memcpy(octets + 4, c->head, STORE_HASH);
	return store_value_set(
	    t->engine->store, key_of("claim", p).text, (struct bytes){ octets, sizeof(octets) });
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
	engine_notice(t->engine, p->name, why);
	contact_publish(t->engine, p->id);
	return 0;
}

int
trust_doubt_end(struct trust *t, struct store_person *p)
{
	static const char again[] = "the relay again shows who was known under this name";
	int r;

	if (!p->changed)
		return 0;
	p->changed = false;
	if ((r = store_person_set(t->engine->store, p)) == 0 &&
	    (r = store_past_add(t->engine->store, p->id, clock_now_ms(), again)) == 0)
		engine_notice(t->engine, p->name, again);
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

/* What is wrong with the list that is known, held against the claim; false: nothing. */
static bool
claim_differs(const struct claim *c, const struct identity *i, char *why, size_t max)
{
	uint8_t head[HASH_LEN];
	uint32_t length = identity_list_length(i);

	if (c->length > length) {
		snprintf(why, max,
		    "the relay shows %u entries of this person's device list, their device counts %u",
		    (unsigned)length, (unsigned)c->length);
		return true;
	}
	if (identity_head_at(i, c->length, head) == 0 && memcmp(head, c->head, HASH_LEN) == 0)
		return false;
	snprintf(why, max,
	    "the relay shows another device list of this person than their own device does, at entry %u",
	    (unsigned)c->length);
	return true;
}

int
trust_claim_settle(struct trust *t, struct store_person *p, const struct identity *i)
{
	struct claim c;
	char why[160];
	int r = claim_get(t, p, &c);

	if (r != 0)
		return r;
	if (c.length > 0 && claim_differs(&c, i, why, sizeof(why)))
		return trust_doubt_set(t, p, why);
	return trust_doubt_end(t, p);
}

int
trust_claim(
    struct trust *t, struct store_person *p, uint32_t length, const uint8_t head[STORE_HASH])
{
	const struct identity *i = trust_identity(t, p);
	struct claim c, now = { .length = length };
	char why[160];
	int r;

	if (i == NULL || length == 0)
		return 0;
	memcpy(now.head, head, STORE_HASH);
	if (length <= identity_list_length(i))
		return claim_differs(&now, i, why, sizeof(why)) ? trust_doubt_set(t, p, why) : 0;
	if ((r = claim_get(t, p, &c)) != 0)
		return r;
	if (c.length < length && (r = claim_set(t, p, &now)) != 0)
		return r;
	if (p->stale)
		return 0;
	p->stale = true; /* to be fetched before anything is sealed */
	return store_person_set(t->engine->store, p);
}
