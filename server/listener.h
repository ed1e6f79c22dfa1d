/*
 * listener: the sockets the relay listens on, and its accepting: connections are dealt out to the
 * loops in turn. A reserve descriptor is given up to turn somebody away when descriptors run out,
 * so that the backlog never spins.
 */
#ifndef RECADO_SERVER_LISTENER_H
#define RECADO_SERVER_LISTENER_H

#include "server/loop.h"

struct listeners;

/* fds: sockets of the service manager; with some, config->listen is not used. */
int listener_open(struct server *srv, const int *fds, size_t fd_count, struct listeners **out,
    struct fault *f) MUST_CHECK;
/* Stop accepting; connections stay. */
void listener_close(struct listeners *l);
void listener_free(struct listeners **pl);
/* The first one's real address, "127.0.0.1:7443". */
const char *listener_address(const struct listeners *l);
/* One line each, for the log. */
const char *listener_address_at(const struct listeners *l, size_t i); /* NULL: no more */

#endif
