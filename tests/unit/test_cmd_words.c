/*
 * The command line in Portuguese: every text of the tables has its translation, what is printed of
 * them fits a terminal of 80 columns, and whatever a command complains of is found in the tables of
 * sentences.
 */
#include <libintl.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/words.h"
#include "cmd/cmd.h"
#include "tests/unit/portuguese.h"
#include "tests/unit/unit.h"

#define COLUMNS 80
#define HELP_AT 30 /* the column of an option's help */

static void
is_translated(const char *where, const char *text)
{
	if (text != NULL && text[0] != '\0')
		ck_assert_msg(gettext(text) != text, "no Portuguese in %s for: %s", where, text);
}

static void
options_are_translated(const char *where, const struct opt_spec *s)
{
	for (; s != NULL && s->name != NULL; s++) {
		is_translated(where, s->value);
		is_translated(where, s->help);
	}
}

START_TEST(every_text_of_the_tables_is_translated)
{
	const struct cmd_entry *e;
	size_t i;

	for (i = 0; (e = cmd_at(i)) != NULL; i++) {
		ck_assert_ptr_eq(cmd_find(e->name), e);
		is_translated(e->name, e->usage);
		is_translated(e->name, e->summary);
		is_translated(e->name, e->help);
		options_are_translated(e->name, e->options);
	}
	ck_assert_uint_ge(i, 20);
	options_are_translated("the common options", run_options);
	options_are_translated("the program's options", cmd_screen_options);
}
END_TEST

/* ------------------------------------------------------------------------------ as printed */

/* An option's line: its help begins where that of the others does. */
static void
stands_in_column(const char *line)
{
	size_t at = strlen("  --");

	if (strncmp(line, "  --", at) != 0)
		return;
	while (line[at] != '\0' && strncmp(line + at, "  ", 2) != 0)
		at++;
	at += strspn(line + at, " ");
	ck_assert_int_eq(text_columns(line, at), HELP_AT);
}

static char *
help_of(const struct cmd_entry *e)
{
	char *text = mem_alloc(16384);
	FILE *f = fmemopen(text, 16384, "w");

	cmd_help(e, e != NULL ? e->options : cmd_screen_options, f);
	fclose(f);
	return text;
}

static void
help_fits(const struct cmd_entry *e)
{
	char *text = help_of(e), *line, *save = NULL;

	ck_assert_ptr_nonnull(strstr(text, "utiliza\u00e7\u00e3o: recado "));
	ck_assert_ptr_null(strstr(text, "usage:"));
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		ck_assert_msg(text_columns(line, strlen(line)) <= COLUMNS, "too long: %s", line);
		stands_in_column(line);
	}
	free(text);
}

START_TEST(help_fits_the_terminal)
{
	size_t i;

	help_fits(NULL);
	for (i = 0; cmd_at(i) != NULL; i++)
		help_fits(cmd_at(i));
}
END_TEST

/* The name that an option's value has in help is the one it has when it is missing. */
START_TEST(a_missing_value_has_its_local_name)
{
	const struct opt_spec *tables[OPT_TABLES_MAX], *s;
	size_t i, n = cmd_tables(NULL, tables);

	tables[n++] = cmd_screen_options;
	for (i = 0; i < n; i++) {
		for (s = tables[i]; s->name != NULL; s++) {
			char *english, *want, *local;

			if (s->value == NULL || s->value[0] == '[')
				continue;
			english = mem_format("%s is missing", s->value);
			want = mem_format("falta %s", gettext(s->value));
			local = words_local(english);
			ck_assert_str_eq(local, want);
			free(english);
			free(want);
			free(local);
		}
	}
}
END_TEST

/* ------------------------------------------------------------------------------ complaints */

static bool
in_tables(const char *format)
{
	size_t i, k;

	for (i = 0; words_tables[i] != NULL; i++)
		for (k = 0; words_tables[i][k] != NULL; k++)
			if (strcmp(words_tables[i][k], format) == 0)
				return true;
	return false;
}

/* The sentences among the arguments of the call whose bracket is at open. How many. */
static size_t
look_at_call(const char *open)
{
	const char *p = open, *end;
	int depth = 0;
	size_t n = 0;

	do {
		depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
		if (*p == '"') {
			char *text;

			end = strchr(p + 1, '"');
			ck_assert_ptr_nonnull(end);
			text = mem_strndup(p + 1, (size_t)(end - p - 1));
			ck_assert_msg(strchr(text, ' ') == NULL || in_tables(text) || gettext(text) != text,
			    "in no table of sentences: %s", text);
			n += strchr(text, ' ') != NULL;
			free(text);
			p = end;
		}
	} while (*++p != '\0' && depth > 0);
	return n;
}

START_TEST(every_complaint_is_in_a_table)
{
	static const char *const calls[] = { "fault_set(", "fault_hint(", "\tusage(", " usage(",
		"fail(", "out_say(" };
	char *source = portuguese_source("src/cmd");
	size_t i, n = 0;

	for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		const char *at = source;

		while ((at = strstr(at, calls[i])) != NULL) {
			at += strlen(calls[i]);
			n += look_at_call(at - 1);
		}
	}
	ck_assert_uint_ge(n, 50);
	free(source);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cmd_words");
	TCase *c = tcase_create("portuguese");

	tcase_add_checked_fixture(c, portuguese_begin, NULL);
	tcase_add_test(c, every_text_of_the_tables_is_translated);
	tcase_add_test(c, help_fits_the_terminal);
	tcase_add_test(c, a_missing_value_has_its_local_name);
	tcase_add_test(c, every_complaint_is_in_a_table);
	suite_add_tcase(s, c);
	return unit_run(s);
}
