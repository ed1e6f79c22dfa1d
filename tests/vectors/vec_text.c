/*
 * The sanitiser, clusters, widths and NFC against Unicode's own tables and other people's hostile
 * text. What may not come out is decided here from properties.txt, not from the library that
 * src/base/text.c asks.
 */
#include <dirent.h>
#include <locale.h>
#include <utf8proc.h>

#include "base/text.h"
#include "vectors.h"

#define CODE_POINTS 0x110000
#define MARKS_MAX 8

/* Per code point, from properties.txt. */
static uint8_t *steering; /* may never come out */
static uint8_t *marks;

static FILE *
open_data(const char *name)
{
	char *path = vectors_path(name);
	FILE *f = fopen(path, "r");

	ck_assert_msg(f != NULL, "cannot open %s", path);
	free(path);
	return f;
}

static bool
is_allowed_joiner(int32_t cp)
{
	return cp == 0x200c || cp == 0x200d || cp == 0xfe0e || cp == 0xfe0f;
}

static bool
names_steering(const char *property)
{
	static const char *const names[] = { "Bidi_Control", "Cc", "Cf", "Cs", "Zl", "Zp",
		"Default_Ignorable_Code_Point", "Noncharacter_Code_Point" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(property, names[i]) == 0)
			return true;
	return false;
}

static void
load_properties(void)
{
	FILE *f = open_data("text/properties.txt");
	char *line = NULL, *property;
	size_t size = 0;
	unsigned lo, hi;

	steering = mem_alloc(CODE_POINTS);
	marks = mem_alloc(CODE_POINTS);
	while (vectors_line(f, &line, &size) != NULL) {
		property = strchr(line, ';') + 1;
		if (sscanf(line, "%x..%x", &lo, &hi) == 1)
			hi = lo;
		for (; lo <= hi; lo++) {
			if (names_steering(property))
				steering[lo] = !is_allowed_joiner((int32_t)lo);
			if (strcmp(property, "Mn") == 0 || strcmp(property, "Me") == 0)
				marks[lo] = 1;
		}
	}
	free(line);
	fclose(f);
}

static void
unload_properties(void)
{
	free(steering);
	free(marks);
}

/* As ck_assert_msg, which writes to a file each time that it holds. */
#define HOLDS(cond, ...)                                                                           \
	do {                                                                                       \
		if (!(cond))                                                                       \
			ck_abort_msg(__VA_ARGS__);                                                 \
	} while (0)

/* The properties that everything shown must have. */
static void
check_shown(const char *s, enum text_kind kind, const char *what)
{
	size_t n = strlen(s), at = 0, in_a_row = 0;
	int32_t cp;

	HOLDS(text_is_clean(s, n, kind), "%s: not stable", what);
	while (at < n) {
		utf8proc_ssize_t len =
		    utf8proc_iterate((const uint8_t *)s + at, (utf8proc_ssize_t)(n - at), &cp);

		HOLDS(len > 0, "%s: not UTF-8", what);
		if (!(cp == '\n' && kind == TEXT_BLOCK))
			HOLDS(!steering[cp], "%s: U+%04X came out", what, (unsigned)cp);
		in_a_row = marks[cp] ? in_a_row + 1 : 0;
		HOLDS(in_a_row <= MARKS_MAX, "%s: too many marks", what);
		HOLDS(!marks[cp] || at > 0, "%s: begins with a mark", what);
		at += (size_t)len;
	}
}

static void
check_hostile(const uint8_t *in, size_t n, const char *what)
{
	static const enum text_kind kinds[] = { TEXT_LINE, TEXT_BLOCK, TEXT_NAME };
	size_t i;

	for (i = 0; i < 3; i++) {
		char *s = text_clean(in, n, kinds[i]);

		check_shown(s, kinds[i], what);
		free(s);
	}
}

/* The given field of each row, in hexadecimal. */
static void
check_hostile_table(const char *name, int field)
{
	FILE *f = open_data(name);
	char *line = NULL, *row, *value, *id;
	size_t size = 0, n;
	uint8_t *in;
	int i;

	while ((row = vectors_line(f, &line, &size)) != NULL) {
		id = strsep(&row, "\t");
		for (value = NULL, i = 0; i < field; i++)
			value = strsep(&row, "\t");
		if (value == NULL)
			continue;
		in = vectors_hex(value, &n);
		check_hostile(in, n, id);
		free(in);
	}
	free(line);
	fclose(f);
}

