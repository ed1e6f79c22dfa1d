/*
 * writer: the store's thread. It takes all jobs that arrived while its last commit ran, runs them
 * in one transaction (group commit) and hands them back to where they came from.
 */
#ifndef RECADO_SERVER_WRITER_H
#define RECADO_SERVER_WRITER_H

#include "base/log.h"
#include "server/directory.h"
#include "server/mailbox.h"
#include "server/metrics.h"
#include "server/store.h"

struct writer;
struct job;

struct job_ops {
	const char *name;
	/* In the transaction, on the store's thread. An error says that the store failed: the
	 * transaction is undone, and the job may be run again by itself. What is merely refused
	 * (a full box, a taken name) is success, noted in the job. */
	int (*run)(struct job *j, struct writer *w);
	/* After the commit, on the store's thread; NULL: nothing to do. */
	void (*committed)(struct job *j, struct writer *w);
	/* Back home. j->result is 0 or the store's error. */
	void (*done)(struct job *j);
	void (*free)(struct job *j);
};

struct job { /* stands first in what a handler allocates */
	const struct job_ops *ops;
	void *home; /* for writer_config.deliver */
	struct job *next;
	int result;
};

struct writer_config {
	const struct store_ops *ops;
	const char *dir;
	struct mailbox_config mail;  /* ops and store are filled in */
	struct directory *directory; /* filled from the store */
	struct log *log;
	struct metrics *metrics;
	/* Gives a list of finished jobs of one home back; on the store's thread. */
	void (*deliver)(void *home, struct job *list);
};

/* Opens the store, loads everything, starts the thread. */
int writer_start(const struct writer_config *c, struct writer **out, struct fault *f) MUST_CHECK;
/* Any thread; the writer owns j until it is delivered. */
void writer_push(struct writer *w, struct job *j);
/* Runs what waits, ends the thread, closes the store. */
void writer_stop(struct writer **pw);

/* For jobs. */
const struct store_ops *writer_ops(const struct writer *w);
struct store *writer_store(const struct writer *w);
struct mailboxes *writer_mailboxes(const struct writer *w);
struct directory *writer_directory(const struct writer *w);

#endif
