#include <string.h>

#include "server/table.h"
#include "unit.h"

#define COUNT 5000

static uint32_t keys[COUNT];

static struct bytes
key(size_t i)
{
	return (struct bytes){ (const uint8_t *)&keys[i], sizeof(keys[i]) };
}

static struct table *
filled(void)
{
	struct table *t = table_new();

	for (size_t i = 0; i < COUNT; i++) {
		keys[i] = (uint32_t)i * 2654435761u;
		ck_assert_int_eq(table_put(t, key(i), &keys[i]), 0);
	}
	return t;
}

START_TEST(finds_what_was_put)
{
	struct table *t = filled();
	uint32_t other = 12345;

	ck_assert_uint_eq(table_count(t), COUNT);
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_ptr_eq(table_get(t, key(i)), &keys[i]);
	ck_assert_ptr_null(table_get(t, (struct bytes){ (uint8_t *)&other, 4 }));
	ck_assert_ptr_null(table_get(t, (struct bytes){ NULL, 0 }));
	ck_assert_int_eq(table_put(t, key(7), &keys[8]), ERR_TAKEN);
	ck_assert_ptr_eq(table_get(t, key(7)), &keys[7]);
	table_free(&t, NULL);
	ck_assert_ptr_null(t);
}
END_TEST

/* Coming and going must neither lose anything nor fill the table with graves. */
START_TEST(stays_whole_while_things_come_and_go)
{
	struct table *t = filled();

	for (int round = 0; round < 20; round++) {
		for (size_t i = (size_t)round % 3; i < COUNT; i += 3)
			ck_assert_ptr_eq(table_take(t, key(i)), &keys[i]);
		for (size_t i = (size_t)round % 3; i < COUNT; i += 3) {
			ck_assert_ptr_null(table_take(t, key(i)));
			ck_assert_int_eq(table_put(t, key(i), &keys[i]), 0);
		}
	}
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_ptr_eq(table_get(t, key(i)), &keys[i]);
	ck_assert_uint_eq(table_count(t), COUNT);
	table_free(&t, NULL);
}
END_TEST

struct seen {
	struct table *t;
	size_t count;
};

static bool
take_even(void *value, void *arg)
{
	struct seen *s = arg;
	size_t i = (size_t)((uint32_t *)value - keys);

	s->count++;
	if (i % 2 == 0)
		ck_assert_ptr_eq(table_take(s->t, key(i)), value);
	return true;
}

START_TEST(is_walked_while_values_leave)
{
	struct seen s = { filled(), 0 };

	table_each(s.t, take_even, &s);
	ck_assert_uint_eq(s.count, COUNT);
	ck_assert_uint_eq(table_count(s.t), COUNT / 2);
	table_free(&s.t, NULL);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { finds_what_was_put, stays_whole_while_things_come_and_go,
		is_walked_while_values_leave, NULL };

	return unit_run(unit_suite("table", tests));
}
