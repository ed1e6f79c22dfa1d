#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "unit.h"

static char *text;
static size_t text_n;

/* A log into memory; what it holds is in text after taken(). */
static struct log *
begin(FILE **stream, enum log_level level, int journal)
{
	*stream = open_memstream(&text, &text_n);
	ck_assert_ptr_nonnull(*stream);
	return log_new(*stream, level, journal);
}

static void
end(struct log **l, FILE *stream)
{
	log_free(l);
	ck_assert_ptr_null(*l);
	fclose(stream);
}

START_TEST(a_line_an_event)
{
	FILE *f;
	struct log *l = begin(&f, LOG_LEVEL_INFO, 0);
	char when[CLOCK_TEXT_MAX] = "";
	uint64_t ms;

	log_info(l, "peer", "closed reason=%s", "a\nb\033c");
	log_debug(l, "peer", "not shown");
	end(&l, f);
	ck_assert_str_eq(text + 24,
	    " info peer: closed reason=a b\xef\xbf\xbd"
	    "c\n");
	memcpy(when, text, 24);
	ck_assert_int_eq(clock_parse(when, &ms), 0);
	free(text);
}
END_TEST

START_TEST(for_the_journal)
{
	FILE *f;
	struct log *l = begin(&f, LOG_LEVEL_DEBUG, 1);

	log_error(l, "m", "one");
	log_warn(l, "m", "two");
	log_info(l, "m", "three");
	log_debug(l, "m", "four");
	end(&l, f);
	ck_assert_str_eq(text, "<3>m: one\n<4>m: two\n<6>m: three\n<7>m: four\n");
	free(text);
}
END_TEST

START_TEST(no_log_is_silent)
{
	struct log *none = NULL;

	log_error(none, "m", "x");
	log_free(&none);
}
END_TEST

START_TEST(levels)
{
	enum log_level level;

	ck_assert_int_eq(log_level_parse("warn", &level), 0);
	ck_assert_int_eq(level, LOG_LEVEL_WARN);
	ck_assert_int_eq(log_level_parse("debug", &level), 0);
	ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
	ck_assert_int_eq(log_level_parse("loud", &level), ERR_FORMAT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_line_an_event, for_the_journal, no_log_is_silent, levels,
		NULL };

	return unit_run(unit_suite("log", tests));
}
