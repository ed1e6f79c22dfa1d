#include "base/mem.h"
#include "cmd/cmd.h"

static const struct opt_spec options[] = {
	{ "confirm", NULL, "you compared it yourself: keep it as verified" },
	{ NULL, NULL, NULL },
};

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	const char *typed = cmd_arg(args, 1);
	struct core_cmd cmd;
	int status;

	if ((status = run_unlock(r)) != 0)
		return status;
	(void)run_sync_note(r);
	cmd = core_cmd_new(r->core, CORE_VERIFY);
	cmd.name = mem_strdup(cmd_arg(args, 0));
	if (typed != NULL)
		cmd.text = mem_strdup(typed);
	if (opt_given(args, "confirm"))
		cmd.flags = CORE_F_CONFIRM;
	return run_call(r, &cmd, NULL, NULL);
}

const struct cmd_entry cmd_verify_entry = {
	.name = "verify",
	.usage = "NAME [NUMBER]",
	.summary = "the safety number you and somebody share; compare it",
	.help =
	    "Read it to each other over another channel. With NUMBER, as the other side reads it "
	    "out,\n"
	    "the comparison is made here: exit 0 and trust V if it is the same, 1 if it is not.\n",
	.options = options,
	.min_args = 1,
	.max_args = 2,
	.op = CORE_VERIFY,
	.run = run,
};
