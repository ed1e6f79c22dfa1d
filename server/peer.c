#include "server/peer.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/admit.h"
#include "server/encode.h"
#include "server/peer_state.h"

#define OPEN_IDLE_MS 10000 /* without sign-in */
#define OPEN_TOTAL_MS 30000
#define ENDING_MS 3000 /* to write the last words */
#define IDLE_SLACK_MS 30000

uint64_t
peer_id(const struct peer *p)
{
	return p->id;
}

enum peer_state
peer_state(const struct peer *p)
{
	return p->state;
}

struct loop *
peer_loop(const struct peer *p)
{
	return p->loop;
}

const uint8_t *
peer_user(const struct peer *p)
{
	return p->user;
}

const uint8_t *
peer_device(const struct peer *p)
{
	return p->device;
}

struct bytes
peer_address_key(const struct peer *p)
{
	return (struct bytes){ p->key, p->keylen };
}

bool
peer_transcript(const struct peer *p, struct bytes *out)
{
	*out = channel_transcript(p->ch);
	return (p->state & (PEER_OPEN | PEER_SIGNED_IN)) != 0;
}

bool
peer_next_number(struct peer *p, uint64_t number)
{
	return number == ++p->number;
}

struct online_place
peer_place(const struct peer *p)
{
	return (struct online_place){ p->loop, p->id };
}

/* ---------------------------------------------------------------------------- the end */

static void
leave(struct peer *p)
{
	if (!p->entered)
		return;
	p->entered = false;
	online_watch(p->srv->online, peer_place(p), NULL, 0, NULL);
	online_leave(p->srv->online, p->device, peer_place(p));
	metrics_add(p->srv->metrics, METRIC_SIGNED_IN, -1);
}

/* From here on only what is queued is written. */
void
peer_end(struct peer *p)
{
	if (p->state == PEER_ENDING)
		return;
	leave(p);
	p->state = PEER_ENDING;
	p->ending = loop_now(p->loop);
	if (p->reading)
		event_del(p->rd);
	p->reading = false;
	loop_touch(p->loop, p);
}

void
peer_fail(struct peer *p, const char *reason)
{
	if (p->state == PEER_ENDING)
		return;
	metrics_add(p->srv->metrics, METRIC_FAULTS, 1);
	log_warn(p->srv->log, "peer", "ended %s#%llu: %s", p->address, (unsigned long long)p->id,
	    reason);
	peer_end(p);
}

void
peer_close(struct peer *p, uint32_t status, const char *detail)
{
	struct buf *notice;

	if (p->state == PEER_ENDING)
		return;
	if (p->state & (PEER_OPEN | PEER_SIGNED_IN)) {
		notice = buf_new(0);
		if (encode_uint(notice, 1, status) == 0 && encode_text(notice, 2, detail) == 0)
			peer_push(p, PUSH_NOTICE, buf_view(notice));
		buf_free(&notice);
		if (channel_flush(p->ch, loop_now(p->loop)) != 0 ||
		    channel_close(p->ch, loop_now(p->loop)) != 0)
			p->gone = true;
	}
	log_info(p->srv->log, "peer", "closed %s#%llu: %s", p->address, (unsigned long long)p->id,
	    detail);
	peer_end(p);
}

static void
log_gone(const struct peer *p)
{
	struct channel_stats st;

	channel_stats(p->ch, &st);
	log_debug(p->srv->log, "peer", "gone %s#%llu epochs=%llu in=%llu out=%llu", p->address,
	    (unsigned long long)p->id, (unsigned long long)st.epochs,
	    (unsigned long long)st.records_in, (unsigned long long)st.records_out);
}

void
peer_free(struct peer **pp)
{
	struct peer *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	leave(p);
	if (p->large)
		places_give(p->srv->large, peer_address_key(p));
	if (p->rd != NULL)
		event_free(p->rd);
	if (p->wr != NULL)
		event_free(p->wr);
	close(p->fd);
	if (p->ch != NULL)
		log_gone(p);
	channel_free(&p->ch);
	buf_free(&p->held);
	metrics_add(p->srv->metrics, METRIC_CONNECTIONS, -1);
	free(p);
}

/* ---------------------------------------------------------------------------- deadlines */

