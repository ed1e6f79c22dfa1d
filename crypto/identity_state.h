/*
 * identity_state: what an identity holds, and the steps by which an entry extends it. Part of
 * identity; nothing else includes it.
 */
#ifndef RECADO_CRYPTO_IDENTITY_STATE_H
#define RECADO_CRYPTO_IDENTITY_STATE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "crypto/identity.h"

#define IDENTITY_BINDINGS_MAX 128
/* An add and a removal for each device, a binding for each add and renewal. */
#define IDENTITY_NAMED_MAX 256 /* names are taken up to this length of the list */
#define IDENTITY_EVENTS_MAX (IDENTITY_NAMED_MAX + IDENTITY_BINDINGS_MAX + IDENTITY_DEVICES_MAX)
#define IDENTITY_NO_BINDING SIZE_MAX

/* Immutable once it is an identity's: copies of the identity share it. */
struct identity_state {
	uint8_t user_id[USER_ID_LEN];
	char name[NAME_MAX_BYTES + 1];
	uint32_t length;
	uint8_t head[HASH_LEN];
	struct identity_device devices[IDENTITY_DEVICES_MAX];
	size_t certified_by[IDENTITY_DEVICES_MAX]; /* index of the binding that speaks for it now */
	size_t device_count;
	size_t newest;            /* index of the newest binding */
	struct binding *bindings; /* parsed, beside entry->bindings */
	size_t binding_count;
	const struct cert_verdict *verdict;
	Recado__DirectoryEntry *entry; /* everything verified so far */
	atomic_uint refs; /* last: the fields before it are copied while others count */
};

/* An entry being taken in. The lists begin with what the state held; their messages belong to the
 * old entry and the new one. state is private to the work until it succeeds. */
struct identity_work {
	struct identity_state *state;
	const Recado__DirectoryEntry *old; /* NULL: a new user */
	const struct identity_check *chk;
	struct fault *fault;
	Recado__SignedBinding *bindings[IDENTITY_BINDINGS_MAX];
	bool used[IDENTITY_BINDINGS_MAX]; /* by an event */
	Recado__SignedDeviceEvent *events[IDENTITY_EVENTS_MAX];
	size_t event_count;
	Recado__SignedDeviceRecord *records[IDENTITY_DEVICES_MAX]; /* by device */
	struct binding parsed[IDENTITY_BINDINGS_MAX];
	size_t binding_count;
};

/* identity_list.c. Verify one more event and apply it. */
int identity_list_extend(struct identity_work *w, Recado__SignedDeviceEvent *signed_event)
    MUST_CHECK;
int identity_list_head_at(
    const struct identity_state *s, uint32_t length, uint8_t head[HASH_LEN]) MUST_CHECK;
/* identity_record.c. Verify a record; it counts when its number is higher than the one known. */
int identity_record_take(struct identity_work *w, Recado__SignedDeviceRecord *signed_record)
    MUST_CHECK;
/* identity_holder.c. Is the new binding's certificate that of the holder of those before it? */
int identity_holder_same(struct identity_work *w, size_t binding) MUST_CHECK;
/* Judge the certificates that speak for live devices, and how long their bindings (as they came,
 * and parsed) let them; the worst verdict, with a reference. */
int identity_holder_judge(const struct identity_state *s, Recado__SignedBinding *const *bindings,
    const struct binding *parsed, const struct identity_check *chk, const struct cert_verdict **out)
    MUST_CHECK;

/* identity.c. Never NULL. */
const struct identity_state *identity_state_of(const struct identity *i);

/* identity_branch.c. Does the entry branch off from what is known where it may? Then *keep is how
 * many events stay. ERR_CHAIN. */
int identity_branch_find(
    const struct identity_state *s, const Recado__DirectoryEntry *e, size_t *keep) MUST_CHECK;
/* And may what came of it take the place of what was known? ERR_CHAIN: it undoes a removal. */
int identity_branch_allow(const struct identity_state *was, const struct identity_state *now,
    size_t keep, struct fault *f) MUST_CHECK;

#endif
