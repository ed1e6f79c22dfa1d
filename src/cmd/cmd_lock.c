#include "base/i18n.h"
#include "cmd/cmd.h"

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	struct fault f = { 0 };
	int err;

	r->where.attach_only = true;
	err = core_open(&r->where, &r->core, &f);
	if (err == ERR_NOT_FOUND)
		return 0; /* nobody has it open: it is locked */
	return err != 0 ? run_fail(r, &f) : run_op(r, self->op, NULL);
}

const struct cmd_entry cmd_lock_entry = {
	.name = "lock",
	.usage = "",
	.summary = N_("make the running recado of this home forget its keys"),
	.op = CORE_LOCK,
	.run = run,
};
