#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/account.h"
#include "core/local.h"
#include "core/record.h"

#define LOCAL_CLIENTS_MAX 32
#define LOCAL_OUT_MAX (64u << 20) /* octets waiting for one that does not read */

struct local_client {
	struct port port;
	LIST_ENTRY(local_client) link;
	struct local *local;
	struct bufferevent *bev;
	bool gone;
};

struct local {
	struct engine *engine;
	struct evconnlistener *listener;
	LIST_HEAD(, local_client) clients;
	size_t count;
};

static void
client_free(struct local_client *c)
{
	port_remove(&c->port);
	account_left(c->local->engine);
	LIST_REMOVE(c, link);
	c->local->count--;
	bufferevent_free(c->bev);
	free(c);
}

/* Never frees: the caller may be walking over ports. */
static void
client_emit(struct port *p, struct core_event *ev)
{
	struct local_client *c = p->arg;
	struct evbuffer *out = bufferevent_get_output(c->bev);
	char *line;

	if (!c->gone && evbuffer_get_length(out) > LOCAL_OUT_MAX) {
		c->gone = true;
		bufferevent_trigger_event(c->bev, BEV_EVENT_ERROR, BEV_OPT_DEFER_CALLBACKS);
	}
	if (!c->gone) {
		line = record_put_event(ev);
		evbuffer_add_printf(out, "%s\n", line);
		free(line);
	}
	core_event_clear(ev);
}

static void
client_line(struct local_client *c, char *line, size_t n)
{
	struct core_cmd cmd;
	int r = record_get_cmd(line, n, &cmd);

	mem_wipe(line, n);
	free(line);
	if (r != 0) {
		log_warn(c->local->engine->log, "local", "a line that is no command: %s", err_text(r));
		c->gone = true;
		bufferevent_trigger_event(c->bev, BEV_EVENT_ERROR, BEV_OPT_DEFER_CALLBACKS);
		return;
	}
	port_command(&c->port, &cmd);
}

static void
client_read(struct bufferevent *bev, void *arg)
{
	struct local_client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n;
	char *line;

	while (!c->gone && (line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF)) != NULL)
		client_line(c, line, n);
	if (!c->gone && evbuffer_get_length(in) >= RECORD_LINE_MAX) {
		log_warn(c->local->engine->log, "local", "a line of more than %d octets", RECORD_LINE_MAX);
		c->gone = true;
		bufferevent_trigger_event(bev, BEV_EVENT_ERROR, BEV_OPT_DEFER_CALLBACKS);
	}
}

static void
client_event(struct bufferevent *bev, short what, void *arg)
{
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
		client_free(arg);
}

static void
local_accept(struct evconnlistener *el, evutil_socket_t fd, struct sockaddr *sa, int n, void *arg)
{
	struct local *l = arg;
	struct local_client *c;
	struct ucred who;
	socklen_t len = sizeof(who);

	if (l->count >= LOCAL_CLIENTS_MAX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || who.uid != getuid()) {
		close(fd);
		return;
	}
	c = mem_alloc(sizeof(*c));
	c->local = l;
	c->bev = bufferevent_socket_new(l->engine->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		close(fd);
		free(c);
		return;
	}
	c->port.emit = client_emit;
	c->port.remote = true;
	c->port.arg = c;
	port_add(l->engine, &c->port);
	LIST_INSERT_HEAD(&l->clients, c, link);
	l->count++;
	bufferevent_setcb(c->bev, client_read, NULL, client_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, RECORD_LINE_MAX);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static int
local_listen(struct engine *e, int *out)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*out = -1;
	if (fd < 0)
		return err_from_errno(errno);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/sock", profile_run_fd(e->profile));
	/* The lock is ours, so what is there is a leftover. The folder is 0700: no window. */
	if ((unlinkat(profile_run_fd(e->profile), "sock", 0) != 0 && errno != ENOENT) ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    fchmodat(profile_run_fd(e->profile), "sock", 0600, 0) != 0 || listen(fd, 16) != 0) {
		int r = err_from_errno(errno);

		close(fd);
		return r;
	}
	*out = fd;
	return 0;
}

int
local_new(struct engine *e, struct local **out, struct fault *f)
{
	struct local *l;
	int fd, r = local_listen(e, &fd);

	*out = NULL;
	if (r != 0)
		return fault_set(f, r, profile_socket(e->profile), "the socket cannot be made");
	l = mem_alloc(sizeof(*l));
	l->engine = e;
	LIST_INIT(&l->clients);
	l->listener = evconnlistener_new(e->base, local_accept, l, LEV_OPT_CLOSE_ON_FREE, 0, fd);
	if (l->listener == NULL) {
		close(fd);
		free(l);
		return fault_set(f, ERR_NOMEM, NULL, "the socket cannot be served");
	}
	*out = l;
	return 0;
}

void
local_stop(struct local *l)
{
	if (l->listener == NULL)
		return;
	unlinkat(profile_run_fd(l->engine->profile), "sock", 0);
	evconnlistener_free(l->listener);
	l->listener = NULL;
}

bool
local_busy(const struct local *l)
{
	struct local_client *c;
	struct op *op;

	LIST_FOREACH(c, &l->clients, link) {
		bool follows = c->port.watching;

		TAILQ_FOREACH(op, &l->engine->ops, link)
			if (op->port == &c->port && (op->cmd.flags & CORE_F_FOLLOW) != 0)
				follows = true;
		if (!follows)
			return true;
	}
	return false;
}

void
local_free(struct local **pl)
{
	struct local *l = *pl;
	struct local_client *c;

	if (l == NULL)
		return;
	*pl = NULL;
	while ((c = LIST_FIRST(&l->clients)) != NULL)
		client_free(c);
	local_stop(l);
	free(l);
}
