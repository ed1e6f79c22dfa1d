/*
 * directory: which accounts and devices there are, in memory, for all loops. Bindings, events and
 * records stay in the store; here is only what a deposit or a sign-in must know at once.
 *
 * Any thread may ask; answers are copies. Only the store's thread changes it, after its commit, so
 * that nothing is seen which a power cut could take back.
 */
#ifndef RECADO_SERVER_DIRECTORY_H
#define RECADO_SERVER_DIRECTORY_H

#include <stdbool.h>
#include "base/buf.h"
#include "crypto/binding.h"
#include "server/store.h"

struct directory;

struct directory_user {
	uint8_t id[USER_ID_LEN], list_head[HASH_LEN];
	char name[NAME_MAX_BYTES + 1];
	uint32_t list_length;
};

struct directory_device {
	uint8_t id[DEVICE_ID_LEN], user_id[USER_ID_LEN], signing_key[32];
	bool live;
};

struct directory *directory_new(void);
void directory_free(struct directory **pd);
/* Everything the store holds. ERR_IO when that does not fit together. */
int directory_load(struct directory *d, const struct store_ops *ops, struct store *s) MUST_CHECK;

/* ERR_NO_USER */
int directory_find_name(struct directory *d, struct bytes name, struct directory_user *out)
    MUST_CHECK;
int directory_find_user(struct directory *d, struct bytes id, struct directory_user *out)
    MUST_CHECK;
/* A device and its user (may be NULL); removed devices too. ERR_NO_USER */
int directory_find_device(struct directory *d, struct bytes id, struct directory_device *out,
    struct directory_user *user) MUST_CHECK;

/* Adds or replaces a user and these devices of it, of which no verdict is known then. */
int directory_put(struct directory *d, const struct directory_user *u,
    const struct directory_device *devices, size_t count) MUST_CHECK;
size_t directory_count(struct directory *d);

/* What was found of the card that speaks for a device, with the store's generation it was found
 * under; asked again when that has changed or time has reached `until` (ms, wall). */
struct directory_verdict {
	uint32_t status; /* of recado.proto */
	uint64_t generation, until;
};
/* ERR_NOT_FOUND: not known, or due again. */
int directory_verdict(struct directory *d, const uint8_t device[DEVICE_ID_LEN],
    uint64_t generation, uint64_t now, struct directory_verdict *out) MUST_CHECK;
void directory_set_verdict(struct directory *d, const uint8_t device[DEVICE_ID_LEN],
    const struct directory_verdict *v);

#endif
