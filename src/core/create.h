/*
 * create: from nothing to an account. DESIGN 3.2 (pin), 3.3 (binding), 5 (create).
 *
 *     meet       the relay's key, the connection closed, the code compared
 *     check      again, on the pinned key: is the name free?
 *     card       its certificate, judged, with what the relay knows of its chain if that is not whole
 *                here; the passphrase; then the PIN: the card signs, with no
 *                connection open
 *     enrol      or, without a card: the relay's root; the passphrase, a key that plays the card's
 *                part and a request, kept; a certificate for it, judged; the key signs
 *     register   on the pinned key: binding, device list, device record
 *     join       a further device: it signs in, looks itself up and verifies the whole list, from
 *                the first binding to its own, before anything else relies on it
 *     settle     the profile is moved into place, opened, prekeys are put
 *
 * A name that is taken may be our own: then the card signs a further device for it, and the relay,
 * which knows whose card founded it, takes or refuses that.
 *
 * Everything made before the last step lies in a folder beside the profile, which a failure
 * removes, unless the relay may know of it already: what was promised there is kept, and the next
 * create of this home goes on with it, without the card. A request for a certificate is kept, too: the
 * invitation may be spent on it.
 */
#ifndef RECADO_CORE_CREATE_H
#define RECADO_CORE_CREATE_H

#include "core/account.h"
#include "core/cards.h"
#include "core/chain.h"
#include "core/conn.h"
#include "crypto/binding.h"
#include "crypto/code.h"
#include "crypto/csr.h"

struct create {
	struct op *op;
	struct engine *e;
	op_then *then; /* after first contact */

	struct link_address to;
	char address[LINK_HOST + 16];
	bool has_code, heard, missed;
	uint8_t code[CODE_LEN], derived[CODE_LEN];
	int groups[3];
	char *invite;
	struct conn *conn;
	uint8_t first[KEY_LEN];
	struct rotation_chain relay_keys;
	struct fault why; /* the request's answer, when it was no */

	struct buf *relay_ca; /* the root of the relay's own CA, DER; empty: not asked */
	struct buf *request;  /* for a certificate, DER */
	bool enrolling;       /* it was sent and not answered */
	bool requested;       /* it lies in what is staged: of this create or an earlier one */
	unsigned tries;

	struct keyfile *keys;
	char *passphrase; /* in the secret arena */
	struct binding binding;
	struct buf *body, *to_sign, *certificate;
	struct chain chain; /* above the certificate */
	uint32_t scheme;
	struct buf *signed_binding, *event, *record;
	struct store *store; /* of the profile that is being made */
	bool staged;
	bool adding;     /* a further device of an account that exists */
	uint32_t list_length; /* of its list, as the relay said */
	bool confirming; /* sign in on the next connection */
	bool unsure; /* registration was asked for and not answered */
	bool kept;   /* the relay may know us: the staged profile outlives a failure */
	bool resumed, asked_again;
};

/* op->state becomes a new struct create. */
struct create *create_new(struct op *op) __attribute__((returns_nonnull));
/* First contact, or the pin kept from one; then `then` (an op_then, f NULL), or the op failed. */
void create_meet(struct create *c, op_then *then);
/* Connect on the pinned key and call opened when the channel is. The op fails when it breaks. */
void create_connect(struct create *c, void (*opened)(void *arg, const struct channel_event *ev));
/* Go on with fn in a new turn of the loop, the connection closed. */
void create_next(struct create *c, void (*fn)(struct op *op));
/* From the name check to the card's signature; and from there to the end. */
void create_check(struct op *op, const struct fault *f);
void create_register(struct create *c, struct bytes signature);
/* Without a card: the relay's root, on the connection that is open, and all that follows. */
void create_enrol(struct create *c);
/* The connection broke before the certificate came: ask again for the same. */
void create_enrol_again(struct create *c, const struct fault *why);
/* create_request.c. Key and request, made and kept, or as an earlier create kept them; both after
 * create_passphrase. */
int create_request_make(struct create *c, struct fault *f) MUST_CHECK;
int create_request_open(struct create *c, struct fault *f) MUST_CHECK;
/* Shared steps. passphrase: false, and the op has failed, without one. binding fills c->binding and
 * what is to be signed, once the certificate is there. */
bool create_passphrase(struct create *c, const char *text) MUST_CHECK;
int create_binding(struct create *c, struct fault *f) MUST_CHECK;
void create_failed(struct op *op); /* with c->why */
/* An empty profile beside the other, with c->keys under the passphrase, and its store, open. */
int create_stage(struct create *c, struct fault *f) MUST_CHECK;
/* What to do after a failure of which something is kept. */
void create_hint_kept(const struct create *c, struct fault *f);
/* What was begun here cannot be used: r; *f is set. */
int create_damaged(struct create *c, int r, struct fault *f);
/* Send the registration that is made (again). */
void create_send(struct op *op);
/* The connection broke before the answer, or an earlier process did (why NULL): whether we are
 * registered shows by signing in. */
void create_confirm(struct create *c, const struct fault *why);
/* Put the profile in place. */
void create_settle(struct op *op);
/* The parts that were registered, as messages of their own; register_clear frees them. */
int create_parts(const struct create *c, Recado__Register *rg) MUST_CHECK;
void create_parts_clear(Recado__Register *rg);

/* create_join.c. The name is taken: by whom a binding of ours could join? ERR_TAKEN. */
int create_may_join(struct create *c, const Recado__ReplyBody *taken, struct fault *f) MUST_CHECK;
/* Sign in and look ourselves up; then create_settle, or the op failed. */
void create_join(struct op *op);
void create_joined(void *arg, const struct channel_event *welcome); /* signed in already */

/* create_resume.c. Is there something to go on with? Then it is gone on with, or the op failed. */
bool create_resume(struct create *c);
/* Of both kinds of what is kept: keys and store, with the passphrase; and is it with this relay? */
int create_staged_open(struct create *c, struct fault *f) MUST_CHECK;
int create_same_relay(struct create *c, const uint8_t first[KEY_LEN], const char *relay,
    struct fault *f) MUST_CHECK;
/* What that needs, into the staged store. */
int create_remember(struct create *c) MUST_CHECK;

#endif
