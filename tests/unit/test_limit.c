#include "server/limit.h"
#include "unit.h"

static const struct limit_rate rate = { 60, 10 }; /* one a second, ten at once */

START_TEST(allows_the_burst_then_the_rate)
{
	struct limit_bucket b = { 0 };
	uint64_t now = 1000000;

	for (int i = 0; i < 10; i++)
		ck_assert(limit_take(&b, &rate, 1, now));
	ck_assert(!limit_take(&b, &rate, 1, now));
	ck_assert(!limit_take(&b, &rate, 1, now + 999));
	ck_assert(limit_take(&b, &rate, 1, now + 1000));
	ck_assert(!limit_take(&b, &rate, 1, now + 1000));
	ck_assert(limit_take(&b, &rate, 10, now + 60000));
	ck_assert(!limit_take(&b, &rate, 11, now + 600000));
}
END_TEST

/* Asking often must not lose the fractions of a token. */
START_TEST(refills_while_it_is_asked)
{
	struct limit_bucket b = { 0 };
	uint64_t now = 5;
	int taken = 0;

	for (int i = 0; i < 60000; i++)
		taken += limit_take(&b, &rate, 1, now++);
	ck_assert_int_ge(taken, 69);
	ck_assert_int_le(taken, 70);
}
END_TEST

START_TEST(does_not_overflow)
{
	struct limit_bucket b = { 0 };
	const struct limit_rate large = { 1000000, 1000000 };

	ck_assert(limit_take(&b, &large, 1000000, 1));
	ck_assert(limit_take(&b, &large, 1000000, UINT64_MAX));
	ck_assert(!limit_take(&b, &large, 1000000, 5)); /* the clock ran back */
}
END_TEST

START_TEST(counts_by_key)
{
	struct limit_map *m = limit_map_new(&rate);
	const uint8_t a[] = { 1 }, c[] = { 2 }, longer[LIMIT_KEY_MAX + 1] = { 0 };

	ck_assert(limit_map_take(m, (struct bytes){ a, 1 }, 10, 1000));
	ck_assert(!limit_map_take(m, (struct bytes){ a, 1 }, 1, 1000));
	ck_assert(limit_map_take(m, (struct bytes){ c, 1 }, 10, 1000));
	ck_assert(!limit_map_take(m, (struct bytes){ a, 0 }, 1, 1000));
	ck_assert(!limit_map_take(m, (struct bytes){ longer, sizeof(longer) }, 1, 1000));
	ck_assert_uint_eq(limit_map_count(m), 2);
	limit_map_free(&m);
}
END_TEST

/* Ever new keys do not fill memory: full buckets are forgotten. */
START_TEST(forgets_full_buckets)
{
	struct limit_map *m = limit_map_new(&rate);
	uint64_t now = 1000000;

	for (uint32_t i = 0; i < 3 * LIMIT_MAP_MAX; i++)
		ck_assert(limit_map_take(m, (struct bytes){ (uint8_t *)&i, 4 }, 1, now += 2));
	ck_assert_uint_le(limit_map_count(m), LIMIT_MAP_MAX);
	limit_map_free(&m);
}
END_TEST

/* Nobody is refused because others are many; who was heard of last is remembered. */
START_TEST(forgets_the_oldest)
{
	struct limit_map *m = limit_map_new(&rate);
	const struct bytes known = { (const uint8_t *)"known", 5 };
	const uint64_t now = 1000000;

	for (int i = 0; i < 10; i++)
		ck_assert(limit_map_take(m, known, 1, now));
	for (uint32_t i = 0; i < 2 * LIMIT_MAP_MAX; i++) {
		ck_assert(limit_map_take(m, (struct bytes){ (uint8_t *)&i, 4 }, 1, now));
		if (i % 1000 == 0)
			ck_assert(!limit_map_take(m, known, 1, now));
	}
	ck_assert_uint_eq(limit_map_count(m), LIMIT_MAP_MAX);
	limit_map_free(&m);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { allows_the_burst_then_the_rate, refills_while_it_is_asked,
		does_not_overflow, counts_by_key, forgets_full_buckets, forgets_the_oldest, NULL };

	return unit_run(unit_suite("limit", tests));
}
