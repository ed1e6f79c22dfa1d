/*
 * fetch: the relay fetches the revocation lists of chains that reach an anchor, from the addresses
 * that their certificates name, and keeps them fresh. DESIGN 3.3.
 *
 * A thread of its own asks a few hosts at a time, under httpget's rules; a list counts, and is kept,
 * when its issuer has signed it and it is no older than one seen before. What failed is tried again,
 * later each time. All functions may be called from any thread; f NULL does nothing.
 */
#ifndef RECADO_SERVER_FETCH_H
#define RECADO_SERVER_FETCH_H

#include "base/log.h"
#include "server/config.h"
#include "server/fetch_sources.h"
#include "server/writer.h"

struct fetch;

#define FETCH_WAIT_MS 6000 /* that a sign-in is held up; its handshake has 10 s */

struct fetch_config {
	struct cert_store *store;
	struct log *log;
	const char *data;
	const struct config_revocation *rules; /* borrowed, as all of these */
	void (*changed)(void *arg); /* what is known is another; on the fetcher's thread */
	void *arg;
	void (*deliver)(void *home, struct job *list); /* as the writer's */
};

/* Makes its folder, whose lists the store has already (lists_load); the thread starts. */
int fetch_open(const struct fetch_config *c, struct fetch **out, struct fault *f) MUST_CHECK;
/* Jobs that wait are delivered. */
void fetch_free(struct fetch **pf);

/* The lists of a chain are wanted, if it reaches an anchor of cards. */
void fetch_learn(struct fetch *f, const struct cert_verdict *v);
/* Those it lacks are fetched now; then, or after FETCH_WAIT_MS, j is delivered. False: there is
 * nothing that could be waited for, and j is still the caller's. */
bool fetch_wait(struct fetch *f, const struct cert_verdict *v, struct job *j) MUST_CHECK;
/* Every list, now; j is delivered when all have come or failed. */
void fetch_all(struct fetch *f, struct job *j);

/* Why the list that v lacks is not there, and what can be done, for a person. */
void fetch_explain(struct fetch *f, const struct cert_verdict *v, char *out, size_t outlen);
/* When a list (SHA-256 of its DER) was last seen at its source, wall ms; 0: it was not fetched. */
uint64_t fetch_time(struct fetch *f, const uint8_t list[REVOCATION_HASH_LEN]);

#endif
