/*
 * peer: one connection of a loop: socket, channel, and who it is. Only its loop's thread touches it.
 *
 *     HELLO --hellos, sign-in--> JUDGED --card still good--> SIGNED_IN
 *       `--no sign-in--> OPEN
 *
 * and from each of them to ENDING, which only writes what is left. A fault ends its own connection
 * and is logged with its reason.
 */
#ifndef RECADO_SERVER_PEER_H
#define RECADO_SERVER_PEER_H

#include <sys/socket.h>
#include "base/buf.h"
#include "server/loop.h"

enum peer_state {
	PEER_HELLO = 1,
	PEER_JUDGED = 2,
	PEER_OPEN = 4, /* without sign-in */
	PEER_SIGNED_IN = 8,
	PEER_ENDING = 16,
};

struct peer;
struct directory_device;
struct trust_answer;

/* Takes fd over, also when it fails. */
void peer_accept(struct loop *l, int fd);
void peer_free(struct peer **pp);

uint64_t peer_id(const struct peer *p);
enum peer_state peer_state(const struct peer *p);
struct loop *peer_loop(const struct peer *p);
const uint8_t *peer_user(const struct peer *p);      /* USER_ID_LEN; once signed in */
const uint8_t *peer_device(const struct peer *p);    /* DEVICE_ID_LEN */
struct bytes peer_address_key(const struct peer *p); /* IPv4 address or IPv6 /64 */
bool peer_transcript(const struct peer *p, struct bytes *out);

/* Requests count up from 1; false: this is not the next. */
bool peer_next_number(struct peer *p, uint64_t number);

/* End it: said and logged. reason is ours, never the peer's words. */
void peer_fail(struct peer *p, const char *reason);
/* Last words, then the end: no fault of anybody's. */
void peer_close(struct peer *p, uint32_t status, const char *detail);
/* The relay goes down: no more requests, answers to those it has, then peer_close. */
void peer_drain(struct peer *p);

void peer_send(struct peer *p, struct bytes message);
void peer_mail(struct peer *p, struct blob *envelope);
/* The device list of a user it watches, or of its own, has changed. */
void peer_list(struct peer *p, const uint8_t user[USER_ID_LEN]);
void peer_presence(struct peer *p, const uint8_t user[USER_ID_LEN], bool online);
void peer_revocation(struct peer *p);

/* Is it who it says it is? False: no, and it is ended. Its card is judged only after this. */
bool peer_proves_device(struct peer *p, const struct directory_device *dev);
/* The card was judged: admit or refuse. dev is the directory's. */
void peer_judged(struct peer *p, const struct directory_device *dev, const struct trust_answer *a);
/* Its card is good till then (wall ms), and looked at again if it is still here. */
void peer_judge_at(struct peer *p, uint64_t time);
/* Envelopes it was too slow for, from the store: u64 index, u32 length, octets, repeated. */
void peer_catch_up(struct peer *p, struct bytes mail, uint64_t left);

/* A request of this peer goes through the store; while many do, it is not read. weight: 1, or how
 * many of the small ones its reply is worth. */
void peer_busy(struct peer *p, unsigned weight);
void peer_idle(struct peer *p, unsigned weight);
/* A reply of n octets was made and goes out when the turn ends; it counts as unwritten till then. */
void peer_owe(struct peer *p, size_t n);

/* End of the loop's turn: write. True: it is over, free it. */
bool peer_turn(struct peer *p);
/* Once a second: deadlines. */
void peer_tick(struct peer *p);

#endif
