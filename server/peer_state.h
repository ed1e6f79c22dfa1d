/*
 * peer_state: a connection as peer.c, peer_in.c and peer_out.c see it. Nobody else includes this.
 */
#ifndef RECADO_SERVER_PEER_STATE_H
#define RECADO_SERVER_PEER_STATE_H

#include <event2/event.h>
#include "crypto/channel.h"
#include "server/peer.h"
#include "wire/pb.h"

#define PEER_BUSY_MAX 256        /* requests on their way through the store, by weight */
#define PEER_OUT_STOP (1u << 20) /* octets unwritten: not read any more */

/* Fields of recado.proto's Push. */
enum { PUSH_MAIL = 1, PUSH_PRESENCE = 2, PUSH_REVOCATION = 3, PUSH_NOTICE = 4, PUSH_LIST = 5 };

struct peer {
	uint64_t id;
	struct loop *loop;
	struct server *srv;
	int fd;
	struct event *rd, *wr;
	struct channel *ch;
	enum peer_state state;
	char address[80]; /* for the log */
	uint8_t key[8];
	size_t keylen;
	uint8_t user[USER_ID_LEN], device[DEVICE_ID_LEN];
	uint64_t opened, heard, ending; /* monotonic ms */
	uint64_t judge_at;              /* wall ms */
	uint64_t number;                /* of the last request */
	size_t received;                /* octets since it opened without sign-in */
	unsigned busy;
	size_t owed;      /* octets of replies of this turn */
	struct buf *held; /* requests put off: u32 length, octets; NULL: none */
	bool reading, writing, large, draining, entered, gone, pumping;
	uint64_t lag_since, lag_after; /* wall ms; mailbox index */
	bool catching, missed; /* mail came meanwhile */
};

/* peer.c: from here on only what is queued is written. */
void peer_end(struct peer *p);
struct online_place peer_place(const struct peer *p);
/* peer_in.c: read or not, as things stand; handle what has been read. */
void peer_read_more(struct peer *p);
void peer_pump(struct peer *p);
bool peer_may_take(const struct peer *p); /* and handle */
/* Is there something to look at that no event would tell of? */
bool peer_has_more(const struct peer *p);
void peer_on_readable(evutil_socket_t fd, short what, void *arg);
/* peer_out.c */
size_t peer_backlog(const struct peer *p); /* octets not yet written */
void peer_push(struct peer *p, unsigned field, struct bytes body);
void peer_on_writable(evutil_socket_t fd, short what, void *arg);

#endif
