/*
 * The rules of the sanitiser, one a test; the conformance data is in tests/vectors/vec_text.c.
 */
#include <locale.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "unit.h"

/* in (n bytes) comes out as want, and want stays as it is. */
static void
cleans_n(enum text_kind kind, const char *in, size_t n, const char *want)
{
	char *got = text_clean(in, n, kind);

	ck_assert_str_eq(got, want);
	ck_assert(text_is_clean(got, strlen(got), kind));
	ck_assert_int_eq(text_is_clean(in, n, kind), n == strlen(want) && memcmp(in, want, n) == 0);
	free(got);
}

static void
cleans(enum text_kind kind, const char *in, const char *want)
{
	cleans_n(kind, in, strlen(in), want);
}

#define BAD_MARK "\xef\xbf\xbd"

START_TEST(plain_text_stays)
{
	cleans(TEXT_LINE, "", "");
	cleans(TEXT_LINE, "Olá, João! 你好 ñ€", "Olá, João! 你好 ñ€");
	cleans(TEXT_LINE, "🇵🇹 👩‍👩‍👧 ❤️ 1️⃣ 👍🏽",
	    "🇵🇹 👩‍👩‍👧 ❤️ 1️⃣ 👍🏽");
	cleans(
	    TEXT_LINE, "می‌خواهم", "می‌خواهم"); /* ZWNJ between Persian letters */
	cleans(TEXT_LINE, "क्‍ष", "क्‍ष");        /* ZWJ after a virama */
}
END_TEST

START_TEST(controls_become_marks)
{
	cleans(TEXT_LINE, "a\033[31mb", "a" BAD_MARK "[31mb");
	cleans(TEXT_LINE, "\a\b\x7f", BAD_MARK BAD_MARK BAD_MARK);
	cleans_n(TEXT_LINE, "a\0b", 3, "a" BAD_MARK "b");
	cleans(TEXT_LINE,
	    "\xc2\x9b"
	    "31m",
	    BAD_MARK "31m"); /* C1 CSI, encoded */
	cleans(TEXT_LINE,
	    "\x9b"
	    "31m",
	    BAD_MARK "31m");                             /* and raw */
	cleans(TEXT_LINE, "\xef\xbf\xb9", BAD_MARK);     /* annotation anchor */
	cleans(TEXT_LINE, "\xf3\xbf\xbf\xbf", BAD_MARK); /* noncharacter */
}
END_TEST

START_TEST(line_ends)
{
	cleans(TEXT_LINE, "a\nb\tc\r\nd", "a b c d");
	cleans(TEXT_BLOCK, "a\nb\tc\r\nd", "a\nb c\nd");
	cleans(TEXT_BLOCK, "a\rb", "a" BAD_MARK "b");
	cleans(TEXT_BLOCK,
	    "a\xe2\x80\xa8"
	    "b\xe2\x80\xa9"
	    "c",
	    "a\nb\nc");
	cleans(TEXT_NAME,
	    "a\xe2\x80\xa8"
	    "b",
	    "a b");
}
END_TEST

START_TEST(bidi_and_invisible_go)
{
	cleans(TEXT_LINE,
	    "a\xe2\x80\xae"
	    "b\xe2\x81\xa6"
	    "c\xe2\x80\x8f"
	    "d\xd8\x9c",
	    "abcd");
	cleans(TEXT_LINE,
	    "a\xe2\x80\x8b"
	    "b\xef\xbb\xbf"
	    "c\xc2\xad"
	    "d\xe2\x81\xa0"
	    "e",
	    "abcde");
	cleans(TEXT_LINE,
	    "a\xe2\x80\x8c"
	    "b\xe2\x80\x8d"
	    "c",
	    "abc");                                                  /* ZWNJ, ZWJ in Latin */
	cleans(TEXT_LINE, "x\xf3\xa0\x81\xa1\xf3\xa0\x81\xa2", "x"); /* tag letters */
	cleans(TEXT_LINE,
	    "a\xef\xb8\x8f"
	    "b",
	    "ab");                                         /* VS16 on a letter */
	cleans(TEXT_LINE, "\xe3\x85\xa4\xe1\x85\x9f", ""); /* Hangul fillers */
}
END_TEST

