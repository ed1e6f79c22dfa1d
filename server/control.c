/*
 * A socket's name is at most 108 octets and a folder's may be longer, so both sides reach it
 * through a descriptor of the folder: /proc/self/fd/N/control. An answer begins with a line that
 * says whether there is one.
 */
#include "server/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/authority.h"
#include "server/crlwatch.h"
#include "server/fetch.h"

#define LINE_MAX_OCTETS 64
#define ASKERS_MAX 16
#define TIMEOUT_S 10 /* to ask, and to take the answer */
#define YES "ok\n"
#define NO "unknown\n"

struct asker {
	struct asker *next;
	struct control *control;
	struct bufferevent *bev;
	uint64_t id;
	bool answered;
};

struct control {
	struct server *srv;
	struct crlwatch *watch;
	struct event *ev;
	int fd;
	char *path;
	struct asker *askers;
	size_t asker_count;
	uint64_t last_id;
};

static int
address_in(const char *dir, struct sockaddr_un *out)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	if (fd >= 0)
		snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/control", fd);
	return fd;
}

/* ---------------------------------------------------------------------------- askers */

static void
asker_free(struct asker *a)
{
	struct asker **at = &a->control->askers;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	a->control->asker_count--;
	bufferevent_free(a->bev);
	free(a);
}

static void
answer(struct asker *a, const char *head, struct bytes text)
{
	static const struct timeval limit = { TIMEOUT_S, 0 };

	a->answered = true;
	bufferevent_set_timeouts(a->bev, NULL, &limit);
	bufferevent_disable(a->bev, EV_READ);
	if (bufferevent_write(a->bev, head, strlen(head)) != 0 ||
	    bufferevent_write(a->bev, text.p, text.n) != 0)
		bufferevent_disable(a->bev, EV_WRITE);
}

static void
do_status(struct asker *a)
{
	struct server *srv = a->control->srv;
	struct buf *text = buf_new(0);

	metrics_set(srv->metrics, METRIC_ACCOUNTS, directory_count(srv->directory));
	if (metrics_lines(srv->metrics, text) == 0)
		answer(a, YES, buf_view(text));
	buf_free(&text);
}

static void
do_reload(struct asker *a)
{
	crlwatch_now(a->control->watch);
	answer(a, YES, (struct bytes){ (const uint8_t *)"", 0 });
}

static struct asker *
asker_of(const struct control *c, uint64_t id)
{
	struct asker *a = c->askers;

	while (a != NULL && a->id != id)
		a = a->next;
	return a;
}

/* --- until the relay's own CA has issued its list; the asker may be gone by then */

struct awaited {
	struct control *control;
	uint64_t asker;
};

static void
ca_done(void *arg, int result)
{
	static const uint8_t ok[] = "ok\n", failed[] = "failed\n";
	struct awaited *w = arg;
	struct asker *a = asker_of(w->control, w->asker);

	if (a != NULL)
		answer(a, YES,
		    result == 0 ? (struct bytes){ ok, sizeof(ok) - 1 }
				: (struct bytes){ failed, sizeof(failed) - 1 });
	free(w);
}

static void
do_ca(struct asker *a)
{
	struct awaited *w = mem_alloc(sizeof(*w));

	w->control = a->control;
	w->asker = a->id;
	bufferevent_set_timeouts(a->bev, NULL, NULL);
	authority_refresh(a->control->srv->authority, ca_done, w);
}

/* --- until every list was fetched */

struct pending {
	struct job job;
	struct control *control;
	uint64_t asker;
};

static void
pending_done(struct job *j)
{
	struct pending *p = (struct pending *)j;

	struct asker *a = asker_of(p->control, p->asker);

	if (a != NULL)
		answer(a, j->result == 0 ? YES : NO, (struct bytes){ (const uint8_t *)"", 0 });
}

static void
pending_free(struct job *j)
{
	free(j);
}

static const struct job_ops pending_ops = {
	.name = "revocation fetch",
	.done = pending_done,
	.free = pending_free,
};

static void
do_fetch(struct asker *a)
{
	struct pending *p = mem_alloc(sizeof(*p));

	p->job.ops = &pending_ops;
	p->job.home = a->control->srv->loops[0];
	p->control = a->control;
	p->asker = a->id;
	bufferevent_set_timeouts(a->bev, NULL, NULL);
	fetch_all(a->control->srv->fetch, &p->job);
}

static const struct {
	const char *line;
	void (*run)(struct asker *a);
} lines[] = {
	{ "status", do_status },
	{ "ca", do_ca },
	{ "revocation fetch", do_fetch },
	{ "revocation reload", do_reload },
};

