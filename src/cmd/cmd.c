#include "cmd/cmd.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/show.h"

/* In the order of the help. */
static const struct cmd_entry *const entries[] = {
	&cmd_create_entry,
	&cmd_list_entry,
	&cmd_add_entry,
	&cmd_accept_entry,
	&cmd_block_entry,
	&cmd_connect_entry,
	&cmd_disconnect_entry,
	&cmd_whois_entry,
	&cmd_verify_entry,
	&cmd_send_entry,
	&cmd_recv_entry,
	&cmd_all_entry,
	&cmd_history_entry,
	&cmd_status_entry,
	&cmd_receipt_entry,
	&cmd_outbox_entry,
	&cmd_devices_entry,
	&cmd_card_entry,
	&cmd_passphrase_entry,
	&cmd_lock_entry,
};

#define ENTRIES (sizeof entries / sizeof entries[0])

const struct opt_spec cmd_screen_options[] = {
	{ "theme", N_("NAME"), N_("dark, light, 16 or mono") },
	{ "ascii", NULL, N_("ticks and lines in ASCII") },
	{ "version", NULL, N_("print the version") },
	{ NULL, NULL, NULL },
};

const struct cmd_entry *
cmd_find(const char *name)
{
	size_t i;

	for (i = 0; i < ENTRIES; i++)
		if (strcmp(entries[i]->name, name) == 0)
			return entries[i];
	return NULL;
}

const struct cmd_entry *
cmd_at(size_t i)
{
	return i < ENTRIES ? entries[i] : NULL;
}

size_t
cmd_tables(const struct cmd_entry *e, const struct opt_spec *tables[OPT_TABLES_MAX])
{
	size_t i, n = 0;

	_Static_assert(ENTRIES + 4 <= OPT_TABLES_MAX, "more commands than tables");
	tables[n++] = run_options;
	for (i = 0; i < ENTRIES; i++)
		if ((e == NULL || e == entries[i]) && entries[i]->options != NULL)
			tables[n++] = entries[i]->options;
	tables[n] = NULL;
	return n;
}

const char *
cmd_arg(const struct opt_args *args, size_t i)
{
	return opt_arg(args, i + 1);
}

/* --------------------------------------------------------------------------------------- help */

static void
help_options(const struct opt_spec *s, FILE *f)
{
	char left[64];

	for (; s != NULL && s->name != NULL; s++) {
		snprintf(left, sizeof left, "--%s%s%s", s->name, s->value != NULL ? " " : "",
		    s->value != NULL ? _(s->value) : "");
		fputs("  ", f);
		show_cell(f, left, 26);
		fprintf(f, "%s\n", _(s->help));
	}
}

static void
help_program(const struct opt_spec *own, FILE *f)
{
	size_t i;

	fputs(
	    _("usage: recado [--home DIR] [--config FILE]                the screen\n"
	      "       recado [--home DIR] [--config FILE] LINK           first run, with a relay's "
	      "recado:// link\n"
	      "       recado [--home DIR] [--config FILE] COMMAND ...    without the screen\n"),
	    f);
	fputc('\n', f);
	for (i = 0; i < ENTRIES; i++)
		fprintf(f, "  %-12s  %s\n", entries[i]->name, _(entries[i]->summary));
	fprintf(f, "\n%s\n\n", _("Options stand anywhere; every command takes these:"));
	help_options(run_options, f);
	fprintf(f, "\n%s\n\n", _("The program itself takes these too:"));
	help_options(own, f);
	fprintf(f, "\n%s\n", _("recado COMMAND --help says more; so does recado(1)."));
}

void
cmd_help(const struct cmd_entry *e, const struct opt_spec *own, FILE *f)
{
	if (e == NULL) {
		help_program(own, f);
		return;
	}
	fprintf(f, _("usage: recado %s%s%s [OPTION...]"), e->name, *e->usage != '\0' ? " " : "",
	    *e->usage != '\0' ? _(e->usage) : "");
	fprintf(f, "\n\n%s.\n\n", _(e->summary));
	help_options(own, f);
	help_options(run_options, f);
	if (e->help != NULL)
		fprintf(f, "\n%s", _(e->help));
}

/* ---------------------------------------------------------------------------------------- run */

static int
check_count(
    const struct run *r, const struct cmd_entry *e, const struct opt_args *args, struct fault *f)
{
	size_t n = opt_count(args) - 1;

	if (n < e->min_args)
		fault_set(f, ERR_USAGE, e->name, "an argument is missing");
	else if (n > e->max_args)
		fault_set(f, ERR_USAGE, cmd_arg(args, e->max_args), "one argument too many");
	else
		return 0;
	return fault_hint(f, "Usage: recado %s %s", e->name, run_words(r, e->usage));
}

int
cmd_main(const struct cmd_entry *e, int argc, char **argv)
{
	const struct opt_spec *tables[OPT_TABLES_MAX];
	struct opt_args *args = NULL;
	struct fault f = { 0 };
	struct run r;
	int status;

	(void)cmd_tables(e, tables);
	if (opt_parse(tables, argc, argv, &args, &f) != 0)
		return cmd_usage(argc, argv, &f);
	if (opt_given(args, "help")) {
		cmd_help(e, e->options, stdout);
		opt_free(&args);
		return fflush(stdout) == 0 ? 0 : err_exit(ERR_IO);
	}
	if (run_init(&r, args, &f) != 0 || check_count(&r, e, args, &f) != 0)
		status = run_fail(&r, &f);
	else
		status = e->run(&r, e, args);
	run_free(&r);
	opt_free(&args);
	return status;
}

int
cmd_usage(int argc, char **argv, const struct fault *f)
{
	struct out o = { .stream = stdout, .errors = stderr };
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			o.json = true;
	return out_fault(&o, f);
}

int
cmd_run_simple(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	int status;

	if ((status = run_unlock(r)) != 0)
		return status;
	if ((status = run_sync_note(r)) == err_exit(ERR_RELAY_KEY))
		return status; /* not our relay, or not as it was: said by now */
	status = run_op(r, self->op, cmd_arg(args, 0));
	run_flush(r);
	return status;
}
