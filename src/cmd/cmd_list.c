#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/cmd.h"

static const struct opt_spec options[] = {
	{ "all", NULL, N_("the relay's directory, where it is open") },
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
	cmd = core_cmd_new(r->core, CORE_LIST);
	if (cmd_arg(args, 0) != NULL)
		cmd.text = mem_strdup(cmd_arg(args, 0));
	if (opt_given(args, "all"))
		cmd.flags = CORE_F_ALL;
	return run_call(r, &cmd, NULL, NULL);
}

const struct cmd_entry cmd_list_entry = {
	.name = "list",
	.usage = N_("[FILTER]"),
	.summary = N_("your contacts: trust, name, online, devices, civil name"),
	.help = N_("Trust: V card valid and safety number compared; C card valid; R certified by "
		   "the\n"
		   "relay's own CA; ? unknown; ! revoked, expired, changed or broken.\n"),
	.options = options,
	.max_args = 1,
	.op = CORE_LIST,
	.run = run,
};
