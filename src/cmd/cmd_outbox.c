#include "base/i18n.h"
#include "cmd/cmd.h"

const struct cmd_entry cmd_outbox_entry = {
	.name = "outbox",
	.usage = "",
	.summary = N_("what is not yet sent, or sent and not yet delivered"),
	.op = CORE_OUTBOX,
	.run = cmd_run_simple,
};
