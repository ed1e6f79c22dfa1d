/*
 * card: smart cards, through pkcs11-helper and whatever PKCS#11 module the card needs.
 *
 * All calls block, for seconds when a card computes or a person types, and are made from the one
 * thread that opened the context; pkcs11-helper keeps its state for the process, so there is one
 * context at a time. Every length and string from a card is hostile.
 *
 * The PIN: one attempt for each action of the user. A wrong PIN is reported with the tries left
 * and never asked for again by itself; an empty one is refused before it reaches the card. Modules
 * come in two kinds. Most ask us for the PIN (hook). The state's middleware asks by itself, in a
 * window or on the terminal (self-prompt): the screen must be out of its way meanwhile.
 */
#ifndef RECADO_CRYPTO_CARD_H
#define RECADO_CRYPTO_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"

#define CARD_TOKENS_MAX 16
#define CARD_OBJECTS_MAX 64 /* certificates or keys of a token */
#define CARD_PIN_MAX 64     /* octets, with the NUL */
#define CARD_CAN_LEN 6      /* digits of a card access number */
#define CARD_MODULES_MAX 16
#define CARD_GLANCE_LEN 32

struct card;

struct card_options {
	const char *module; /* path; NULL: the one of card_modules() that sees a card */
};

/* PKCS#11 modules on this machine, in the order they are tried, each once: the state's middleware,
 * OpenSC, those that p11-kit's lists name, SoftHSM. root, for tests, is put before every place it
 * looks in; NULL in earnest. Caller: card_modules_free. */
void card_modules(const char *root, char ***paths, size_t *count);
void card_modules_free(char ***paths, size_t *count);

/* Load the module. Without a name: the first that shows a card, or else the first that starts.
 * ERR_NO_MODULE (there is none), ERR_CARD (it does not start), ERR_UNEXPECTED (a second context). */
int card_open(const struct card_options *o, struct card **out, struct fault *f) MUST_CHECK;
void card_close(struct card **pc);
const char *card_module(const struct card *c);
/* Look for readers again, and for another module that sees a card, unless one is seen already: some
 * modules list readers only when they start. Forgets any login. After a failure the context is of no
 * more use: close it. */
int card_rescan(struct card *c, struct fault *f) MUST_CHECK;

/* ----------------------------------------------------------------------------- what is there */

enum card_tries { CARD_TRIES_FULL, CARD_TRIES_LOW, CARD_TRIES_FINAL, CARD_TRIES_LOCKED };
const char *card_tries_name(enum card_tries t); /* "full" "low" "final" "locked" */

struct card_cert {
	char *id;      /* CKA_ID, hex */
	char *label;   /* sanitised */
	char *subject; /* one line, sanitised */
	enum cert_use use;
	uint8_t sha256[CERT_HASH_LEN];
	uint8_t *der;
	size_t der_len;
};

struct card_key {
	char *id, *label;
	char *type; /* "RSA" "EC" "other" */
};

/* A card in a reader. Strings are sanitised, never NULL. */
struct card_token {
	char *reader, *label, *serial, *manufacturer, *model, *module;
	enum card_tries tries;
	bool pinpad;      /* the PIN is typed on the reader */
	bool self_prompt; /* the module asks for the PIN by itself */
	struct card_cert *certs;
	size_t cert_count;
	struct card_key *keys; /* those visible without a PIN */
	size_t key_count;
	char **mechanisms; /* "CKM_SHA256_RSA_PKCS", or hex */
	size_t mechanism_count;
};

/* Every token that holds a certificate. None is 0 with *count 0. Caller: card_tokens_free. */
int card_tokens(struct card *c, struct card_token **out, size_t *count, struct fault *f) MUST_CHECK;
void card_tokens_free(struct card_token **tokens, size_t *count);
/* Is the token with this serial (NULL: any) in a reader? */
bool card_present(struct card *c, const char *serial);
/* Readers, cards and tries left as they are now; state is to be compared with an earlier one. Cheap
 * where nothing changed: for polling. ERR_CARD. */
struct card_glance {
	uint8_t state[CARD_GLANCE_LEN];
	size_t readers;
};
int card_glance(struct card *c, struct card_glance *out) MUST_CHECK;

/* For telling what is missing where there is no token. */
struct card_readers {
	size_t readers, cards; /* cards: whatever is in a reader, of use or not */
	char *names;           /* "READER, READER", sanitised: those with a card, or else all */
};
int card_readers(struct card *c, struct card_readers *out) MUST_CHECK;
void card_readers_clear(struct card_readers *r);

/* -------------------------------------------------------------------------- whose card it is */

/* The certificate a card authenticates with, and the way to its key. */
struct card_holder {
	char *label, *serial; /* of the token */
	char *civil_name;
	uint8_t *cert;
	size_t cert_len;
	struct bytes
	    intermediates[CERT_INTERMEDIATES_MAX]; /* on the card; nearest first, no root */
	size_t intermediate_count;
	enum cert_scheme scheme;
	enum card_tries tries;
	bool pinpad, self_prompt;
	char *id; /* pkcs11-helper's serialised certificate id: token and CKA_ID */
};

/* which: token label or serial, case and outer blanks aside; NULL when there is one card only.
 * The authentication certificate is chosen by key usage, then by issuer, never the signature one.
 * ERR_NO_CARD (none, or none called that), ERR_USAGE (several: the fault lists them),
 * ERR_CERT_USAGE (no certificate to authenticate with), ERR_KEY (see cert_scheme). */
int card_select(struct card *c, const char *which, struct card_holder **out, struct fault *f)
    MUST_CHECK;
void card_holder_free(struct card_holder **ph);

/* ---------------------------------------------------------------------------------- signing */

struct card_ask {
	const char *token; /* label */
	const char *serial;
	const char *civil_name;
	enum card_tries tries; /* as the token says now */
	bool can; /* not the PIN: the card access number, six digits printed on the card */
};

/* All get arg. Each may be NULL: then what needs it is ERR_CANCELED. */
struct card_hooks {
	void *arg;
	/* Write the PIN (or, with ask->can, the card access number), NUL-terminated, to pin (of max
	 * octets; it is secret memory and wiped after use). 0 or ERR_CANCELED; an empty one counts
	 * as that. Asked at most once in a card_sign. */
	int (*pin)(void *arg, const struct card_ask *ask, char *pin, size_t max);
	/* Tell the user to type on the reader; card_sign goes on at once. NULL: nobody is told. */
	void (*pinpad)(void *arg, const struct card_ask *ask);
	/* The module will take the terminal or open a window: leave the screen. 0 or ERR_CANCELED. */
	int (*suspend)(void *arg, const struct card_ask *ask);
	void (*resume)(void *arg); /* always follows a suspend that returned 0 */
};

struct card_signature {
	enum cert_scheme scheme;
	uint8_t octets[CERT_SIGNATURE_MAX];
	size_t len;
};

/* Sign message (it is hashed here or by the card) with the holder's key: one attempt, one PIN.
 * The signature is verified under the certificate before it is given out. Logs the card out again.
 * ERR_NO_CARD, ERR_CARD_REMOVED, ERR_PIN, ERR_PIN_FINAL, ERR_PIN_LOCKED, ERR_CANCELED, ERR_CARD;
 * the fault says how many tries are left, where the card tells. */
int card_sign(struct card *c, const struct card_holder *h, struct bytes message,
    const struct card_hooks *hooks, struct card_signature *out, struct fault *f) MUST_CHECK;

#endif
