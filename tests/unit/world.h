/*
 * world: devices that send each other mail, for random schedules. What a device does with its
 * sessions is what a client does: tags find them, first messages found them, ephemerals are
 * remembered.
 */
#ifndef RECADO_TESTS_UNIT_WORLD_H
#define RECADO_TESTS_UNIT_WORLD_H

#include <stdbool.h>

#include "pair.h"

#define DEVICES_MAX 4
#define SESSIONS_MAX 24
#define MAIL_MAX 256
#define EPHEMERALS_MAX 64

struct held { /* a session that a device holds with a peer */
	struct session *s;
	int peer;
};

struct device {
	struct held sessions[SESSIONS_MAX];
	size_t count;
	struct session *current[DEVICES_MAX]; /* to send on; one of sessions */
	unsigned resets[DEVICES_MAX];         /* how often the sessions with a peer were erased */
	uint8_t seen[EPHEMERALS_MAX][32];     /* ephemerals accepted under the signed prekey */
	size_t seen_count;
};

struct mail { /* a message, and an envelope of it */
	struct buf *envelope;
	struct session *sealed_in; /* a copy, to ask afterwards whether the recipient has it */
	int from, to;
	unsigned id;
	bool in_flight;
};

struct message {
	bool dropped;
	unsigned delivered;
};

struct world {
	uint64_t random;
	int devices;
	uint16_t suite;
	struct device device[DEVICES_MAX];
	struct mail mail[MAIL_MAX];
	size_t mail_count;
	struct message message[MAIL_MAX];
	unsigned message_count;
	struct buf *plain;
};

extern struct pair_device world_keys[DEVICES_MAX];

uint64_t world_draw(struct world *w); /* splitmix64 */
size_t world_below(struct world *w, size_t n);

/* d holds s with a peer now; where. */
struct session **world_hold(struct device *d, int peer, struct session *s);
/* The next state takes the place of the last, which is freed. */
void world_replace(struct device *d, struct session **slot, struct session *next);
/* Through the store and back. */
struct session *world_copy(const struct session *s);
void world_forget(struct device *d, int peer);
/* What a device does with mail: the code, and the plaintext in w->plain. */
int world_receive(struct world *w, int to, struct bytes envelope);

#endif