START_TEST(a_cluster_holds_eight_marks)
{
	char in[1 + 2 * 100 + 2], want[1 + 2 * 8 + 2];
	size_t i;

	for (i = 0; i < 100; i++)
		memcpy(in + 1 + 2 * i, "\xcc\x81", 2);
	in[0] = want[0] = 'x';
	strcpy(in + sizeof in - 2, "y");
	memcpy(want, in, sizeof want - 2);
	strcpy(want + sizeof want - 2, "y");
	cleans(TEXT_LINE, in, want);
}
END_TEST

START_TEST(a_mark_needs_a_base)
{
	cleans(TEXT_LINE,
	    "\xcc\x81"
	    "a",
	    "\xe2\x97\x8c\xcc\x81"
	    "a");
	cleans(TEXT_BLOCK, "a\n\xcc\x81", "a\n\xe2\x97\x8c\xcc\x81");
	cleans(TEXT_LINE, "a\n\xcc\x81", "a \xcc\x81");
	cleans(TEXT_LINE, "\xe1\x85\xa1\xe1\x86\xa8", BAD_MARK BAD_MARK); /* jamo without a lead */
}
END_TEST

START_TEST(names_are_composed)
{
	cleans(TEXT_NAME, "Joa\xcc\x83o", "João");
	cleans(TEXT_LINE, "Joa\xcc\x83o", "Joa\xcc\x83o");
	cleans(TEXT_NAME, "a\xe2\x80\x8b\xcc\x83", "ã"); /* together only once the ZWSP is gone */
}
END_TEST

START_TEST(malformed)
{
	cleans(TEXT_LINE,
	    "a\xff"
	    "b",
	    "a" BAD_MARK "b");
	cleans(TEXT_LINE, "\xed\xa0\x80", BAD_MARK BAD_MARK BAD_MARK);
	cleans(TEXT_LINE, "\xf0\x9f\x98", BAD_MARK);
	cleans(TEXT_LINE, "\xc0\xaf", BAD_MARK BAD_MARK);
	ck_assert(text_is_utf8("aé€😀", strlen("aé€😀")));
	ck_assert(text_is_utf8("", 0));
	ck_assert(!text_is_utf8("\xed\xa0\x80", 3));
	ck_assert(!text_is_utf8("\xe2\x82", 2));
	ck_assert(!text_is_utf8("\xf4\x90\x80\x80", 4));
}
END_TEST

/* Whatever bytes come, the result is UTF-8, clean, and cut clean. */
START_TEST(random_bytes)
{
	static const char *const bits[] = { "\xe2\x80\x8d", "\xe2\x80\x8c", "\xef\xb8\x8f", "👩",
		"🏽", "\xcc\x81", "e", "ष", "्", "م", "\xe1\x84\x80", "\xe1\x85\xa1",
		"\xe1\x86\xa8", "\n", "\r", "\033", "\xe2\x80\xae", "\xff", "\xf0\x9f", "1",
		"\xe2\x83\xa3", "क", "़", "\xe0\xa5\x98", "🇵", "\xe0\xa4\xbe", " " };
	char in[400], cut[40], *once;
	unsigned seed = 7, round, k;
	size_t n, len;

	for (round = 0; round < 20000; round++) {
		n = 0;
		for (k = 0; k < 24; k++) {
			const char *bit;

			seed = seed * 1103515245u + 12345u;
			bit = bits[(seed >> 16) % (sizeof bits / sizeof bits[0])];
			memcpy(in + n, bit, strlen(bit));
			n += strlen(bit);
		}
		once = text_clean(in, n, round % 3);
		len = strlen(once);
		ck_assert(text_is_utf8(once, len));
		ck_assert_msg(text_is_clean(once, len, round % 3), "round %u: %s", round, once);
		n = text_clean_to(cut, 1 + seed % (sizeof cut - 1), in, n, round % 3);
		ck_assert_uint_eq(strlen(cut), n);
		ck_assert(memcmp(once, cut, n) == 0);
		ck_assert(text_is_utf8(cut, n));
		free(once);
	}
}
END_TEST

