/*
 * server: one relay, from listening to draining. What its loops and handlers share is here; each
 * part guards itself.
 */
#ifndef RECADO_SERVER_SERVER_H
#define RECADO_SERVER_SERVER_H

#include <stdbool.h>
#include "base/log.h"
#include "server/config.h"
#include "server/directory.h"
#include "server/limit.h"
#include "server/metrics.h"
#include "server/online.h"
#include "server/places.h"
#include "server/relaykey.h"
#include "server/trust.h"
#include "server/writer.h"

struct authority;
struct fetch;
struct loop;

/* Rates that are counted by device or address over all connections. */
enum server_rate {
	RATE_NONE,
	RATE_NAME_CHECKS,   /* by address */
	RATE_REGISTRATIONS, /* by address */
	RATE_LOOKUPS,       /* by device, like the rest */
	RATE_BUNDLES,
	RATE_DEPOSITS,
	RATE_DEVICE_EVENTS,
	RATE_COUNT
};

struct server {
	const struct config *config;
	struct log *log;
	struct relaykey *key;
	struct directory *directory;
	struct online *online;
	struct trust *trust;
	struct authority *authority; /* the relay's own CA */
	struct fetch *fetch; /* NULL: lists are not fetched */
	struct writer *writer;
	struct metrics *metrics;
	struct limit_map *rates[RATE_COUNT];
	struct limit_map *strangers; /* connections without sign-in, by address */
	struct places *large;        /* Registers and Enrols being received */
	struct loop **loops;
	size_t loop_count;
};

/* fds: sockets handed over by the service manager (may be none). Borrows config and log. The relay
 * listens when this returns; server_port says where. */
int server_start(const struct config *c, struct log *log, const int *fds, size_t fd_count,
    struct server **out, struct fault *f) MUST_CHECK;
/* Runs until SIGTERM, SIGINT or server_stop; drains. */
int server_run(struct server *s) MUST_CHECK;
/* Any thread. */
void server_stop(struct server *s);
/* Any thread: revocation lists are others now; who is signed in is told, and judged again. */
void server_lists_changed(struct server *s);
void server_free(struct server **ps);
/* Where the first listener really is: "127.0.0.1:7443". */
const char *server_address(const struct server *s);

#endif
