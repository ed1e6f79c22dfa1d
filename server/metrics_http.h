/*
 * metrics_http: the counters over HTTP, GET /metrics, for whoever watches the relay. Only where
 * `metrics` of recadod.conf names an address; it has no authentication.
 */
#ifndef RECADO_SERVER_METRICS_HTTP_H
#define RECADO_SERVER_METRICS_HTTP_H

#include "server/loop.h"

struct metrics_http;

/* *out is NULL when no address is configured. */
int metrics_http_open(struct server *srv, struct metrics_http **out, struct fault *f) MUST_CHECK;
void metrics_http_free(struct metrics_http **pm);

#endif
