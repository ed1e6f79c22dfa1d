/*
 * store: everything the client keeps, in the vault: the account, people, messages and the proofs of
 * their states, sessions, prekeys, mail on its way, drafts.
 *
 * Used by the core thread only. Functions return 0 or ERR_*; ERR_NOT_FOUND where a row is asked for
 * by key. Changes that belong together stand between store_begin and store_commit; begin nests, and
 * an inner rollback dooms the outermost commit.
 */
#ifndef RECADO_CORE_STORE_H
#define RECADO_CORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

#define STORE_NAME 129
#define STORE_SAFETY 80
#define STORE_ID_TEXT 17
#define STORE_USER 32
#define STORE_DEVICE 16
#define STORE_HASH 32

struct store;

int store_open(const char *path, const uint8_t key[32], struct store **out, struct fault *f)
    MUST_CHECK;
void store_close(struct store **ps);

int store_begin(struct store *s) MUST_CHECK;
int store_commit(struct store *s) MUST_CHECK; /* on failure nothing of it happened */
void store_rollback(struct store *s);
/* Commit when r is 0, otherwise roll back; returns the first failure. */
int store_end(struct store *s, int r) MUST_CHECK;
/* Call fn once the outermost transaction holds (at once outside of one; never if it does not), then
 * free arg. */
typedef void store_after_fn(void *arg);
void store_after(struct store *s, store_after_fn *fn, void *arg);

/* ------------------------------------------------------------------------------ single values */

int store_value_get(struct store *s, const char *key, struct buf *out) MUST_CHECK;
int store_value_set(struct store *s, const char *key, struct bytes v) MUST_CHECK;
int store_fixed_get(struct store *s, const char *key, void *out, size_t n) MUST_CHECK;
char *store_text_get(struct store *s, const char *key); /* NULL: none; caller frees */
int store_text_set(struct store *s, const char *key, const char *v) MUST_CHECK;
int store_number_get(struct store *s, const char *key, uint64_t *out) MUST_CHECK; /* none: 0 */
int store_number_set(struct store *s, const char *key, uint64_t v) MUST_CHECK;
int store_number_next(struct store *s, const char *key, uint64_t *out) MUST_CHECK; /* 1, 2, ... */

/* ------------------------------------------------------------------------------ people */

struct store_person {
	int64_t id;
	char name[STORE_NAME];
	bool known;                  /* user_id is set: the relay or an introduction told it */
	uint8_t user_id[STORE_USER];
	int contact;                 /* enum core_contact */
	bool changed;                /* the name now leads to somebody else */
	bool stale;                  /* their device list is longer than what is kept here */
	uint64_t verified_at;        /* safety number compared; 0: never */
	char verified[STORE_SAFETY]; /* the number that was compared */
	uint64_t out_sequence;       /* of the last content sealed for this conversation */
	uint8_t out_previous[STORE_HASH];
	uint64_t last_at;            /* newest message; 0: none. Read only, as unread */
	uint32_t unread;
};

typedef int store_person_fn(void *arg, const struct store_person *p); /* 0: go on */

int store_person_add(struct store *s, struct store_person *p) MUST_CHECK; /* sets p->id */
int store_person_set(struct store *s, const struct store_person *p) MUST_CHECK;
int store_person_by_name(struct store *s, const char *name, struct store_person *out) MUST_CHECK;
int store_person_by_user(struct store *s, const uint8_t *user_id, struct store_person *out)
    MUST_CHECK;
int store_person_by_id(struct store *s, int64_t id, struct store_person *out) MUST_CHECK;
/* All, newest message first, then by name. */
int store_person_each(struct store *s, store_person_fn *fn, void *arg) MUST_CHECK;
/* The verified directory entry, packed (identity_pack). */
int store_entry_get(struct store *s, int64_t person, struct buf *out) MUST_CHECK;
int store_entry_set(struct store *s, int64_t person, struct bytes entry) MUST_CHECK;

typedef int store_past_fn(void *arg, uint64_t at, const char *what);
int store_past_add(struct store *s, int64_t person, uint64_t at, const char *what) MUST_CHECK;
int store_past_each(struct store *s, int64_t person, store_past_fn *fn, void *arg) MUST_CHECK;

typedef int store_draft_fn(void *arg, const char *name, const char *text);
int store_draft_set(struct store *s, const char *name, const char *text) MUST_CHECK;
int store_draft_each(struct store *s, store_draft_fn *fn, void *arg) MUST_CHECK;

/* ------------------------------------------------------------------------------ messages */

