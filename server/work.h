/*
 * work: a request on its way through the store and back as a reply. A handler fills one in and
 * submits it; its kind says what to do in the transaction and what to answer.
 */
#ifndef RECADO_SERVER_WORK_H
#define RECADO_SERVER_WORK_H

#include "crypto/channel.h"
#include "server/dispatch.h"
#include "server/writer.h"

struct work;

struct work_kind {
	const char *name;
	unsigned weight; /* peer_busy's; 0: 1 */
	/* In the transaction; may run twice. Sets status, detail, field and op. */
	int (*run)(struct work *k, struct writer *w);
	/* After the commit, on the store's thread; NULL: nothing. */
	void (*committed)(struct work *k, struct writer *w);
	/* On the loop: adds the reply. NULL: status, detail, field, op as they are. */
	int (*finish)(struct work *k);
	/* Frees what the kind added; NULL: nothing. */
	void (*clear)(struct work *k);
};

struct work { /* stands first in what a handler allocates */
	struct job job;
	const struct work_kind *kind;
	struct loop *loop;
	struct ticket ticket;
	uint8_t user[USER_ID_LEN], device[DEVICE_ID_LEN]; /* who asks */
	uint32_t status;
	char detail[256];
	bool waited;
	unsigned field;
	struct buf *op;
};

#define WORK_OP_MAX (CHANNEL_MESSAGE_MAX - (8u << 10)) /* the rest is for the warrant */

/* Zeroed memory of size, at least sizeof(struct work), with its head filled in. */
void *work_new(size_t size, const struct work_kind *kind, const struct request *rq);
void work_submit(struct work *k);
/* Frees one that is not submitted. */
void work_free(struct work *k);
/* True: all that a (from the verdict v) lacks is a revocation list, which is fetched now; then a copy
 * of k, which holds what k held, is finished as if it came from the store, once. False: a->detail
 * says what it is about, where a list is missing. size: of what k stands first in; nothing may point
 * into it. */
bool work_wait(
    struct work *k, size_t size, const struct cert_verdict *v, struct trust_answer *a);
/* Note a refusal; returns 0. */
int work_refuse(struct work *k, uint32_t status, const char *detail);

#endif
