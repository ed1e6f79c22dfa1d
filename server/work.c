#include "server/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/fetch.h"

static unsigned
weight_of(const struct work *k)
{
	return k->kind->weight != 0 ? k->kind->weight : 1;
}

static int
work_run(struct job *j, struct writer *w)
{
	struct work *k = (struct work *)j;
	int r;

	k->status = RECADO__STATUS__STATUS_OK;
	k->detail[0] = '\0';
	k->field = 0;
	buf_reset(k->op);
	r = k->kind->run(k, w);
	if (r != ERR_LIMIT)
		return r;
	/* That is no fault of the store's, for which everybody's transaction would be undone. */
	buf_reset(k->op);
	k->field = 0;
	return work_refuse(k, RECADO__STATUS__STATUS_TOO_LARGE, "the answer is too large");
}

static void
work_committed(struct job *j, struct writer *w)
{
	struct work *k = (struct work *)j;

	if (k->kind->committed != NULL)
		k->kind->committed(k, w);
}

static int
plain_reply(struct work *k)
{
	struct warrants_reply r = { k->status, k->detail[0] != '\0' ? k->detail : NULL, k->field,
		buf_view(k->op) };

	return warrants_add(loop_warrants(k->loop), &k->ticket, &r, loop_wall(k->loop));
}

static void
work_done(struct job *j)
{
	struct work *k = (struct work *)j;
	struct peer *p = loop_peer(k->loop, k->ticket.peer);
	int r;

	if (p == NULL)
		return;
	if (j->result != 0) {
		work_refuse(k, RECADO__STATUS__STATUS_UNAVAILABLE,
		    j->result == ERR_DISK_FULL ? "the relay's disk is full"
					       : "the relay's store failed");
		k->field = 0;
	}
	r = j->result == 0 && k->kind->finish != NULL ? k->kind->finish(k) : plain_reply(k);
	if (r != 0)
		peer_fail(p, err_text(r));
	peer_idle(p, weight_of(k));
}

void
work_free(struct work *k)
{
	if (k->kind->clear != NULL)
		k->kind->clear(k);
	buf_free(&k->op);
	free(k);
}

static void
work_job_free(struct job *j)
{
	work_free((struct work *)j);
}

static const struct job_ops ops = {
	.name = "request",
	.run = work_run,
	.committed = work_committed,
	.done = work_done,
	.free = work_job_free,
};

void *
work_new(size_t size, const struct work_kind *kind, const struct request *rq)
{
	struct work *k = mem_alloc(size);

	k->job.ops = &ops;
	k->job.home = k->loop = rq->loop;
	k->kind = kind;
	k->ticket = rq->ticket;
	k->op = buf_new(WORK_OP_MAX);
	memcpy(k->user, peer_user(rq->peer), USER_ID_LEN);
	memcpy(k->device, peer_device(rq->peer), DEVICE_ID_LEN);
	return k;
}

void
work_submit(struct work *k)
{
	struct peer *p = loop_peer(k->loop, k->ticket.peer);

	if (p != NULL)
		peer_busy(p, weight_of(k));
	writer_push(loop_server(k->loop)->writer, &k->job);
}

/* What k held is the copy's. */
static struct work *
move(struct work *k, size_t size)
{
	struct work *next = mem_alloc(size);

	memcpy(next, k, size);
	memset((char *)k + sizeof(*k), 0, size - sizeof(*k));
	k->op = NULL;
	return next;
}

bool
work_wait(struct work *k, size_t size, const struct cert_verdict *v, struct trust_answer *a)
{
	struct fetch *fetch = loop_server(k->loop)->fetch;
	struct peer *p = loop_peer(k->loop, k->ticket.peer);
	struct work *next;

	if (!a->lacks_list)
		return false;
	if (!k->waited) {
		next = move(k, size);
		next->waited = true;
		if (fetch_wait(fetch, v, &next->job)) {
			if (p != NULL)
				peer_busy(p, weight_of(k));
			return true;
		}
		memcpy(k, next, size);
		free(next);
	}
	fetch_explain(fetch, v, a->detail, sizeof(a->detail));
	return false;
}

int
work_refuse(struct work *k, uint32_t status, const char *detail)
{
	k->status = status;
	snprintf(k->detail, sizeof(k->detail), "%s", detail);
	return 0;
}
