/*
 * Lists of one key and scope (issuer, distribution point, kind) are versions of each other. Fetched
 * ones replace each other as they grow newer, and the newest ever seen is remembered by its number,
 * so that an older one does not come back. In a directory nobody says which of two is meant: then
 * neither is relied on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/revocation.h"

struct entry {
	struct revocation *r;
	bool directory; /* came from one */
	bool fetched;   /* came through revocation_set_update */
};

struct revocation_set {
	struct entry *entries;
	size_t count, bytes;
	struct revocation **seen; /* the newest fetched of each scope */
	size_t seen_count;
};

struct revocation_set *
revocation_set_new(void)
{
	return mem_alloc(sizeof(struct revocation_set));
}

void
revocation_set_free(struct revocation_set **ps)
{
	struct revocation_set *s = *ps;

	*ps = NULL;
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		revocation_free(&s->entries[i].r);
	for (size_t i = 0; i < s->seen_count; i++)
		revocation_free(&s->seen[i]);
	free(s->entries);
	free(s->seen);
	free(s);
}

static void
drop(struct revocation_set *s, size_t i)
{
	s->bytes -= revocation_info(s->entries[i].r)->size;
	revocation_free(&s->entries[i].r);
	s->entries[i] = s->entries[--s->count];
}

static bool
same_scope(const struct revocation *a, const struct revocation *b)
{
	return memcmp(revocation_scope(a), revocation_scope(b), REVOCATION_HASH_LEN) == 0;
}

static bool
same_list(const struct revocation *a, const struct revocation *b)
{
	return memcmp(revocation_info(a)->sha256, revocation_info(b)->sha256,
		   REVOCATION_HASH_LEN) == 0;
}

static struct entry *
find(const struct revocation_set *s, const struct revocation *r)
{
	for (size_t i = 0; i < s->count; i++)
		if (same_list(s->entries[i].r, r))
			return &s->entries[i];
	return NULL;
}

static struct revocation **
seen(const struct revocation_set *s, const struct revocation *r)
{
	for (size_t i = 0; i < s->seen_count; i++)
		if (revocation_supersedes(s->seen[i], r))
			return &s->seen[i];
	return NULL;
}

static int
append(struct revocation_set *s, struct revocation *r, struct entry **out)
{
	size_t size = revocation_info(r)->size;

	if (s->count == REVOCATION_SET_MAX || size > REVOCATION_SET_BYTES - s->bytes)
		return ERR_LIMIT;
	s->entries = mem_grow(s->entries, s->count + 1, sizeof(*s->entries));
	s->entries[s->count] = (struct entry){ .r = revocation_ref(r) };
	s->bytes += size;
	*out = &s->entries[s->count++];
	return 0;
}

static void
remember(struct revocation_set *s, struct revocation *r)
{
	struct revocation **at = seen(s, r);

	if (at != NULL) {
		revocation_free(at);
	} else {
		s->seen = mem_grow(s->seen, s->seen_count + 1, sizeof(*s->seen));
		at = &s->seen[s->seen_count++];
	}
	*at = revocation_ref(r);
}

/* What makes way for this one: older ones of its scope that only fetching brought here. */
static bool
makes_way(const struct entry *e, const struct revocation *r)
{
	return e->fetched && !e->directory && revocation_supersedes(e->r, r);
}

/* Would it fit once they are gone? */
static bool
fits(const struct revocation_set *s, const struct revocation *r)
{
	size_t count = s->count, bytes = s->bytes;

	for (size_t i = 0; i < s->count; i++) {
		if (!makes_way(&s->entries[i], r))
			continue;
		count--;
		bytes -= revocation_info(s->entries[i].r)->size;
	}
	return count < REVOCATION_SET_MAX &&
	    revocation_info(r)->size <= REVOCATION_SET_BYTES - bytes;
}

int
revocation_set_update(struct revocation_set *s, struct revocation *r, bool *changed)
{
	struct revocation **newest = seen(s, r);
	struct entry *e;
	int err;

	if (changed != NULL)
		*changed = false;
	if (newest != NULL && revocation_compare(r, *newest) < 0)
		return ERR_REPLAY;
	if ((e = find(s, r)) != NULL && e->fetched)
		return 0;
	if (e == NULL && !fits(s, r))
		return ERR_LIMIT; /* and what there is stays */
	for (size_t i = s->count; i-- > 0;) {
		if (makes_way(&s->entries[i], r))
			drop(s, i);
		else if (s->entries[i].fetched && revocation_supersedes(s->entries[i].r, r))
			s->entries[i].fetched = false;
	}
	if ((e = find(s, r)) == NULL) {
		if ((err = append(s, r, &e)) != 0)
			return err;
	} else { /* the directory's, of which nobody knows yet who has signed it */
		revocation_free(&e->r);
		e->r = revocation_ref(r);
	}
	e->fetched = true;
	remember(s, r);
	if (changed != NULL)
		*changed = true;
	return 0;
}