START_TEST(cut_to_fit)
{
	char out[8];

	ck_assert_uint_eq(text_clean_to(out, sizeof out, "abcdefghij", 10, TEXT_LINE), 7);
	ck_assert_str_eq(out, "abcdefg");
	ck_assert_uint_eq(text_clean_to(out, sizeof out, "abcdef\xc3\xa9x", 9, TEXT_LINE), 6);
	ck_assert_str_eq(out, "abcdef");
	ck_assert_uint_eq(text_clean_to(out, sizeof out, "abcde\xc3\xa9", 7, TEXT_LINE), 7);
	ck_assert_uint_eq(text_clean_to(out, sizeof out,
			      "abcde"
			      "e\xcc\x81x",
			      9, TEXT_LINE),
	    5);
	ck_assert_uint_eq(text_clean_to(out, 1, "a", 1, TEXT_LINE), 0);
	ck_assert_str_eq(out, "");
	ck_assert_uint_eq(text_clean_to(NULL, 0, "a", 1, TEXT_LINE), 0);
}
END_TEST

static int
name(const char *s)
{
	return text_name_check(s, strlen(s));
}

START_TEST(account_names)
{
	ck_assert_int_eq(name("maria"), 0);
	ck_assert_int_eq(name("joão.silva-2_x"), 0);
	ck_assert_int_eq(name("иван"), 0);
	ck_assert_int_eq(name("straße"), 0);
	ck_assert_int_eq(name("_x"), 0);
	ck_assert_int_eq(name("7"), 0);
	ck_assert_int_eq(name("áéíóúáéíóúáéíóúáéíóúáéíóúáéíóúáé"), 0);
	ck_assert_int_eq(name("áéíóúáéíóúáéíóúáéíóúáéíóúáéíóúáéí"), ERR_FORMAT); /* 33 */
	ck_assert_int_eq(name(""), ERR_FORMAT);
	ck_assert_int_eq(name("Maria"), ERR_FORMAT);
	ck_assert_int_eq(name("-x"), ERR_FORMAT);
	ck_assert_int_eq(name(".x"), ERR_FORMAT);
	ck_assert_int_eq(name("a b"), ERR_FORMAT);
	ck_assert_int_eq(name("a/b"), ERR_FORMAT);
	ck_assert_int_eq(name("joa\xcc\x83o"), ERR_FORMAT);  /* not composed */
	ck_assert_int_eq(name("\xef\xac\x81m"), ERR_FORMAT); /* fi ligature */
	ck_assert_int_eq(name("\xef\xbd\x81"), ERR_FORMAT);  /* full-width a */
	ck_assert_int_eq(name("a\xe2\x80\x8b"), ERR_FORMAT);
	ck_assert_int_eq(name("a\xff"), ERR_FORMAT);
	ck_assert_int_eq(text_name_check("a\0b", 3), ERR_FORMAT);
}
END_TEST

START_TEST(names_as_typed)
{
	char out[TEXT_NAME_MAX];

	ck_assert_int_eq(text_name_fold("Maria", 5, out, sizeof out), 0);
	ck_assert_str_eq(out, "maria");
	ck_assert_int_eq(text_name_fold("JOA\xcc\x83O", 6, out, sizeof out), 0);
	ck_assert_str_eq(out, "joão");
	ck_assert_int_eq(text_name_fold("a b", 3, out, sizeof out), ERR_FORMAT);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(text_name_fold("", 0, out, sizeof out), ERR_FORMAT);
	ck_assert_int_eq(text_name_fold("maria", 5, out, 5), ERR_LIMIT);
	ck_assert_int_eq(text_name_fold("a\xff", 2, out, sizeof out), ERR_FORMAT);
}
END_TEST

START_TEST(scripts)
{
	static const char *const one[] = { "", "maria", "João", "Иван", "Γιώργος", "東京タワーです",
		"日本 NTT", "한국 KT 漢", "123 .-_", "Ünal", "עברית" },
				 *const more[] = { "mаria" /* Cyrillic а */, "ΑBC", "аbc", "Иvan",
					 "日本ИИ", "аα",
					 ("\xf0\x9d\x90\x9a"
					  "bc") };
	size_t i;

	for (i = 0; i < sizeof one / sizeof one[0]; i++)
		ck_assert_msg(!text_mixed_scripts(one[i], strlen(one[i])), "%s", one[i]);
	for (i = 0; i < sizeof more / sizeof more[0]; i++)
		ck_assert_msg(text_mixed_scripts(more[i], strlen(more[i])), "%s", more[i]);
}
END_TEST

