/*
 * mailbox_state: the mailboxes in memory, as mailbox*.c see them. Nobody else includes this.
 *
 * One entry stands for one deposit and is shared by two views of it: the recipient's mailbox (its
 * link of the chain, and its envelope while that waits) and the sender's window of recent deposits,
 * by which a repeat is known. An entry lives, here and in the store's log, as long as one of its
 * reasons holds:
 *
 *     WAITING  the recipient has not acked it
 *     LINK     the recipient has not said that its verified chain reaches so far
 *     WINDOW   it is among the sender's last 1,024
 *     FRESH    it came in this transaction
 *
 * Envelopes are written last, by mailbox_flush: one that was pushed and acked before its commit
 * leaves its link and no body.
 */
#ifndef RECADO_SERVER_MAILBOX_STATE_H
#define RECADO_SERVER_MAILBOX_STATE_H

#include "server/mailbox.h"
#include "server/table.h"

enum { WAITING = 1, LINK = 2, WINDOW = 4, FRESH = 8 };

struct entry {
	uint8_t key[8 + 32]; /* box id, envelope hash */
	uint64_t seq, index, number, time;
	uint32_t size;
	unsigned reasons;
	struct box *box;
	struct entry *twin;        /* waiting in the same box under the same hash */
	struct entry *prev, *next; /* of those waiting in the box, by index */
	struct entry *fresh;       /* next in this transaction */
	struct blob *envelope;     /* not yet written */
};

struct box {
	uint64_t id;
	uint8_t device[16], head[32];
	uint64_t length, known;
	struct entry **links; /* ring: indices known + 1 .. length */
	size_t link_first, link_cap;
	struct entry *first, *last; /* waiting */
	uint32_t waiting;
	uint64_t bytes;
	struct entry **window; /* ring of what this device deposited, by arrival */
	size_t window_first, window_count, window_cap;
	uint64_t number_max;
};

struct mailboxes {
	struct mailbox_config c;
	struct table *boxes; /* by device */
	struct table *by_id; /* by store id, while loading */
	struct table *mail;  /* waiting entries by key */
	struct entry *fresh;
	uint64_t seq; /* last used */
	uint64_t entries, waiting, bytes;
};

/* mailbox_entry.c */
const uint8_t *mailbox_entry_hash(const struct entry *e);
void mailbox_make_key(uint8_t key[40], uint64_t box, const uint8_t hash[32]);
/* The i-th link behind what is known; the i-th oldest of the window. */
struct entry *mailbox_link_at(const struct box *b, size_t i);
struct entry *mailbox_window_at(const struct box *b, size_t i);
/* e waits in its box, or does so no longer (it is out of the table of mail already). */
void mailbox_wait_add(struct mailboxes *m, struct entry *e);
void mailbox_wait_unlink(struct mailboxes *m, struct entry *e);
/* One reason less; without any the entry goes, here and in the store. */
int mailbox_release(struct mailboxes *m, struct entry *e, unsigned reason) MUST_CHECK;
/* e is its box's next link. */
void mailbox_link_add(struct entry *e);
/* e is the sender's newest deposit; the oldest may have to go. */
int mailbox_window_add(struct mailboxes *m, struct box *sender, struct entry *e) MUST_CHECK;
struct entry *mailbox_window_find(const struct box *sender, uint64_t number);
/* NULL: it is there already. */
struct box *mailbox_box_add(struct mailboxes *m, const struct store_box *sb);

/* mailbox_load.c: forget everything in memory. */
void mailbox_forget(struct mailboxes *m);

#endif
