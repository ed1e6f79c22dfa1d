/*
 * The commands that are one operation on one name. Each is an entry; none has code of its own.
 */
#include "base/i18n.h"
#include "cmd/cmd.h"

const struct cmd_entry cmd_add_entry = {
	.name = "add",
	.usage = N_("NAME"),
	.summary = N_("add somebody to your contacts"),
	.help = N_("The name is looked up at the relay, exactly as it is written; the card behind "
		   "it is\n"
		   "verified here before anything is shown.\n"),
	.min_args = 1,
	.max_args = 1,
	.op = CORE_ADD,
	.run = cmd_run_simple,
};

const struct cmd_entry cmd_accept_entry = {
	.name = "accept",
	.usage = N_("NAME"),
	.summary = N_("accept somebody who wrote to you and waits"),
	.min_args = 1,
	.max_args = 1,
	.op = CORE_ACCEPT,
	.run = cmd_run_simple,
};

const struct cmd_entry cmd_block_entry = {
	.name = "block",
	.usage = N_("NAME"),
	.summary = N_("take no more mail from somebody"),
	.min_args = 1,
	.max_args = 1,
	.op = CORE_BLOCK,
	.run = cmd_run_simple,
};

const struct cmd_entry cmd_connect_entry = {
	.name = "connect",
	.usage = N_("NAME"),
	.summary = N_("open a session with somebody, print identity and suite"),
	.min_args = 1,
	.max_args = 1,
	.op = CORE_CONNECT,
	.run = cmd_run_simple,
};

const struct cmd_entry cmd_disconnect_entry = {
	.name = "disconnect",
	.usage = N_("NAME"),
	.summary = N_("end the session with somebody and erase its keys"),
	.min_args = 1,
	.max_args = 1,
	.op = CORE_DISCONNECT,
	.run = cmd_run_simple,
};
