/*
 * trust: the certificates the relay believes in, the revocation lists it serves, and its judgement
 * of the cards that speak for a user's devices.
 */
#ifndef RECADO_SERVER_TRUST_H
#define RECADO_SERVER_TRUST_H

#include <stdbool.h>
#include "base/log.h"
#include "crypto/cert.h"
#include "crypto/identity.h"
#include "server/config.h"

struct trust;

/* log: the relay's, which starts and has the data folder for itself; NULL: a command beside it. */
int trust_new(const struct config *c, struct log *log, const uint8_t relay_id[32],
    struct trust **out, struct fault *f) MUST_CHECK;
void trust_free(struct trust **pt);
/* Read the directory of lists again. *changed: what is served is another. */
void trust_reload(struct trust *t, bool *changed);
/* The directory to watch; NULL: none. */
const char *trust_directory(const struct trust *t);
struct cert_store *trust_store(const struct trust *t);
uint64_t trust_generation(const struct trust *t);
uint64_t trust_loaded_at(const struct trust *t); /* ms: when lists were last read */

/* Every chain that is judged from now on is shown to fn, on whatever thread judges it. */
typedef void trust_chain_fn(void *arg, const struct cert_verdict *v);
void trust_on_chain(struct trust *t, trust_chain_fn *fn, void *arg);

/* What the relay says to a holder: Status of recado.proto and a line for a person. */
struct trust_answer {
	uint32_t status;
	char detail[256];
	uint64_t generation, until; /* when to judge again */
	bool lacks_list;            /* that is all that is wrong, and it may be had */
};
/* An entry as the relay's own store has it, verified again; but for anchors, which may be others than
 * when it was taken. ERR_*: it is damaged. */
int trust_read(struct trust *t, struct bytes entry, uint64_t now, struct identity **out) MUST_CHECK;
/* Verify an entry that extends `known` (NULL: nothing): *out is the identity it makes, whatever its
 * cards are worth now. *out NULL: it extends nothing, and a says why. */
void trust_verify(struct trust *t, const struct identity *known,
    const Recado__DirectoryEntry *entry, uint64_t now, struct identity **out,
    struct trust_answer *a);
/* Judge the card that speaks for a device of id: what is wrong with it is STATUS_CERT_*. The other
 * devices have cards of their own to answer for: whoever lost one with its card comes back with a
 * new card alone, and puts it out. *v, with a reference, may be NULL. */
void trust_judge(struct trust *t, const struct identity *id, const uint8_t device[DEVICE_ID_LEN],
    uint64_t now, const struct cert_verdict **v, struct trust_answer *a);

#endif
