/*
 * httpget: one file by HTTP, from an address that a stranger's certificate names. libevent does the
 * HTTP; the rules are here: a name is resolved once, every address it has is judged, and the
 * connection goes to an address that was judged, not to the name. No redirects, no encodings, limits
 * on headers, body and the whole time. DESIGN 3.3.
 */
#ifndef RECADO_SERVER_HTTPGET_H
#define RECADO_SERVER_HTTPGET_H

#include <event2/event.h>
#include <stdbool.h>
#include "base/buf.h"
#include "server/netaddr.h"

struct evdns_base;
struct httpget;

#define HTTPGET_DATE_MAX 64

struct httpget_request {
	const char *url;
	const struct netaddr_rules *allow; /* borrowed while it runs */
	size_t max;                        /* octets of the body */
	uint32_t timeout_s;                /* from start to end */
	const char *since;                 /* a Last-Modified of before; "" or NULL: none */
};

struct httpget_result {
	int code;      /* 0; ERR_FORMAT, ERR_LIMIT, ERR_TIMEOUT, ERR_UNREACHABLE, ERR_UNTRUSTED */
	char why[192]; /* sanitised clause, with code */
	bool same;     /* 304: nothing newer than `since` */
	struct buf *body;            /* done may take it over (and set it NULL) */
	char date[HTTPGET_DATE_MAX]; /* Last-Modified; "" */
	char type[64];               /* Content-Type, sanitised; "" */
};

/* done is called once, from the loop and never from within httpget_start; it must free the get. */
typedef void httpget_done_fn(void *arg, struct httpget *g, struct httpget_result *r);
int httpget_start(struct event_base *base, struct evdns_base *dns, const struct httpget_request *rq,
    httpget_done_fn *done, void *arg, struct httpget **out) MUST_CHECK;
/* Also before it is done; done is not called then. */
void httpget_free(struct httpget **pg);
/* The end of the resolver, when every get is freed and base runs no more; NULL does nothing. */
void httpget_end_dns(struct event_base *base, struct evdns_base *dns);

#endif
