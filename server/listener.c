#include "server/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#define BACKLOG 1024
#define ACCEPTS_MAX 64 /* in one go, so that the loop's peers get their turn */
#define ADDRESSES_MAX (CONFIG_LISTEN_MAX * 2)
#define PAUSE_MS 200

struct one {
	struct listeners *all;
	struct event *ev;
	int fd;
	char address[80];
};

struct listeners {
	struct server *srv;
	struct one at[ADDRESSES_MAX];
	size_t count, next; /* next loop to deal to */
	int reserve;
	struct event *pause;
};

const char *
listener_address(const struct listeners *l)
{
	return l->count != 0 ? l->at[0].address : "";
}

const char *
listener_address_at(const struct listeners *l, size_t i)
{
	return i < l->count ? l->at[i].address : NULL;
}

/* ---------------------------------------------------------------------------- accepting */

static int
open_reserve(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
pause_accepting(struct listeners *l)
{
	static const struct timeval pause = { 0, PAUSE_MS * 1000 };

	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].ev != NULL)
			event_del(l->at[i].ev);
	event_add(l->pause, &pause);
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct listeners *l = arg;
	(void)fd;
	(void)what;

	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].ev != NULL)
			event_add(l->at[i].ev, NULL);
}

/* Descriptors are out: take the connection with the reserve, and close it. */
static void
turn_away(struct listeners *l, int listening)
{
	int fd;

	log_warn(l->srv->log, "listener", "out of file descriptors; turning connections away");
	metrics_add(l->srv->metrics, METRIC_REFUSED, 1);
	if (l->reserve >= 0)
		close(l->reserve);
	fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		close(fd);
	l->reserve = open_reserve();
	if (l->reserve < 0)
		pause_accepting(l);
}

static void
deal(struct listeners *l, int fd)
{
	struct server *srv = l->srv;
	struct loop_post p = { .kind = LOOP_SOCKET, .fd = fd };

	if (metrics_get(srv->metrics, METRIC_CONNECTIONS) >= srv->config->limits.connections) {
		metrics_add(srv->metrics, METRIC_REFUSED, 1);
		close(fd);
		return;
	}
	metrics_add(srv->metrics, METRIC_ACCEPTED, 1);
	loop_post(srv->loops[l->next], &p);
	l->next = (l->next + 1) % srv->loop_count;
}

/* True: there may be more. */
static bool
accept_one(struct listeners *l, int listening)
{
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		deal(l, fd);
		return true;
	}
	switch (errno) {
	case EAGAIN:
		return false;
	case EMFILE:
	case ENFILE:
		turn_away(l, listening);
		return false;
	case ENOBUFS:
	case ENOMEM:
		log_warn(l->srv->log, "listener", "no memory for connections; pausing");
		pause_accepting(l);
		return false;
	default: /* the peer's network failed, accept(2) */
		return true;
	}
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct one *o = arg;
	(void)what;

	for (int i = 0; i < ACCEPTS_MAX; i++)
		if (!accept_one(o->all, fd))
			return;
}

/* ---------------------------------------------------------------------------- opening */

static void
name_socket(int fd, char out[80])
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	char host[64], port[8];

	snprintf(out, 80, "?");
	if (getsockname(fd, (struct sockaddr *)&ss, &n) == 0 &&
	    getnameinfo((struct sockaddr *)&ss, n, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(out, 80, ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* Takes fd over. */
static int
add_socket(struct listeners *l, int fd)
{
	struct one *o;

	if (l->count == ADDRESSES_MAX) {
		close(fd);
		return ERR_LIMIT;
	}
	o = &l->at[l->count++];
	o->all = l;
	o->fd = fd;
	name_socket(fd, o->address);
	o->ev = event_new(loop_base(l->srv->loops[0]), fd, EV_READ | EV_PERSIST, on_accept, o);
	return o->ev != NULL && event_add(o->ev, NULL) == 0 ? 0 : ERR_NOMEM;
}

static int
bind_one(const struct addrinfo *ai)
{
	int fd, on = 1;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

/* Every address of the name; one at least must do. */
static int
open_address(struct listeners *l, const char *text, struct fault *f)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char host[256], port[8];
	uint16_t number;
	int fd, r, bound = 0, why = 0;

	if ((r = config_address(text, host, &number)) != 0)
		return fault_set(f, ERR_CONFIG, text, "not an address to listen on");
	snprintf(port, sizeof(port), "%u", number);
	if ((r = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &list)) != 0)
		return fault_set(f, ERR_CONFIG, text, "no such address: %s", gai_strerror(r));
	r = 0;
	for (const struct addrinfo *ai = list; ai != NULL && r == 0; ai = ai->ai_next) {
		if ((fd = bind_one(ai)) < 0) {
			why = errno;
			continue;
		}
		bound++;
		r = add_socket(l, fd);
	}
	freeaddrinfo(list);
	if (r == 0 && bound == 0) {
		fault_set(f, ERR_IO, text, "cannot listen: %s", strerror(why));
		return fault_hint(f, "Is another program there? Give an address with --listen.");
	}
	return r;
}

int
listener_open(
    struct server *srv, const int *fds, size_t fd_count, struct listeners **out, struct fault *f)
{
	struct listeners *l = mem_alloc(sizeof(*l));
	int r = 0;

	*out = NULL;
	l->srv = srv;
	l->reserve = open_reserve();
	l->pause = event_new(loop_base(srv->loops[0]), -1, 0, on_pause_over, l);
	if (l->pause == NULL)
		r = ERR_NOMEM;
	for (size_t i = 0; i < fd_count && r == 0; i++)
		r = add_socket(l, fds[i]);
	for (size_t i = 0; fd_count == 0 && i < srv->config->listen_count && r == 0; i++)
		r = open_address(l, srv->config->listen[i], f);
	if (r != 0)
		listener_free(&l);
	*out = l;
	return r;
}

void
listener_close(struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->at[i].ev != NULL)
			event_free(l->at[i].ev);
		l->at[i].ev = NULL;
		if (l->at[i].fd >= 0)
			close(l->at[i].fd);
		l->at[i].fd = -1;
	}
}

void
listener_free(struct listeners **pl)
{
	struct listeners *l = *pl;

	if (l == NULL)
		return;
	*pl = NULL;
	listener_close(l);
	if (l->pause != NULL)
		event_free(l->pause);
	if (l->reserve >= 0)
		close(l->reserve);
	free(l);
}
