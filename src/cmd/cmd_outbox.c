#include <stdlib.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "base/words.h"
#include "cmd/cmd.h"

/* A message, and below it why it waits or has failed. */
static int
print(struct run *r, const struct core_event *ev, void *arg)
{
	char *why, *line;
	int err = out_event(&r->out, ev);

	if (err != 0 || r->out.json || ev->kind != CORE_EV_MESSAGE || ev->message->error == NULL)
		return err;
	why = words_local(ev->message->error);
	line = mem_format("  %s", why);
	err = out_line(&r->out, line);
	free(line);
	free(why);
	return err;
}

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	struct core_cmd cmd;
	int status;

	if ((status = run_unlock(r)) != 0)
		return status;
	if ((status = run_sync_note(r)) == err_exit(ERR_RELAY_KEY))
		return status; /* not our relay, or not as it was: said by now */
	cmd = core_cmd_new(r->core, self->op);
	status = run_call(r, &cmd, print, NULL);
	run_flush(r);
	return status;
}

const struct cmd_entry cmd_outbox_entry = {
	.name = "outbox",
	.usage = "",
	.summary = N_("what is not yet sent, or sent and not yet delivered"),
	.op = CORE_OUTBOX,
	.run = run,
};
