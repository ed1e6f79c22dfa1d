/*
 * New mail. A message is marked read, which a signed receipt tells its sender, only after its line
 * has gone out; so mail is asked for with PEEK, and each message is marked when it is printed.
 */
#include <stdlib.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/cmd.h"

static const struct opt_spec options[] = {
	{ "follow", NULL, N_("go on printing mail as it comes") },
	{ "peek", NULL, N_("do not mark what is printed as read") },
	{ NULL, NULL, NULL },
};

static int
print_and_read(struct run *r, const struct core_event *ev, void *arg)
{
	struct core_cmd cmd;
	int err = out_event(&r->out, ev);

	if (err != 0 || ev->kind != CORE_EV_MESSAGE)
		return err;
	cmd = core_cmd_new(r->core, CORE_READ);
	cmd.name = mem_strdup(ev->message->conversation);
	cmd.id = mem_strdup(ev->message->id);
	err = core_send(r->core, &cmd);
	core_cmd_clear(&cmd);
	return err;
}

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	bool peek = opt_given(args, "peek"), follow = opt_given(args, "follow");
	const char *id = cmd_arg(args, 0);
	struct core_cmd cmd;
	int status, relay;

	r->where.one_shot = !follow;
	if ((status = run_unlock(r)) != 0)
		return status;
	relay = run_sync_note(r);
	cmd = core_cmd_new(r->core, CORE_RECV);
	cmd.flags = (follow ? CORE_F_FOLLOW : 0) | (peek || id == NULL ? CORE_F_PEEK : 0);
	if (id != NULL)
		cmd.id = mem_strdup(id);
	status = run_call(r, &cmd, peek || id != NULL ? run_print : print_and_read, NULL);
	if (relay == 0 && status == 0)
		(void)run_sync(r);
	return status != 0 ? status : relay;
}

const struct cmd_entry cmd_recv_entry = {
	.name = "recv",
	.usage = N_("[ID]"),
	.summary = N_("print new mail, oldest first"),
	.help =
	    N_("A line a message: ID TIME FROM TEXT STATUS. Before the first message of a "
	       "person\n"
	       "stands a line with civil name, card id and validity. Exit 69 when there was no\n"
	       "relay and only what is known here was printed.\n"),
	.options = options,
	.max_args = 1,
	.op = CORE_RECV,
	.run = run,
};
