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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

struct control {
	struct server *srv;
	struct event *ev;
	int fd;
	char *path;
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

static void
on_accept(evutil_socket_t listening, short what, void *arg)
{
	struct control *c = arg;
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct buf *text;
	(void)what;

	if (fd < 0)
		return;
	text = buf_new(0);
	metrics_set(c->srv->metrics, METRIC_ACCOUNTS, directory_count(c->srv->directory));
	/* It fits the socket's buffer; a client that does not read loses it. */
	if (metrics_lines(c->srv->metrics, text) == 0)
		(void)!send(fd, buf_ptr(text), buf_len(text), MSG_NOSIGNAL);
	buf_free(&text);
	close(fd);
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
control_ask(const char *dir, struct buf *out)
{
	struct sockaddr_un sa;
	int at = address_in(dir, &sa);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint8_t in[4096];
	ssize_t n;
	int r = ERR_NOT_FOUND;

	if (at >= 0 && fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0) {
		r = 0;
		while (r == 0 && (n = read(fd, in, sizeof(in))) > 0)
			r = buf_put(out, in, (size_t)n);
	}
	if (fd >= 0)
		close(fd);
	if (at >= 0)
		close(at);
	return r;
}
