#include "server/admit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/fetch.h"
#include "server/peer.h"

#define ENTRY_MAX (1u << 20)

static void
refuse(struct peer *p, uint32_t status, const char *detail)
{
	struct trust_answer a = { .status = status };

	snprintf(a.detail, sizeof(a.detail), "%s", detail);
	peer_judged(p, NULL, &a);
}

void
admit_stranger(struct peer *p)
{
	struct trust_answer a = { .status = RECADO__STATUS__STATUS_OK };

	peer_judged(p, NULL, &a);
}

/* ---------------------------------------------------------------------------- sign-in */

struct sign_in {
	struct job job;
	struct loop *loop;
	uint64_t peer;
	uint8_t user[USER_ID_LEN], device[DEVICE_ID_LEN];
	struct buf *entry;
	bool again;  /* it is signed in already; only its end can come of this */
	bool waited; /* for lists; not twice */
};

static const struct job_ops sign_in_ops;

static int
sign_in_run(struct job *j, struct writer *w)
{
	struct sign_in *s = (struct sign_in *)j;
	int r;

	buf_reset(s->entry);
	r = writer_ops(w)->get_entry(writer_store(w), s->user, s->entry);
	return r == ERR_NOT_FOUND ? 0 : r;
}

/* The same sign-in once the lists that its chain lacks were fetched. */
static bool
wait_for_lists(struct sign_in *s, const struct cert_verdict *v)
{
	struct sign_in *next;

	if (s->waited)
		return false;
	next = mem_alloc(sizeof(*next));
	*next = *s;
	next->waited = true;
	if (!fetch_wait(loop_server(s->loop)->fetch, v, &next->job)) {
		free(next);
		return false;
	}
	s->entry = NULL;
	return true;
}

/* ERR_AGAIN: it goes on later. */
static int
judge(struct sign_in *s, struct trust_answer *a)
{
	struct server *srv = loop_server(s->loop);
	const struct cert_verdict *v = NULL;
	struct directory_verdict known;
	struct identity *id = NULL;
	int r;

	if ((r = trust_read(srv->trust, buf_view(s->entry), loop_wall(s->loop), &id)) != 0)
		return r;
	trust_judge(srv->trust, id, s->device, loop_wall(s->loop), &v, a);
	if (a->lacks_list && wait_for_lists(s, v)) {
		r = ERR_AGAIN;
		goto out;
	}
	if (a->lacks_list)
		fetch_explain(srv->fetch, v, a->detail, sizeof(a->detail));
	known = (struct directory_verdict){ a->status, a->generation, a->until };
	directory_set_verdict(srv->directory, s->device, &known);
out:
	cert_verdict_free(&v);
	identity_free(&id);
	return r;
}

static void
sign_in_done(struct job *j)
{
	struct sign_in *s = (struct sign_in *)j;
	struct peer *p = loop_peer(s->loop, s->peer);
	struct trust_answer a = { 0 };
	struct directory_device dev;
	int r;

	if (p == NULL || (r = j->result != 0 ? j->result : judge(s, &a)) == ERR_AGAIN)
		return;
	if (r != 0) {
		a.status = RECADO__STATUS__STATUS_UNAVAILABLE;
		snprintf(a.detail, sizeof(a.detail), "the account cannot be read now");
	}
	if (s->again) {
		if (a.status != RECADO__STATUS__STATUS_OK)
			peer_close(p, a.status, a.detail);
		else
			peer_judge_at(p, a.until);
	} else if (r == 0 &&
	    (directory_find_device(loop_server(s->loop)->directory,
		 (struct bytes){ s->device, DEVICE_ID_LEN }, &dev, NULL) != 0 ||
		!dev.live))
		refuse(p, RECADO__STATUS__STATUS_DEVICE_REMOVED, "");
	else
		peer_judged(p, r == 0 ? &dev : NULL, &a);
}

static void
sign_in_free(struct job *j)
{
	struct sign_in *s = (struct sign_in *)j;

	buf_free(&s->entry);
	free(s);
}

static const struct job_ops sign_in_ops = {
	.name = "sign-in",
	.run = sign_in_run,
	.done = sign_in_done,
	.free = sign_in_free,
};

