/*
 * A socket's name is at most 108 octets and a folder's may be longer, so both sides reach it
 * through a descriptor of the folder: /proc/self/fd/N/control.
 */
#include "server/control.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/authority.h"

struct caller {
	LIST_ENTRY(caller) link;
	struct control *control;
	struct event *ev;
	int fd;
	char word[16];
	size_t len;
};

struct control {
	struct server *srv;
	struct event *ev;
	int fd;
	char *path;
	LIST_HEAD(, caller) callers;
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

/* ---------------------------------------------------------------------------- one that asks */

static void
caller_end(struct caller *k)
{
	LIST_REMOVE(k, link);
	if (k->ev != NULL)
		event_free(k->ev);
	close(k->fd);
	free(k);
}

/* It fits the socket's buffer; who does not read loses it. */
static void
say(const struct caller *k, struct bytes text)
{
	(void)!send(k->fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
do_status(struct caller *k)
{
	struct server *srv = k->control->srv;
	struct buf *text = buf_new(0);

	metrics_set(srv->metrics, METRIC_ACCOUNTS, directory_count(srv->directory));
	if (metrics_lines(srv->metrics, text) == 0)
		say(k, buf_view(text));
	buf_free(&text);
	caller_end(k);
}

static void
ca_done(void *arg, int result)
{
	static const uint8_t ok[] = "ok\n", failed[] = "failed\n";
	struct caller *k = arg;

	say(k, result == 0 ? (struct bytes){ ok, 3 } : (struct bytes){ failed, 7 });
	caller_end(k);
}

static void
do_ca(struct caller *k)
{
	event_free(k->ev); /* it waits for the relay now, and stays until that has answered */
	k->ev = NULL;
	authority_refresh(k->control->srv->authority, ca_done, k);
}

static const struct {
	const char *word;
	void (*fn)(struct caller *k); /* ends the caller, now or later */
} words[] = {
	{ "status", do_status },
	{ "ca", do_ca },
};

static void
on_word(evutil_socket_t fd, short what, void *arg)
{
	struct caller *k = arg;
	ssize_t n = 0;
	char *end;

	if ((what & EV_READ) != 0)
		n = read(fd, k->word + k->len, sizeof(k->word) - 1 - k->len);
	if (n <= 0) {
		caller_end(k);
		return;
	}
	k->len += (size_t)n;
	k->word[k->len] = '\0';
	if ((end = strchr(k->word, '\n')) == NULL && k->len < sizeof(k->word) - 1)
		return;
	if (end != NULL)
		*end = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, k->word) == 0) {
			words[i].fn(k);
			return;
		}
	caller_end(k);
}

static void
on_accept(evutil_socket_t listening, short what, void *arg)
{
	static const struct timeval patience = { 5, 0 };
	struct control *c = arg;
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct caller *k;
	(void)what;

	if (fd < 0)
		return;
	k = mem_alloc(sizeof(*k));
	k->control = c;
	k->fd = fd;
	LIST_INSERT_HEAD(&c->callers, k, link);
	k->ev = event_new(loop_base(c->srv->loops[0]), fd, EV_READ | EV_PERSIST, on_word, k);
	if (k->ev == NULL || event_add(k->ev, &patience) != 0)
		caller_end(k);
}

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
control_open(struct server *srv, const char *dir, struct control **out)
{
	struct control *c = mem_alloc(sizeof(*c));
	int r;

	*out = NULL;
	c->srv = srv;
	LIST_INIT(&c->callers);
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
	while (!LIST_EMPTY(&c->callers))
		caller_end(LIST_FIRST(&c->callers));
	if (c->ev != NULL) {
		event_free(c->ev);
		unlink(c->path);
	}
	if (c->fd >= 0)
		close(c->fd);
	free(c->path);
	free(c);
}

int
control_ask(const char *dir, const char *word, struct buf *out)
{
	char *line = mem_format("%s\n", word);
	struct sockaddr_un sa;
	int at = address_in(dir, &sa);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint8_t in[4096];
	ssize_t n;
	int r = ERR_NOT_FOUND;

	if (at >= 0 && fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0) {
		if (send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line))
			r = 0;
		while (r == 0 && (n = read(fd, in, sizeof(in))) > 0)
			r = buf_put(out, in, (size_t)n);
	}
	if (fd >= 0)
		close(fd);
	if (at >= 0)
		close(at);
	free(line);
	return r;
}
