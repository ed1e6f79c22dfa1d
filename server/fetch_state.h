/*
 * fetch_state: what fetch.c (who asks) and fetch_run.c (the thread) share. Nobody else includes this.
 */
#ifndef RECADO_SERVER_FETCH_STATE_H
#define RECADO_SERVER_FETCH_STATE_H

#include <pthread.h>
#include "server/fetch.h"
#include "server/table.h"

#define FETCH_URLS_MAX 32 /* of one chain */
#define FETCH_WAITS_MAX 1024

struct fetch_urls {
	char *at[FETCH_URLS_MAX];
	size_t count;
};

enum fetch_kind { FETCH_LEARN, FETCH_WAIT, FETCH_ALL };

struct fetch_command { /* from any thread to the fetcher's */
	struct fetch_command *next;
	enum fetch_kind kind;
	struct fetch_urls urls;
	struct buf *issuers; /* LEARN: u32 length and DER, repeated */
	struct job *job;
};

struct fetch_wait {
	struct fetch_wait *next;
	struct job *job;
	struct fetch_source **on; /* those not yet tried */
	size_t count;
	uint64_t until; /* monotonic ms */
};

struct fetch {
	struct fetch_config c;
	char *dir;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* for what follows, up to the line */
	struct fetch_command *commands, **commands_end;
	size_t waits_taken; /* commands with a job, from asking to delivering */
	bool stopping;
	struct table *seen; /* certificates of chains learnt today */
	uint64_t seen_day;
	struct fetch_sources sources; /* changed by the thread, with the lock; it reads without */
	/* -------- the thread's own */
	struct event_base *base;
	struct evdns_base *dns;
	struct event *wake, *tick, *tell;
	int fd;
	struct fetch_wait *waits;
	unsigned running;
	bool dirty;
};

/* fetch_run.c: the thread */
int fetch_run_open(struct fetch *f) MUST_CHECK;
void fetch_run_close(struct fetch *f);
void *fetch_run_main(void *arg);
/* A source for an address; NULL: no more of them are kept. */
struct fetch_source *fetch_run_want(struct fetch *f, const char *url);
/* fetch_wait.c: the thread's, too */
void fetch_wait_take(struct fetch *f, struct fetch_command *c);
void fetch_wait_settle(struct fetch *f, struct fetch_source *s); /* it has been tried */
void fetch_wait_expire(struct fetch *f, uint64_t now);           /* those whose time is over */
void fetch_wait_return(struct fetch *f, struct job *j);
/* fetch.c */
void fetch_urls_clear(struct fetch_urls *u);
void fetch_urls_add(void *arg, struct bytes url); /* arg: struct fetch_urls */
void fetch_command_free(struct fetch_command *c);

#endif
