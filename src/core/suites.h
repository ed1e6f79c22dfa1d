/*
 * suites: which suites this device offers to other devices and takes from them, and the floors: the
 * best suite that was ever in use with the relay, and with each device of a peer. Nothing below a
 * floor is accepted, whoever asks for it; it only rises. DESIGN 3.1.
 *
 * The order is that of crypto/suite.h: what a configuration prefers says what is offered, not what
 * is better.
 */
#ifndef RECADO_CORE_SUITES_H
#define RECADO_CORE_SUITES_H

#include "core/engine.h"
#include "crypto/identity.h"

/* What a device record of ours lists now, into out, best first; s (the profile's store, or that of one
 * being made) remembers it. */
int suites_publish(struct engine *e, struct store *s, uint32_t out[SUITE_COUNT], size_t *n)
    MUST_CHECK;
/* Has the configuration changed since the last record? */
bool suites_changed(struct engine *e);

/* The suite of a session with d: the best that both records list. ERR_SUITE: there is none, or it is
 * below d's floor. */
int suites_choose(struct engine *e, const struct identity_device *d, uint16_t *out, struct fault *f)
    MUST_CHECK;
/* A device began a session in this suite: may it? In a record of ours of the last 30 days, and not
 * below its floor. ERR_SUITE. */
int suites_accept(struct engine *e, const uint8_t *device, uint16_t suite, struct fault *f) MUST_CHECK;
/* A session in this suite exists. In the caller's transaction. */
int suites_peer_raise(struct engine *e, const uint8_t *device, uint16_t suite) MUST_CHECK;

/* The same for the channel to the relay. */
int suites_relay_check(struct engine *e, uint16_t suite, struct fault *f) MUST_CHECK;
int suites_relay_raise(struct engine *e, uint16_t suite) MUST_CHECK;

#endif