struct store_message {
	int64_t row, person;
	char id[STORE_ID_TEXT];
	bool sealed; /* mh is set: content was signed, or came signed */
	uint8_t mh[STORE_HASH];
	uint8_t device[STORE_DEVICE]; /* of the sender */
	bool outgoing, unread, first_contact, late;
	bool elsewhere; /* another device of ours has shown it; this one has not */
	uint64_t sequence;
	uint64_t sent_at, received_at;
	int state; /* enum core_state */
	const char *text;  /* from a query: valid within the callback only */
	const char *error; /* the same; NULL: none */
};

typedef int store_message_fn(void *arg, const struct store_message *m);

/* content: the SignedContent as it travelled; empty for a message not yet sealed. Sets m->row. */
int store_message_add(struct store *s, struct store_message *m, struct bytes content) MUST_CHECK;
int store_message_sealed(struct store *s, int64_t row, const uint8_t *mh, uint64_t sequence,
    struct bytes content) MUST_CHECK;
int store_message_state(struct store *s, int64_t row, int state, const char *error) MUST_CHECK;
int store_message_mark_read(struct store *s, int64_t row) MUST_CHECK;
/* It is read, but not yet given out here: unread becomes elsewhere. */
int store_message_mark_elsewhere(struct store *s, int64_t row) MUST_CHECK;
int store_message_content(struct store *s, int64_t row, struct buf *out) MUST_CHECK;
/* One message through fn. ERR_NOT_FOUND. */
int store_message_get(struct store *s, int64_t row, store_message_fn *fn, void *arg) MUST_CHECK;
int store_message_by_hash(struct store *s, const uint8_t *mh, int64_t *row) MUST_CHECK;
/* A prefix of 8..16 hex digits; person 0: anybody's. ERR_USAGE: too short, not hex or ambiguous. */
int store_message_find(struct store *s, int64_t person, const char *prefix, int64_t *row) MUST_CHECK;
/* Has this person ever written? */
int store_message_any(struct store *s, int64_t person, bool *out) MUST_CHECK;
/* When a device of theirs last wrote, and it had come by then: the earlier of the two; 0: never. */
int store_message_newest(struct store *s, int64_t person, const uint8_t *device, uint64_t *out)
    MUST_CHECK;
/* The highest sequence of a device in the conversation with a person, and its hash; 0: none. */
int store_message_last(struct store *s, int64_t person, const uint8_t *device, uint64_t *sequence,
    uint8_t *mh) MUST_CHECK;

enum store_list {
	STORE_LIST_HISTORY,  /* newest `limit` below row `before`, given oldest first */
	STORE_LIST_UNREAD,   /* incoming, not read, oldest first */
	STORE_LIST_NEW,      /* incoming, not read or not here, oldest first */
	STORE_LIST_INBOX,    /* incoming, unread first, then newest first */
	STORE_LIST_SENT,     /* outgoing, newest first */
	STORE_LIST_OUTBOX,   /* outgoing, not delivered, oldest first */
	STORE_LIST_UNSENT,   /* outgoing, queued, oldest first */
	STORE_LIST_UNSEALED, /* outgoing, queued and not yet sealed, oldest first */
};
struct store_query {
	enum store_list list;
	int64_t person;      /* 0: everybody */
	const char *words;   /* HISTORY: search, or NULL; see store_search.c */
	uint64_t before;     /* 0: from the newest */
	uint32_t limit;      /* 0: all */
};
int store_message_each(struct store *s, const struct store_query *q, store_message_fn *fn,
    void *arg) MUST_CHECK;
int store_message_count(struct store *s, enum store_list list, int64_t person, uint32_t *out)
    MUST_CHECK;

/* What is proven of a message, one row a (device, state). The proof as it came: a Warrant, a
 * SignedReceipt. */
struct store_trace {
	uint8_t device[STORE_DEVICE];
	int state; /* enum core_state */
	uint64_t at;
	int proof; /* enum core_proof */
	bool verified;
	struct bytes blob;
};
typedef int store_trace_fn(void *arg, const struct store_trace *t);
int store_trace_add(struct store *s, int64_t message, const struct store_trace *t) MUST_CHECK;
int store_trace_each(struct store *s, int64_t message, store_trace_fn *fn, void *arg) MUST_CHECK;

/* ------------------------------------------------------------------------------ mail */

