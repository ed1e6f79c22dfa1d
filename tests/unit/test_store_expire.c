/*
 * store: what is forgotten in time, and what must not be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/store.h"
#include "unit.h"

#define DAY_MS (24ull * 3600 * 1000)
#define NOW (1790000000000ull)

static const uint8_t key[32] = { 1 };
static char dir[64], path[96], journal[112];
static struct store *store;

static void
setup(void)
{
	struct fault f = { 0 };

	snprintf(dir, sizeof(dir), "/tmp/recado-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store", dir);
	snprintf(journal, sizeof(journal), "%s/store-journal", dir);
	ck_assert_msg(store_open(path, key, &store, &f) == 0, "%s", f.what);
}

static void
teardown(void)
{
	store_close(&store);
	unlink(path);
	unlink(journal);
	rmdir(dir);
}

static void
put_list(uint8_t lineage, uint8_t name, uint64_t at)
{
	struct store_crl l = { .issuer = { 1 }, .lineage = { lineage }, .sha256 = { lineage, name } };

	l.der = (struct bytes){ l.sha256, sizeof(l.sha256) };
	ck_assert_int_eq(store_list_add(store, &l, at), 0);
}

struct looked {
	uint8_t sha256[STORE_HASH];
	bool there;
};

static int
look(void *arg, const struct store_crl *l)
{
	struct looked *x = arg;

	x->there |= memcmp(l->sha256, x->sha256, STORE_HASH) == 0;
	return 0;
}

static bool
has_list(uint8_t lineage, uint8_t name)
{
	struct looked x = { .sha256 = { lineage, name } };

	ck_assert_int_eq(store_list_each(store, look, &x), 0);
	return x.there;
}

/* A newer version takes an older one's place, and stays, or the older could come back: some are written
 * once a year. All are of one issuer, which writes its other partitions, and deltas, when it likes. */
START_TEST(the_newest_of_each_kind_stays)
{
	put_list(1, 1, NOW - 400 * DAY_MS);
	put_list(1, 2, NOW - 300 * DAY_MS);
	put_list(2, 1, NOW - 100 * DAY_MS);
	put_list(3, 1, NOW);
	put_list(3, 2, NOW - DAY_MS); /* the clock was put back */
	ck_assert_int_eq(store_expire(store, NOW), 0);
	ck_assert(!has_list(1, 1));
	ck_assert(has_list(1, 2));
	ck_assert(has_list(2, 1));
	ck_assert(!has_list(3, 1));
	ck_assert(has_list(3, 2));
}
END_TEST

START_TEST(envelopes_are_remembered_for_thirty_days)
{
	uint8_t old[STORE_HASH] = { 1 }, recent[STORE_HASH] = { 2 };
	bool seen;

	ck_assert_int_eq(store_seen_add(store, old, NOW - 31 * DAY_MS), 0);
	ck_assert_int_eq(store_seen_add(store, recent, NOW - 29 * DAY_MS), 0);
	ck_assert_int_eq(store_expire(store, NOW), 0);
	ck_assert_int_eq(store_seen(store, old, &seen), 0);
	ck_assert(!seen);
	ck_assert_int_eq(store_seen(store, recent, &seen), 0);
	ck_assert(seen);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store_expire");
	TCase *c = tcase_create("store_expire");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, the_newest_of_each_kind_stays);
	tcase_add_test(c, envelopes_are_remembered_for_thirty_days);
	suite_add_tcase(s, c);
	return unit_run(s);
}
