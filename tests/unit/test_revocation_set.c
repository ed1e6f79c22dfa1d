/*
 * Sets of revocation lists at their limit.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/unit/kit.h"
#include "tests/unit/unit.h"

#define FULL .authority = "auc0020", .next_update = KIT_DAY_S, .this_update = -60

/* A list like der but for its signature, which a set does not look at. */
static struct revocation *
variant(struct bytes der, unsigned n)
{
	uint8_t *copy = mem_alloc(der.n);
	struct revocation *r;

	memcpy(copy, der.p, der.n);
	copy[der.n - 1] = (uint8_t)n;
	copy[der.n - 2] = (uint8_t)(n >> 8);
	ck_assert_int_eq(revocation_parse((struct bytes){ copy, der.n }, NULL, &r, NULL), 0);
	free(copy);
	return r;
}

static int
set_put(struct revocation_set *s, struct revocation *r, bool directory)
{
	int rv = directory ? revocation_set_add(s, r, NULL) : revocation_set_update(s, r, NULL);

	revocation_free(&r);
	return rv;
}

/* The directory is empty now. */
static void
empty_directory(struct revocation_set *s)
{
	struct revocation_set *empty = revocation_set_new();
	bool changed;

	ck_assert_int_eq(revocation_set_read_again(s, empty, &changed), 0);
	ck_assert(changed);
	revocation_set_free(&empty);
}

/* A newer list that does not fit must not cost the one there is. */
START_TEST(what_does_not_fit_changes_nothing)
{
	struct bytes old = kit_list(&(struct kit_list){ FULL, .number = 5, .revoked = "ines" });
	struct bytes new = kit_list(&(struct kit_list){ FULL, .number = 6, .revoked = "ines" });
	struct revocation_set *s = revocation_set_new();
	uint8_t hash[REVOCATION_HASH_LEN];
	struct revocation *r = variant(old, 0);

	memcpy(hash, revocation_info(r)->sha256, sizeof(hash));
	revocation_free(&r);
	ck_assert_int_eq(set_put(s, variant(old, 0), true), 0);
	ck_assert_int_eq(set_put(s, variant(old, 0), false), 0);
	for (unsigned n = 1; n < REVOCATION_SET_MAX; n++)
		ck_assert_int_eq(set_put(s, variant(old, n), true), 0);
	ck_assert_int_eq(set_put(s, variant(new, 0), false), ERR_LIMIT);
	empty_directory(s);
	ck_assert_uint_eq(revocation_set_count(s), 1);
	ck_assert_ptr_nonnull(revocation_set_by_hash(s, hash));
	ck_assert_int_eq(set_put(s, variant(new, 0), false), 0);
	ck_assert_uint_eq(revocation_set_count(s), 1);
	revocation_set_free(&s);
	kit_free(&old);
	kit_free(&new);
}
END_TEST

/* A directory that has grown too full is left as it was read before. */
START_TEST(a_directory_that_does_not_fit_changes_nothing)
{
	struct bytes fetched = kit_list(&(struct kit_list){ FULL, .number = 5, .point = "http://a" });
	struct bytes old = kit_list(&(struct kit_list){ FULL, .number = 6, .revoked = "ines" });
	struct revocation_set *s = revocation_set_new(), *more = revocation_set_new();
	bool changed = true;

	ck_assert_int_eq(set_put(s, variant(fetched, 0), false), 0);
	ck_assert_int_eq(set_put(s, variant(old, 1), true), 0);
	for (unsigned n = 1; n <= REVOCATION_SET_MAX; n++)
		ck_assert_int_eq(set_put(more, variant(old, n), true), 0);
	ck_assert_int_eq(revocation_set_read_again(s, more, &changed), ERR_LIMIT);
	ck_assert(!changed);
	ck_assert_uint_eq(revocation_set_count(s), 2);
	revocation_set_free(&more);
	more = revocation_set_new();
	ck_assert_int_eq(set_put(more, variant(old, 1), true), 0);
	ck_assert_int_eq(revocation_set_read_again(s, more, &changed), 0);
	ck_assert(!changed); /* it was still there, as the directory's */
	ck_assert_int_eq(set_put(more, variant(old, 2), true), 0);
	ck_assert_int_eq(revocation_set_read_again(s, more, &changed), 0);
	ck_assert(changed);
	ck_assert_uint_eq(revocation_set_count(s), 3);
	revocation_set_free(&s);
	revocation_set_free(&more);
	kit_free(&fetched);
	kit_free(&old);
}
END_TEST

static void
lineage_of(struct kit_list l, uint8_t key, uint8_t out[REVOCATION_HASH_LEN])
{
	uint8_t signer[REVOCATION_HASH_LEN] = { key };
	struct bytes der = kit_list(&l);
	struct revocation *r;

	ck_assert_int_eq(revocation_parse(der, NULL, &r, NULL), 0);
	revocation_signed_by(r, signer);
	revocation_lineage(r, out);
	revocation_free(&r);
	kit_free(&der);
}

/* Versions have it in common; a partition, a delta, another issuer's or another key's list does not. */
START_TEST(a_lineage_is_of_one_list_s_versions)
{
	const struct kit_list others[] = {
		{ FULL, .number = 6, .point = "http://a/1.crl" },
		{ FULL, .number = 6, .base = 5 },
		{ FULL, .number = 6, .name = "cc008" },
	};
	uint8_t first[REVOCATION_HASH_LEN], other[REVOCATION_HASH_LEN];

	lineage_of((struct kit_list){ FULL, .number = 5 }, 1, first);
	lineage_of((struct kit_list){ FULL, .number = 6, .revoked = "ines" }, 1, other);
	ck_assert_mem_eq(first, other, sizeof(first));
	lineage_of((struct kit_list){ FULL, .number = 6 }, 2, other);
	ck_assert_mem_ne(first, other, sizeof(first));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		lineage_of(others[i], 1, other);
		ck_assert_mem_ne(first, other, sizeof(first));
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { what_does_not_fit_changes_nothing,
		a_directory_that_does_not_fit_changes_nothing, a_lineage_is_of_one_list_s_versions,
		NULL };

	return kit_exists() ? unit_run(unit_suite("revocation_set", tests)) : UNIT_SKIP;
}