static const char *
overdue(const struct peer *p, uint64_t now)
{
	uint64_t idle = p->srv->config->limits.idle_s * 1000ull + IDLE_SLACK_MS;

	if (p->state == PEER_OPEN &&
	    (now - p->heard > OPEN_IDLE_MS || now - p->opened > OPEN_TOTAL_MS))
		return "nothing asked in time";
	if (p->state == PEER_SIGNED_IN && now - p->heard > idle)
		return "silent for too long";
	return NULL;
}

void
peer_tick(struct peer *p)
{
	uint64_t now = loop_now(p->loop);
	const char *late;

	if (p->state == PEER_ENDING) {
		if (now - p->ending > ENDING_MS)
			p->gone = true;
		loop_touch(p->loop, p);
		return;
	}
	if (now >= channel_deadline(p->ch)) {
		if (channel_tick(p->ch, now) != 0) {
			peer_fail(p, channel_reason(p->ch));
			return;
		}
		loop_touch(p->loop, p);
	}
	/* It has to look into its mailbox again, and nothing that was written tells of that. */
	if (p->lag_since != 0 && !p->catching)
		loop_touch(p->loop, p);
	if (p->state == PEER_SIGNED_IN && loop_wall(p->loop) >= p->judge_at)
		admit_again(p);
	if ((late = overdue(p, now)) != NULL && p->busy == 0)
		peer_close(p, RECADO__STATUS__STATUS_NOT_ALLOWED, late);
}

void
peer_drain(struct peer *p)
{
	p->draining = true;
	if (p->reading)
		event_del(p->rd);
	p->reading = false;
	if (p->state == PEER_HELLO)
		peer_end(p);
	loop_touch(p->loop, p);
}

/* ---------------------------------------------------------------------------- accept */

/* Address for the log, and the part of it by which limits count. */
static void
set_address(struct peer *p)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	char host[64], port[8];

	snprintf(p->address, sizeof(p->address), "?");
	p->keylen = 1;
	if (getpeername(p->fd, (struct sockaddr *)&ss, &n) != 0)
		return;
	if (getnameinfo((struct sockaddr *)&ss, n, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(p->address, sizeof(p->address),
		    ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	if (ss.ss_family == AF_INET) {
		memcpy(p->key, &((struct sockaddr_in *)&ss)->sin_addr, 4);
		p->keylen = 4;
	} else if (ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&((struct sockaddr_in6 *)&ss)->sin6_addr)) {
		memcpy(p->key, ((struct sockaddr_in6 *)&ss)->sin6_addr.s6_addr + 12, 4);
		p->keylen = 4;
	} else if (ss.ss_family == AF_INET6) {
		memcpy(p->key, &((struct sockaddr_in6 *)&ss)->sin6_addr, 8);
		p->keylen = 8;
	}
}

static int
set_channel(struct peer *p)
{
	const struct suite_list *suites = &p->srv->config->suites;
	struct channel_server cs = { .suites = suites->id, .suite_count = suites->count,
		.identity = relaykey_sign(p->srv->key), .rekey = p->srv->config->rekey };
	struct event_base *base = loop_base(p->loop);

	cs.rotation = relaykey_rotation(p->srv->key, &cs.rotation_count);
	p->rd = event_new(base, p->fd, EV_READ | EV_PERSIST, peer_on_readable, p);
	p->wr = event_new(base, p->fd, EV_WRITE | EV_PERSIST, peer_on_writable, p);
	if (p->rd == NULL || p->wr == NULL)
		return ERR_NOMEM;
	return channel_new_server(&cs, loop_now(p->loop), &p->ch);
}

void
peer_accept(struct loop *l, int fd)
{
	struct peer *p = mem_alloc(sizeof(*p));
	int on = 1;

	p->loop = l;
	p->srv = loop_server(l);
	p->fd = fd;
	p->id = loop_next_id(l);
	p->state = PEER_HELLO;
	p->opened = p->heard = loop_now(l);
	metrics_add(p->srv->metrics, METRIC_CONNECTIONS, 1);
	set_address(p);
	/* Replies are gathered here; the kernel need not wait for more. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (loop_stopping(l) ||
	    !limit_map_take(p->srv->strangers, peer_address_key(p), 1, loop_now(l))) {
		metrics_add(p->srv->metrics, METRIC_REFUSED, 1);
		peer_free(&p);
		return;
	}
	if (set_channel(p) != 0 || loop_add(l, p) != 0) {
		log_error(p->srv->log, "peer", "no memory for %s", p->address);
		peer_free(&p);
		return;
	}
	peer_read_more(p);
}
