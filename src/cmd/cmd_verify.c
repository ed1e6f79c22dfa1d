#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/cmd.h"

#define NUMBER_MAX 256 /* octets of a number on standard input */

static const struct opt_spec options[] = {
	{ "confirm", NULL,
	    N_("you compared it yourself, by QR code or read aloud: keep it as verified") },
	{ "show", NULL, N_("print the number and compare nothing, on a terminal too") },
	{ NULL, NULL, NULL },
};

/* A number that is typed in groups comes as many arguments. */
static char *
join(const struct opt_args *args, size_t first)
{
	char *all = mem_strdup(cmd_arg(args, first)), *longer;
	size_t i;

	for (i = first + 1; cmd_arg(args, i) != NULL; i++) {
		longer = mem_format("%s %s", all, cmd_arg(args, i));
		free(all);
		all = longer;
	}
	return all;
}

/* "-": the number comes down standard input. */
static char *
from_input(void)
{
	char text[NUMBER_MAX];
	size_t n = fread(text, 1, sizeof text - 1, stdin);

	text[n] = '\0';
	return mem_strdup(n > 0 ? text : "-");
}

/* In text the number alone; whois tells the rest. */
static int
print(struct run *r, const struct core_event *ev, void *arg)
{
	char *trust = arg;

	if (ev->kind == CORE_EV_WHOIS)
		*trust = ev->whois->trust;
	if (r->out.json || ev->kind != CORE_EV_WHOIS)
		return out_event(&r->out, ev);
	return ev->whois->safety_number != NULL ? out_line(&r->out, ev->whois->safety_number) : 0;
}

static void
tell(struct run *r, const char *name, char trust)
{
	if (trust == 'V')
		out_note(&r->out, _("it is the same: %s is verified"), name);
	else if (trust == 'R')
		out_note(&r->out, _("it is the same; %s has no card, so the trust stays R"), name);
	else
		out_note(&r->out, _("it is the same; V follows when the card of %s can be checked"),
		    name);
}

/* How the number is to be compared, from the arguments and from what we run on. */
static void
choose(const struct run *r, const struct opt_args *args, struct core_cmd *cmd)
{
	const char *number = cmd_arg(args, 1);

	if (number != NULL)
		cmd->text = strcmp(number, "-") == 0 ? from_input() : join(args, 1);
	else if (opt_given(args, "confirm"))
		cmd->flags = CORE_F_CONFIRM;
	else if (!opt_given(args, "show") && !r->out.json && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO))
		cmd->flags = CORE_F_GROUPS;
}

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	struct core_cmd cmd;
	bool compares;
	char trust = '\0';
	int status;

	if ((status = run_unlock(r)) != 0)
		return status;
	(void)run_sync_note(r);
	cmd = core_cmd_new(r->core, CORE_VERIFY);
	cmd.name = mem_strdup(cmd_arg(args, 0));
	choose(r, args, &cmd);
	compares = cmd.text != NULL || cmd.flags != 0;
	status = run_call(r, &cmd, print, &trust);
	if (status == 0 && compares)
		tell(r, cmd_arg(args, 0), trust);
	return status;
}

const struct cmd_entry cmd_verify_entry = {
	.name = "verify",
	.usage = N_("NAME [NUMBER|-]"),
	.summary = N_("the safety number you and somebody share; compare it"),
	.help =
	    N_("Read it to each other over another channel. On a terminal three groups of what "
	       "they read are\n"
	       "asked for. NUMBER is the whole of it, as the other side has it; -: from "
	       "standard input.\n"
	       "The same: trust V, exit 0. Another: exit 1. Elsewhere and without NUMBER it "
	       "prints the\n"
	       "number.\n"),
	.options = options,
	.min_args = 1,
	.max_args = 13,
	.op = CORE_VERIFY,
	.run = run,
};
