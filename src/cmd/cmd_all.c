#include "base/i18n.h"
#include "cmd/cmd.h"

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	int status, relay;

	if ((status = run_unlock(r)) != 0)
		return status;
	relay = run_sync_note(r);
	status = run_op(r, self->op, NULL);
	return status != 0 ? status : relay;
}

const struct cmd_entry cmd_all_entry = {
	.name = "all",
	.usage = "",
	.summary = N_("the inbox, unread first, then what you sent and its status"),
	.op = CORE_ALL,
	.run = run,
};
