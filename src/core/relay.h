/*
 * relay: our relay, for as long as the profile is open: connecting and trying again, signing in,
 * what is done first on a new connection, presence.
 *
 * There is one when the profile is open (engine->relay); all calls are safe without. Attempts
 * follow each other after 1 s, doubling to 60 s, each with jitter; relay_start tries at once.
 */
#ifndef RECADO_CORE_RELAY_H
#define RECADO_CORE_RELAY_H

#include "core/conn.h"
#include "crypto/warrant.h"

#define RELAY_PING_MAX_S 60
/* Seconds between keep-alives where the relay ends who is silent for idle_s. */
uint32_t relay_ping_s(uint32_t idle_s);

int relay_open(struct engine *e, struct fault *f) MUST_CHECK;
void relay_close(struct engine *e);

/* Somebody wants the relay now: connect, or try again at once if an attempt is being waited for. */
void relay_start(struct engine *e);
/* No connection while the card signs; off: on again for who waits and who watches. */
void relay_pause(struct engine *e, bool on);
bool relay_online(const struct engine *e);
bool relay_trying(const struct engine *e); /* an attempt is under way */
/* Why the last attempt or connection ended; code 0: it did not. */
const struct fault *relay_fault(const struct engine *e);
/* What waited at the relay when we connected is in the store. */
bool relay_synced(const struct engine *e);
bool relay_listed(const struct engine *e); /* the revocation lists are as new as the relay has them */
bool relay_busy(const struct engine *e); /* requests without a reply */

/* conn_request on the current connection; ERR_UNREACHABLE without one. */
int relay_request(struct engine *e, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg) MUST_CHECK;
void relay_cancel(struct engine *e, const void *arg);
/* The relay's word, of now or from before a change of its key, that it has a deposit. */
int relay_deposit_holds(const struct engine *e, struct bytes proof, struct warrant_deposit *out)
    MUST_CHECK;

/* Contacts came or went: tell the relay whose presence we want. */
void relay_watch(struct engine *e);
bool relay_sees(const struct engine *e, const uint8_t *user_id);

void relay_status(const struct engine *e, struct core_status *out);
void relay_choke(struct engine *e, bool on);
bool relay_goodbye(struct engine *e); /* true: octets are still to be written */

/* Does this key belong to the relay pinned as first? ERR_RELAY_KEY. */
int relay_pin_check(const uint8_t *pinned_first, const uint8_t *first, const char *about,
    struct fault *f) MUST_CHECK;
/* Do the keys it shows go on from those known? ERR_RELAY_KEY. */
int relay_keys_check(const struct rotation_chain *known, const struct rotation_chain *shown,
    const char *about, struct fault *f) MUST_CHECK;

#endif