struct store_deposit {
	uint64_t number;
	int64_t message; /* 0: receipts or control */
	int64_t person;
	uint8_t device[STORE_DEVICE];
	uint8_t hash[STORE_HASH];
	bool sent;
	uint64_t index;
	struct bytes envelope; /* in a query: valid within the callback; empty once sent */
};
typedef int store_deposit_fn(void *arg, const struct store_deposit *d);
int store_deposit_add(struct store *s, const struct store_deposit *d) MUST_CHECK;
int store_deposit_sent(struct store *s, uint64_t number, uint64_t index) MUST_CHECK;
int store_deposit_drop(struct store *s, uint64_t number) MUST_CHECK;
/* Give an unsent one another number. */
int store_deposit_number(struct store *s, uint64_t number, uint64_t to) MUST_CHECK;
/* Unsent ones from number `from` on, in order. */
int store_deposit_each(struct store *s, uint64_t from, store_deposit_fn *fn, void *arg) MUST_CHECK;
int store_deposit_count(struct store *s, uint32_t *unsent) MUST_CHECK;
/* The message a deposit carried; ERR_NOT_FOUND. The deposit is forgotten, so that it can be made
 * anew. */
int store_deposit_reopen(struct store *s, const uint8_t *device, const uint8_t *hash, int64_t *row)
    MUST_CHECK;
int store_deposit_carried(struct store *s, const uint8_t *device, const uint8_t *hash, int64_t *row)
    MUST_CHECK; /* the same, and it stays */
int store_deposit_forget(struct store *s, int64_t message) MUST_CHECK; /* all of a message */
/* Was the message sealed for this device? */
int store_deposit_has(struct store *s, int64_t message, const uint8_t *device, bool *out) MUST_CHECK;
int store_deposit_any(struct store *s, int64_t message, bool *out) MUST_CHECK;
/* The last warranted deposit in a mailbox; ERR_NOT_FOUND. */
int store_deposit_last(struct store *s, const uint8_t *device, uint64_t *index, uint8_t *hash)
    MUST_CHECK;

/* A device was removed: its sessions, and what was to go to it. */
int store_device_drop(struct store *s, const uint8_t *device) MUST_CHECK;

/* Envelopes taken, for 30 days. */
int store_seen_add(struct store *s, const uint8_t *hash, uint64_t now) MUST_CHECK;
int store_seen(struct store *s, const uint8_t *hash, bool *out) MUST_CHECK;
/* The mailbox's chain, entry by entry, as far as it was verified. */
int store_chain_add(struct store *s, uint64_t index, const uint8_t *hash) MUST_CHECK;
int store_chain_get(struct store *s, uint64_t index, uint8_t *hash) MUST_CHECK;

/* A receipt to be sent: kind is an enum receipt_kind, for the devices of the message's sender; from
 * STORE_RECEIPT_OWN on it is for our own user's other devices (receipts.h). */
#define STORE_RECEIPT_OWN 16
struct store_receipt {
	int64_t message, person;
	int kind;
	uint64_t due;
	uint64_t at; /* what it will say */
	uint8_t mh[STORE_HASH], device[STORE_DEVICE];
};
typedef int store_receipt_fn(void *arg, const struct store_receipt *r);
int store_receipt_add(struct store *s, int64_t message, int kind, uint64_t at, uint64_t due)
    MUST_CHECK;
/* Those due, by person, of accepted contacts; then those for our own devices. */
int store_receipt_each(struct store *s, uint64_t now, store_receipt_fn *fn, void *arg) MUST_CHECK;
int store_receipt_drop(struct store *s, int64_t message, int kind) MUST_CHECK;
int store_receipt_hurry(struct store *s) MUST_CHECK; /* all are due now */
int store_receipt_next(struct store *s, uint64_t *due) MUST_CHECK; /* 0: none */
int store_receipt_put_off(struct store *s, int64_t message, int kind, uint64_t due) MUST_CHECK;
/* All for a person (0: for our own devices) are due then. */
int store_receipt_due(struct store *s, int64_t person, uint64_t due) MUST_CHECK;

/* ------------------------------------------------------------------------------ store_copy.c */

/* Sealed messages that a device did not get when the others did. person: whose device it is. */
struct store_owed {
	int64_t message, person;
	uint8_t device[STORE_DEVICE];
};
typedef int store_owed_fn(void *arg, const struct store_owed *o);
int store_owed_add(struct store *s, int64_t message, int64_t person, const uint8_t *device)
    MUST_CHECK;
int store_owed_drop(struct store *s, int64_t message, const uint8_t *device) MUST_CHECK;
int store_owed_drop_device(struct store *s, const uint8_t *device) MUST_CHECK;
/* One for each device, its oldest; or the oldest of a device. fn changes nothing here. */
int store_owed_devices(struct store *s, store_owed_fn *fn, void *arg) MUST_CHECK;
int store_owed_each(struct store *s, const uint8_t *device, uint32_t limit, store_owed_fn *fn,
    void *arg) MUST_CHECK;
