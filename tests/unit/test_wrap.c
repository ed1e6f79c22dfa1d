/* Wrapping by words and clusters, and the layout of the main screen for every size. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "ui/layout.h"
#include "ui/wrap.h"
#include "unit.h"

static const struct {
	const char *text;
	int columns;
	const char *lines; /* joined with | */
} cases[] = {
	{ "", 10, "" },
	{ "abc", 10, "abc" },
	{ "one two three", 7, "one two|three" },
	{ "one two three", 8, "one two|three" },
	{ "one  two", 4, "one |two" },
	{ "abcdefgh", 3, "abc|def|gh" },
	{ "ab abcdefgh", 4, "ab|abcd|efgh" },
	{ "a\nb", 10, "a|b" },
	{ "a\n", 10, "a|" },
	{ "\n\n", 10, "||" },
	{ "日本語", 4, "日本|語" },
	{ "日本語", 5, "日本|語" },
	{ "e\xCC\x81"
	  "e\xCC\x81"
	  "e\xCC\x81",
	    2,
	    "e\xCC\x81"
	    "e\xCC\x81|e\xCC\x81" },
	{ "exactly10! x", 10, "exactly10!|x" },
};

START_TEST(wraps)
{
	struct wrap w;
	struct wrap_line line;
	char out[256] = "";
	int count = 0;

	wrap_start(&w, cases[_i].text, strlen(cases[_i].text), cases[_i].columns);
	while (wrap_next(&w, &line)) {
		if (count++ > 0)
			strcat(out, "|");
		strncat(out, cases[_i].text + line.at, line.bytes);
		ck_assert_int_le(
		    text_columns(cases[_i].text + line.at, line.bytes), cases[_i].columns);
	}
	ck_assert_str_eq(out, cases[_i].lines);
	ck_assert_int_eq(
	    wrap_count(cases[_i].text, strlen(cases[_i].text), cases[_i].columns), count);
}
END_TEST

/* Nothing overlaps, everything is inside, the conversation keeps its 40 columns. */
START_TEST(layouts)
{
	for (int rows = 1; rows < 60; rows++) {
		for (int cols = 1; cols < 200; cols++) {
			struct layout_wish wish = { true, true, 1 + rows % 7 };
			struct layout l;

			layout_compute(&l, rows, cols, &wish);
			ck_assert_int_eq(l.fits, rows >= 10 && cols >= 40);
			if (!l.fits)
				continue;
			ck_assert_int_ge(l.conversation.cols, 40);
			ck_assert_int_ge(l.conversation.rows, 3);
			ck_assert_int_eq(l.contacts.rows > 0, cols >= 72);
			ck_assert_int_eq(l.certificate.rows > 0, cols >= 110);
			ck_assert_int_eq(l.times, cols >= 50);
			ck_assert_int_eq(l.hints.row, rows - 1);
			ck_assert_int_eq(l.input.row + l.input.rows, l.hints.row);
			ck_assert_int_eq(l.status.row + 1, l.input.row);
			ck_assert_int_eq(
			    l.conversation.row + l.conversation.rows + (l.rule >= 0), l.status.row);
			ck_assert_int_eq(
			    l.conversation.col, l.contacts.rows > 0 ? l.contacts.cols + 1 : 0);
			ck_assert_int_eq(l.conversation.col + l.conversation.cols +
				(l.certificate.rows > 0 ? l.certificate.cols + 1 : 0),
			    cols);
		}
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wrap");
	TCase *t = tcase_create("wrap");

	(void)setlocale(LC_ALL, "C.UTF-8");
	tcase_add_loop_test(t, wraps, 0, sizeof cases / sizeof *cases);
	tcase_add_test(t, layouts);
	suite_add_tcase(s, t);
	return unit_run(s);
}
