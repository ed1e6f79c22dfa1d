#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/cmd.h"

static const struct opt_spec options[] = {
	{ "token", N_("LABEL|SERIAL"), N_("renew: which card, where there is more than one") },
	{ NULL, NULL, NULL },
};

static int
usage(struct run *r, const struct cmd_entry *self, const char *about, const char *what)
{
	struct fault f = { 0 };

	fault_set(&f, ERR_USAGE, about, "%s", what);
	fault_hint(&f, "Usage: recado %s %s", self->name, run_words(r, self->usage));
	return run_fail(r, &f);
}

/* A removal and a renewal see for themselves that they know the newest list; and a device whose card
 * has expired cannot connect before the renewal. */
static int
change(struct run *r, const struct opt_args *args, uint32_t flag)
{
	const char *id = cmd_arg(args, 1), *token = opt_value(args, "token");
	struct core_cmd cmd;
	int status;

	if ((status = run_unlock(r)) != 0)
		return status;
	cmd = core_cmd_new(r->core, CORE_DEVICES);
	cmd.flags = flag;
	cmd.id = id != NULL ? mem_strdup(id) : NULL;
	cmd.token = token != NULL ? mem_strdup(token) : NULL;
	return run_call(r, &cmd, NULL, NULL);
}

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	const char *what = cmd_arg(args, 0);
	bool named = cmd_arg(args, 1) != NULL;

	if (what == NULL)
		return cmd_run_simple(r, self, args);
	if (strcmp(what, "remove") == 0)
		return named ? change(r, args, CORE_F_REMOVE)
			     : usage(r, self, what, "which device is missing");
	if (strcmp(what, "renew") == 0)
		return !named ? change(r, args, CORE_F_RENEW)
			      : usage(r, self, cmd_arg(args, 1), "one argument too many");
	return usage(r, self, what, "nothing of that name is done to devices");
}

const struct cmd_entry cmd_devices_entry = {
	.name = "devices",
	.usage = N_("[remove ID | renew]"),
	.summary = N_("your devices; remove one, or renew the certificate of all"),
	.help =
	    N_("remove takes a device's name or at least 8 digits of its id. It is for all: the "
	       "relay puts the\n"
	       "device out and discards its mail, contacts stop sealing for it. It needs no "
	       "card, and any other\n"
	       "device. A further device is added with `recado create` in another --home, with "
	       "the same card.\n"
	       "renew: the new card of the same person, in the reader, signs for all devices. "
	       "Without a card the\n"
	       "relay's own CA certifies the same key again, which is done by itself in time, too.\n"),
	.options = options,
	.min_args = 0,
	.max_args = 2,
	.op = CORE_DEVICES,
	.run = run,
};
