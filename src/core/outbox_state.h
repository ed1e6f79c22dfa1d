/*
 * outbox_state: what the files of outbox share.
 */
#ifndef RECADO_CORE_OUTBOX_STATE_H
#define RECADO_CORE_OUTBOX_STATE_H

#include "core/outbox.h"

struct outbox_flight { /* a deposit whose reply is awaited */
	LIST_ENTRY(outbox_flight) link;
	struct outbox *outbox;
	uint64_t number;
	int64_t message, person;
	int64_t copy; /* the message, if this is a copy of it for another device of ours */
	uint8_t device[STORE_DEVICE], hash[STORE_HASH];
	uint8_t head[STORE_HASH]; /* of their list, as it was named */
};

struct outbox_asked { /* a person about whom the relay was asked: who, or for bundles */
	LIST_ENTRY(outbox_asked) link;
	struct outbox *outbox;
	int64_t person;
	bool bundles;
};

struct outbox_again { /* a message that further devices should get */
	STAILQ_ENTRY(outbox_again) link;
	int64_t row;
};

struct outbox {
	struct engine *engine;
	struct event *kick, *pause, *fertile; /* fertile: ask the barren again */
	struct event *later; /* what was put off comes due */
	unsigned leaps; /* deposits given another number on this connection */
	bool kicked, paused;
	LIST_HEAD(, outbox_flight) flights;
	size_t flight_count;
	LIST_HEAD(, outbox_asked) asked;
	STAILQ_HEAD(, outbox_again) again;
	uint8_t (*barren)[STORE_DEVICE]; /* devices without a bundle a minute ago, on this connection */
	size_t barren_count;
	int64_t *refreshed; /* people whose lists were asked for because they had grown, likewise */
	size_t refreshed_count;
};

/* Seal the message again for devices that lack it. */
void outbox_again(struct outbox *o, int64_t row);
/* outbox_seal.c: seal what waits; ask for what that lacks. */
void outbox_seal_all(struct outbox *o);
/* Ask for bundles of p's devices without a session. False: nothing to ask for. */
bool outbox_bundles(struct outbox *o, const struct store_person *p);
bool outbox_has_asked(const struct outbox *o, int64_t person);
void outbox_asked_drop(struct outbox_asked *a);
/* Nothing more is sealed for this device for a minute. */
void outbox_barren_add(struct outbox *o, const uint8_t *device);
bool outbox_is_barren(const struct outbox *o, const uint8_t *device);
/* outbox_owed.c: seal for devices that did not get a message when it was sealed. own: note that our
 * other devices are owed it, in a transaction. */
void outbox_owed_all(struct outbox *o);
int outbox_owe_own(struct engine *e, int64_t row) MUST_CHECK;
/* outbox_retry.c: what lost sessions cost. recall: what an earlier process was to seal again. */
void outbox_recall(struct outbox *o);
void outbox_requests_send(struct outbox *o);
/* What was put off and is due is done; the timer is set for the rest. */
void outbox_later_do(struct outbox *o);
/* outbox_deposit.c: send what is sealed. */
void outbox_deposit_all(struct outbox *o);

#endif