static void
on_line(struct bufferevent *bev, void *arg)
{
	struct asker *a = arg;
	char *line;
	size_t n, i;

	if (a->answered)
		return;
	line = evbuffer_readln(bufferevent_get_input(bev), &n, EVBUFFER_EOL_LF);
	if (line == NULL)
		return;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(line, lines[i].line) == 0)
			break;
	free(line);
	if (i < sizeof(lines) / sizeof(lines[0]))
		lines[i].run(a);
	else
		answer(a, NO, (struct bytes){ (const uint8_t *)"", 0 });
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct asker *a = arg;
	(void)bev;

	if (a->answered)
		asker_free(a);
}

static void
on_end(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;

	asker_free(arg);
}

static void
on_accept(evutil_socket_t listening, short what, void *arg)
{
	static const struct timeval limit = { TIMEOUT_S, 0 };
	struct control *c = arg;
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct bufferevent *bev;
	struct asker *a;
	(void)what;

	if (fd < 0)
		return;
	bev = c->asker_count < ASKERS_MAX
	    ? bufferevent_socket_new(loop_base(c->srv->loops[0]), fd, BEV_OPT_CLOSE_ON_FREE)
	    : NULL;
	if (bev == NULL) {
		close(fd);
		return;
	}
	a = mem_alloc(sizeof(*a));
	a->control = c;
	a->bev = bev;
	a->id = ++c->last_id;
	a->next = c->askers;
	c->askers = a;
	c->asker_count++;
	bufferevent_setcb(bev, on_line, on_written, on_end, a);
	bufferevent_setwatermark(bev, EV_READ, 0, LINE_MAX_OCTETS);
	bufferevent_set_timeouts(bev, &limit, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

/* ---------------------------------------------------------------------------- life */

static int
bind_in(struct control *c, const char *dir)
{
	struct sockaddr_un sa;
	int at = address_in(dir, &sa);
	mode_t mask;
	int r = 0;

	if (at < 0)
		return err_from_errno(errno);
	unlink(sa.sun_path); /* of a relay that was killed; the lock says that none runs */
	mask = umask(077);
	if (bind(c->fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(c->fd, 8) != 0)
		r = err_from_errno(errno);
	umask(mask);
	close(at);
	return r;
}

int
control_open(struct server *srv, const char *dir, struct crlwatch *watch, struct control **out)
{
	struct control *c = mem_alloc(sizeof(*c));
	int r;

	*out = NULL;
	c->srv = srv;
	c->watch = watch;
	c->path = mem_format("%s/control", dir);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		r = err_from_errno(errno);
	else if ((r = bind_in(c, dir)) == 0) {
		c->ev =
		    event_new(loop_base(srv->loops[0]), c->fd, EV_READ | EV_PERSIST, on_accept, c);
		if (c->ev == NULL || event_add(c->ev, NULL) != 0)
			r = ERR_NOMEM;
	}
	if (r != 0)
		control_free(&c);
	*out = c;
	return r;
}

void
control_free(struct control **pc)
{
	struct control *c = *pc;

	if (c == NULL)
		return;
	*pc = NULL;
	while (c->askers != NULL)
		asker_free(c->askers);
	if (c->ev != NULL) {
		event_free(c->ev);
		unlink(c->path);
	}
	if (c->fd >= 0)
		close(c->fd);
	free(c->path);
	free(c);
}

/* ---------------------------------------------------------------------------- asking */

static int
take_head(struct buf *all, struct buf *out)
{
	struct bytes v = buf_view(all);
	const size_t n = strlen(YES);

	if (v.n < n || memcmp(v.p, YES, n) != 0)
		return v.n == 0 ? ERR_IO : ERR_UNEXPECTED;
	return out == NULL ? 0 : buf_put(out, v.p + n, v.n - n);
}

int
control_ask(const char *dir, const char *line, struct buf *out)
{
	struct sockaddr_un sa;
	int at = address_in(dir, &sa);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct buf *all = buf_new(0);
	char *asked = mem_format("%s\n", line);
	uint8_t in[4096];
	ssize_t n = 0;
	int r = ERR_NOT_FOUND;

	if (at >= 0 && fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0) {
		r = send(fd, asked, strlen(asked), MSG_NOSIGNAL) == (ssize_t)strlen(asked) ? 0
											   : ERR_IO;
		while (r == 0 && (n = read(fd, in, sizeof(in))) > 0)
			r = buf_put(all, in, (size_t)n);
		if (r == 0)
			r = n < 0 ? ERR_IO : take_head(all, out);
	}
	free(asked);
	buf_free(&all);
	if (fd >= 0)
		close(fd);
	if (at >= 0)
		close(at);
	return r;
}
