#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/cmd.h"

/* One operation on one message. */
static int
on_message(struct run *r, enum core_op op, uint32_t flags, const char *id)
{
	struct core_cmd cmd;
	int status;

	if ((status = run_unlock(r)) != 0)
		return status;
	(void)run_sync_note(r);
	cmd = core_cmd_new(r->core, op);
	cmd.id = mem_strdup(id);
	cmd.flags = flags;
	status = run_call(r, &cmd, NULL, NULL);
	run_flush(r);
	return status;
}

static int
run_status(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	return on_message(r, CORE_STATUS, 0, cmd_arg(args, 0));
}

const struct cmd_entry cmd_status_entry = {
	.name = "status",
	.usage = N_("ID"),
	.summary = N_("the states of a message, each with its proof"),
	.help = N_("A prefix of 8 or more digits of the id is enough.\n"),
	.min_args = 1,
	.max_args = 1,
	.op = CORE_STATUS,
	.run = run_status,
};

static const struct opt_spec receipt_options[] = {
	{ "card", NULL, N_("have the card sign it, with its PIN") },
	{ NULL, NULL, NULL },
};

static int
run_receipt(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	int status = on_message(
	    r, CORE_RECEIPT, opt_given(args, "card") ? CORE_F_CARD : 0, cmd_arg(args, 0));

	if (status == 0)
		(void)run_sync(r);
	return status;
}

const struct cmd_entry cmd_receipt_entry = {
	.name = "receipt",
	.usage = N_("ID"),
	.summary = N_("sign that you read a message"),
	.options = receipt_options,
	.min_args = 1,
	.max_args = 1,
	.op = CORE_RECEIPT,
	.run = run_receipt,
};
