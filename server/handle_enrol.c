/* Certificates from the relay's own CA, for people without a card. */
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "server/authority.h"
#include "server/encode.h"
#include "server/work.h"

#define INVITE_MAX 64
/* A certificate that was given for the asking and by which no account lives counts for so long, and
 * is kept for so long; who comes with it later is refused (claim.c). */
#define UNCLAIMED_COUNTS_MS (60 * 60 * 1000u)
#define UNCLAIMED_KEPT_MS (24 * UNCLAIMED_COUNTS_MS)

enum { ENROLLED_CERTIFICATE = 1, RELAY_CA_CERTIFICATE = 1 };

struct enrolment {
	struct work work;
	uint8_t request[32], invite[32];
	bool has_invite, costs_invite; /* there is one with it; one is needed */
	uint32_t refused; /* who asks for the first time is: with this; STATUS_OK: nobody */
	const char *why;
	uint32_t most; /* certificates that may be good at once */
	struct authority_leaf leaf;
};

static void
enrolment_clear(struct work *k)
{
	authority_leaf_clear(&((struct enrolment *)k)->leaf);
}

static int
give(struct enrolment *e, struct bytes der)
{
	e->work.field = REPLY_ENROLLED;
	return encode_bytes(e->work.op, ENROLLED_CERTIFICATE, der);
}

/* This request was here before: its answer got lost, or somebody else has heard of it. What it was
 * given for is given, whatever the policy is by now. */
static int
give_again(const struct store_certificate *c, void *arg)
{
	struct enrolment *e = arg;

	if (c->invite != NULL && (!e->has_invite || memcmp(c->invite, e->invite, 32) != 0))
		return work_refuse(&e->work, RECADO__STATUS__STATUS_INVITE_UNKNOWN,
		    "the invitation is unknown or was used");
	if (c->revoked != 0)
		return work_refuse(
		    &e->work, RECADO__STATUS__STATUS_CERT_REVOKED, "this certificate was revoked");
	return give(e, c->der);
}

static int
spend(struct enrolment *e, struct writer *w, bool *ok)
{
	uint64_t good, now = clock_now_ms();
	int r;

	*ok = false;
	if ((r = writer_ops(w)->drop_unclaimed(writer_store(w), now - UNCLAIMED_KEPT_MS)) != 0 ||
	    (r = writer_ops(w)->count_certificates(
		 writer_store(w), now, now - UNCLAIMED_COUNTS_MS, &good)) != 0)
		return r;
	if (good >= e->most)
		return work_refuse(&e->work, RECADO__STATUS__STATUS_ENROL_CLOSED,
		    "it has given out as many as it may");
	*ok = true;
	if (!e->costs_invite)
		return 0;
	r = writer_ops(w)->use_invite(writer_store(w), e->invite, now);
	*ok = r == 0;
	return r != ERR_NOT_FOUND
	    ? r
	    : work_refuse(&e->work, RECADO__STATUS__STATUS_INVITE_UNKNOWN,
		  "the invitation is unknown or was used");
}

static int
give_new(struct enrolment *e, struct writer *w)
{
	struct store_certificate c = { .serial = e->leaf.serial,
		.request = e->request,
		.sha256 = e->leaf.sha256,
		.invite = e->costs_invite ? e->invite : NULL,
		.made = e->leaf.made,
		.expires = e->leaf.expires,
		.subject = { (const uint8_t *)e->leaf.subject, strlen(e->leaf.subject) },
		.der = buf_view(e->leaf.der) };
	int r = writer_ops(w)->put_certificate(writer_store(w), &c);

	return r != 0 ? r : give(e, c.der);
}

