/*
 * `recado --suites` alone: what would be offered, in order, and what a running recado of this home
 * has in use with its relay.
 */
#include <string.h>

#include "base/i18n.h"
#include "cmd/cmd.h"

#define CMD_SUITE_COLS 30

static int
take_status(struct run *r, const struct core_event *ev, void *arg)
{
	char *in_use = arg;

	if (ev->kind == CORE_EV_LINK && ev->status->suite != NULL)
		snprintf(in_use, CMD_SUITE_NAME, "%s", ev->status->suite);
	return 0;
}

/* Of the process that owns the home, if there is one. It starts nothing. */
static void
ask_owner(struct run *r, char in_use[CMD_SUITE_NAME])
{
	struct core_cmd cmd;
	struct fault f = { 0 };

	r->where.attach_only = true;
	if (core_open(&r->where, &r->core, &f) != 0)
		return;
	cmd = core_cmd_new(r->core, CORE_LINK);
	(void)run_call(r, &cmd, take_status, in_use);
}

static int
print_one(struct run *r, const struct core_suite *s, bool in_use)
{
	const char *note = in_use ? _("  in use with the relay")
	    : s->place == 0       ? _("  not offered")
				  : "";
	char line[CMD_SUITE_NAME + 128], place[16];

	if (r->out.json) {
		snprintf(line, sizeof line,
		    "{\"v\":1,\"type\":\"suite\",\"name\":\"%s\",\"place\":%u,\"in_use\":%s}", s->name,
		    s->place, in_use ? "true" : "false");
	} else {
		snprintf(place, sizeof place, "%u", s->place);
		snprintf(line, sizeof line, "%s  %-*s%s", s->place > 0 ? place : "-",
		    *note != '\0' ? CMD_SUITE_COLS : 0, s->name, note);
	}
	return out_line(&r->out, line);
}

int
cmd_suites(struct run *r)
{
	struct core_suite all[CORE_SUITES];
	char in_use[CMD_SUITE_NAME] = "";
	struct fault f = { 0 };
	size_t i;

	r->where.suites = NULL;
	if (core_suites(&r->where, all, &f) != 0)
		return run_fail(r, &f);
	ask_owner(r, in_use);
	for (i = 0; i < CORE_SUITES; i++)
		if (print_one(r, &all[i], strcmp(all[i].name, in_use) == 0) != 0)
			return err_exit(ERR_IO);
	return 0;
}
