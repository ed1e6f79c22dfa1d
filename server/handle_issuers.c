/* Authorities' certificates, for chains that a client cannot complete; it judges them itself. */
#include "server/dispatch.h"
#include "server/encode.h"

#define NAMES_MAX 8
#define REPLY_MAX (48u << 10)

enum { ISSUERS_CERTIFICATES = 1 };

/* As many as fit: the nearest come first. */
static int
put_issuer(void *arg, struct bytes der)
{
	struct buf *op = arg;

	if (der.n > REPLY_MAX - 16 || buf_len(op) > REPLY_MAX - 16 - der.n)
		return ERR_LIMIT;
	return encode_bytes(op, ISSUERS_CERTIFICATES, der);
}

static int
get_issuers(const struct request *rq)
{
	const Recado__GetIssuers *m = rq->msg->get_issuers;
	uint8_t names[NAMES_MAX][CERT_HASH_LEN];
	struct buf *op;
	int r = 0;

	if (m->n_names > NAMES_MAX)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_TOO_LARGE, "too many issuers at once");
	for (size_t i = 0; i < m->n_names; i++)
		if (pb_fixed(m->names[i], names[i], CERT_HASH_LEN) != 0)
			return dispatch_reply(rq, RECADO__STATUS__STATUS_BAD_REQUEST,
			    "an issuer has 32 octets");
	op = buf_new(REPLY_MAX);
	r = cert_store_issuers(trust_store(rq->srv->trust), names, m->n_names, put_issuer, op);
	if (r == 0 || r == ERR_LIMIT)
		r = dispatch_reply_op(rq, REPLY_ISSUERS, buf_view(op));
	buf_free(&op);
	return r;
}

const struct handler handle_get_issuers = {
	.name = "get issuers",
	.states = PEER_OPEN | PEER_SIGNED_IN,
	.rate = RATE_NAME_CHECKS,
	.handle = get_issuers,
};