START_TEST(hostile_tables)
{
	load_properties();
	check_hostile_table("text/kuhn_utf8_lines.tsv", 1);
	check_hostile_table("text/blns.tsv", 1);
	check_hostile_table("text/trojan_source.tsv", 1);
	check_hostile_table("escapes/garak_ansi.tsv", 1);
	check_hostile_table("escapes/garak_ansi.tsv", 2);
	check_hostile_table("escapes/xterm_js.tsv", 1);
	unload_properties();
}
END_TEST

START_TEST(terminal_recordings)
{
	char *dir = vectors_path("escapes/alacritty"), *path;
	struct dirent *e;
	DIR *d = opendir(dir);
	uint8_t *in = mem_alloc(1 << 20);
	size_t n;
	FILE *f;

	load_properties();
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		path = mem_format("%s/%s", dir, e->d_name);
		f = fopen(path, "r");
		ck_assert_ptr_nonnull(f);
		n = fread(in, 1, 1 << 20, f);
		fclose(f);
		check_hostile(in, n, e->d_name);
		free(path);
	}
	closedir(d);
	free(in);
	free(dir);
	unload_properties();
}
END_TEST

/* Each code point of the planes in use, and some of the others, between two letters. */
START_TEST(every_code_point)
{
	uint8_t in[8];
	int32_t cp;
	size_t n;

	load_properties();
	for (cp = 0; cp < CODE_POINTS; cp++) {
		if ((cp >= 0xd800 && cp <= 0xdfff) ||
		    (cp >= 0x20000 && (cp < 0xe0000 || cp > 0xe01ff) && cp % 251 > 1))
			continue;
		in[0] = 'a';
		n = 1 + (size_t)utf8proc_encode_char(cp, in + 1);
		in[n++] = 'b';
		check_hostile(in, n, "between letters");
	}
	unload_properties();
}
END_TEST

START_TEST(decoder)
{
	FILE *f = open_data("text/utf8tests.tsv");
	char *line = NULL, *row, *id, *class, *got, *want;
	uint8_t *in, *replaced;
	size_t size = 0, n, rn;

	while ((row = vectors_line(f, &line, &size)) != NULL) {
		id = strsep(&row, "\t");
		class = strsep(&row, "\t");
		in = vectors_hex(strsep(&row, "\t"), &n);
		strsep(&row, "\t");
		replaced = vectors_hex(row, &rn);
		ck_assert_msg(text_is_utf8(in, n) == (strcmp(class, "valid") == 0), "%s", id);
		got = text_clean(in, n, TEXT_BLOCK);
		want = text_clean(replaced, rn, TEXT_BLOCK);
		ck_assert_msg(strcmp(got, want) == 0, "%s: %s, not %s", id, got, want);
		free(got);
		free(want);
		free(in);
		free(replaced);
	}
	free(line);
	fclose(f);
}
END_TEST

/* "0020 0308 ..." as UTF-8, up to one of the ends; *p moves there. */
static size_t
code_points(char **p, const char *ends, uint8_t *out)
{
	size_t n = 0;

	for (;;) {
		*p += strspn(*p, " ");
		if (**p == '\0' || strchr(ends, **p) != NULL)
			return n;
		n += (size_t)utf8proc_encode_char((int32_t)strtoul(*p, p, 16), out + n);
	}
}

START_TEST(cluster_breaks)
{
	FILE *f = open_data("text/GraphemeBreakTest.txt");
	uint8_t whole[256], part[64];
	char *line = NULL, *row, *p;
	struct text_cluster c;
	size_t size = 0, n, at, len;

	while ((row = vectors_line(f, &line, &size)) != NULL) {
		/* all of it first, then cluster by cluster */
		for (n = 0, p = row; *p != '\0'; p += *p != '\0')
			n += code_points(&p, "|x", whole + n);
		for (at = 0, p = row; *p != '\0';) {
			for (len = 0; *p != '\0';) {
				p += strspn(p, " ");
				if (*p == '|' && len > 0)
					break;
				p += *p == '|' || *p == 'x';
				len += code_points(&p, "|x", part + len);
			}
			if (len == 0)
				break;
			ck_assert_int_eq(text_next((char *)whole + at, n - at, &c), 1);
			ck_assert_msg(c.bytes == len, "%s: %zu bytes at %zu", row, c.bytes, at);
			at += c.bytes;
		}
		ck_assert_uint_eq(at, n);
	}
	free(line);
	fclose(f);
}
END_TEST

