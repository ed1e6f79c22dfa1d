/*
 * Without a card: a P-256 key made here plays its part, and the relay's own CA says what its holder
 * is called. The request is made once, and kept before it is sent. Until its answer has come it is sent
 * again, to a relay that fell and came back, or by another process: it gets the same certificate, and an
 * invitation is not spent in vain.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/create.h"
#include "core/softcard.h"
#include "core/status.h"
#include "core/trust.h"
#include "crypto/ca.h"

#define AGAIN_MS 1000
#define AGAIN_MAX 20

/* ------------------------------------------------------------------------------ the certificate */

/* What the relay gave, by the rules by which others will judge it. */
static int
judge(struct create *c, struct fault *f)
{
	struct cert_policy policy = cert_store_policy(trust_store(c->e->trust));
	struct cert_request rq = { .leaf = buf_view(c->certificate), .now_ms = clock_now_ms() };
	const struct cert_verdict *v = NULL;
	struct cert_store *s;
	struct csr asked;
	int r;

	if ((r = csr_parse(buf_view(c->request), &asked, f)) != 0)
		return r;
	policy.revocation = CERT_REVOCATION_OFF; /* its list comes with the first sign-in */
	s = cert_store_new(&policy);
	if ((r = cert_store_add(s, CERT_RELAY_ANCHORS, buf_view(c->relay_ca), f)) == 0 &&
	    (r = cert_verify(s, &rq, &v, f)) == 0 &&
	    strcmp(v->civil_name, asked.subject.value[CSR_CN]) != 0)
		r = fault_set(f, ERR_CERT, c->address, "the relay certified another name");
	cert_verdict_free(&v);
	cert_store_free(&s);
	return r;
}

/* The certificate is there: bind the device with its key, which only we have. */
static void
bind_device(struct op *op)
{
	struct create *c = op->state;
	uint8_t sig[CERT_SIGNATURE_MAX];
	struct fault f = { 0 };
	size_t n = 0;
	int r;

	conn_free(&c->conn);
	c->scheme = CERT_ECDSA_P256_SHA256;
	if ((r = judge(c, &f)) == 0 && (r = create_binding(c, &f)) == 0) {
		r = softcard_sign(
		    c->keys->soft_card, buf_view(c->to_sign), sig, sizeof(sig), &n);
		if (r == 0)
			r = cert_verify_signature(buf_view(c->certificate), c->scheme,
			    buf_view(c->to_sign), (struct bytes){ sig, n });
		if (r != 0)
			fault_set(&f, r, c->address, "the relay certified another key");
	}
	if (r != 0)
		op_fail(op, &f);
	else
		create_register(c, (struct bytes){ sig, n });
}

/* The relay has given nothing for this request, and gives nothing. */
static bool
is_final(uint32_t status)
{
	static const uint32_t list[] = { RECADO__STATUS__STATUS_BAD_REQUEST,
		RECADO__STATUS__STATUS_INVITE_UNKNOWN, RECADO__STATUS__STATUS_ENROL_CLOSED,
		RECADO__STATUS__STATUS_REGISTER_CLOSED, RECADO__STATUS__STATUS_CERT_REVOKED };
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]) && list[i] != status; i++)
		;
	return i < sizeof(list) / sizeof(list[0]);
}

static void
asked_in_vain(struct op *op)
{
	struct create *c = op->state;
	struct fault f = c->why;

	conn_free(&c->conn);
	memset(&c->why, 0, sizeof(c->why));
	create_enrol_again(c, &f);
}

static void
enrolled(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct create *c = arg;
	int r;

	if (err != 0)
		return; /* the closed connection tells */
	c->enrolling = false;
	c->kept = !is_final(reply->status);
	r = status_fault(reply->status, NULL, c->address, &c->why);
	if (r == ERR_UNREACHABLE) {
		create_next(c, asked_in_vain);
		return;
	}
	if (r == 0 && reply->op_case != RECADO__REPLY_BODY__OP_ENROLLED)
		r = fault_set(&c->why, ERR_UNEXPECTED, c->address, "the relay answered something else");
	if (r == 0)
		r = buf_put_bytes(c->certificate, pb_view(reply->enrolled->certificate));
	if (r != 0 && c->why.code == 0)
		fault_set(&c->why, r, c->address, "the certificate cannot be used");
	if (r != 0)
		create_hint_kept(c, &c->why);
	create_next(c, r != 0 ? create_failed : bind_device);
}

