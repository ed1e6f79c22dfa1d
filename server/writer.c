/*
 * A batch that fails is undone as a whole, and memory is read back from the store. If it was a job
 * that failed and not the commit, the jobs are then tried one by one, so that what one of them
 * hits is not everybody's.
 */
#include "server/writer.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

struct writer {
	struct writer_config c;
	struct store *store;
	struct mailboxes *mail;
	pthread_t thread;
	bool started;
	bool broken; /* memory does not match the store: reload before anything else */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first, **last;
	bool stop;
};

const struct store_ops *
writer_ops(const struct writer *w)
{
	return w->c.ops;
}

struct store *
writer_store(const struct writer *w)
{
	return w->store;
}

struct mailboxes *
writer_mailboxes(const struct writer *w)
{
	return w->mail;
}

struct directory *
writer_directory(const struct writer *w)
{
	return w->c.directory;
}

/* ---------------------------------------------------------------------------- batches */

static void
undo(struct writer *w, const char *what, int r)
{
	log_error(w->c.log, "store", "%s failed: %s", what, err_text(r));
	metrics_add(w->c.metrics, METRIC_STORE_ERRORS, 1);
	w->c.ops->rollback(w->store);
	w->broken = true;
}

static int
mend(struct writer *w)
{
	int r;

	if (!w->broken)
		return 0;
	if ((r = mailbox_reload(w->mail)) != 0)
		log_error(w->c.log, "store", "reading back failed: %s", err_text(r));
	else
		w->broken = false;
	return r;
}

static int
run_jobs(struct writer *w, struct job *first)
{
	int r = 0;

	for (struct job *j = first; j != NULL && r == 0; j = j->next)
		if ((r = j->ops->run(j, w)) != 0)
			undo(w, j->ops->name, r);
	return r;
}

/* One transaction over the list. *alone: trying the jobs one by one may help. */
static int
transaction(struct writer *w, struct job *first, bool *alone)
{
	int r;

	*alone = false;
	if ((r = mend(w)) != 0)
		return r;
	if ((r = w->c.ops->begin(w->store)) != 0) {
		undo(w, "begin", r);
		return r;
	}
	if ((r = run_jobs(w, first)) != 0) {
		*alone = first->next != NULL;
		return r;
	}
	if ((r = mailbox_flush(w->mail)) != 0)
		undo(w, "mail", r);
	else if ((r = w->c.ops->commit(w->store)) != 0)
		undo(w, "commit", r);
	return r;
}

static void
finish(struct writer *w, struct job *first, int r)
{
	for (struct job *j = first; j != NULL; j = j->next) {
		j->result = r;
		if (r == 0 && j->ops->committed != NULL)
			j->ops->committed(j, w);
	}
}

static void
one_by_one(struct writer *w, struct job *first)
{
	struct job *next;
	bool alone;

	for (struct job *j = first; j != NULL; j = next) {
		next = j->next;
		j->next = NULL;
		finish(w, j, transaction(w, j, &alone));
		j->next = next;
	}
}

/* Give the jobs back, those of one home together and in order. */
static void
deliver(struct writer *w, struct job *first)
{
	struct job *list, **end, **pj;
	void *home;

	while (first != NULL) {
		home = first->home;
		end = &list;
		for (pj = &first; *pj != NULL;) {
			if ((*pj)->home != home) {
				pj = &(*pj)->next;
				continue;
			}
			*end = *pj;
			end = &(*pj)->next;
			*pj = (*pj)->next;
		}
		*end = NULL;
		w->c.deliver(home, list);
	}
}

static void
batch(struct writer *w, struct job *first)
{
	uint64_t count = 0;
	bool alone;
	int r;

	for (struct job *j = first; j != NULL; j = j->next)
		count++;
	r = transaction(w, first, &alone);
	if (r != 0 && alone)
		one_by_one(w, first);
	else
		finish(w, first, r);
	metrics_add(w->c.metrics, METRIC_COMMITS, 1);
	metrics_add(w->c.metrics, METRIC_JOBS, count);
	deliver(w, first);
}

static void
publish(struct writer *w)
{
	struct mailbox_totals t;

	mailbox_totals(w->mail, &t);
	metrics_set(w->c.metrics, METRIC_WAITING, t.waiting);
	metrics_set(w->c.metrics, METRIC_WAITING_BYTES, t.bytes);
	metrics_set(w->c.metrics, METRIC_MAILBOXES, t.boxes);
}

static void *
writer_main(void *arg)
{
	struct writer *w = arg;
	struct job *list;

	for (;;) {
		pthread_mutex_lock(&w->lock);
		while (w->first == NULL && !w->stop)
			pthread_cond_wait(&w->wake, &w->lock);
		list = w->first;
		w->first = NULL;
		w->last = &w->first;
		pthread_mutex_unlock(&w->lock);
		if (list == NULL)
			return NULL;
		batch(w, list);
		publish(w);
	}
}

void
writer_push(struct writer *w, struct job *j)
{
	bool idle;

	j->next = NULL;
	pthread_mutex_lock(&w->lock);
	idle = w->first == NULL;
	*w->last = j;
	w->last = &j->next;
	pthread_mutex_unlock(&w->lock);
	if (idle)
		pthread_cond_signal(&w->wake);
}

/* ---------------------------------------------------------------------------- start, stop */

static int
load(struct writer *w, struct fault *f)
{
	int r;

	if ((r = w->c.ops->open(w->c.dir, false, &w->store, f)) != 0)
		return r;
	w->c.mail.ops = w->c.ops;
	w->c.mail.store = w->store;
	if ((r = directory_load(w->c.directory, w->c.ops, w->store)) != 0)
		return fault_set(f, r, w->c.dir, "the accounts in the store cannot be read");
	if ((r = mailbox_open(&w->c.mail, &w->mail)) != 0)
		return fault_set(f, r, w->c.dir, "the mail in the store cannot be read");
	return 0;
}

int
writer_start(const struct writer_config *c, struct writer **out, struct fault *f)
{
	struct writer *w = mem_alloc(sizeof(*w));
	int r;

	*out = NULL;
	w->c = *c;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	if ((r = load(w, f)) != 0)
		goto out;
	publish(w);
	if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
		r = fault_set(f, ERR_NOMEM, NULL, "the store's thread cannot be started");
		goto out;
	}
	w->started = true;
	*out = w;
	w = NULL;
out:
	writer_stop(&w);
	return r;
}

void
writer_stop(struct writer **pw)
{
	struct writer *w = *pw;

	if (w == NULL)
		return;
	*pw = NULL;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_mutex_unlock(&w->lock);
	pthread_cond_signal(&w->wake);
	if (w->started)
		pthread_join(w->thread, NULL);
	mailbox_close(&w->mail);
	w->c.ops->close(&w->store);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
