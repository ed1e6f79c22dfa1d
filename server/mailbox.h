/*
 * mailbox: who has which mail, as hash chains. DESIGN 3.5.
 *
 * Lives in the store's thread. What is deposited, acked and learnt here is written through the
 * store inside the caller's transaction:
 *
 *     store begin; mailbox_deposit, _ack, _fetch ...; mailbox_flush; store commit
 *
 * After a transaction that failed, mailbox_reload reads everything back from the store.
 */
#ifndef RECADO_SERVER_MAILBOX_H
#define RECADO_SERVER_MAILBOX_H

#include "server/blob.h"
#include "server/store.h"

#define MAILBOX_WINDOW 1024    /* deposits remembered per depositing device */
#define MAILBOX_LINKS_MAX 1024 /* chain links in one reply */
/* Links that the recipient has not confirmed are kept: of at most so many more than may wait. */
#define MAILBOX_LINKS_SLACK 4096
#define MAILBOX_FETCH_MAX 64 /* envelopes in one reply */
#define MAILBOX_FETCH_BYTES (160u << 10)

struct mailboxes;

struct mailbox_config {
	const struct store_ops *ops;
	struct store *store;
	uint8_t relay_id[32];
	uint32_t max_envelopes; /* waiting in one mailbox */
	uint64_t max_bytes;
};

/* Reads everything back from the store. */
int mailbox_open(const struct mailbox_config *c, struct mailboxes **out) MUST_CHECK;
void mailbox_close(struct mailboxes **pm);
int mailbox_reload(struct mailboxes *m) MUST_CHECK;

struct mailbox_deposit {
	const uint8_t *sender, *mailbox; /* device ids, 16 */
	uint64_t number;
	const uint8_t *hash; /* SHA-256 of the envelope, 32 */
	struct blob *envelope;
	uint64_t time; /* ms */
};
struct mailbox_place { /* where it went */
	uint64_t index, time;
	uint8_t head[32]; /* of the chain after it */
	bool repeat;      /* it was there already */
};
/* ERR_BOX_FULL (also by links that nobody confirms), ERR_TAKEN (the sender used the number for
 * another envelope or mailbox). */
int mailbox_deposit(struct mailboxes *m, const struct mailbox_deposit *d, struct mailbox_place *out)
    MUST_CHECK;

/* The recipient has these and has verified its chain up to known. Hashes of 32 octets that are not
 * waiting are passed over; *deleted counts the others. */
struct mailbox_ack {
	const uint8_t *device;
	const struct bytes *hashes;
	size_t count;
	uint64_t known;
};
int mailbox_ack(struct mailboxes *m, const struct mailbox_ack *a, uint32_t *deleted) MUST_CHECK;

/* The chain of a mailbox from behind what its recipient knows. hashes holds count * 32 octets and
 * belongs to the caller (free). */
struct mailbox_chain {
	uint64_t first, length;
	uint8_t head[32];
	uint8_t *hashes;
	size_t count;
};
int mailbox_chain(struct mailboxes *m, const uint8_t device[16], struct mailbox_chain *out)
    MUST_CHECK;

struct mailbox_fetch {
	const uint8_t *device;
	uint64_t after; /* indices above this */
	uint64_t since; /* and taken at or after this time, ms */
	uint32_t max;   /* at most; 0 or more than MAILBOX_FETCH_MAX: that many */
	uint64_t known;
};
/* Shows the oldest that wait, up to max and MAILBOX_FETCH_BYTES (at least one, if there is one).
 * *waiting: how many more are left. */
typedef int mailbox_mail_fn(uint64_t index, uint64_t time, struct bytes envelope, void *arg);
int mailbox_fetch(struct mailboxes *m, const struct mailbox_fetch *f, mailbox_mail_fn *fn,
    void *arg, uint64_t *waiting) MUST_CHECK;

/* The device is gone: what waits for it goes, and nobody will confirm its chain. */
int mailbox_discard(struct mailboxes *m, const uint8_t device[16]) MUST_CHECK;

/* Write what is left to write; last thing before the commit. */
int mailbox_flush(struct mailboxes *m) MUST_CHECK;

struct mailbox_totals {
	uint64_t boxes, waiting, bytes, entries;
};
void mailbox_totals(const struct mailboxes *m, struct mailbox_totals *out);

#endif
