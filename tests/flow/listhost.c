/*
 * A host of revocation lists, and the many ways in which it may be no good.
 *
 *     listhost ADDRESS PORT FOLDER MODEFILE
 *
 * serves the files of FOLDER by HTTP, one connection after the other, in the way that the first word
 * of MODEFILE says at that moment:
 *
 *     ok         the file                      redirect   302, to the file under another name
 *     missing    404                           hang       takes the request and says nothing more
 *     garbage    octets that are no list       http       octets that are no HTTP
 *     html       a web page                    gzip       the file under Content-Encoding: gzip
 *     huge       Content-Length: 10 GB         endless    a body without an end
 *     headers    headers without an end        chunk      a chunk length without an end
 *     short      half of the file              empty      nothing in it
 *     drip       an octet a second             chunked    the file, in chunks
 *
 * Each request is a line on standard output. It answers If-Modified-Since with 304 when it says that
 * the file is as old as it is.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX (1 << 20)
#define FOREVER_S 600

struct answer {
	int fd;
	const char *path;
	char date[64];
	bool is_new;
	size_t n;
	char body[FILE_MAX];
};

static bool
put(const struct answer *a, const void *p, size_t n)
{
	return send(a->fd, p, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool
say(const struct answer *a, const char *text)
{
	return put(a, text, strlen(text));
}

static void
file(const struct answer *a, size_t length, const char *more, const char *body, size_t n)
{
	char head[512];

	snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\nContent-Length: %zu\r\n"
	    "Last-Modified: %s\r\n%s\r\n",
	    length, a->date, more);
	if (say(a, head))
		put(a, body, n);
}

static void
forever(const struct answer *a, const char *head, const char *part)
{
	bool more = say(a, head);

	while (more)
		more = say(a, part);
}

/* ---------------------------------------------------------------------------- the modes */

static void
do_ok(const struct answer *a)
{
	if (!a->is_new)
		say(a, "HTTP/1.1 304 Not Modified\r\n\r\n");
	else if (a->n == 0)
		say(a, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	else
		file(a, a->n, "", a->body, a->n);
}

static void
do_missing(const struct answer *a)
{
	say(a, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static void
do_redirect(const struct answer *a)
{
	char head[512];

	snprintf(head, sizeof(head),
	    "HTTP/1.1 302 Found\r\nLocation: /moved%s\r\nContent-Length: 0\r\n\r\n", a->path);
	say(a, head);
}

static void
do_hang(const struct answer *a)
{
	(void)a;
	sleep(FOREVER_S);
}

static void
do_garbage(const struct answer *a)
{
	file(a, 16, "", "not a list at all", 16);
}

static void
do_http(const struct answer *a)
{
	say(a, "SSH-2.0-OpenSSH_9.2p1\r\nwhat do you want?\r\n\r\n");
}

static void
do_html(const struct answer *a)
{
	say(a, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>");
}

static void
do_gzip(const struct answer *a)
{
	file(a, a->n, "Content-Encoding: gzip\r\n", a->body, a->n);
}

static void
do_huge(const struct answer *a)
{
	file(a, 10ull << 30, "", a->body, a->n);
	sleep(FOREVER_S);
}

static void
do_endless(const struct answer *a)
{
	static char part[65536];

	memset(part, 'x', sizeof(part) - 1);
	forever(a, "HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\n\r\n", part);
}

static void
do_headers(const struct answer *a)
{
	forever(a, "HTTP/1.1 200 OK\r\n", "X-More: and more and more and more and more\r\n");
}

static void
do_chunk(const struct answer *a)
{
	static char part[65536];

	memset(part, '0', sizeof(part) - 1);
	forever(a, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", part);
}

static void
do_short(const struct answer *a)
{
	file(a, a->n, "", a->body, a->n / 2);
}

static void
do_empty(const struct answer *a)
{
	file(a, 0, "", "", 0);
}

static void
do_drip(const struct answer *a)
{
	file(a, a->n, "", "", 0);
	for (size_t i = 0; i < a->n && put(a, a->body + i, 1); i++)
		sleep(1);
}

static void
do_chunked(const struct answer *a)
{
	char line[32];
	size_t half = a->n / 2;

	say(a, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	snprintf(line, sizeof(line), "%zx\r\n", half);
	say(a, line);
	put(a, a->body, half);
	snprintf(line, sizeof(line), "\r\n%zx\r\n", a->n - half);
	say(a, line);
	put(a, a->body + half, a->n - half);
	say(a, "\r\n0\r\n\r\n");
}

static const struct {
	const char *name;
	void (*run)(const struct answer *a);
} modes[] = {
	{ "ok", do_ok },
	{ "missing", do_missing },
	{ "redirect", do_redirect },
	{ "hang", do_hang },
	{ "garbage", do_garbage },
	{ "http", do_http },
	{ "html", do_html },
	{ "gzip", do_gzip },
	{ "huge", do_huge },
	{ "endless", do_endless },
	{ "headers", do_headers },
	{ "chunk", do_chunk },
	{ "short", do_short },
	{ "empty", do_empty },
	{ "drip", do_drip },
	{ "chunked", do_chunked },
};

/* ---------------------------------------------------------------------------- requests */

static void
read_word(const char *path, char *out, size_t outlen)
{
	FILE *f = fopen(path, "r");

	out[0] = '\0';
	if (f == NULL)
		return;
	if (fgets(out, (int)outlen, f) != NULL)
		out[strcspn(out, " \n")] = '\0';
	fclose(f);
}

static void
load(struct answer *a, const char *folder, const char *request)
{
	const char *since = strstr(request, "If-Modified-Since: ");
	char path[1024];
	struct stat st;
	FILE *f;

	a->is_new = true;
	snprintf(path, sizeof(path), "%s%s", folder, a->path);
	if (strstr(a->path, "..") != NULL || stat(path, &st) != 0 || (f = fopen(path, "r")) == NULL)
		return;
	a->n = fread(a->body, 1, sizeof(a->body), f);
	fclose(f);
	strftime(a->date, sizeof(a->date), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&st.st_mtime));
	if (since != NULL && strncmp(since + 19, a->date, strlen(a->date)) == 0)
		a->is_new = false;
}

static void
serve(int fd, const char *folder, const char *modefile)
{
	static struct answer a;
	char request[4096] = "", mode[32], path[512] = "";
	size_t n = 0;
	ssize_t more;

	while (n < sizeof(request) - 1 && strstr(request, "\r\n\r\n") == NULL &&
	    (more = recv(fd, request + n, sizeof(request) - 1 - n, 0)) > 0)
		request[n += (size_t)more] = '\0';
	if (sscanf(request, "GET %511s HTTP/", path) != 1)
		return;
	read_word(modefile, mode, sizeof(mode));
	printf("%s %s\n", mode, path);
	fflush(stdout);
	a.fd = fd;
	a.path = path;
	load(&a, folder, request);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, mode) == 0)
			modes[i].run(&a);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int on = 1, fd, c;

	if (argc != 5 || inet_pton(AF_INET, argv[1], &sa.sin_addr) != 1) {
		fprintf(stderr, "usage: listhost ADDRESS PORT FOLDER MODEFILE\n");
		return 64;
	}
	sa.sin_port = htons((uint16_t)atoi(argv[2]));
	signal(SIGCHLD, SIG_IGN);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(fd, 16) != 0) {
		perror("listhost");
		return 1;
	}
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			close(fd);
			alarm(FOREVER_S);
			serve(c, argv[3], argv[4]);
			_exit(0);
		}
		close(c);
	}
	return 0;
}
