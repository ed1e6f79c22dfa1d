#include <string.h>

#include "base/clock.h"
#include "unit.h"

START_TEST(times_as_text)
{
	char text[CLOCK_TEXT_MAX];
	uint64_t ms;

	clock_text(0, text);
	ck_assert_str_eq(text, "1970-01-01T00:00:00.000Z");
	clock_text(1795264867123, text);
	ck_assert_str_eq(text, "2026-11-21T12:41:07.123Z");
	ck_assert_int_eq(clock_parse(text, &ms), 0);
	ck_assert_uint_eq(ms, 1795264867123);
	ck_assert_int_eq(clock_parse("2024-02-29T23:59:59Z", &ms), 0);
	ck_assert_uint_eq(ms, 1709251199000);
	clock_text(UINT64_MAX, text);
	ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
	ck_assert_int_eq(clock_parse(text, &ms), 0);
}
END_TEST

START_TEST(not_times)
{
	static const char *const bad[] = { "", "Z", "2026-11-21", "2026-11-21T12:41:07",
		"2026-11-21T12:41:07.1Z", "2026-11-21T12:41:07.1234Z", "2026-11-21 12:41:07Z",
		"2026-13-21T12:41:07Z", "2026-02-29T12:41:07Z", "2026-11-21T24:00:00Z",
		"2026-11-21T12:60:07Z", "2026-11-21T12:41:60Z", "1969-12-31T23:59:59Z",
		"2026-11-21T12:41:07Z ", " 2026-11-21T12:41:07Z", "+026-11-21T12:41:07Z",
		"2026-11-21T12:41:07+00:00", "2026-00-00T00:00:00Z" };
	uint64_t ms;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ms = 1;
		ck_assert_msg(clock_parse(bad[i], &ms) == ERR_FORMAT, "%s", bad[i]);
		ck_assert_uint_eq(ms, 0);
	}
}
END_TEST

START_TEST(ages)
{
	char text[CLOCK_TEXT_MAX];

	clock_age(0, text);
	ck_assert_str_eq(text, "0 s");
	clock_age(59, text);
	ck_assert_str_eq(text, "59 s");
	clock_age(60, text);
	ck_assert_str_eq(text, "1 min");
	clock_age(7199, text);
	ck_assert_str_eq(text, "1 h");
	clock_age(3 * 86400 + 5, text);
	ck_assert_str_eq(text, "3 d");
	clock_age(UINT64_MAX, text);
	ck_assert_str_eq(text, "213503982334601 d");
}
END_TEST

START_TEST(clocks_run)
{
	uint64_t before = clock_mono_ms();

	ck_assert_uint_ge(clock_now_ms(), 1700000000000);
	ck_assert_uint_ge(clock_mono_ms(), before);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { times_as_text, not_times, ages, clocks_run, NULL };

	return unit_run(unit_suite("clock", tests));
}