/* What was sealed for a device of messages written since then is owed again; the newest `limit`. */
int store_owed_again(struct store *s, const struct store_owed *whose, uint64_t since,
    uint32_t limit) MUST_CHECK;

/* What came before what it is about: kept for 30 days, so many of a person and so many in all;
 * more is let go. kind: an enum receipt_kind, or one of these. */
#define STORE_EARLY_SENT 16
#define STORE_EARLY_FAILED 17
#define STORE_EARLY_CONTENT 18 /* a copy to somebody whom we do not know yet */
struct store_early {
	uint8_t about[STORE_HASH];   /* mh */
	uint8_t device[STORE_DEVICE]; /* that it is of */
	int kind;
	uint8_t author[STORE_DEVICE]; /* the device that it came from */
	const uint8_t *user;          /* CONTENT: to whom; NULL */
	int64_t person;               /* from whom */
	bool ours;                    /* in add: from another device of ours */
	uint64_t at;
	struct bytes blob;            /* in a query: valid within the callback only */
};
typedef int store_early_fn(void *arg, const struct store_early *x);
int store_early_add(struct store *s, const struct store_early *x) MUST_CHECK;
int store_early_each(struct store *s, const uint8_t *about, store_early_fn *fn, void *arg)
    MUST_CHECK;
int store_early_drop(struct store *s, const uint8_t *about) MUST_CHECK;
int store_early_drop_content(struct store *s, const uint8_t *about) MUST_CHECK;
/* The first content for a user; ERR_NOT_FOUND. about, author: of 32 and 16 octets. */
int store_early_content(struct store *s, const uint8_t *user, uint8_t *about, uint8_t *author,
    struct buf *blob) MUST_CHECK;
/* The next user with content, after this one in their order; ERR_NOT_FOUND. */
int store_early_user(struct store *s, const uint8_t *after, uint8_t *user) MUST_CHECK;

/* Envelopes that their senders are to be asked to seal again. */
typedef int store_ask_fn(void *arg, int64_t person, const uint8_t *device, const uint8_t *hash);
int store_ask_add(struct store *s, int64_t person, const uint8_t *device, const uint8_t *hash)
    MUST_CHECK;
int store_ask_drop(struct store *s, const uint8_t *hash) MUST_CHECK;
int store_ask_each(struct store *s, store_ask_fn *fn, void *arg) MUST_CHECK;

/* What losing sessions costs, put off until it is due. device, hash: zeros where the kind has none. */
enum store_later_kind {
	STORE_LATER_PERSON = 1, /* seal again what a person did not confirm */
	STORE_LATER_OWN,        /* and the copies for a device of ours */
	STORE_LATER_ASKED,      /* and the envelope that a device asked for */
	STORE_LATER_ASK,        /* ask a device for an envelope */
};
struct store_later {
	int kind;
	int64_t person;
	uint8_t device[STORE_DEVICE], hash[STORE_HASH];
	uint64_t due;
};
/* The same once more changes nothing; beyond `max` for a kind and device it is let go. */
int store_later_add(struct store *s, const struct store_later *l, uint32_t max) MUST_CHECK;
/* The first due before `now` or after `never`, which is forgotten with that; ERR_NOT_FOUND. */
int store_later_take(struct store *s, uint64_t now, uint64_t never, struct store_later *out)
    MUST_CHECK;
int store_later_next(struct store *s, uint64_t *due) MUST_CHECK; /* 0: none */

/* Indices of our mailbox that a sender says were warranted, beyond what we have seen of its chain. */
int store_claim_add(struct store *s, uint64_t index, const uint8_t *hash, uint64_t now) MUST_CHECK;
int store_claim_drop(struct store *s, uint64_t upto) MUST_CHECK;
typedef int store_claim_fn(void *arg, uint64_t index, const uint8_t *hash, uint64_t at);
int store_claim_each(struct store *s, store_claim_fn *fn, void *arg) MUST_CHECK;

/* ------------------------------------------------------------------------------ sessions, keys */

struct store_session {
	int64_t id; /* 0 in put: a new one */
	int64_t person;
	uint8_t device[STORE_DEVICE]; /* of the peer */
	struct bytes packed;
	const uint8_t (*tags)[8];
	size_t tag_count;
	bool active; /* the one to seal on */
	uint64_t oldest; /* session_oldest of it; put only */
	uint64_t generation; /* stays as it was first put */
};
#define STORE_SESSIONS_REPLACED 4 /* of a device; those that began last */
/* put replaces session and tags; an active one takes that from the device's others. A new one may be
 * one too many of those that are not active: the first of them goes. */