static void
ask_certificate(void *arg, const struct channel_event *welcome)
{
	struct create *c = arg;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Enrol en = RECADO__ENROL__INIT;
	int r;

	en.csr = pb_data(buf_view(c->request));
	if (c->invite != NULL)
		en.invite = pb_data((struct bytes){ (const uint8_t *)c->invite, strlen(c->invite) });
	rq.op_case = RECADO__TO_RELAY__OP_ENROL;
	rq.enrol = &en;
	if ((r = profile_request(c->e->profile)) == 0) {
		c->kept = true;
		r = conn_request(c->conn, &rq, enrolled, c);
	}
	c->enrolling = r == 0;
	if (r != 0) {
		fault_set(&c->why, r, c->address, "the request for a certificate cannot be sent");
		create_next(c, create_failed);
	}
}

/* ------------------------------------------------------------------------------ the key */

static void
again(struct op *op)
{
	create_connect(op->state, ask_certificate);
}

void
create_enrol_again(struct create *c, const struct fault *why)
{
	struct fault f = *why;

	if (c->tries++ == AGAIN_MAX) {
		create_hint_kept(c, &f);
		op_fail(c->op, &f);
		return;
	}
	log_warn(c->e->log, "create", "no answer to the request for a certificate: %s", why->what);
	op_progress(c->op, "no answer: asking again for the certificate");
	op_alarm(c->op, AGAIN_MS, again);
}

static void
passphrase_given(struct op *op, const char *text)
{
	struct create *c = op->state;
	struct fault f = { 0 };

	if (!create_passphrase(c, text))
		return;
	if ((c->requested ? create_request_open(c, &f) : create_request_make(c, &f)) != 0) {
		op_fail(op, &f);
		return;
	}
	op_progress(op, "asking for a certificate");
	create_connect(c, ask_certificate);
}

static void
ask_passphrase(struct op *op)
{
	struct core_ask ask = { .kind = CORE_ASK_NEW_PASSPHRASE };
	struct create *c = op->state;

	conn_free(&c->conn);
	if (c->requested) {
		ask.kind = CORE_ASK_PASSPHRASE;
		ask.text = mem_strdup("A certificate was asked for here: it is gone on with.");
	}
	op_ask(op, &ask, passphrase_given);
}

/* ------------------------------------------------------------------------------ the root */

/* The reply's warrant says that it is the relay's, the root that it is of this relay. */
static void
root_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct create *c = arg;
	uint8_t relay_id[32];
	int r = 0;

	if (err != 0)
		return;
	buf_reset(c->relay_ca);
	if (reply->status == RECADO__STATUS__STATUS_NOT_FOUND)
		r = status_fault(
		    RECADO__STATUS__STATUS_ENROL_CLOSED, NULL, c->address, &c->why);
	else if ((r = status_fault(reply->status, NULL, c->address, &c->why)) == 0 &&
	    reply->op_case != RECADO__REPLY_BODY__OP_RELAY_CA)
		r = fault_set(&c->why, ERR_UNEXPECTED, c->address, "the relay answered something else");
	if (r == 0 && (r = code_relay_id(c->first, relay_id)) == 0)
		r = ca_root_check(pb_view(reply->relay_ca->certificate), relay_id, &c->why);
	if (r == 0)
		r = buf_put_bytes(c->relay_ca, pb_view(reply->relay_ca->certificate));
	if (r != 0 && c->why.code == 0)
		fault_set(&c->why, r, c->address, "the relay's root cannot be used");
	create_next(c, r != 0 ? create_failed : ask_passphrase);
}

void
create_enrol(struct create *c)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__GetCa get = RECADO__GET_CA__INIT;
	int r;

	rq.op_case = RECADO__TO_RELAY__OP_GET_CA;
	rq.get_ca = &get;
	if ((r = conn_request(c->conn, &rq, root_came, c)) != 0) {
		fault_set(&c->why, r, c->address, "the relay cannot be asked");
		create_next(c, create_failed);
	}
}
