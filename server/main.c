/* recadod: options, and the command they belong to. See recadod(8). */
#include <config.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/key.h"
#include "server/cmd.h"

static const struct cmd *const commands[] = { &cmd_code, &cmd_invite, &cmd_rotate, &cmd_revocation,
	&cmd_backup, &cmd_restore, &cmd_ca, &cmd_status, &cmd_check_config };

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

enum { OPT_CONFIG = 256, OPT_DATA, OPT_LISTEN, OPT_JSON, OPT_HELP, OPT_VERSION };

static const struct option options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

struct line { /* the command line, read */
	const char *config, *data, *listen;
	bool json, help, version;
};

static int
complain(const struct fault *f)
{
	char text[640];

	fault_line(f, text, sizeof(text));
	fprintf(stderr, "recadod: %s\n", text);
	return err_exit(f->code);
}

static int
usage_error(const char *about, const char *what)
{
	struct fault f = { 0 };

	fault_set(&f, ERR_USAGE, about, "%s", what);
	fault_hint(&f, "See recadod --help.");
	return complain(&f);
}

static int
help_all(void)
{
	printf("usage: recadod [--config FILE] [--listen ADDR] [--data DIR] [COMMAND]\n\n"
	       "Without a command: run the relay in the foreground.\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-13s %-22s %s\n", commands[i]->name, commands[i]->usage,
		    commands[i]->summary);
	printf("\n  --config FILE   configuration, recadod.conf(5)\n"
	       "  --listen ADDR   HOST:PORT, [V6]:PORT or PORT, in place of the configured ones\n"
	       "  --data DIR      data folder\n"
	       "  --json          JSON lines, from commands that list something\n"
	       "  --version       print the version\n");
	return 0;
}

static int
help_one(const struct cmd *c)
{
	printf("usage: recadod [--config FILE] [--listen ADDR] [--data DIR] %s%s%s\n\n%s\n",
	    c->name, c->usage[0] != '\0' ? " " : "", c->usage, c->summary);
	return 0;
}

/* Options may stand anywhere: getopt_long moves them to the front. 0, or an exit status. */
static int
read_options(int argc, char **argv, struct line *l)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (c) {
		case OPT_CONFIG:
			l->config = optarg;
			break;
		case OPT_DATA:
			l->data = optarg;
			break;
		case OPT_LISTEN:
			l->listen = optarg;
			break;
		case OPT_JSON:
			l->json = true;
			break;
		case OPT_HELP:
			l->help = true;
			break;
		case OPT_VERSION:
			l->version = true;
			break;
		case ':':
			return usage_error(argv[optind - 1], "the option needs a value");
		default:
			return usage_error(argv[optind - 1], "there is no such option");
		}
	}
	return 0;
}

static const struct cmd *
find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int
run(const struct cmd *cmd, const struct line *l, char **args, int count)
{
	struct cmd_context x = { NULL, args, count, l->json };
	struct fault f = { 0 };
	int r;

	if ((r = config_load(l->config, &x.config, &f)) == 0 &&
	    (r = config_override(x.config, l->listen, l->data, &f)) == 0)
		r = cmd->run(&x, &f);
	config_free(&x.config);
	if (r == 0)
		return fflush(stdout) == 0 ? 0 : err_exit(ERR_IO);
	if (f.code == 0)
		fault_set(&f, r, NULL, "%s", err_text(r));
	return complain(&f);
}

int
main(int argc, char **argv)
{
	const struct cmd *cmd = &cmd_serve;
	struct line l = { 0 };
	int status;

	mem_harden_process();
	(void)!key_init(); /* without such memory the keys work all the same */
	if ((status = read_options(argc, argv, &l)) != 0)
		return status;
	if (l.version) {
		printf("recadod %s\n", PACKAGE_VERSION);
		return 0;
	}
	if (optind < argc && (cmd = find_command(argv[optind++])) == NULL)
		return usage_error(argv[optind - 1], "there is no such command");
	if (l.help)
		return cmd == &cmd_serve ? help_all() : help_one(cmd);
	if (argc - optind < cmd->args_min || argc - optind > cmd->args_max)
		return usage_error(cmd->name,
		    argc - optind < cmd->args_min ? "something is missing after the command"
						  : "too much after the command");
	return run(cmd, &l, argv + optind, argc - optind);
}