int
revocation_set_add(struct revocation_set *s, struct revocation *r, bool *changed)
{
	struct entry *e = find(s, r);
	int err;

	if (changed != NULL)
		*changed = false;
	if (e != NULL) {
		e->directory = true;
		return 0;
	}
	if ((err = append(s, r, &e)) != 0)
		return err;
	e->directory = true;
	if (changed != NULL)
		*changed = true;
	return 0;
}

static bool
same_directory(const struct revocation_set *s, const struct revocation_set *other)
{
	const struct entry *e;
	size_t here = 0, there = 0;

	for (size_t i = 0; i < s->count; i++)
		here += s->entries[i].directory;
	for (size_t i = 0; i < other->count; i++) {
		if (!other->entries[i].directory)
			continue;
		if ((e = find(s, other->entries[i].r)) == NULL || !e->directory)
			return false;
		there++;
	}
	return here == there;
}

/* Would other's fit in the place of ours? */
static bool
directory_fits(const struct revocation_set *s, const struct revocation_set *other)
{
	size_t count = 0, bytes = 0;
	const struct entry *e;

	for (size_t i = 0; i < s->count; i++) {
		if (!s->entries[i].fetched)
			continue;
		count++;
		bytes += revocation_info(s->entries[i].r)->size;
	}
	for (size_t i = 0; i < other->count; i++) {
		if ((e = find(s, other->entries[i].r)) != NULL && e->fetched)
			continue;
		count++;
		bytes += revocation_info(other->entries[i].r)->size; /* both sets are within bounds */
	}
	return count <= REVOCATION_SET_MAX && bytes <= REVOCATION_SET_BYTES;
}

int
revocation_set_read_again(
    struct revocation_set *s, const struct revocation_set *other, bool *changed)
{
	int r = 0;

	*changed = false;
	if (same_directory(s, other))
		return 0;
	if (!directory_fits(s, other))
		return ERR_LIMIT;
	for (size_t i = s->count; i-- > 0;) {
		s->entries[i].directory = false;
		if (!s->entries[i].fetched)
			drop(s, i);
	}
	for (size_t i = 0; i < other->count && r == 0; i++)
		r = revocation_set_add(s, other->entries[i].r, NULL);
	*changed = true;
	return r;
}

/* How many different lists of this one's scope lie in the directory, among the given ones. */
static size_t
in_directory(const struct revocation_set *s, struct revocation *const *lists, size_t count,
    const struct revocation *of)
{
	const struct entry *e;
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (same_scope(lists[i], of) && (e = find(s, lists[i])) != NULL && e->directory)
			n++;
	return n;
}

bool
revocation_set_choose(
    const struct revocation_set *s, struct revocation *const *lists, bool *use, size_t count)
{
	struct revocation **newest;
	const struct entry *e;
	bool ambiguous = false;

	for (size_t i = 0; i < count; i++) {
		newest = seen(s, lists[i]);
		e = find(s, lists[i]);
		use[i] = newest == NULL || revocation_compare(lists[i], *newest) >= 0;
		if (e == NULL || e->fetched || in_directory(s, lists, count, lists[i]) < 2)
			continue;
		use[i] = false;
		ambiguous = true;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count && use[i]; j++)
			if (i != j && use[j] && same_scope(lists[i], lists[j]) &&
			    (revocation_compare(lists[i], lists[j]) < 0 ||
				(revocation_compare(lists[i], lists[j]) == 0 && j < i)))
				use[i] = false;
	return ambiguous;
}

size_t
revocation_set_count(const struct revocation_set *s)
{
	return s->count;
}

struct revocation *
revocation_set_at(const struct revocation_set *s, size_t i)
{
	return i < s->count ? s->entries[i].r : NULL;
}

static const struct entry *
by_hash(const struct revocation_set *s, const uint8_t sha256[REVOCATION_HASH_LEN])
{
	for (size_t i = 0; i < s->count; i++)
		if (memcmp(revocation_info(s->entries[i].r)->sha256, sha256, REVOCATION_HASH_LEN) ==
		    0)
			return &s->entries[i];
	return NULL;
}

struct revocation *
revocation_set_by_hash(const struct revocation_set *s, const uint8_t sha256[REVOCATION_HASH_LEN])
{
	const struct entry *e = by_hash(s, sha256);

	return e != NULL ? e->r : NULL;
}

bool
revocation_set_has_fetched(
    const struct revocation_set *s, const uint8_t sha256[REVOCATION_HASH_LEN])
{
	const struct entry *e = by_hash(s, sha256);

	return e != NULL && e->fetched;
}
