/*
 * The table of commands as a whole: what one entry cannot see of the others.
 */
#include "cmd/cmd.h"

#include <string.h>
#include "tests/unit/unit.h"

/* main looks for the command before it knows which options that has. */
START_TEST(an_option_takes_a_value_everywhere_or_nowhere)
{
	const struct opt_spec *tables[OPT_TABLES_MAX], *s, *t;
	size_t i, j, n = cmd_tables(NULL, tables);

	ck_assert_uint_ge(n, 2);
	for (i = 0; i < n; i++)
		for (s = tables[i]; s->name != NULL; s++)
			for (j = 0; j < n; j++)
				for (t = tables[j]; t->name != NULL; t++)
					ck_assert_msg(strcmp(s->name, t->name) != 0 ||
						(s->value == NULL) == (t->value == NULL),
					    "--%s", s->name);
}
END_TEST

START_TEST(a_command_has_its_own_options_and_the_common_ones)
{
	const struct opt_spec *tables[OPT_TABLES_MAX];

	ck_assert_uint_eq(cmd_tables(cmd_find("send"), tables), 2);
	ck_assert_ptr_eq(tables[0], run_options);
	ck_assert_str_eq(tables[1]->name, "wait");
	ck_assert_ptr_null(tables[2]);
	ck_assert_uint_eq(cmd_tables(cmd_find("add"), tables), 1);
}
END_TEST

START_TEST(commands_are_found_by_their_whole_name)
{
	static const char *const names[] = { "create", "list", "add", "accept", "connect", "whois",
		"send", "recv", "all", "history", "status", "receipt", "verify", "disconnect",
		"block", "outbox", "passphrase", "devices", "card" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		ck_assert_ptr_nonnull(cmd_find(names[i]));
		ck_assert_str_eq(cmd_find(names[i])->name, names[i]);
		ck_assert_ptr_nonnull(cmd_find(names[i])->run);
		ck_assert_uint_le(cmd_find(names[i])->min_args, cmd_find(names[i])->max_args);
	}
	ck_assert_ptr_null(cmd_find("sen"));
	ck_assert_ptr_null(cmd_find("sendx"));
	ck_assert_ptr_null(cmd_find(""));
}
END_TEST

START_TEST(help_names_every_option)
{
	const struct cmd_entry *e = cmd_find("create");
	const struct opt_spec *s;
	char text[8192] = "", wanted[64], *line, *save = NULL;
	FILE *f = fmemopen(text, sizeof text, "w");

	cmd_help(e, e->options, f);
	fclose(f);
	for (s = e->options; s->name != NULL; s++) {
		snprintf(wanted, sizeof wanted, "--%s", s->name);
		ck_assert_ptr_nonnull(strstr(text, wanted));
	}
	ck_assert_ptr_nonnull(strstr(text, "--passphrase-fd"));
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		ck_assert_msg(strlen(line) <= 100, "%s", line);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { an_option_takes_a_value_everywhere_or_nowhere,
		a_command_has_its_own_options_and_the_common_ones,
		commands_are_found_by_their_whole_name, help_names_every_option, NULL };

	return unit_run(unit_suite("cmd", tests));
}
