#include "base/i18n.h"
#include "cmd/cmd.h"

static const struct opt_spec options[] = {
	{ "new-passphrase-fd", N_("N"), N_("read the new passphrase from descriptor N, one line") },
	{ NULL, NULL, NULL },
};

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	int status = run_open(r);

	return status != 0 ? status : run_op(r, self->op, NULL);
}

const struct cmd_entry cmd_passphrase_entry = {
	.name = "passphrase",
	.usage = "",
	.summary = N_("change the passphrase"),
	.help =
	    N_("With --passphrase-fd alone its first line is the old one, its second the new.\n"),
	.options = options,
	.op = CORE_PASSPHRASE,
	.run = run,
};
