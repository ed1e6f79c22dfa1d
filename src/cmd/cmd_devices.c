#include "cmd/cmd.h"

const struct cmd_entry cmd_devices_entry = {
	.name = "devices",
	.usage = "",
	.summary = "your devices",
	.op = CORE_DEVICES,
	.run = cmd_run_simple,
};