START_TEST(emoji)
{
	FILE *f = open_data("text/emoji_test.tsv");
	char *line = NULL, *row, *cps, *status, *got;
	struct text_cluster c;
	uint8_t in[128];
	size_t size = 0, n;

	while ((row = vectors_line(f, &line, &size)) != NULL) {
		cps = strsep(&row, "\t");
		status = strsep(&row, "\t");
		n = code_points(&cps, "", in);
		got = text_clean(in, n, TEXT_BLOCK);
		if (strcmp(status, "fully-qualified") == 0) {
			/* Tag characters are invisible text: flags of regions lose theirs. */
			bool tags = memmem(in, n, "\xf3\xa0\x81", 3) != NULL;

			ck_assert_msg(tags || (strlen(got) == n && memcmp(got, in, n) == 0),
			    "%s is changed", row);
			ck_assert_int_eq(text_next(got, strlen(got), &c), 1);
			ck_assert_msg(c.bytes == strlen(got), "%s is cut", row);
			ck_assert_msg(c.columns == 1 || c.columns == 2, "%s: width", row);
		}
		free(got);
	}
	free(line);
	fclose(f);
}
END_TEST

START_TEST(wide_characters)
{
	FILE *f = open_data("text/EastAsianWidth.txt");
	char *line = NULL, *row, text[8];
	unsigned lo, hi, cp;
	size_t size = 0, n;

	while ((row = vectors_line(f, &line, &size)) != NULL) {
		if (sscanf(row, "%x..%x", &lo, &hi) == 1)
			hi = lo;
		row = strchr(row, ';') + 1;
		if (strcmp(row, "W") != 0 && strcmp(row, "F") != 0)
			continue;
		for (cp = lo; cp <= hi; cp++) {
			n = (size_t)utf8proc_encode_char((int32_t)cp, (uint8_t *)text);
			if (text_is_clean(text, n, TEXT_LINE))
				HOLDS(text_columns(text, n) == 2, "U+%04X", cp);
		}
	}
	free(line);
	fclose(f);
}
END_TEST

START_TEST(composition)
{
	char *path = vectors_path("text/NormalizationTest.txt.gz");
	char *command = mem_format("gzip -dc '%s'", path), *line = NULL, *row, *a, *b, *c;
	FILE *f = popen(command, "r");
	uint8_t source[128], nfc[128], nfd[128];
	size_t size = 0, sn, cn, dn, rows = 0;

	ck_assert_ptr_nonnull(f);
	while ((row = vectors_line(f, &line, &size)) != NULL) {
		sn = code_points(&row, ";", source);
		row++;
		cn = code_points(&row, ";", nfc);
		row++;
		dn = code_points(&row, ";", nfd);
		a = text_clean(source, sn, TEXT_NAME);
		b = text_clean(nfc, cn, TEXT_NAME);
		c = text_clean(nfd, dn, TEXT_NAME);
		ck_assert_msg(strcmp(a, b) == 0 && strcmp(b, c) == 0, "%s", line);
		if (text_is_clean(nfc, cn, TEXT_LINE))
			ck_assert_msg(strlen(b) == cn && memcmp(b, nfc, cn) == 0, "%s", line);
		free(a);
		free(b);
		free(c);
		rows++;
	}
	ck_assert_uint_gt(rows, 1000);
	free(line);
	pclose(f);
	free(command);
	free(path);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { decoder, hostile_tables, terminal_recordings,
		every_code_point, cluster_breaks, emoji, wide_characters, composition, NULL };

	setlocale(LC_ALL, "");
	vectors_need("text");
	return unit_run(unit_suite("text vectors", tests));
}
