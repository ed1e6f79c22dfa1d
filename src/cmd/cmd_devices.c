#include <string.h>
#include "base/mem.h"
#include "cmd/cmd.h"

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	const char *verb = cmd_arg(args, 0), *id = cmd_arg(args, 1);
	struct core_cmd cmd;
	struct fault f = { 0 };
	int status;

	if (verb != NULL && (strcmp(verb, "remove") != 0 || id == NULL)) {
		fault_set(&f, ERR_USAGE, verb, "wrong usage of devices");
		fault_hint(&f, "Usage: recado devices [remove ID]");
		return run_fail(r, &f);
	}
	if ((status = run_unlock(r)) != 0)
		return status;
	(void)run_sync_note(r);
	cmd = core_cmd_new(r->core, CORE_DEVICES);
	if (id != NULL) {
		cmd.id = mem_strdup(id);
		cmd.flags = CORE_F_REMOVE;
	}
	return run_call(r, &cmd, NULL, NULL);
}

const struct cmd_entry cmd_devices_entry = {
	.name = "devices",
	.usage = "[remove ID]",
	.summary = "your devices",
	.max_args = 2,
	.op = CORE_DEVICES,
	.run = run,
};
