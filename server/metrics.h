/*
 * metrics: counters of one relay, written by all its threads, read by `status` and by whoever
 * watches it. Names and help are in one table.
 */
#ifndef RECADO_SERVER_METRICS_H
#define RECADO_SERVER_METRICS_H

#include <stdint.h>
#include "base/buf.h"

/* symbol, name, counter (only rises) or gauge, help */
#define METRIC_LIST(X)                                                                             \
	X(METRIC_ACCEPTED, "connections_accepted", "counter", "connections taken")                 \
	X(METRIC_REFUSED, "connections_refused", "counter", "connections turned away at a limit")  \
	X(METRIC_CONNECTIONS, "connections", "gauge", "connections open now")                      \
	X(METRIC_SIGNED_IN, "signed_in", "gauge", "devices signed in now")                         \
	X(METRIC_FAULTS, "faults", "counter", "connections ended for breaking the protocol")       \
	X(METRIC_REQUESTS, "requests", "counter", "requests read")                                 \
	X(METRIC_LIMITED, "limited", "counter", "requests refused at a rate limit")                \
	X(METRIC_DEPOSITS, "deposits", "counter", "envelopes taken")                               \
	X(METRIC_REPEATS, "repeats", "counter", "deposits that were there already")                \
	X(METRIC_PUSHED, "pushed", "counter", "envelopes pushed")                                  \
	X(METRIC_ACKED, "acked", "counter", "envelopes acked")                                     \
	X(METRIC_COMMITS, "commits", "counter", "transactions")                                    \
	X(METRIC_JOBS, "jobs", "counter", "requests answered by transactions")                     \
	X(METRIC_SIGNATURES, "signatures", "counter", "signatures made for warrants")              \
	X(METRIC_WARRANTS, "warrants", "counter", "warrants given")                                \
	X(METRIC_STORE_ERRORS, "store_errors", "counter", "transactions that failed")              \
	X(METRIC_ACCOUNTS, "accounts", "gauge", "accounts registered")                             \
	X(METRIC_MAILBOXES, "mailboxes", "gauge", "mailboxes")                                     \
	X(METRIC_WAITING, "waiting", "gauge", "envelopes waiting")                                 \
	X(METRIC_WAITING_BYTES, "waiting_bytes", "gauge", "octets of envelopes waiting")

enum metric {
#define X(symbol, name, type, help) symbol,
	METRIC_LIST(X)
#undef X
	    METRIC_COUNT
};

struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics **pm);
void metrics_add(struct metrics *m, enum metric which, int64_t n);
void metrics_set(struct metrics *m, enum metric which, uint64_t v);
uint64_t metrics_get(const struct metrics *m, enum metric which);
/* Prometheus text exposition, every name with the prefix recadod_. */
int metrics_text(const struct metrics *m, struct buf *out) MUST_CHECK;
/* "name value" lines. */
int metrics_lines(const struct metrics *m, struct buf *out) MUST_CHECK;

#endif
