#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/cmd.h"

static const struct opt_spec options[] = {
	{ "pem", NULL, N_("print the certificates themselves, the person's first") },
	{ NULL, NULL, NULL },
};

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	struct core_cmd cmd;
	int status;

	if ((status = run_unlock(r)) != 0)
		return status;
	(void)run_sync_note(r);
	cmd = core_cmd_new(r->core, CORE_WHOIS);
	cmd.name = mem_strdup(cmd_arg(args, 0));
	if (opt_given(args, "pem")) {
		cmd.flags = CORE_F_PEM;
		r->out.pem = true;
	}
	return run_call(r, &cmd, NULL, NULL);
}

const struct cmd_entry cmd_whois_entry = {
	.name = "whois",
	.usage = N_("NAME"),
	.summary = N_("who somebody is: chain, revocation, safety number, devices"),
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.op = CORE_WHOIS,
	.run = run,
};
