#include "base/i18n.h"
#include "cmd/cmd.h"

static const struct opt_spec options[] = {
	{ "pem", NULL, N_("print the certificates themselves") },
	{ NULL, NULL, NULL },
};

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	struct core_cmd cmd;
	int status;

	if ((status = run_open(r)) != 0)
		return status;
	cmd = core_cmd_new(r->core, CORE_CARD);
	if (opt_given(args, "pem")) {
		cmd.flags = CORE_F_PEM;
		r->out.pem = true;
	}
	return run_call(r, &cmd, NULL, NULL);
}

const struct cmd_entry cmd_card_entry = {
	.name = "card",
	.usage = "",
	.summary = N_("readers, cards, their certificates and keys, PIN tries left"),
	.help = N_("Needs no account and no PIN.\n"),
	.options = options,
	.op = CORE_CARD,
	.run = run,
};
