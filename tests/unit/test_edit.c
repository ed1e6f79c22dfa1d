/* The line editor: clusters, words, kill ring, undo, history, several lines, secrets. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "ui/edit.h"
#include "ui/keys.h"
#include "unit.h"

static struct edit *
with(const char *text, size_t back)
{
	struct edit *e = edit_new(256, EDIT_MULTILINE);

	edit_set(e, text);
	while (back-- > 0)
		ck_assert(edit_key(e, K_LEFT));
	return e;
}

static void
type(struct edit *e, const char *ascii)
{
	for (; *ascii != '\0'; ascii++)
		ck_assert(edit_key(e, (unsigned char)*ascii));
}

/* One key on a text whose cursor stands `back` clusters before its end. */
static const struct {
	const char *before;
	size_t back;
	uint32_t key;
	const char *after;
	size_t cursor;
} keys[] = {
	{ "abc", 0, K_BACKSPACE, "ab", 2 },
	{ "abc", 3, K_BACKSPACE, "abc", 0 },
	{ "ol\xC3\xA1", 0, K_BACKSPACE, "ol", 2 },
	{ "e\xCC\x81x", 1, K_BACKSPACE, "x", 0 }, /* a letter and its mark */
	{ "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB", 0, K_BACKSPACE, "",
	    0 }, /* one emoji of three */
	{ "abc", 2, K_DELETE, "ac", 1 },
	{ "abc", 0, K_DELETE, "abc", 3 },
	{ "one two", 0, K_C('w'), "one ", 4 },
	{ "one two  ", 0, K_C('w'), "one ", 4 },
	{ "a/b", 0, K_ALT | K_BACKSPACE, "a/", 2 },
	{ "one two", 7, K_A('d'), " two", 0 },
	{ "one two", 4, K_C('k'), "one", 3 },
	{ "one two", 3, K_C('u'), "two", 0 },
	{ "one\ntwo", 4, K_C('k'), "onetwo", 3 }, /* at the end of a line: the newline */
	{ "one\ntwo", 1, K_C('a'), "one\ntwo", 4 },
	{ "one\ntwo", 7, K_C('e'), "one\ntwo", 3 },
	{ "one two", 0, K_A('b'), "one two", 4 },
	{ "one two", 7, K_A('f'), "one two", 3 },
	{ "ab", 0, K_C('t'), "ba", 2 },
	{ "abc", 2, K_C('t'), "bac", 2 },
	{ "a", 0, K_C('t'), "a", 1 },
	{ "a", 0, K_ALT | K_ENTER, "a\n", 2 },
	{ "long line\nx", 0, K_UP, "long line\nx", 1 },
	{ "x\nlong line", 11, K_DOWN, "x\nlong line", 2 },
};

START_TEST(one_key)
{
	struct edit *e = with(keys[_i].before, keys[_i].back);

	ck_assert(edit_key(e, keys[_i].key));
	ck_assert_str_eq(edit_text(e), keys[_i].after);
	ck_assert_uint_eq(edit_cursor(e), keys[_i].cursor);
	edit_free(&e);
}
END_TEST

START_TEST(kill_and_yank)
{
	struct edit *e = with("one two three", 0);

	ck_assert(edit_key(e, K_C('w')));
	ck_assert(edit_key(e, K_C('w'))); /* joins the kill before */
	ck_assert_str_eq(edit_killed(e), "two three");
	ck_assert(edit_key(e, K_C('a')));
	ck_assert(edit_key(e, K_C('k')));
	ck_assert_str_eq(edit_killed(e), "one ");
	ck_assert(edit_key(e, K_C('y')));
	ck_assert_str_eq(edit_text(e), "one ");
	ck_assert(edit_key(e, K_A('y')));
	ck_assert_str_eq(edit_text(e), "two three");
	edit_free(&e);
}
END_TEST

