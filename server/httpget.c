/*
 * Resolve, judge, connect, read. Whatever way it ends, the end is told from a timer of its own, so
 * that nobody frees a connection from within its callback. The same timer is the deadline.
 */
#include "server/httpget.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/util.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "server/url.h"

#define HEADERS_MAX 16384
#define SLACK 65536 /* octets unparsed beside the body */
#define ADDRESSES_MAX 4
#define DONT_RESOLVE ".invalid" /* RFC 6761: there never is one */

/* What the resolver holds on to; it may answer after the get is gone. */
struct lookup {
	struct httpget *get;
};

struct httpget {
	struct event_base *base;
	struct evdns_base *dns;
	struct httpget_request rq;
	struct url url;
	char *since;                /* NULL: none */
	struct event *timer, *next; /* the end; the next address */
	struct lookup *lookup;
	struct evdns_getaddrinfo_request *resolving;
	struct sockaddr_storage address[ADDRESSES_MAX];
	size_t address_count, address_at;
	struct evhttp_connection *con;
	enum evhttp_request_error error; /* of the request under way */
	bool has_error, finished;
	httpget_done_fn *done;
	void *arg;
	struct httpget_result result;
};

/* ---------------------------------------------------------------------------- the end */

static void finish(struct httpget *g, int code, const char *why, ...) PRINTF_LIKE(3, 4);

static void
finish(struct httpget *g, int code, const char *why, ...)
{
	static const struct timeval now = { 0, 0 };
	char text[512];
	va_list ap;

	if (g->finished)
		return;
	g->finished = true;
	g->result.code = code;
	va_start(ap, why);
	vsnprintf(text, sizeof(text), why, ap);
	va_end(ap);
	text_clean_to(g->result.why, sizeof(g->result.why), text, strlen(text), TEXT_LINE);
	event_add(g->timer, &now);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct httpget *g = arg;
	httpget_done_fn *done = g->done;
	(void)fd;
	(void)what;

	if (!g->finished) {
		g->finished = true;
		g->result.code = ERR_TIMEOUT;
		snprintf(g->result.why, sizeof(g->result.why), "no whole answer within %u s",
		    g->rq.timeout_s);
	}
	g->done = NULL;
	done(g->arg, g, &g->result);
}

void
httpget_free(struct httpget **pg)
{
	struct httpget *g = *pg;

	if (g == NULL)
		return;
	*pg = NULL;
	if (g->lookup != NULL) {
		g->lookup->get = NULL; /* the resolver's answer frees it */
		if (g->resolving != NULL)
			evdns_getaddrinfo_cancel(g->resolving);
	}
	if (g->con != NULL)
		evhttp_connection_free(g->con);
	if (g->timer != NULL)
		event_free(g->timer);
	if (g->next != NULL)
		event_free(g->next);
	buf_free(&g->result.body);
	free(g->since);
	free(g);
}

/* ---------------------------------------------------------------------------- the answer */

static const char *
error_text(enum evhttp_request_error e)
{
	switch (e) {
	case EVREQ_HTTP_TIMEOUT:
		return "it said nothing for too long";
	case EVREQ_HTTP_EOF:
		return "it hung up before the end";
	case EVREQ_HTTP_INVALID_HEADER:
		return "what it answered is no HTTP";
	case EVREQ_HTTP_BUFFER_ERROR:
		return "the connection broke";
	case EVREQ_HTTP_DATA_TOO_LONG:
		return "its answer is larger than the limit";
	case EVREQ_HTTP_REQUEST_CANCEL:
		break;
	}
	return "it did not answer";
}

static void
on_error(enum evhttp_request_error e, void *arg)
{
	struct httpget *g = arg;

	g->error = e;
	g->has_error = true;
}

/* The body as it comes, so that its limit counts before memory is taken for it. */
static void
on_chunk(struct evhttp_request *rq, void *arg)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(rq);
	struct httpget *g = arg;
	size_t n = evbuffer_get_length(in);
	int r;

	if (g->finished || evhttp_request_get_response_code(rq) != HTTP_OK) {
		evbuffer_drain(in, n);
		return;
	}
	if (n > buf_space(g->result.body)) {
		finish(g, ERR_LIMIT, "it sends more than %zu octets", g->rq.max);
		return;
	}
	while ((n = evbuffer_get_contiguous_space(in)) != 0) {
		r = buf_put(g->result.body, evbuffer_pullup(in, (ev_ssize_t)n), n);
		if (r != 0 || evbuffer_drain(in, n) != 0) {
			finish(g, ERR_LIMIT, "%s", "its answer cannot be kept");
			return;
		}
	}
}

