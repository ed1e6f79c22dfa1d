#include "server/metrics_http.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>

#include "base/mem.h"

#define HEADERS_MAX 4096
#define TIMEOUT_S 5

struct metrics_http {
	struct server *srv;
	struct evhttp *http;
};

static void
on_metrics(struct evhttp_request *rq, void *arg)
{
	struct metrics_http *m = arg;
	struct evbuffer *body = evbuffer_new();
	struct buf *text = buf_new(0);

	metrics_set(m->srv->metrics, METRIC_ACCOUNTS, directory_count(m->srv->directory));
	if (body == NULL || metrics_text(m->srv->metrics, text) != 0 ||
	    evbuffer_add(body, buf_ptr(text), buf_len(text)) != 0)
		evhttp_send_error(rq, HTTP_INTERNAL, NULL);
	else {
		evhttp_add_header(evhttp_request_get_output_headers(rq), "Content-Type",
		    "text/plain; version=0.0.4");
		evhttp_send_reply(rq, HTTP_OK, "OK", body);
	}
	buf_free(&text);
	if (body != NULL)
		evbuffer_free(body);
}

static int
set_up(struct metrics_http *m, const char *address, struct fault *f)
{
	char host[256];
	uint16_t port;

	if (config_address(address, host, &port) != 0)
		return fault_set(f, ERR_CONFIG, address, "not an address for metrics");
	if ((m->http = evhttp_new(loop_base(m->srv->loops[0]))) == NULL)
		return ERR_NOMEM;
	evhttp_set_allowed_methods(m->http, EVHTTP_REQ_GET);
	evhttp_set_max_headers_size(m->http, HEADERS_MAX);
	evhttp_set_max_body_size(m->http, 0);
	evhttp_set_timeout(m->http, TIMEOUT_S);
	if (evhttp_set_cb(m->http, "/metrics", on_metrics, m) != 0)
		return ERR_NOMEM;
	if (evhttp_bind_socket(m->http, host[0] != '\0' ? host : "127.0.0.1", port) != 0)
		return fault_set(f, ERR_IO, address, "cannot listen for metrics");
	log_info(m->srv->log, "server", "metrics on http://%s/metrics", address);
	return 0;
}

int
metrics_http_open(struct server *srv, struct metrics_http **out, struct fault *f)
{
	struct metrics_http *m;
	int r;

	*out = NULL;
	if (srv->config->metrics == NULL)
		return 0;
	m = mem_alloc(sizeof(*m));
	m->srv = srv;
	if ((r = set_up(m, srv->config->metrics, f)) != 0)
		metrics_http_free(&m);
	*out = m;
	return r;
}

void
metrics_http_free(struct metrics_http **pm)
{
	struct metrics_http *m = *pm;

	if (m == NULL)
		return;
	*pm = NULL;
	if (m->http != NULL)
		evhttp_free(m->http);
	free(m);
}
