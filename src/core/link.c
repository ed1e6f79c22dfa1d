#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/link.h"
#include "core/status.h"

#define LINK_CHUNK 16384

struct link {
	struct engine *engine;
	struct link_hooks hooks;
	struct bufferevent *bev;
	struct channel *channel;
	struct event *deadline; /* of the connection, then of the channel */
	struct event *flush;    /* end of this turn of the loop */
	struct event *over;     /* to tell the owner outside of his own call */
	struct fault why;
	bool connected, failed, choked, leaving;
	char about[LINK_HOST + 8];
};

/* ------------------------------------------------------------------------------ addresses */

int
link_address_parse(const char *text, struct link_address *out)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;
	char *end;
	long port;

	memset(out, 0, sizeof(*out));
	if (n == 0 || n >= LINK_HOST || colon[1] < '0' || colon[1] > '9')
		return ERR_USAGE;
	port = strtol(colon + 1, &end, 10);
	if (*end != '\0' || port < 1 || port > 65535)
		return ERR_USAGE;
	if (text[0] == '[' && text[n - 1] == ']' && n > 2) {
		text++;
		n -= 2;
	} else if (memchr(text, ':', n) != NULL) {
		return ERR_USAGE;
	}
	if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:%") < n)
		return ERR_USAGE;
	memcpy(out->host, text, n);
	out->port = (uint16_t)port;
	return 0;
}

void
link_address_text(const struct link_address *a, char *out, size_t outlen)
{
	bool six = strchr(a->host, ':') != NULL;

	snprintf(out, outlen, "%s%s%s:%u", six ? "[" : "", a->host, six ? "]" : "", a->port);
}

/* ------------------------------------------------------------------------------ the end */

static void
link_over(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	struct fault why = l->why; /* who hears of the end may free the link */

	if (!l->leaving)
		l->hooks.closed(l->hooks.arg, &why);
}

static void
link_fail(struct link *l, int code, const char *what)
{
	if (l->failed)
		return;
	l->failed = true;
	if (l->why.code == 0)
		fault_set(&l->why, code, l->about, "%s", what);
	bufferevent_disable(l->bev, EV_READ);
	event_active(l->over, EV_TIMEOUT, 0);
}

/* Why a channel ended, as the owner should hear it. */
static void
link_channel_fail(struct link *l, int r)
{
	const char *detail = NULL;
	uint32_t refused = channel_refused(l->channel, &detail);

	if (refused != 0 && l->why.code == 0)
		status_fault(refused, detail, l->about, &l->why);
	if (r == ERR_TIMEOUT)
		r = ERR_UNREACHABLE;
	link_fail(l, r, channel_reason(l->channel)[0] != '\0' ? channel_reason(l->channel) : err_text(r));
}

/* ------------------------------------------------------------------------------ pumping */

static void
link_write(struct link *l)
{
	struct buf *out = channel_output(l->channel);
	size_t n = buf_len(out);

	if (n == 0)
		return;
	bufferevent_write(l->bev, buf_ptr(out), n);
	if (buf_consume(out, n) != 0)
		link_fail(l, ERR_BUG, "the channel's output cannot be taken");
}

static void
link_set_deadline(struct link *l)
{
	uint64_t at = channel_deadline(l->channel), now = clock_mono_ms();
	struct timeval tv = { 0, 0 };

	if (at == UINT64_MAX) {
		evtimer_del(l->deadline);
		return;
	}
	if (at > now) {
		tv.tv_sec = (time_t)((at - now) / 1000);
		tv.tv_usec = (suseconds_t)((at - now) % 1000 * 1000);
	}
	evtimer_add(l->deadline, &tv);
}

static int
link_event(struct link *l, const struct channel_event *ev)
{
	int r;

	switch (ev->kind) {
	case CHANNEL_EV_IDENTITY:
		r = l->hooks.identity(l->hooks.arg, ev->relay, &l->why);
		return r != 0 ? r : channel_confirm(l->channel, clock_mono_ms());
	case CHANNEL_EV_OPEN:
		l->hooks.open(l->hooks.arg, ev);
		return 0;
	case CHANNEL_EV_MESSAGE:
		return l->hooks.message(l->hooks.arg, ev->body, &l->why);
	case CHANNEL_EV_CLOSED:
		return fault_set(&l->why, ERR_CLOSED, l->about, "the relay closed the connection");
	default:
		return ERR_UNEXPECTED;
	}
}

static void
link_pump(struct link *l)
{
	struct channel_event ev;
	int r = 0;

	while (!l->failed && !l->leaving) {
		r = channel_next(l->channel, clock_mono_ms(), &ev);
		if (r == 0)
			r = link_event(l, &ev);
		if (r == ERR_AGAIN)
			break;
		if (r != 0)
			link_channel_fail(l, r);
	}
	if (!l->failed && !l->leaving && channel_is_open(l->channel) &&
	    (r = channel_flush(l->channel, clock_mono_ms())) != 0)
		link_channel_fail(l, r);
	link_write(l);
	if (!l->failed)
		link_set_deadline(l);
}

