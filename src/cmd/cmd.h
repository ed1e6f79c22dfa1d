/*
 * cmd: the headless commands: one const entry each, in one table.
 */
#ifndef RECADO_CMD_CMD_H
#define RECADO_CMD_CMD_H

#include <stddef.h>
#include "cmd/opt.h"
#include "cmd/run.h"
#include "core/core.h"

struct cmd_entry {
	const char *name;
	/* Marked with N_, translated where they are printed. */
	const char *usage;              /* what follows the name */
	const char *summary;            /* half a line */
	const char *help;               /* paragraphs after the options in --help; may be NULL */
	const struct opt_spec *options; /* its own; NULL: only the common ones */
	size_t min_args, max_args;
	enum core_op op; /* for entries that share a run function */
	/* args: the arguments after the command's name start at cmd_arg(args, 0). Exit status. */
	int (*run)(struct run *r, const struct cmd_entry *self, const struct opt_args *args);
};

extern const struct cmd_entry cmd_accept_entry, cmd_add_entry, cmd_all_entry, cmd_block_entry,
    cmd_card_entry, cmd_connect_entry, cmd_create_entry, cmd_devices_entry, cmd_disconnect_entry,
    cmd_history_entry, cmd_list_entry, cmd_lock_entry, cmd_outbox_entry, cmd_passphrase_entry,
    cmd_receipt_entry, cmd_recv_entry, cmd_send_entry, cmd_status_entry, cmd_verify_entry,
    cmd_whois_entry;

/* NULL when there is no such command. */
const struct cmd_entry *cmd_find(const char *name);
/* The i-th in the order of the help; NULL beyond the last. */
const struct cmd_entry *cmd_at(size_t i);
/* The tables of the common options, and of one command's; or of all commands' (NULL). Their number;
 * there is room for two more. */
size_t cmd_tables(const struct cmd_entry *e, const struct opt_spec *tables[OPT_TABLES_MAX]);
/* argv from the parse to the end of the command. Exit status; 128 + n after signal n. */
int cmd_main(const struct cmd_entry *e, int argc, char **argv);
/* Report wrong usage when there are no options yet to say whether in JSON. Exit status. */
int cmd_usage(int argc, char **argv, const struct fault *f);
/* The help of one command, or of the program (NULL) with options of its own. */
void cmd_help(const struct cmd_entry *e, const struct opt_spec *own, FILE *f);

/* The options of the program without a command. */
extern const struct opt_spec cmd_screen_options[];

const char *cmd_arg(const struct opt_args *args, size_t i);

/* --suites without a list: print them. Exit status. */
#define CMD_SUITE_NAME 64
int cmd_suites(struct run *r);

/* Shared by several commands: sync, self->op on argument 0 (if any), print what comes. */
int cmd_run_simple(struct run *r, const struct cmd_entry *self, const struct opt_args *args);

#endif
