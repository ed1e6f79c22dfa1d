/*
 * online: which device is signed in where, and who watches whom. Shared by all loops, with its own
 * lock; what follows from a change is posted to the loops of those it concerns.
 */
#ifndef RECADO_SERVER_ONLINE_H
#define RECADO_SERVER_ONLINE_H

#include <stdbool.h>
#include "crypto/binding.h"

struct online;

#define ONLINE_WATCH_MAX 2000 /* users one connection watches */

/* A connection: its loop and its number there. */
struct online_place {
	void *loop;
	uint64_t peer;
};

/* Tells the connection at `to` that user is (not) online. Called with the lock held: must only
 * post. */
typedef void online_notify_fn(struct online_place to, const uint8_t user[USER_ID_LEN], bool online);

struct online *online_new(online_notify_fn *notify);
void online_free(struct online **po);

/* The device is signed in at `place`. True when it was signed in elsewhere: *old says where, and
 * that one is out. */
bool online_enter(struct online *o, const uint8_t user[USER_ID_LEN],
    const uint8_t device[DEVICE_ID_LEN], struct online_place place, struct online_place *old);
/* The connection at `place` ends (nothing happens if another has taken its place). */
void online_leave(struct online *o, const uint8_t device[DEVICE_ID_LEN], struct online_place place);
bool online_find(struct online *o, const uint8_t device[DEVICE_ID_LEN], struct online_place *out);
/* Its mailbox is (not) full: what comes for it is not pushed before it is taken. */
void online_set_full(struct online *o, const uint8_t device[DEVICE_ID_LEN], bool full);
bool online_is_full(struct online *o, const uint8_t device[DEVICE_ID_LEN]);
bool online_user(struct online *o, const uint8_t user[USER_ID_LEN]);

/* Call notify (online: whether it is) for everybody who watches the user. */
void online_tell(struct online *o, const uint8_t user[USER_ID_LEN], online_notify_fn *notify);

/* From now on place is told about these users, and about no others. states gets for each whether
 * it is online. count at most ONLINE_WATCH_MAX; 0 ends watching. */
void online_watch(struct online *o, struct online_place place, const uint8_t (*users)[USER_ID_LEN],
    size_t count, bool *states);

#endif