static void
link_read(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	uint8_t chunk[LINK_CHUNK];
	int n, r;

	while (!l->failed && !l->leaving && (n = evbuffer_remove(in, chunk, sizeof(chunk))) > 0) {
		r = channel_input(l->channel, chunk, (size_t)n, clock_mono_ms());
		if (r != 0)
			link_channel_fail(l, r);
		else
			link_pump(l);
	}
}

static void
link_flush(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	if (!l->failed && !l->leaving)
		link_pump(l);
}

static void
link_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	int r;

	if (!l->connected) {
		link_fail(l, ERR_UNREACHABLE, "the relay does not answer");
		return;
	}
	r = channel_tick(l->channel, clock_mono_ms());
	if (r != 0)
		link_channel_fail(l, r);
	else
		link_pump(l);
}

/* A relay that allows none of the suites ends the handshake without a word: nothing it could say
 * would be proven. */
static void
link_broken(struct link *l)
{
	if (channel_suite(l->channel) == 0 && l->why.code == 0) {
		fault_set(&l->why, ERR_CLOSED, l->about, "the relay hung up in the handshake");
		fault_hint(&l->why, "Perhaps it allows none of the suites offered: see recado --suites.");
	}
	link_fail(l, ERR_CLOSED, "the connection to the relay broke");
}

static void
link_events(struct bufferevent *bev, short what, void *arg)
{
	struct link *l = arg;
	int dns, on = 1;

	if ((what & BEV_EVENT_CONNECTED) != 0) {
		l->connected = true;
		setsockopt(bufferevent_getfd(bev), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		link_pump(l);
		return;
	}
	dns = bufferevent_socket_get_dns_error(bev);
	if (!l->connected && dns != 0)
		link_fail(l, ERR_UNREACHABLE, evutil_gai_strerror(dns));
	else if (!l->connected)
		link_fail(l, ERR_UNREACHABLE, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	else
		link_broken(l);
}

/* ------------------------------------------------------------------------------ life */

static int
link_connect(struct link *l, const struct link_address *to)
{
	struct timeval tv = { LINK_CONNECT_MS / 1000, 0 };
	int family = AF_UNSPEC;

	evtimer_add(l->deadline, &tv);
	bufferevent_setcb(l->bev, link_read, NULL, link_events, l);
	bufferevent_enable(l->bev, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect_hostname(l->bev, l->engine->dns, family, to->host, to->port) != 0)
		link_fail(l, ERR_UNREACHABLE, "the connection cannot be tried");
	return 0;
}

int
link_new(struct engine *e, const struct link_address *to, const struct channel_client *who,
    const struct link_hooks *hooks, struct link **out)
{
	struct link *l = mem_alloc(sizeof(*l));
	struct channel_client offer = *who;
	int r;

	*out = NULL;
	l->engine = e;
	offer.suites = e->config->suites.id;
	offer.suite_count = e->config->suites.count;
	l->hooks = *hooks;
	link_address_text(to, l->about, sizeof(l->about));
	l->bev = bufferevent_socket_new(e->base, -1,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	l->deadline = evtimer_new(e->base, link_deadline, l);
	l->flush = evtimer_new(e->base, link_flush, l);
	l->over = evtimer_new(e->base, link_over, l);
	if (l->bev == NULL || l->deadline == NULL || l->flush == NULL || l->over == NULL) {
		r = ERR_NOMEM;
		goto out;
	}
	if ((r = channel_new_client(&offer, clock_mono_ms(), &l->channel)) != 0 ||
	    (r = link_connect(l, to)) != 0)
		goto out;
	*out = l;
	l = NULL;
out:
	link_free(&l);
	return r;
}

void
link_free(struct link **pl)
{
	struct link *l = *pl;

	if (l == NULL)
		return;
	*pl = NULL;
	if (l->bev != NULL)
		bufferevent_free(l->bev);
	if (l->deadline != NULL)
		event_free(l->deadline);
	if (l->flush != NULL)
		event_free(l->flush);
	if (l->over != NULL)
		event_free(l->over);
	channel_free(&l->channel);
	free(l);
}

int
link_send(struct link *l, struct bytes message)
{
	int r = l->failed || l->leaving ? ERR_CLOSED : channel_send(l->channel, message);

	if (r == 0)
		event_active(l->flush, EV_TIMEOUT, 0);
	return r;
}

bool
link_goodbye(struct link *l)
{
	if (l->failed || !l->connected)
		return false;
	if (!l->leaving && channel_is_open(l->channel) &&
	    channel_close(l->channel, clock_mono_ms()) == 0)
		link_write(l);
	l->leaving = true;
	evtimer_del(l->deadline);
	return evbuffer_get_length(bufferevent_get_output(l->bev)) > 0;
}

void
link_choke(struct link *l, bool on)
{
	if (l->failed || l->choked == on)
		return;
	l->choked = on;
	if (on)
		bufferevent_disable(l->bev, EV_READ);
	else
		bufferevent_enable(l->bev, EV_READ);
}

uint16_t
link_suite(const struct link *l)
{
	return channel_suite(l->channel);
}

struct bytes
link_transcript(const struct link *l)
{
	return channel_transcript(l->channel);
}