static int
enrolment_run(struct work *k, struct writer *w)
{
	struct enrolment *e = (struct enrolment *)k;
	bool ok;
	int r;

	r = writer_ops(w)->find_certificate(writer_store(w), e->request, NULL, give_again, e);
	if (r != ERR_NOT_FOUND)
		return r;
	if (e->refused != RECADO__STATUS__STATUS_OK)
		return work_refuse(&e->work, e->refused, e->why);
	r = spend(e, w, &ok);
	return r != 0 || !ok ? r : give_new(e, w);
}

static const struct work_kind enrolment_kind = {
	.name = "enrol",
	.run = enrolment_run,
	.clear = enrolment_clear,
};

/* ---------------------------------------------------------------------------- the request */

static void
policy(struct enrolment *e, const struct config *c)
{
	e->refused = RECADO__STATUS__STATUS_OK;
	if (c->enrol == ENROL_CLOSED) {
		e->refused = RECADO__STATUS__STATUS_ENROL_CLOSED;
		e->why = "this relay gives out no certificates";
	} else if (c->reg == REGISTER_CLOSED) {
		e->refused = RECADO__STATUS__STATUS_REGISTER_CLOSED;
		e->why = "this relay takes no new accounts";
	} else if (c->enrol == ENROL_INVITE && !e->has_invite) {
		e->refused = RECADO__STATUS__STATUS_INVITE_UNKNOWN;
		e->why = "this relay asks for an invitation";
	}
	e->costs_invite = c->enrol == ENROL_INVITE;
	e->most = c->ca.certificates;
}

static int
submit(const struct request *rq, const struct csr *who, struct bytes invite)
{
	struct enrolment *e = work_new(sizeof(*e), &enrolment_kind, rq);
	int r;

	memcpy(e->request, who->sha256, sizeof(e->request));
	e->has_invite = invite.n != 0 && invite.n <= INVITE_MAX;
	if (e->has_invite)
		SHA256(invite.p, invite.n, e->invite);
	policy(e, rq->srv->config);
	if (e->refused == RECADO__STATUS__STATUS_OK &&
	    (r = authority_issue(rq->srv->authority, who, loop_wall(rq->loop), &e->leaf)) != 0) {
		log_error(rq->srv->log, "ca", "no certificate: %s", err_text(r));
		work_free(&e->work);
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_UNAVAILABLE, "no certificate can be made now");
	}
	work_submit(&e->work);
	return 0;
}

static int
enrol(const struct request *rq)
{
	const Recado__Enrol *m = rq->msg->enrol;
	struct fault f = { 0 };
	char detail[160];
	struct csr who;

	if (authority_root(rq->srv->authority).n == 0)
		return dispatch_reply(rq, RECADO__STATUS__STATUS_ENROL_CLOSED,
		    "this relay gives out no certificates");
	if (csr_parse(pb_view(m->csr), &who, &f) != 0) {
		snprintf(detail, sizeof(detail), "%.100s%s%.40s", f.what,
		    f.about[0] != '\0' ? ": " : "", f.about);
		return dispatch_reply(rq, RECADO__STATUS__STATUS_BAD_REQUEST, detail);
	}
	return submit(rq, &who, pb_view(m->invite));
}

const struct handler handle_enrol = {
	.name = "enrol",
	.states = PEER_OPEN,
	.rate = RATE_REGISTRATIONS,
	.large = true,
	.handle = enrol,
};

/* ---------------------------------------------------------------------------- the root */

static int
get_ca(const struct request *rq)
{
	struct bytes root = authority_root(rq->srv->authority);
	struct buf *op;
	int r;

	if (root.n == 0)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_NOT_FOUND, "this relay has no CA of its own");
	op = buf_new(CERT_DER_MAX + 16);
	if ((r = encode_bytes(op, RELAY_CA_CERTIFICATE, root)) == 0)
		r = dispatch_reply_op(rq, REPLY_RELAY_CA, buf_view(op));
	buf_free(&op);
	return r;
}

const struct handler handle_get_ca = {
	.name = "get CA",
	.states = PEER_OPEN | PEER_SIGNED_IN,
	.handle = get_ca,
};
