/*
 * prekeys: what lets others write to this device while it is away. The signed prekey is replaced
 * weekly and kept for 30 days after; 100 one-time prekeys at the relay, refilled below 20, once an
 * upkeep at most; one last-resort prekey beside each signed one. DESIGN 3.4.
 */
#ifndef RECADO_CORE_PREKEYS_H
#define RECADO_CORE_PREKEYS_H

#include "core/engine.h"
#include "crypto/key.h"

#define PREKEYS_SIGNED_MS (7ull * 24 * 3600 * 1000)
#define PREKEYS_KEPT_MS (30ull * 24 * 3600 * 1000)
#define PREKEYS_ONE_TIME 100
#define PREKEYS_REFILL 20
#define PREKEYS_REFILL_MS (30 * 60 * 1000) /* from one to the next; upkeep is hourly */
#define PREKEYS_ONE_TIME_KEPT 2000 /* private ones, the newest: given out and perhaps never used */

/* Make a signed and a last-resort prekey in the store and append the encoded SignedDeviceRecord
 * that publishes them. Within a transaction of the caller's. e->account and e->keys are set. */
int prekeys_record(struct engine *e, struct store *s, struct buf *out) MUST_CHECK;
/* On each new connection, and hourly while it lasts: replace, publish, forget and refill what is due. */
void prekeys_upkeep(struct engine *e);
/* This store is an older copy of itself, and the relay hands out keys that it lacks: a new record, and
 * other one-time prekeys in place of all there are. */
void prekeys_renew(struct engine *e);
/* How many further one-time prekeys the relay should get when it has so many. */
size_t prekeys_missing(uint32_t count);
/* The private key of a prekey of ours; ERR_NOT_FOUND: unknown or used. */
int prekeys_get(struct engine *e, enum store_prekey_kind kind, uint32_t id, struct key_dh **out)
    MUST_CHECK;

#endif
