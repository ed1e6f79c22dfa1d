#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/cmd.h"

static const struct opt_spec options[] = {
	{ "search", N_("WORDS"), N_("only messages with these words") },
	{ "verify", NULL, N_("check every signature and hash again; exit 1 if one is false") },
	{ NULL, NULL, NULL },
};

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	struct core_cmd cmd;
	int status;

	if ((status = run_unlock(r)) != 0)
		return status;
	cmd = core_cmd_new(r->core, CORE_HISTORY);
	if (cmd_arg(args, 0) != NULL)
		cmd.name = mem_strdup(cmd_arg(args, 0));
	if (opt_given(args, "search"))
		cmd.text = mem_strdup(opt_value(args, "search"));
	if (opt_given(args, "verify"))
		cmd.flags = CORE_F_VERIFY;
	status = run_call(r, &cmd, NULL, NULL);
	run_flush(r);
	return status;
}

const struct cmd_entry cmd_history_entry = {
	.name = "history",
	.usage = N_("[NAME]"),
	.summary = N_("what was said, oldest first; needs no relay"),
	.options = options,
	.max_args = 1,
	.op = CORE_HISTORY,
	.run = run,
};