static void
read_entry(struct peer *p, bool again)
{
	struct sign_in *s = mem_alloc(sizeof(*s));

	s->job.ops = &sign_in_ops;
	s->job.home = s->loop = peer_loop(p);
	s->peer = peer_id(p);
	s->again = again;
	memcpy(s->user, peer_user(p), USER_ID_LEN);
	memcpy(s->device, peer_device(p), DEVICE_ID_LEN);
	s->entry = buf_new(ENTRY_MAX);
	writer_push(loop_server(s->loop)->writer, &s->job);
}

void
admit_sign_in(struct peer *p)
{
	struct server *srv = loop_server(peer_loop(p));
	struct directory_verdict v;
	struct trust_answer a = { 0 };
	struct directory_device dev;

	if (directory_find_device(
		srv->directory, (struct bytes){ peer_device(p), DEVICE_ID_LEN }, &dev, NULL) != 0 ||
	    memcmp(dev.user_id, peer_user(p), USER_ID_LEN) != 0) {
		refuse(p, RECADO__STATUS__STATUS_UNKNOWN_DEVICE, "");
		return;
	}
	/* Only the device itself is told that it was removed. */
	if (!peer_proves_device(p, &dev))
		return;
	if (!dev.live) {
		refuse(p, RECADO__STATUS__STATUS_DEVICE_REMOVED, "");
		return;
	}
	if (directory_verdict(srv->directory, peer_device(p), trust_generation(srv->trust),
		loop_wall(peer_loop(p)), &v) == 0 &&
	    v.status == RECADO__STATUS__STATUS_OK) {
		a.status = v.status;
		a.until = v.until;
		peer_judged(p, &dev, &a);
		return;
	}
	read_entry(p, false);
}

void
admit_again(struct peer *p)
{
	struct server *srv = loop_server(peer_loop(p));
	struct directory_verdict v;

	/* Another connection, or an earlier change, may have had it judged since. */
	if (directory_verdict(srv->directory, peer_device(p), trust_generation(srv->trust),
		loop_wall(peer_loop(p)), &v) == 0 &&
	    v.status == RECADO__STATUS__STATUS_OK) {
		peer_judge_at(p, v.until);
		return;
	}
	peer_judge_at(p, UINT64_MAX); /* that is under way */
	read_entry(p, true);
}

/* ---------------------------------------------------------------------------- catching up */

struct catch_up {
	struct job job;
	struct loop *loop;
	uint64_t peer, after, since, left;
	uint8_t device[DEVICE_ID_LEN];
	struct buf *mail;
};

static int
catch_up_mail(uint64_t index, uint64_t time, struct bytes envelope, void *arg)
{
	struct catch_up *c = arg;
	int r;
	(void)time;

	if ((r = buf_put_u64(c->mail, index)) != 0)
		return r;
	return buf_put_string(c->mail, envelope.p, envelope.n);
}

static int
catch_up_run(struct job *j, struct writer *w)
{
	struct catch_up *c = (struct catch_up *)j;
	struct mailbox_fetch f = { .device = c->device, .after = c->after, .since = c->since };

	buf_reset(c->mail);
	return mailbox_fetch(writer_mailboxes(w), &f, catch_up_mail, c, &c->left);
}

static void
catch_up_done(struct job *j)
{
	struct catch_up *c = (struct catch_up *)j;
	struct peer *p = loop_peer(c->loop, c->peer);

	if (p != NULL)
		peer_catch_up(p, buf_view(c->mail), j->result == 0 ? c->left : 1);
}

static void
catch_up_free(struct job *j)
{
	struct catch_up *c = (struct catch_up *)j;

	buf_free(&c->mail);
	free(c);
}

static const struct job_ops catch_up_ops = {
	.name = "catch-up",
	.run = catch_up_run,
	.done = catch_up_done,
	.free = catch_up_free,
};

void
admit_catch_up(struct peer *p, uint64_t after, uint64_t since)
{
	struct catch_up *c = mem_alloc(sizeof(*c));

	c->job.ops = &catch_up_ops;
	c->job.home = c->loop = peer_loop(p);
	c->peer = peer_id(p);
	c->after = after;
	c->since = since;
	memcpy(c->device, peer_device(p), DEVICE_ID_LEN);
	c->mail = buf_new(0);
	writer_push(loop_server(c->loop)->writer, &c->job);
}
