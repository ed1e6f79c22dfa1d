/*
 * trust: what is known of people, verified, and how far to believe it. DESIGN 3.3.
 *
 * The certificate store with its policy, revocation lists from the configured folder and from the
 * relay, and a cache of verified identities. One function says the letter, one says whether may be
 * sent.
 */
#ifndef RECADO_CORE_TRUST_H
#define RECADO_CORE_TRUST_H

#include "core/chain.h"
#include "core/engine.h"
#include "crypto/identity.h"
#include "crypto/safety.h"

struct trust;

int trust_new(struct engine *e, struct trust **out, struct fault *f) MUST_CHECK;
void trust_free(struct trust **pt);
/* The profile was opened: its kept lists and our own identity; it was locked: all is forgotten. */
int trust_open(struct trust *t, struct fault *f) MUST_CHECK;
void trust_close(struct trust *t);

struct cert_store *trust_store(struct trust *t);
/* What identity_update and identity_recheck want, as of this moment. */
struct identity_check trust_check(struct trust *t);

/* Ourselves; NULL while locked. */
const struct identity *trust_self(struct trust *t);
/* A person, with a verdict of this moment. NULL: nothing known yet. Borrowed: valid in this turn of
 * the loop (as trust_self), until the profile is locked. */
const struct identity *trust_identity(struct trust *t, const struct store_person *p);
/* Take what the relay or an introduction says about p (p->known may become true, p->changed too);
 * all or nothing, in one transaction. Tells who watches. ERR_CHAIN, ERR_SIGNATURE, ...: nothing of
 * it is kept; what was kept of p stays, marked as changed when it names somebody else. */
int trust_learn(struct trust *t, struct store_person *p, const Recado__DirectoryEntry *entry,
    struct fault *f) MUST_CHECK;
/* The same of ourselves: what the relay, or another device of ours, says of our devices. */
int trust_learn_self(struct trust *t, const Recado__DirectoryEntry *entry, struct fault *f)
    MUST_CHECK;
/* Make or find the person an introduction is about. ERR_AGAIN: *out is somebody of that name whom
 * the relay has to name first. */
int trust_person(struct trust *t, const Recado__DirectoryEntry *entry, struct store_person *out,
    struct fault *f) MUST_CHECK;

/* 'V' 'C' 'R' '?' '!' */
char trust_letter(struct trust *t, const struct store_person *p);
/* Not refused, and not proven: no fresh list, or nobody here knows who issued it. */
bool trust_unknown(const struct cert_verdict *v);
/* "revoked", "suspended", "expired", "not yet valid", "changed", "broken" with '!'; NULL otherwise. */
const char *trust_why(struct trust *t, const struct store_person *p);
/* May we send to p? 0, or ERR_* (exit 65) with the reason. */
int trust_may_send(struct trust *t, const struct store_person *p, struct fault *f) MUST_CHECK;
/* Was it refused (f, of trust_may_send) for want of a revocation list alone, and may the relay still
 * bring one? What is to be sent is kept then, and waits. */
bool trust_may_yet(const struct trust *t, const struct fault *f);
/* May we take p's text? A contact's always, shown with its '!'; of a stranger whose card is refused: no,
 * but for want of a list. p->changed does not matter: it is the devices known that have written. */
int trust_may_receive(struct trust *t, const struct store_person *p, struct fault *f) MUST_CHECK;
/* A device of p (of our own user: another one) says in a signed content how long p's device list is
 * and what its head is: ahead of what the relay has shown, it makes p stale, so that the list is
 * fetched before anything is sealed; beside it, p becomes '!', and stays so until the relay shows
 * that list, the device says otherwise, or a card has overruled it. In the caller's transaction. */
int trust_claim(struct trust *t, struct store_person *p, const uint8_t device[STORE_DEVICE],
    uint32_t length, const uint8_t head[STORE_HASH]) MUST_CHECK;
/* With p->changed: what is wrong, a sentence; caller frees. */
char *trust_doubt(struct trust *t, const struct store_person *p);
/* The user accepts whom the relay has under p's name now: when the entry is about another user than
 * the one known, all that was known of that one is let go, but for the messages. In the caller's
 * transaction, with trust_learn after it. */
int trust_renounce(struct trust *t, struct store_person *p, const Recado__DirectoryEntry *entry)
    MUST_CHECK;
/* Look whether p can be believed less, or again, and whether the safety number is still the one
 * that was compared: what changed is kept in p's history and told. *p may change (verified). */
void trust_note(struct trust *t, struct store_person *p);
/* The same for everybody, after lists or our own devices changed; whose letter moved is shown anew.
 * True: somebody's did. */
bool trust_note_all(struct trust *t);
/* What was told while nobody watched, to who watches now. */
void trust_unseen(struct op *op, const struct store_person *p);
/* The safety number with p. */
int trust_safety(struct trust *t, const struct store_person *p, char out[SAFETY_TEXT]) MUST_CHECK;

/* The root of the relay's own CA: kept under this name; asked for once a connection, before anything
 * that needs it, and the first one stays. */
#define TRUST_CA_VALUE "relay.ca"
void trust_ca_ask(struct trust *t);

/* Fetch from the relay the authorities that known chains lack, then the lists that they need; done is
 * called once. */
void trust_refresh(struct trust *t, void (*done)(void *arg), void *arg);
bool trust_refreshing(const struct trust *t);
/* Who waits with this arg is gone. */
void trust_cancel(struct trust *t, const void *arg);
/* Is this certificate's holder us, under the same class of anchor? ERR_UNTRUSTED. */
int trust_same_holder(struct trust *t, struct bytes cert, const struct chain *c, struct fault *f)
    MUST_CHECK;
/* Our own certificate before it is shown to anybody: ERR_CERT_*. Without any list yet only what is
 * certain refuses. The chain is completed by what is known here; c->lacks: it cannot be. */
int trust_own_card(struct trust *t, struct bytes cert, struct chain *c, struct fault *f) MUST_CHECK;

/* Authorities from the relay (GetIssuers): what helps a chain to an anchor of ours is taken, and a
 * state root where no anchors are configured; kept in the profile, once there is one. */
void trust_issuers_take(struct trust *t, const Recado__ReplyBody *reply);
int trust_issuers_keep(struct trust *t, struct store *s) MUST_CHECK;

#endif
