/* Revocation lists, as the relay fetched or was given them; clients verify them themselves. */
#include <stdlib.h>
#include <string.h>

#include "server/dispatch.h"
#include "server/encode.h"
#include "server/fetch.h"

#define ISSUERS_MAX 256 /* as many as a client asks for at once */
#define BLOB_MAX (48u << 10)

enum { LISTS = 1, INFO_ISSUER = 1, INFO_SHA256 = 2, INFO_SIZE = 3, INFO_FETCHED = 4 };

static int
put_info(struct buf *out, const struct revocation_info *i, uint64_t fetched)
{
	struct buf *one = buf_new(0);
	int r;

	if ((r = encode_bytes(one, INFO_ISSUER, (struct bytes){ i->issuer, 32 })) == 0 &&
	    (r = encode_bytes(one, INFO_SHA256, (struct bytes){ i->sha256, 32 })) == 0 &&
	    (r = encode_uint(one, INFO_SIZE, i->size)) == 0 &&
	    (r = encode_uint(one, INFO_FETCHED, fetched)) == 0)
		r = encode_message(out, LISTS, buf_view(one));
	buf_free(&one);
	return r;
}

static int
put_lists_of(const struct request *rq, ProtobufCBinaryData issuer, struct buf *out)
{
	struct revocation **lists = NULL;
	uint8_t name[32];
	size_t n = 0;
	int r;

	if ((r = pb_fixed(issuer, name, sizeof(name))) != 0)
		return r;
	cert_store_crls_of(trust_store(rq->srv->trust), name, &lists, &n);
	for (size_t i = 0; i < n; i++) {
		const struct revocation_info *info = revocation_info(lists[i]);
		uint64_t at = fetch_time(rq->srv->fetch, info->sha256);

		if (r == 0)
			r = put_info(out, info, at != 0 ? at : trust_loaded_at(rq->srv->trust));
		revocation_free(&lists[i]);
	}
	free(lists);
	return r;
}

static int
get_revocation(const struct request *rq)
{
	const Recado__GetRevocation *m = rq->msg->get_revocation;
	struct buf *op;
	int r = 0;

	if (m->n_issuers > ISSUERS_MAX)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_TOO_LARGE, "too many issuers at once");
	op = buf_new(0);
	for (size_t i = 0; i < m->n_issuers && r == 0; i++)
		r = put_lists_of(rq, m->issuers[i], op);
	r = r == 0
	    ? dispatch_reply_op(rq, REPLY_REVOCATION, buf_view(op))
	    : dispatch_reply(rq, RECADO__STATUS__STATUS_BAD_REQUEST, "an issuer has 32 octets");
	buf_free(&op);
	return r;
}

const struct handler handle_get_revocation = {
	.name = "get revocation",
	.states = PEER_SIGNED_IN,
	.rate = RATE_LOOKUPS,
	.handle = get_revocation,
};

/* ---------------------------------------------------------------------------- blobs */

static int
reply_part(const struct request *rq, struct bytes whole, uint64_t offset)
{
	struct buf *op = buf_new(0);
	struct bytes part;
	int r;

	part.n = whole.n - offset < BLOB_MAX ? whole.n - (size_t)offset : BLOB_MAX;
	part.p = whole.p + offset;
	if ((r = encode_uint(op, 1, offset)) == 0 && (r = encode_uint(op, 2, whole.n)) == 0 &&
	    (r = encode_bytes(op, 3, part)) == 0)
		r = dispatch_reply_op(rq, REPLY_BLOB, buf_view(op));
	buf_free(&op);
	return r;
}

static int
get_blob(const struct request *rq)
{
	const Recado__GetBlob *m = rq->msg->get_blob;
	struct revocation *list = NULL;
	uint8_t sha256[32];
	int r;

	if (pb_fixed(m->sha256, sha256, sizeof(sha256)) != 0 ||
	    cert_store_crl(trust_store(rq->srv->trust), sha256, &list) != 0)
		return dispatch_reply(rq, RECADO__STATUS__STATUS_NOT_FOUND, "no such blob here");
	r = m->offset <= revocation_der(list).n
	    ? reply_part(rq, revocation_der(list), m->offset)
	    : dispatch_reply(rq, RECADO__STATUS__STATUS_BAD_REQUEST, "beyond the end");
	revocation_free(&list);
	return r;
}

const struct handler handle_get_blob = {
	.name = "get blob",
	.states = PEER_SIGNED_IN,
	.handle = get_blob,
};
