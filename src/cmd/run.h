/*
 * run: what a headless command has at hand: its home's core, where its output goes, and who
 * answers when the core needs a secret.
 *
 * A command is a few run_call()s in a row. Each returns an exit status, and has already told the
 * user on stderr about what failed. Signals that end the process (INT, TERM, HUP) are blocked and
 * read from a descriptor, so that they end a call in an orderly way: every later call then returns
 * 128 + signal at once.
 */
#ifndef RECADO_CMD_RUN_H
#define RECADO_CMD_RUN_H

#include "base/tty.h"
#include "cmd/opt.h"
#include "cmd/out.h"
#include "core/core.h"

enum run_secret { RUN_PASSPHRASE, RUN_NEW_PASSPHRASE, RUN_PIN, RUN_SECRETS };

struct run {
	struct core_options where;
	struct core *core; /* NULL until run_open */
	struct out out;
	int secret_fds[RUN_SECRETS]; /* -1: not given */
	char *secrets[RUN_SECRETS];  /* read ahead, or NULL; ours */
	bool answered[RUN_SECRETS];  /* from its descriptor: there is no second line of it */
	struct tty tty; /* while a card's own software has it */
	int signal_fd;
	int signal;  /* that ended us; 0: none */
	int refused; /* exit status of a question nobody could answer */
};

/* From the options common to all commands (run_options below). ERR_USAGE. */
int run_init(struct run *r, const struct opt_args *args, struct fault *f) MUST_CHECK;
void run_free(struct run *r); /* closes the core, wipes what was read */

/* Block the signals that end the process and open a descriptor that tells of them (run_init does
 * both), or let them through again (-1): the screen has ways of its own. */
int run_signals(bool block);

/* The options every command takes. */
extern const struct opt_spec run_options[];

/* Own the home or attach to who does. Exit status. */
int run_open(struct run *r);
/* run_open and CORE_UNLOCK. */
int run_unlock(struct run *r);

/* Events of a call other than ASK, ERROR, PROGRESS and DONE. NULL stands for run_print. A negative
 * result ends the call early (ERR_*). */
typedef int (*run_event_fn)(struct run *r, const struct core_event *ev, void *arg);
int run_print(struct run *r, const struct core_event *ev, void *arg);

/* One command, from hand-over to its DONE; clears *cmd. Exit status. */
int run_call(struct run *r, struct core_cmd *cmd, run_event_fn fn, void *arg);
/* The command of op alone on name (may be NULL). */
int run_op(struct run *r, enum core_op op, const char *name);

/* CORE_SYNC. Exit status; 69 is told to nobody, so the caller may go on with what is local. */
int run_sync(struct run *r);
/* run_sync, with a note to the user that what follows is what is known here. */
int run_sync_note(struct run *r);
/* After a local command: if mail waits to be sent, this process takes it along. */
void run_flush(struct run *r);

/* Read ahead the secrets that come down fd (stdin, before the text of a message). Exit status. */
int run_read_ahead(struct run *r, int fd);

/* Has a signal come that ends us? */
bool run_signalled(struct run *r);

/* A command's usage as it goes into a fault: in the user's language already, which the sentence
 * around it gets only where it is shown; with --json as it is. */
const char *run_words(const struct run *r, const char *english);
/* Report f on stderr; its exit status. */
int run_fail(struct run *r, const struct fault *f);

#endif
