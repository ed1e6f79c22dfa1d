#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "core/attach.h"
#include "core/record.h"

#define ATTACH_CHUNK 16384
#define ATTACH_SEND_S 10

struct attach {
	int fd;
	struct buf *line; /* the part of a line that came */
};

/* Through the folder's descriptor: a home's path may be longer than a socket's name can be. */
static int
attach_connect(const struct profile *p, int *out)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval tv = { ATTACH_SEND_S, 0 };
	struct ucred who;
	socklen_t n = sizeof(who);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*out = -1;
	if (fd < 0)
		return err_from_errno(errno);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/sock", profile_run_fd(p));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 || who.uid != getuid()) {
		close(fd);
		return ERR_NOT_FOUND;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	*out = fd;
	return 0;
}

int
attach_open(const struct profile *p, struct attach **out, struct fault *f)
{
	struct attach *a;
	int fd, r = attach_connect(p, &fd);

	*out = NULL;
	if (r != 0)
		return fault_set(f, r, profile_socket(p), "the recado that owns this profile cannot be reached");
	a = mem_alloc(sizeof(*a));
	a->fd = fd;
	a->line = buf_new(RECORD_LINE_MAX);
	*out = a;
	return 0;
}

void
attach_close(struct attach **pa)
{
	struct attach *a = *pa;

	if (a == NULL)
		return;
	*pa = NULL;
	close(a->fd);
	buf_free(&a->line);
	free(a);
}

int
attach_fd(const struct attach *a)
{
	return a->fd;
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return ERR_CLOSED;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

int
attach_send(struct attach *a, struct core_cmd *cmd)
{
	char *line = record_put_cmd(cmd);
	size_t n = strlen(line);
	int r;

	line[n] = '\n'; /* in place of the NUL: one write */
	r = n + 1 > RECORD_LINE_MAX ? ERR_LIMIT : write_all(a->fd, line, n + 1);
	mem_wipe(line, n + 1);
	free(line);
	if (r == 0)
		core_cmd_clear(cmd);
	return r;
}

/* Take octets up to a newline and not one further. 1: a line is whole; 0: more is needed. */
static int
take_line(struct attach *a)
{
	char chunk[ATTACH_CHUNK], *end;
	ssize_t n = recv(a->fd, chunk, sizeof(chunk), MSG_PEEK | MSG_DONTWAIT);
	size_t take;
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return ERR_CLOSED;
	end = memchr(chunk, '\n', (size_t)n);
	take = end != NULL ? (size_t)(end - chunk) + 1 : (size_t)n;
	n = recv(a->fd, chunk, take, MSG_DONTWAIT);
	if (n != (ssize_t)take)
		return ERR_CLOSED;
	r = buf_put(a->line, chunk, take - (end != NULL));
	return r != 0 ? r : end != NULL;
}

int
attach_next(struct attach *a, struct core_event *ev, int timeout_ms)
{
	uint64_t until = clock_mono_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
	struct pollfd p = { .fd = a->fd, .events = POLLIN };
	int r;

	for (;;) {
		uint64_t now = clock_mono_ms();

		r = take_line(a);
		if (r < 0)
			return r;
		if (r == 1)
			break;
		if (timeout_ms >= 0 && now >= until)
			return ERR_TIMEOUT;
		r = poll(&p, 1, timeout_ms < 0 ? -1 : (int)(until - now));
		if (r < 0 && errno != EINTR)
			return err_from_errno(errno);
	}
	r = record_get_event((const char *)buf_ptr(a->line), buf_len(a->line), ev);
	buf_reset(a->line);
	return r;
}