/* One cluster: its bytes, what of them to draw, and its columns. */
static void
cluster(const char *s, size_t bytes, size_t draw, int columns)
{
	struct text_cluster c;

	ck_assert_int_eq(text_next(s, strlen(s), &c), 1);
	ck_assert_msg(c.bytes == bytes && c.draw == draw && c.columns == columns,
	    "%s: %zu bytes, draw %zu, %d columns", s, c.bytes, c.draw, c.columns);
}

START_TEST(clusters)
{
	struct text_cluster c;

	ck_assert_int_eq(text_next("", 0, &c), 0);
	cluster("ab", 1, 1, 1);
	cluster("e\xcc\x81"
		"b",
	    3, 3, 1);
	cluster("你", 3, 3, 2);
	cluster("👍", 4, 4, 2);
	cluster("👍🏽", 8, 4, 2);
	cluster("👩‍👩‍👧", 18, 4, 2);
	cluster("❤️", 6, 3, 1);
	cluster("🇵🇹🇵", 8, 8, 2);
	cluster("한", 3, 3, 2);
	cluster("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 9, 9, 2);
	cluster("\n", 1, 1, 0);
	ck_assert_int_eq(text_columns("a你é🇵🇹", strlen("a你é🇵🇹")), 6);
	ck_assert_uint_eq(text_fit("a你é", 6, 2), 1);
	ck_assert_uint_eq(text_fit("a你é", 6, 3), 4);
	ck_assert_uint_eq(text_fit("a你é", 6, 9), 6);
	ck_assert_uint_eq(text_fit("你", 3, 1), 0);
	ck_assert_uint_eq(text_fit("ae\xcc\x81z", 5, 2), 4);
}
END_TEST

START_TEST(widths_without_a_locale)
{
	setlocale(LC_ALL, "C");
	cluster("é", 2, 2, 1);
	cluster("你", 3, 3, 2);
	setlocale(LC_ALL, "");
}
END_TEST

START_TEST(faults)
{
	struct fault f;
	char line[300], tiny[8], huge[3000];

	ck_assert_int_eq(fault_set(NULL, ERR_MAC, "x", "y"), ERR_MAC);
	ck_assert_int_eq(fault_hint(NULL, "y"), ERR_BUG);
	ck_assert_int_eq(fault_set(&f, ERR_IO, "a\033file", "cannot read %d", 3), ERR_IO);
	fault_line(&f, line, sizeof line);
	ck_assert_str_eq(line, "cannot read 3: a" BAD_MARK "file");
	ck_assert_int_eq(fault_hint(&f, "Try %s.", "again\n"), ERR_IO);
	fault_line(&f, line, sizeof line);
	ck_assert_str_eq(line, "cannot read 3: a" BAD_MARK "file. Try again .");
	fault_line(&f, tiny, sizeof tiny);
	ck_assert_str_eq(tiny, "cannot ");
	fault_line(&f, tiny, 0);
	memset(huge, 'x', sizeof huge);
	huge[sizeof huge - 1] = '\0';
	fault_set(&f, ERR_IO, huge, "%s", huge);
	fault_hint(&f, "%s", huge);
	ck_assert_uint_eq(strlen(f.what), sizeof f.what - 1);
	ck_assert_uint_eq(strlen(f.about), sizeof f.about - 1);
	ck_assert_uint_eq(strlen(f.hint), sizeof f.hint - 1);
	f = (struct fault){ .code = ERR_NO_CARD };
	fault_line(&f, line, sizeof line);
	ck_assert_str_eq(line, "no card");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { plain_text_stays, controls_become_marks, line_ends,
		bidi_and_invisible_go, a_cluster_holds_eight_marks, a_mark_needs_a_base,
		names_are_composed, malformed, random_bytes, cut_to_fit, account_names,
		names_as_typed, scripts, clusters, widths_without_a_locale, faults, NULL };

	setlocale(LC_ALL, "");
	return unit_run(unit_suite("text", tests));
}
