/*
 * A fetcher writes several files one after the other: the directory is read when nothing has
 * changed for a moment. Where inotify is not to be had, or for file systems it does not see, it is
 * read every few minutes too.
 */
#include "server/crlwatch.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/mem.h"

#define SETTLE_MS 300
#define AGAIN_S 300

struct crlwatch {
	struct server *srv;
	struct event *ev, *settle, *again;
	int fd;
};

void
crlwatch_now(struct crlwatch *w)
{
	bool changed;

	trust_reload(w->srv->trust, &changed);
	if (changed)
		server_lists_changed(w->srv);
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	crlwatch_now(arg);
}

static void
on_change(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval settle = { 0, SETTLE_MS * 1000 };
	struct crlwatch *w = arg;
	char events[4096];
	(void)what;

	while (read(fd, events, sizeof(events)) > 0)
		; /* which file it was does not matter */
	event_add(w->settle, &settle);
}

static void
set_inotify(struct crlwatch *w, struct event_base *base, const char *dir)
{
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0 ||
	    inotify_add_watch(
		w->fd, dir, IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) < 0) {
		log_warn(w->srv->log, "trust", "%s cannot be watched; it is read every %d s", dir,
		    AGAIN_S);
		return;
	}
	w->ev = event_new(base, w->fd, EV_READ | EV_PERSIST, on_change, w);
	if (w->ev != NULL)
		event_add(w->ev, NULL);
}

int
crlwatch_open(struct server *srv, struct crlwatch **out)
{
	static const struct timeval again = { AGAIN_S, 0 };
	struct event_base *base = loop_base(srv->loops[0]);
	struct crlwatch *w = mem_alloc(sizeof(*w));

	*out = w;
	w->srv = srv;
	w->fd = -1;
	if (trust_directory(srv->trust) == NULL)
		return 0;
	w->settle = event_new(base, -1, 0, on_time, w);
	w->again = event_new(base, -1, EV_PERSIST, on_time, w);
	if (w->settle == NULL || w->again == NULL || event_add(w->again, &again) != 0) {
		crlwatch_free(out);
		return ERR_NOMEM;
	}
	set_inotify(w, base, trust_directory(srv->trust));
	return 0;
}

void
crlwatch_free(struct crlwatch **pw)
{
	struct crlwatch *w = *pw;

	if (w == NULL)
		return;
	*pw = NULL;
	if (w->ev != NULL)
		event_free(w->ev);
	if (w->settle != NULL)
		event_free(w->settle);
	if (w->again != NULL)
		event_free(w->again);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}
