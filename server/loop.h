/*
 * loop: a thread with an event loop, and the connections that stay on it.
 *
 * Other threads hand it things through loop_post and loop_return. Everything that a turn of the loop
 * made ready leaves at its end: one signature for all its warrants, as few records as will do.
 */
#ifndef RECADO_SERVER_LOOP_H
#define RECADO_SERVER_LOOP_H

#include <stdbool.h>
#include "server/blob.h"
#include "server/server.h"

struct event_base;
struct peer;
struct warrants;

enum loop_post_kind {
	LOOP_SOCKET,     /* fd: a new connection */
	LOOP_MAIL,       /* blob: push it to peer */
	LOOP_PRESENCE,   /* user, online: tell peer */
	LOOP_LIST,       /* user: its device list changed, tell peer */
	LOOP_OUT,        /* peer signed in elsewhere */
	LOOP_REMOVED,    /* peer's device was removed */
	LOOP_REVOCATION, /* tell everybody */
	LOOP_STOP,       /* drain and end */
};

struct loop_post {
	struct loop_post *next;
	enum loop_post_kind kind;
	uint64_t peer;
	int fd;
	bool online;
	uint8_t user[USER_ID_LEN];
	struct blob *blob; /* one reference, the loop's */
};

int loop_new(struct server *srv, size_t index, struct loop **out) MUST_CHECK;
void loop_free(struct loop **pl);
/* The thread; the loop on which server_run runs has none. */
int loop_start(struct loop *l) MUST_CHECK;
void loop_join(struct loop *l);
void loop_run(struct loop *l);

/* Any thread: a copy of p. A dead peer is no error. */
void loop_post(struct loop *l, const struct loop_post *p);
/* The store's thread: finished jobs. */
void loop_return(void *loop, struct job *list);

/* For its own connections and handlers, on its thread. */
struct server *loop_server(const struct loop *l);
struct event_base *loop_base(const struct loop *l);
struct warrants *loop_warrants(const struct loop *l);
uint64_t loop_now(const struct loop *l);                   /* monotonic ms, as of this turn */
uint64_t loop_wall(const struct loop *l);                  /* wall ms, the same */
struct peer *loop_peer(const struct loop *l, uint64_t id); /* NULL: gone */
int loop_add(struct loop *l, struct peer *p) MUST_CHECK;
/* Something of p is to be written, or p has ended: looked at when the turn ends. */
void loop_touch(struct loop *l, struct peer *p);
bool loop_stopping(const struct loop *l);
/* True once for each connection number. */
uint64_t loop_next_id(struct loop *l);

#endif