int store_session_put(struct store *s, struct store_session *ss) MUST_CHECK;
int store_session_get(struct store *s, int64_t id, struct buf *packed) MUST_CHECK;
int store_session_by_device(struct store *s, const uint8_t *device, int64_t *id, struct buf *packed)
    MUST_CHECK;
/* ss: id, person, device, active, generation are filled in. */
int store_session_by_tag(struct store *s, const uint8_t tag[8], struct store_session *ss,
    struct buf *packed) MUST_CHECK;
/* The same: the active session with a device, or else the newest. ERR_NOT_FOUND: there is none. */
int store_session_best(struct store *s, const uint8_t *device, struct store_session *ss,
    struct buf *packed) MUST_CHECK;
/* Those that are not active and were not used since `limit` go; of the others it is noted that they are
 * not used from `now` on. */
int store_session_age(struct store *s, uint64_t now, uint64_t limit) MUST_CHECK;
struct store_due {
	int64_t id, person;
	bool active;
};
/* The first `max` sessions by id, beyond `after`, with a key that was skipped before `before`. */
int store_session_due(struct store *s, uint64_t before, int64_t after, struct store_due *out,
    size_t max, size_t *n) MUST_CHECK;
/* One a device, in no order; fn may change the store. */
typedef int store_session_fn(void *arg, int64_t person, const uint8_t *device);
int store_session_each(struct store *s, store_session_fn *fn, void *arg) MUST_CHECK;
int store_session_drop_person(struct store *s, int64_t person) MUST_CHECK;
/* The device's sessions seal no more; mail in them still opens. */
int store_session_rest(struct store *s, const uint8_t *device) MUST_CHECK;
/* The newest of them does again, if there is any. */
int store_session_wake(struct store *s, const uint8_t *device) MUST_CHECK;
/* Those with a device up to a generation. */
int store_session_drop_upto(struct store *s, const uint8_t *device, uint64_t generation) MUST_CHECK;
/* Is there one with a device of a lower generation? */
int store_session_older(struct store *s, const uint8_t *device, uint64_t generation, bool *out)
    MUST_CHECK;

enum store_prekey_kind { STORE_PREKEY_SIGNED = 1, STORE_PREKEY_ONE_TIME = 2, STORE_PREKEY_LAST = 3 };
int store_prekey_add(struct store *s, enum store_prekey_kind kind, uint32_t id, struct bytes key,
    uint64_t now) MUST_CHECK;
int store_prekey_get(struct store *s, enum store_prekey_kind kind, uint32_t id, struct buf *key)
    MUST_CHECK;
int store_prekey_drop(struct store *s, enum store_prekey_kind kind, uint32_t id) MUST_CHECK;
/* The newest of a kind and when it was made; ERR_NOT_FOUND. */
int store_prekey_newest(struct store *s, enum store_prekey_kind kind, uint32_t *id, uint64_t *made)
    MUST_CHECK;
/* All but the newest were replaced: forget those replaced before `limit`, with their ephemerals. */
int store_prekey_expire(struct store *s, enum store_prekey_kind kind, uint64_t limit) MUST_CHECK;
/* Only the newest `keep` of a kind stay. */
int store_prekey_trim(struct store *s, enum store_prekey_kind kind, uint32_t keep) MUST_CHECK;
/* 0 the first time, ERR_REPLAY when this ephemeral was used with this signed prekey before. */
int store_ephemeral_add(struct store *s, uint32_t signed_prekey, const uint8_t ephemeral[32])
    MUST_CHECK;

/* Revocation lists that came from the relay, each with the authorities that it is checked with
 * (cert_store_list_signers): a client that starts has followed nobody's chain yet. */
struct store_crl {
	uint8_t sha256[STORE_HASH], issuer[STORE_HASH];
	uint8_t lineage[STORE_HASH]; /* of its versions (revocation_lineage); add only */
	struct bytes der, signers; /* in a query: valid within the callback only */
};
typedef int store_list_fn(void *arg, const struct store_crl *l);
/* It takes the place of the version before. However old it grows it stays: it is what keeps an older one
 * from coming back. */
int store_list_add(struct store *s, const struct store_crl *l, uint64_t now) MUST_CHECK;
/* In the order in which they came. */
int store_list_each(struct store *s, store_list_fn *fn, void *arg) MUST_CHECK;

/* Once a day: forget what is past its time. */
int store_expire(struct store *s, uint64_t now) MUST_CHECK;

#endif
