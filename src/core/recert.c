/*
 * Nobody is needed for it: the key that plays the card's part lies in the key file. So it is done on the
 * first connection within the last days, and what the command does is the same.
 *
 *     ask        the relay for a certificate in place of the one in use; the same key and subject
 *     judge      it must be that, good, and end later
 *     sign       the key signs a renewing binding for this account's devices
 *     put        binding and event, over the same signed-in connection; then they are part of our list
 *
 * A relay that refuses, or closes the connection over it, is asked again a day later.
 */
#include "core/recert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/await.h"
#include "core/relay.h"
#include "core/renewal.h"
#include "core/softcard.h"
#include "core/status.h"
#include "core/trust.h"
#include "crypto/keyfile.h"

#define DAY_MS (24ull * 3600 * 1000)
#define WINDOW_MS (30 * DAY_MS)
#define TRIED "recert.tried" /* when the relay was last asked without anybody's wish */

struct recert {
	struct engine *e;
	struct op *op; /* who waits for it; NULL: nobody */
	struct renewal new;
	uint64_t until; /* of the new certificate, ms */
};

/* ------------------------------------------------------------------------------ when */

uint64_t
recert_window(uint64_t not_before, uint64_t not_after)
{
	uint64_t quarter = not_after > not_before ? (not_after - not_before) / 4 : 0;

	return quarter < WINDOW_MS ? quarter : WINDOW_MS;
}

bool
recert_enrolled(const struct engine *e)
{
	return e->keys != NULL && e->keys->soft_card.n > 0;
}

/* Is the certificate within the last share-th of that time, and not ended? *until: when it ends. */
static bool
near_end(const struct engine *e, unsigned share, uint64_t *window, uint64_t *until)
{
	const struct identity *i = trust_self(e->trust);
	uint64_t now = clock_now_ms();
	struct cert_link l;
	bool near;

	if (!recert_enrolled(e) || i == NULL || cert_describe(identity_certificate(i), &l) != 0)
		return false;
	*until = l.not_after;
	*window = recert_window(l.not_before, l.not_after);
	near = now < l.not_after && now + *window / share >= l.not_after;
	cert_link_clear(&l);
	return near;
}

/* ------------------------------------------------------------------------------ the end of it */

static void
recert_end(struct recert *x, int r, const struct fault *f)
{
	struct engine *e = x->e;
	struct op *op = x->op;
	char day[CLOCK_TEXT_MAX], text[96];

	if (r != 0)
		log_warn(e->log, "recert", "not renewed: %s", f->what);
	clock_text(x->until, day);
	snprintf(text, sizeof(text), "the new certificate is good until %.10s", day);
	e->recert = NULL;
	renewal_clear(&x->new);
	free(x);
	if (op != NULL) {
		op->state = NULL;
		op->drop = NULL;
		if (r == 0)
			op_progress(op, text);
		op_end(op, r, f);
	}
	op_notify_all(e, OP_NEWS_IDLE, NULL);
}

/* The relay says that it can't now: it is asked again on the next connection, not tomorrow. */
static void
note_answer(struct recert *x, int r)
{
	if ((r == ERR_RATE || r == ERR_UNREACHABLE) && store_number_set(x->e->store, TRIED, 0) != 0)
		log_warn(x->e->log, "recert", "the store cannot be written");
}

static void
put_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct recert *x = arg;
	struct fault f = { 0 };
	int r;

	if (err != 0) {
		r = fault_set(&f, ERR_UNREACHABLE, x->e->account.relay, "the relay did not answer");
		fault_hint(&f, "Whether it was taken shows with `recado devices` and in whois; "
		    "if not, run the command again.");
	} else if ((r = status_reply(reply, x->e->account.name, &f)) == 0) {
		r = renewal_learn(x->e, &x->new, &f);
	} else if (r == ERR_AGAIN) {
		fault_hint(&f, "Run the command again.");
	}
	if (err == 0)
		note_answer(x, r);
	recert_end(x, r, &f);
}

/* ------------------------------------------------------------------------------ judge, sign */

static int
judge(struct recert *x, struct fault *f)
{
	struct bytes old = identity_certificate(trust_self(x->e->trust)), new;
	const char *about = x->e->account.relay;
	struct cert_link was, is;
	int r;

	new = buf_view(x->new.certificate);
	if (!cert_same_holder(old, new))
		return fault_set(f, ERR_CERT, about, "the relay certified another key or another name");
	if ((r = trust_own_card(x->e->trust, new, &x->new.chain, f)) != 0 ||
	    (r = cert_describe(old, &was)) != 0)
		return r;
	if ((r = cert_describe(new, &is)) == 0) {
		x->until = is.not_after;
		cert_link_clear(&is);
	}
	if (r == 0 && x->until <= was.not_after)
		r = fault_set(f, ERR_CERT, about, "the relay gives no certificate that is good for longer");
	cert_link_clear(&was);
	return r;
}