static void
note_header(struct evhttp_request *rq, const char *name, char *out, size_t outlen)
{
	const char *v = evhttp_find_header(evhttp_request_get_input_headers(rq), name);

	out[0] = '\0';
	if (v != NULL && strlen(v) < outlen)
		text_clean_to(out, outlen, v, strlen(v), TEXT_LINE);
}

static void
take_ok(struct httpget *g, struct evhttp_request *rq)
{
	const char *coding =
	    evhttp_find_header(evhttp_request_get_input_headers(rq), "Content-Encoding");

	note_header(rq, "Last-Modified", g->result.date, sizeof(g->result.date));
	note_header(rq, "Content-Type", g->result.type, sizeof(g->result.type));
	if (coding != NULL && strcasecmp(coding, "identity") != 0)
		finish(
		    g, ERR_FORMAT, "its answer is encoded (%s), which was not asked for", coding);
	else if (strncasecmp(g->result.type, "text/html", 9) == 0)
		finish(g, ERR_FORMAT, "%s", "it sent a web page, not a revocation list");
	else if (buf_len(g->result.body) == 0)
		finish(g, ERR_FORMAT, "%s", "its answer is empty");
	else
		finish(g, 0, "%s", "");
}

static void
take_answer(struct httpget *g, struct evhttp_request *rq)
{
	int status = evhttp_request_get_response_code(rq);

	if (status == HTTP_OK) {
		take_ok(g, rq);
	} else if (status == HTTP_NOTMODIFIED && g->since != NULL) {
		g->result.same = true;
		finish(g, 0, "%s", "");
	} else if (status >= 300 && status < 400)
		finish(g, ERR_UNTRUSTED, "it sends elsewhere (%d), which is not followed", status);
	else
		finish(g, ERR_NOT_FOUND, "it answered %d", status);
}

/* rq is NULL after an error, and without a status when nobody could be reached. */
static void
on_answer(struct evhttp_request *rq, void *arg)
{
	struct httpget *g = arg;
	char text[NETADDR_TEXT_MAX];

	if (g->finished)
		return;
	if (rq != NULL && !g->has_error && evhttp_request_get_response_code(rq) != 0) {
		take_answer(g, rq);
		return;
	}
	netaddr_text((struct sockaddr *)&g->address[g->address_at], text);
	if (g->has_error)
		finish(g, g->error == EVREQ_HTTP_DATA_TOO_LONG ? ERR_LIMIT : ERR_UNREACHABLE,
		    "%s: %s", text, error_text(g->error));
	else if (g->address_at + 1 < g->address_count) {
		g->address_at++;
		event_active(g->next, EV_TIMEOUT, 0);
	} else
		finish(g, ERR_UNREACHABLE, "%s cannot be reached", text);
}

/* ---------------------------------------------------------------------------- asking */

static struct evhttp_request *
new_request(struct httpget *g)
{
	struct evhttp_request *rq = evhttp_request_new(on_answer, g);
	struct evkeyvalq *h;
	int r = 0;

	if (rq == NULL)
		return NULL;
	evhttp_request_set_error_cb(rq, on_error);
	evhttp_request_set_chunked_cb(rq, on_chunk);
	h = evhttp_request_get_output_headers(rq);
	r |= evhttp_add_header(h, "Host", g->url.authority);
	r |= evhttp_add_header(h, "User-Agent", "recadod");
	r |= evhttp_add_header(h, "Accept", "application/pkix-crl, */*;q=0.5");
	r |= evhttp_add_header(h, "Accept-Encoding", "identity");
	r |= evhttp_add_header(h, "Connection", "close");
	if (g->since != NULL)
		r |= evhttp_add_header(h, "If-Modified-Since", g->since);
	if (r != 0) {
		evhttp_request_free(rq);
		return NULL;
	}
	return rq;
}

