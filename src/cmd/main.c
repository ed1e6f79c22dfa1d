/*
 * recado: the screen without a command, one headless command with one. The only file that knows
 * both the screen and the core.
 */
#include "config.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "cmd/cmd.h"
#include "ui/app.h"

/* In the build folder its own catalogues, so that what is tried there speaks as the installed will. */
static const char *
locale_dir(char *out, size_t n)
{
	static const char own[] = "/po/locale";
	ssize_t len = readlink("/proc/self/exe", out, n);
	char *slash;

	if (len <= 0 || (size_t)len + sizeof own > n)
		return LOCALEDIR;
	out[len] = '\0';
	slash = strrchr(out, '/');
	if (slash == NULL)
		return LOCALEDIR;
	memcpy(slash, own, sizeof own);
	return access(out, R_OK) == 0 ? out : LOCALEDIR;
}

static bool
is_link(const char *arg)
{
	return strncmp(arg, "recado://", 9) == 0;
}

/* The core says what a person has to know; the screen says the rest itself. */
static int
run_screen(struct run *r, const struct opt_args *args)
{
	struct app_options o = {
		.theme = opt_value(args, "theme"),
		.link = opt_arg(args, 0),
		.ascii = opt_given(args, "ascii"),
		.wizard = opt_arg(args, 0) != NULL,
	};
	struct fault f = { 0 };
	int status, err;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fault_set(&f, ERR_USAGE, NULL, "the screen needs a terminal");
		fault_hint(&f, "recado --help lists the commands that do not.");
		return run_fail(r, &f);
	}
	r->where.one_shot = false;
	if ((status = run_open(r)) != 0)
		return status;
	if (!core_profile_exists(&r->where))
		o.wizard = true;
	else if (r->secret_fds[RUN_PASSPHRASE] >= 0 && (status = run_unlock(r)) != 0)
		return status;
	err = app_run(r->core, &o);
	if (err == 0)
		return 0;
	fault_set(&f, err, NULL,
	    err == ERR_CLOSED ? "the engine behind the screen ended"
			      : "the terminal cannot be used");
	return run_fail(r, &f);
}

static int
screen_main(int argc, char **argv)
{
	const struct opt_spec *const tables[] = { run_options, cmd_screen_options, NULL };
	struct opt_args *args = NULL;
	struct fault f = { 0 };
	struct run r;
	int status = 0;

	if (opt_parse(tables, argc, argv, &args, &f) != 0)
		return cmd_usage(argc, argv, &f);
	if (opt_given(args, "help"))
		cmd_help(NULL, cmd_screen_options, stdout);
	else if (opt_given(args, "version"))
		printf("recado %s\n", VERSION);
	else if (run_init(&r, args, &f) != 0)
		status = cmd_usage(argc, argv, &f);
	else if (opt_given(args, "suites") && opt_value(args, "suites")[0] == '\0') {
		status = cmd_suites(&r);
		run_free(&r);
	} else {
		run_signals(false);
		status = run_screen(&r, args);
		run_free(&r);
	}
	opt_free(&args);
	return fflush(stdout) == 0 ? status : err_exit(ERR_IO);
}

static int
unknown_command(int argc, char **argv, const char *name)
{
	struct fault f = { 0 };

	fault_set(&f, ERR_USAGE, name, "there is no such command");
	fault_hint(&f, "recado --help lists them.");
	return cmd_usage(argc, argv, &f);
}

int
main(int argc, char **argv)
{
	const struct opt_spec *tables[OPT_TABLES_MAX];
	const struct cmd_entry *e;
	const char *name;
	char dir[PATH_MAX];
	size_t n;
	int status;

	mem_harden_process();
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	bindtextdomain("recado", locale_dir(dir, sizeof dir));
	bind_textdomain_codeset("recado", "UTF-8"); /* as all that is printed */
	textdomain("recado");
	n = cmd_tables(NULL, tables);
	tables[n] = cmd_screen_options;
	tables[n + 1] = NULL;
	name = opt_first(tables, argc, argv);
	if (name == NULL || is_link(name))
		return screen_main(argc, argv);
	if ((e = cmd_find(name)) == NULL)
		return unknown_command(argc, argv, name);
	status = cmd_main(e, argc, argv);
	if (status > 128) { /* end as the signal would have ended us */
		signal(status - 128, SIG_DFL);
		run_signals(false);
		raise(status - 128);
	}
	return status;
}
