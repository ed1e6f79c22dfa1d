#include <stdlib.h>
#include "base/mem.h"
#include "cmd/cmd.h"

static const struct opt_spec options[] = {
	{ "confirm", NULL, "you compared it yourself: keep it as verified" },
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

/* In text the number alone; whois tells the rest. */
static int
print(struct run *r, const struct core_event *ev, void *arg)
{
	if (r->out.json || ev->kind != CORE_EV_WHOIS)
		return out_event(&r->out, ev);
	return out_line(&r->out, ev->whois->safety_number);
}

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	bool compare = cmd_arg(args, 1) != NULL, confirm = opt_given(args, "confirm");
	struct core_cmd cmd;
	int status;

	if ((status = run_unlock(r)) != 0)
		return status;
	(void)run_sync_note(r);
	cmd = core_cmd_new(r->core, CORE_VERIFY);
	cmd.name = mem_strdup(cmd_arg(args, 0));
	if (compare)
		cmd.text = join(args, 1);
	if (confirm)
		cmd.flags = CORE_F_CONFIRM;
	status = run_call(r, &cmd, print, NULL);
	if (status == 0 && compare)
		out_note(&r->out, "it is the same: %s is verified", cmd_arg(args, 0));
	return status;
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
	.max_args = 13,
	.op = CORE_VERIFY,
	.run = run,
};