/* To an address, never to a name: nothing is resolved again. */
static int
connect_to(struct httpget *g, const struct sockaddr *sa)
{
	struct bufferevent *bev =
	    bufferevent_socket_new(g->base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	char text[NETADDR_TEXT_MAX];
	struct evhttp_request *rq;

	if (bev == NULL)
		return ERR_NOMEM;
	bufferevent_setwatermark(bev, EV_READ, 0, g->rq.max + SLACK);
	netaddr_text(sa, text);
	g->con = evhttp_connection_base_bufferevent_new(g->base, NULL, bev, text, netaddr_port(sa));
	if (g->con == NULL) {
		bufferevent_free(bev);
		return ERR_NOMEM;
	}
	evhttp_connection_set_max_headers_size(g->con, HEADERS_MAX);
	evhttp_connection_set_max_body_size(g->con, (ev_ssize_t)g->rq.max);
	evhttp_connection_set_timeout(g->con, (int)(g->rq.timeout_s / 2 + 1));
	evhttp_connection_set_retries(g->con, 0);
	if ((rq = new_request(g)) == NULL)
		return ERR_NOMEM;
	return evhttp_make_request(g->con, rq, EVHTTP_REQ_GET, g->url.path) == 0 ? 0 : ERR_IO;
}

static void
on_next(evutil_socket_t fd, short what, void *arg)
{
	struct httpget *g = arg;
	(void)fd;
	(void)what;

	if (g->finished)
		return;
	if (g->con != NULL)
		evhttp_connection_free(g->con);
	g->con = NULL;
	g->has_error = false;
	buf_reset(g->result.body);
	if (connect_to(g, (struct sockaddr *)&g->address[g->address_at]) != 0)
		finish(g, ERR_UNREACHABLE, "%s", "no connection can be made");
}

/* ---------------------------------------------------------------------------- the name */

/* Every address is judged; those that may be asked are kept. */
static void
take_addresses(struct httpget *g, const struct evutil_addrinfo *all)
{
	char refused[NETADDR_TEXT_MAX] = "";

	for (const struct evutil_addrinfo *a = all; a != NULL; a = a->ai_next) {
		if (!netaddr_may_connect(g->rq.allow, a->ai_addr))
			netaddr_text(a->ai_addr, refused);
		else if (g->address_count < ADDRESSES_MAX && a->ai_addrlen <= sizeof(g->address[0]))
			memcpy(&g->address[g->address_count++], a->ai_addr, a->ai_addrlen);
	}
	if (g->address_count != 0)
		event_active(g->next, EV_TIMEOUT, 0);
	else if (refused[0] != '\0')
		finish(g, ERR_UNTRUSTED,
		    "%s is no public address and no exception in revocation.allow", refused);
	else
		finish(g, ERR_NOT_FOUND, "%s", "it has no address");
}

static void
on_resolved(int err, struct evutil_addrinfo *all, void *arg)
{
	struct lookup *l = arg;
	struct httpget *g = l->get;

	free(l);
	if (g != NULL) {
		g->lookup = NULL;
		g->resolving = NULL;
		if (g->finished)
			;
		else if (err == 0)
			take_addresses(g, all);
		else
			finish(g, ERR_NOT_FOUND, "%s: the name cannot be resolved (%s)",
			    g->url.host, evutil_gai_strerror(err));
	}
	if (all != NULL)
		evutil_freeaddrinfo(all);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static void
resolve(struct httpget *g)
{
	struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP
	};
	struct evdns_getaddrinfo_request *rq;
	struct lookup *l;
	char port[8];

	if (ends_with(g->url.host, DONT_RESOLVE)) {
		finish(g, ERR_NOT_FOUND, "%s: no such host can be", g->url.host);
		return;
	}
	snprintf(port, sizeof(port), "%u", g->url.port);
	l = mem_alloc(sizeof(*l));
	l->get = g;
	g->lookup = l;
	rq = evdns_getaddrinfo(g->dns, g->url.host, port, &hints, on_resolved, l);
	if (g->lookup != NULL) /* else it was answered at once */
		g->resolving = rq;
}

/* What a cancelled lookup still has to say waits in the loop and looks into the resolver: it is let
 * through before the resolver goes, and what its going makes, after. */
void
httpget_end_dns(struct event_base *base, struct evdns_base *dns)
{
	if (dns == NULL)
		return;
	event_base_loop(base, EVLOOP_NONBLOCK);
	evdns_base_free(dns, 1);
	event_base_loop(base, EVLOOP_NONBLOCK);
}

/* ---------------------------------------------------------------------------- start */

int
httpget_start(struct event_base *base, struct evdns_base *dns, const struct httpget_request *rq,
    httpget_done_fn *done, void *arg, struct httpget **out)
{
	struct httpget *g = mem_alloc(sizeof(*g));
	struct timeval limit = { (time_t)rq->timeout_s, 0 };
	const char *why;

	*out = NULL;
	g->base = base;
	g->dns = dns;
	g->rq = *rq;
	g->done = done;
	g->arg = arg;
	g->since = rq->since != NULL && rq->since[0] != '\0' ? mem_strdup(rq->since) : NULL;
	g->result.body = buf_new(rq->max);
	g->timer = event_new(base, -1, 0, on_timer, g);
	g->next = event_new(base, -1, 0, on_next, g);
	if (g->timer == NULL || g->next == NULL || event_add(g->timer, &limit) != 0) {
		httpget_free(&g);
		return ERR_NOMEM;
	}
	*out = g;
	if (url_parse(rq->url, strlen(rq->url), &g->url, &why) != 0)
		finish(g, ERR_FORMAT, "not an address that is asked: %s", why);
	else
		resolve(g);
	return 0;
}