static int
sign(struct recert *x, struct fault *f)
{
	struct renewal *n = &x->new;
	uint8_t sig[CERT_SIGNATURE_MAX];
	size_t len = 0;
	int r;

	if ((r = judge(x, f)) != 0 || (r = renewal_bind(x->e, n, f)) != 0)
		return r;
	r = softcard_sign(x->e->keys->soft_card, buf_view(n->to_sign), sig, sizeof(sig), &len);
	if (r == 0)
		r = cert_verify_signature(buf_view(n->certificate), CERT_ECDSA_P256_SHA256,
		    buf_view(n->to_sign), (struct bytes){ sig, len });
	return r != 0 ? r
	              : renewal_finish(x->e, n, CERT_ECDSA_P256_SHA256, (struct bytes){ sig, len });
}

static int
put(struct recert *x)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__PutDeviceEvent ev = RECADO__PUT_DEVICE_EVENT__INIT;
	int r = renewal_parts(&x->new, &ev.binding, &ev.event);

	rq.op_case = RECADO__TO_RELAY__OP_PUT_DEVICE_EVENT;
	rq.put_device_event = &ev;
	if (r == 0)
		r = relay_request(x->e, &rq, put_came, x);
	pb_free(&ev.binding);
	pb_free(&ev.event);
	return r;
}

static void
certificate_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct recert *x = arg;
	const char *about = x->e->account.relay;
	struct fault f = { 0 };
	int r;

	if (err != 0)
		r = fault_set(&f, ERR_UNREACHABLE, about, "the relay did not answer");
	else if ((r = status_reply(reply, x->e->account.name, &f)) == 0 &&
	    reply->op_case != RECADO__REPLY_BODY__OP_ENROLLED)
		r = fault_set(&f, ERR_UNEXPECTED, about, "the relay answered something else");
	if (err == 0)
		note_answer(x, r);
	if (r == 0 &&
	    (r = buf_put_bytes(x->new.certificate, pb_view(reply->enrolled->certificate))) == 0 &&
	    (r = sign(x, &f)) == 0 && (r = put(x)) == 0)
		return;
	if (f.code == 0)
		fault_set(&f, r, about, "the renewal cannot be made");
	recert_end(x, r, &f);
}

/* ------------------------------------------------------------------------------ asking */

static void
start(struct engine *e, struct op *op)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__RenewCertificate renew = RECADO__RENEW_CERTIFICATE__INIT;
	struct recert *x = mem_alloc(sizeof(*x));
	struct fault f = { 0 };
	uint8_t hash[CERT_HASH_LEN];
	int r;

	x->e = e;
	x->op = op;
	renewal_init(&x->new);
	e->recert = x;
	cert_sha256(identity_certificate(trust_self(e->trust)), hash);
	renew.certificate_sha256 = pb_data((struct bytes){ hash, sizeof(hash) });
	rq.op_case = RECADO__TO_RELAY__OP_RENEW_CERTIFICATE;
	rq.renew_certificate = &renew;
	if ((r = relay_request(e, &rq, certificate_came, x)) != 0) {
		fault_set(&f, r, e->account.relay, "the relay cannot be asked");
		recert_end(x, r, &f);
	}
}

/* Whoever asked for it is gone; it goes on. */
static void
let_go(void *state)
{
	struct engine *e = state;

	if (e->recert != NULL)
		e->recert->op = NULL;
}

static void
online(struct op *op, const struct fault *f)
{
	struct engine *e = op->e;

	if (f != NULL) {
		op_fail(op, f);
		return;
	}
	if (e->recert != NULL && e->recert->op != NULL) {
		op_fail_with(op, ERR_LOCKED, e->account.name, "a renewal is under way");
		return;
	}
	op_progress(op, "asking for a certificate");
	op->state = e;
	op->drop = let_go;
	if (e->recert != NULL)
		e->recert->op = op;
	else
		start(e, op);
}

void
recert_begin(struct op *op)
{
	await_relay(op, online);
}

/* ------------------------------------------------------------------------------ by itself */

void
recert_upkeep(struct engine *e)
{
	uint64_t tried = 0, window, until, pause, now = clock_now_ms();

	if (e->recert != NULL || !near_end(e, 1, &window, &until))
		return;
	pause = window / 8 < DAY_MS ? window / 8 : DAY_MS;
	if (store_number_get(e->store, TRIED, &tried) != 0 || (now >= tried && now < tried + pause))
		return;
	if (store_number_set(e->store, TRIED, now) == 0)
		start(e, NULL);
}

void
recert_open(struct engine *e)
{
	uint64_t window, until;
	char day[CLOCK_TEXT_MAX], text[192];

	if (!near_end(e, 2, &window, &until))
		return;
	clock_text(until, day);
	snprintf(text, sizeof(text), "your certificate ends on %.10s, and the account with it; it is renewed "
	    "when the relay is reached, or by `recado devices renew`", day);
	engine_notice(e, NULL, text);
}

void
recert_close(struct engine *e)
{
	struct fault f = { 0 };

	if (e->recert == NULL)
		return;
	fault_set(&f, ERR_CLOSED, NULL, "the profile was locked");
	recert_end(e->recert, f.code, &f);
}