START_TEST(undo)
{
	struct edit *e = edit_new(64, 0);

	type(e, "ab cd");
	ck_assert(edit_key(e, K_C('u')));
	ck_assert(edit_key(e, K_C('_')));
	ck_assert_str_eq(edit_text(e), "ab cd");
	ck_assert(edit_key(e, K_C('_')));
	ck_assert_str_eq(edit_text(e), "ab");
	ck_assert(edit_key(e, K_C('_')));
	ck_assert_str_eq(edit_text(e), "");
	ck_assert(edit_key(e, K_C('_')));
	edit_free(&e);
}
END_TEST

START_TEST(history)
{
	struct edit *e = edit_new(64, 0);

	edit_remember(e, "first");
	edit_remember(e, "second");
	type(e, "now");
	ck_assert(edit_key(e, K_UP));
	ck_assert_str_eq(edit_text(e), "second");
	ck_assert(edit_key(e, K_UP));
	ck_assert(edit_key(e, K_UP));
	ck_assert_str_eq(edit_text(e), "first");
	ck_assert(edit_key(e, K_DOWN));
	ck_assert(edit_key(e, K_DOWN));
	ck_assert_str_eq(edit_text(e), "now");
	ck_assert(edit_key(e, K_DOWN));
	ck_assert_str_eq(edit_text(e), "now");
	edit_free(&e);
}
END_TEST

START_TEST(limits)
{
	struct edit *e = edit_new(4, 0);

	ck_assert(edit_insert(e, "abc", 3));
	ck_assert(!edit_insert(e, "\xC3\xA9", 2)); /* not half of it */
	ck_assert_str_eq(edit_text(e), "abc");
	ck_assert(edit_insert(e, "\n", 1));
	ck_assert_str_eq(edit_text(e), "abc "); /* one line */
	ck_assert(!edit_key(e, K_ENTER));
	ck_assert(!edit_key(e, K_TAB));
	edit_free(&e);
}
END_TEST

START_TEST(pasted_escapes)
{
	struct edit *e = edit_new(64, EDIT_MULTILINE);
	static const char bad[] = "a\033[31mb\x9B\0c\xE2\x80\xAE";

	ck_assert(edit_insert(e, bad, sizeof bad - 1));
	for (size_t i = 0; i < edit_len(e); i++)
		ck_assert(edit_text(e)[i] != 0x1B && edit_text(e)[i] != 0);
	ck_assert_ptr_null(strstr(edit_text(e), "\xE2\x80\xAE"));
	edit_free(&e);
}
END_TEST

START_TEST(mark_after_its_letter)
{
	struct edit *e = edit_new(64, 0);

	type(e, "e");
	ck_assert(edit_key(e, 0x301));
	ck_assert_str_eq(edit_text(e), "e\xCC\x81");
	ck_assert(edit_key(e, K_BACKSPACE));
	ck_assert_str_eq(edit_text(e), "");
	edit_free(&e);
}
END_TEST

START_TEST(secret)
{
	struct edit *e = edit_new(64, EDIT_SECRET);

	type(e, "1234");
	ck_assert(edit_key(e, K_C('u')));
	ck_assert_str_eq(edit_text(e), "");
	ck_assert_str_eq(edit_killed(e), "");
	ck_assert(edit_key(e, K_C('_')));
	ck_assert(edit_key(e, K_C('y')));
	ck_assert_str_eq(edit_text(e), "");
	edit_remember(e, "1234");
	ck_assert(edit_key(e, K_UP));
	ck_assert_str_eq(edit_text(e), "");
	edit_free(&e);
	ck_assert_ptr_null(e);
	edit_free(&e);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("edit");
	TCase *t = tcase_create("edit");

	(void)setlocale(LC_ALL, "C.UTF-8");
	tcase_add_loop_test(t, one_key, 0, sizeof keys / sizeof *keys);
	tcase_add_test(t, kill_and_yank);
	tcase_add_test(t, undo);
	tcase_add_test(t, history);
	tcase_add_test(t, limits);
	tcase_add_test(t, pasted_escapes);
	tcase_add_test(t, mark_after_its_letter);
	tcase_add_test(t, secret);
	suite_add_tcase(s, t);
	return unit_run(s);
}
