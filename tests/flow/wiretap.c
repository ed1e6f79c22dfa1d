/*
 * wiretap LISTEN-PORT RELAY-PORT FILE: hand every connection to 127.0.0.1:LISTEN-PORT on to
 * 127.0.0.1:RELAY-PORT, and keep what passes, in both directions, in FILE.
 *
 * After SIGUSR1 it swallows what clients send (the relay hears no acknowledgement any more, while
 * mail still arrives). After SIGHUP it swallows, on connections that are new from then on, what the
 * relay answers once a client is in. SIGUSR2 ends both. For tests, on loopback only.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 64

struct pair {
	int client, relay; /* -1: this slot is free */
	int answers;       /* of the relay that still pass; -1: all */
};

#define HANDSHAKE 2 /* what a relay says before it is asked anything */

static volatile sig_atomic_t swallow_now, deaf_now;

static void
on_signal(int sig)
{
	swallow_now = sig == SIGUSR1;
	deaf_now = sig == SIGHUP;
}

static struct sockaddr_in
address(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons((uint16_t)atoi(port));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static int
listen_on(const char *port)
{
	struct sockaddr_in a = address(port);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 16) != 0)
		err(1, "listen on %s", port);
	return fd;
}

static void
end_pair(struct pair *p)
{
	close(p->client);
	close(p->relay);
	p->client = p->relay = -1;
}

static void
accept_pair(int listener, const char *port, struct pair *pairs)
{
	struct sockaddr_in a = address(port);
	struct pair p = { .client = accept(listener, NULL, NULL), .answers = deaf_now ? HANDSHAKE : -1 };
	int i;

	if (p.client < 0)
		return;
	p.relay = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (i = 0; i < PAIRS_MAX; i++)
		if (pairs[i].client < 0)
			break;
	if (i == PAIRS_MAX || p.relay < 0 || connect(p.relay, (struct sockaddr *)&a, sizeof a) != 0)
		end_pair(&p);
	else
		pairs[i] = p;
}

static bool
write_all(int fd, const char *p, size_t n)
{
	ssize_t w;

	for (; n > 0; p += w, n -= (size_t)w) {
		w = write(fd, p, n);
		if (w < 0 && errno != EINTR)
			return false;
		if (w < 0)
			w = 0;
	}
	return true;
}

/* One reading from one side to the other; false when this pair is over. */
static bool
pass(int from, int to, int file, bool swallow)
{
	char block[16384];
	ssize_t n = read(from, block, sizeof block);

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0 || !write_all(file, block, (size_t)n))
		return false;
	return swallow || write_all(to, block, (size_t)n);
}

/* Does what the relay says now pass? */
static bool
answers(struct pair *p)
{
	if (p->answers > 0)
		p->answers--;
	else if (p->answers == 0)
		return false;
	return true;
}

static void
serve(int listener, const char *port, int file)
{
	struct pollfd fds[1 + 2 * PAIRS_MAX];
	struct pair pairs[PAIRS_MAX];
	bool on;
	int i;

	for (i = 0; i < PAIRS_MAX; i++)
		pairs[i] = (struct pair){ -1, -1, -1 };
	for (;;) {
		fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
		for (i = 0; i < PAIRS_MAX; i++) {
			fds[1 + 2 * i] = (struct pollfd){ .fd = pairs[i].client, .events = POLLIN };
			fds[2 + 2 * i] = (struct pollfd){ .fd = pairs[i].relay, .events = POLLIN };
		}
		if (poll(fds, 1 + 2 * PAIRS_MAX, -1) < 0)
			continue;
		for (i = 0; i < PAIRS_MAX; i++) {
			on = true;
			if (pairs[i].client >= 0 && fds[1 + 2 * i].revents != 0)
				on = pass(pairs[i].client, pairs[i].relay, file, swallow_now);
			if (on && pairs[i].relay >= 0 && fds[2 + 2 * i].revents != 0)
				on = pass(pairs[i].relay, pairs[i].client, file, !answers(&pairs[i]));
			if (!on)
				end_pair(&pairs[i]);
		}
		if (fds[0].revents != 0)
			accept_pair(listener, port, pairs);
	}
}

int
main(int argc, char **argv)
{
	int file;

	if (argc != 4)
		errx(64, "usage: wiretap LISTEN-PORT RELAY-PORT FILE");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	signal(SIGHUP, on_signal);
	file = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (file < 0)
		err(1, "%s", argv[3]);
	serve(listen_on(argv[1]), argv[2], file);
}
