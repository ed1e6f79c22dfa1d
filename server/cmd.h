/*
 * cmd: recadod's commands, one const entry and one file each.
 */
#ifndef RECADO_SERVER_CMD_H
#define RECADO_SERVER_CMD_H

#include <stdbool.h>
#include "base/err.h"
#include "server/config.h"

struct cmd_context {
	struct config *config; /* file and command line together */
	char **args;           /* what stands after the command, options taken out */
	int arg_count;
	bool json; /* JSON lines, from commands that list something */
};

struct cmd {
	const char *name;
	const char *usage;   /* "FILE" */
	const char *summary; /* one line */
	int args_min, args_max;
	/* 0 or an error with its fault. */
	int (*run)(const struct cmd_context *x, struct fault *f);
};

extern const struct cmd cmd_serve, cmd_code, cmd_invite, cmd_rotate, cmd_revocation, cmd_backup,
    cmd_restore, cmd_ca, cmd_status, cmd_check_config;

/* Host and port for recado:// links: of the running relay, else of the configuration. */
struct code_link;
int cmd_link(const struct config *c, const uint8_t first[32], struct code_link *out) MUST_CHECK;

#endif
