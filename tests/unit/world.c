#include "world.h"

#include <string.h>

#include "unit.h"

struct pair_device world_keys[DEVICES_MAX];

/* --- chance ---------------------------------------------------------------------------------- */

uint64_t
world_draw(struct world *w)
{
	uint64_t z = (w->random += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

size_t
world_below(struct world *w, size_t n)
{
	return (size_t)(world_draw(w) % n);
}

/* --- sessions of a device -------------------------------------------------------------------- */

struct session **
world_hold(struct device *d, int peer, struct session *s)
{
	ck_assert_uint_lt(d->count, SESSIONS_MAX);
	d->sessions[d->count] = (struct held){ s, peer };
	return &d->sessions[d->count++].s;
}

void
world_replace(struct device *d, struct session **slot, struct session *next)
{
	for (int i = 0; i < DEVICES_MAX; i++)
		if (d->current[i] == *slot)
			d->current[i] = next;
	session_free(slot);
	*slot = next;
}

struct session *
world_copy(const struct session *s)
{
	struct buf *p = buf_new_secret(SESSION_PACKED_MAX);
	struct session *copy = NULL;

	ck_assert_int_eq(session_pack(s, p), 0);
	ck_assert_int_eq(session_unpack(buf_view(p), &copy), 0);
	buf_free(&p);
	return copy;
}

void
world_forget(struct device *d, int peer)
{
	size_t n = 0;

	d->current[peer] = NULL;
	for (size_t i = 0; i < d->count; i++)
		if (d->sessions[i].peer == peer)
			session_free(&d->sessions[i].s);
		else
			d->sessions[n++] = d->sessions[i];
	d->count = n;
}

static struct session **
find(struct device *d, const uint8_t tag[SESSION_TAG])
{
	uint8_t tags[SESSION_TAGS_MAX][SESSION_TAG];

	for (size_t i = 0; i < d->count; i++) {
		size_t n = session_tags(d->sessions[i].s, tags, SESSION_TAGS_MAX);

		for (size_t k = 0; k < n; k++)
			if (memcmp(tags[k], tag, SESSION_TAG) == 0)
				return &d->sessions[i].s;
	}
	return NULL;
}

static bool
seen(const struct device *d, const uint8_t ephemeral[32])
{
	for (size_t i = 0; i < d->seen_count; i++)
		if (memcmp(d->seen[i], ephemeral, 32) == 0)
			return true;
	return false;
}

/* --- receiving ------------------------------------------------------------------------------- */

/* Open on a session; the packed state may change only when it opens. */
static int
open_on(struct world *w, struct device *d, struct session **slot, struct bytes envelope)
{
	struct buf *before = buf_new_secret(SESSION_PACKED_MAX),
		   *after = buf_new_secret(SESSION_PACKED_MAX);
	struct session *next = NULL;
	int r;

	ck_assert_int_eq(session_pack(*slot, before), 0);
	r = session_open(*slot, envelope, PAIR_NOW, &next, w->plain);
	ck_assert_int_eq(session_pack(*slot, after), 0);
	ck_assert(bytes_equal(buf_view(before), buf_view(after)));
	ck_assert_int_eq(r == 0, next != NULL);
	ck_assert(r == 0 || buf_len(w->plain) == 0);
	if (r == 0)
		world_replace(d, slot, next);
	buf_free(&before);
	buf_free(&after);
	return r;
}

/* A first message: of two that started at once the lower stays, otherwise the newer. */
static int
open_first(struct world *w, int to, const struct session_peek *peek, struct bytes envelope)
{
	struct device *d = &w->device[to];
	struct session *s = NULL, *mine, *kept;
	int r, from = 0;

	while (from < w->devices &&
	    memcmp(&world_keys[from].party, &peek->sender, sizeof(peek->sender)) != 0)
		from++;
	if (from == w->devices || from == to || seen(d, peek->ephemeral))
		return ERR_REPLAY;
	if ((r = pair_accept(&world_keys[to], envelope, &s)) != 0)
		return r;
	kept = s;
	if ((r = open_on(w, d, &kept, envelope)) != 0) {
		session_free(&kept);
		return r;
	}
	memcpy(d->seen[d->seen_count++], peek->ephemeral, 32);
	ck_assert_uint_lt(d->seen_count, EPHEMERALS_MAX);
	world_hold(d, from, kept);
	mine = d->current[from];
	if (mine == NULL || session_answered(mine) || session_compare(kept, mine) < 0)
		d->current[from] = kept;
	return 0;
}

int
world_receive(struct world *w, int to, struct bytes envelope)
{
	struct device *d = &w->device[to];
	struct session_peek peek;
	struct session **slot;
	int r;

	buf_reset(w->plain);
	if ((r = session_peek(envelope, &peek)) != 0)
		return r;
	if ((slot = find(d, peek.tag)) != NULL)
		return open_on(w, d, slot, envelope);
	return peek.initial ? open_first(w, to, &peek, envelope) : ERR_UNEXPECTED;
}
