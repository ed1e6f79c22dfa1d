/*
 * A further certificate of the relay's own CA, before the one in use ends. The request names the one
 * that it is to replace and nothing else: key and subject are taken from there, so that nobody can
 * ask for another's. It is given to the account that lives by it, if neither ended nor revoked, also
 * where the relay is closed to new people; and once: who asks again gets the same, and only what the
 * account's list has a binding for is replaced, so that nobody hoards certificates.
 */
#include <openssl/sha.h>
#include <string.h>

#include "base/buf.h"
#include "server/account.h"
#include "server/authority.h"
#include "server/encode.h"
#include "server/work.h"

enum { ENROLLED_CERTIFICATE = 1 };

struct renewal {
	struct work work;
	uint8_t old[32], request[32]; /* SHA-256 of the certificate; what the store knows the new one by */
	char name[NAME_MAX_BYTES + 1];
	uint64_t now;
	const struct authority *authority;
	struct csr who;
};

static int
give(const struct store_certificate *c, void *arg)
{
	struct renewal *x = arg;

	if (c->revoked != 0)
		return work_refuse(
		    &x->work, RECADO__STATUS__STATUS_CERT_REVOKED, "this certificate was revoked");
	x->work.field = REPLY_ENROLLED;
	return encode_bytes(x->work.op, ENROLLED_CERTIFICATE, c->der);
}

/* An error would undo what others do in the same transaction. */
static int
refuse_broken(struct renewal *x)
{
	return work_refuse(
	    &x->work, RECADO__STATUS__STATUS_UNAVAILABLE, "no certificate can be made now");
}

static int
refuse_foreign(struct renewal *x)
{
	return work_refuse(&x->work, RECADO__STATUS__STATUS_NOT_ALLOWED,
	    "it is not this account's certificate of this relay's own CA");
}

static int
look(const struct store_certificate *c, void *arg)
{
	struct renewal *x = arg;

	if (!bytes_equal(c->user_name, (struct bytes){ (const uint8_t *)x->name, strlen(x->name) }))
		return refuse_foreign(x);
	if (c->revoked != 0)
		return work_refuse(
		    &x->work, RECADO__STATUS__STATUS_CERT_REVOKED, "this certificate was revoked");
	if (c->expires <= x->now)
		return work_refuse(
		    &x->work, RECADO__STATUS__STATUS_CERT_EXPIRED, "this certificate has ended");
	return csr_of_certificate(c->der, &x->who) == 0 ? 0 : refuse_broken(x);
}

/* Is there a binding under it in the account's list? */
static int
find_bound(struct renewal *x, struct writer *w, bool *found)
{
	struct buf *b = buf_new(ACCOUNT_ENTRY_MAX * 2);
	Recado__DirectoryEntry *entry = NULL;
	uint8_t hash[32];
	int r;

	*found = false;
	r = writer_ops(w)->get_entry(writer_store(w), x->work.user, b);
	if (r == 0 &&
	    pb_unpack_lenient(&recado__directory_entry__descriptor, buf_view(b), &entry) != 0)
		r = refuse_broken(x);
	for (size_t i = 0; entry != NULL && i < entry->n_bindings && !*found; i++) {
		cert_sha256(pb_view(entry->bindings[i]->certificate), hash);
		*found = memcmp(hash, x->old, sizeof(hash)) == 0;
	}
	pb_free(&entry);
	buf_free(&b);
	return r;
}

static int
issue(struct renewal *x, struct writer *w)
{
	struct bytes name = { (const uint8_t *)x->name, strlen(x->name) };
	struct authority_leaf leaf;
	struct store_certificate c;
	int r;

	if (authority_issue(x->authority, &x->who, x->now, &leaf) != 0)
		return refuse_broken(x);
	c = (struct store_certificate){ .serial = leaf.serial,
		.request = x->request,
		.sha256 = leaf.sha256,
		.made = leaf.made,
		.expires = leaf.expires,
		.subject = { (const uint8_t *)leaf.subject, strlen(leaf.subject) },
		.der = buf_view(leaf.der) };
	/* whoever revokes the account from now on revokes this one, too */
	if ((r = writer_ops(w)->put_certificate(writer_store(w), &c)) == 0 &&
	    (r = writer_ops(w)->claim_certificate(writer_store(w), leaf.sha256, name)) == 0)
		r = give(&c, x);
	authority_leaf_clear(&leaf);
	return r;
}

static int
renewal_run(struct work *k, struct writer *w)
{
	struct renewal *x = (struct renewal *)k;
	bool bound;
	int r;

	r = writer_ops(w)->find_certificate(writer_store(w), NULL, x->old, look, x);
	if (r == ERR_NOT_FOUND)
		return refuse_foreign(x);
	if (r != 0 || k->status != RECADO__STATUS__STATUS_OK)
		return r;
	r = writer_ops(w)->find_certificate(writer_store(w), x->request, NULL, give, x);
	if (r != ERR_NOT_FOUND)
		return r;
	if ((r = find_bound(x, w, &bound)) != 0 || k->status != RECADO__STATUS__STATUS_OK)
		return r;
	return bound ? issue(x, w) : refuse_foreign(x);
}

static const struct work_kind renewal_kind = {
	.name = "renewal",
	.run = renewal_run,
};

/* Of no request that anybody could send: what is hashed there is a PKCS #10. */
static void
request_of(const uint8_t old[32], uint8_t out[32])
{
	static const char label[] = "recado/1 renewal"; /* with its zero */
	uint8_t text[sizeof(label) + 32];

	memcpy(text, label, sizeof(label));
	memcpy(text + sizeof(label), old, 32);
	SHA256(text, sizeof(text), out);
}

static int
renew(const struct request *rq)
{
	struct directory_user u;
	struct renewal *x;
	uint8_t old[32];

	if (pb_fixed(rq->msg->renew_certificate->certificate_sha256, old, sizeof(old)) != 0)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_BAD_REQUEST, "a certificate is 32 octets of SHA-256");
	if (directory_find_user(rq->srv->directory,
		(struct bytes){ peer_user(rq->peer), USER_ID_LEN }, &u) != 0)
		return dispatch_reply(rq, RECADO__STATUS__STATUS_NO_USER, "no such account here");
	x = work_new(sizeof(*x), &renewal_kind, rq);
	memcpy(x->old, old, sizeof(x->old));
	memcpy(x->name, u.name, sizeof(x->name));
	request_of(old, x->request);
	x->now = loop_wall(rq->loop);
	x->authority = rq->srv->authority;
	work_submit(&x->work);
	return 0;
}

const struct handler handle_renew = {
	.name = "renew",
	.states = PEER_SIGNED_IN,
	.rate = RATE_DEVICE_EVENTS,
	.handle = renew,
};
