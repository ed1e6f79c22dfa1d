#include "core/chain.h"

#include <string.h>

#include "crypto/revocation.h"

static void
links_clear(struct chain *c)
{
	while (c->count > 0)
		buf_free(&c->link[--c->count]);
}

void
chain_clear(struct chain *c)
{
	links_clear(c);
	memset(c, 0, sizeof(*c));
}

static int
link_add(struct chain *c, struct bytes der)
{
	if (c->count == CERT_INTERMEDIATES_MAX)
		return ERR_LIMIT;
	c->link[c->count] = buf_new(CERT_DER_MAX);
	return buf_put_bytes(c->link[c->count++], der);
}

int
chain_of_card(struct chain *c, const struct card_holder *h)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < h->intermediate_count; i++)
		r = link_add(c, h->intermediates[i]);
	return r;
}

/* An anchor of ours that is no root has one above it, which is perhaps all that others have. */
static bool
is_link(const struct cert_link *l)
{
	struct bytes der = { l->der, l->der_len };

	return !cert_is_issuer(der, der);
}

static size_t
links_of(const struct cert_verdict *v)
{
	return v->chain_count - 1 - (is_link(&v->chain[0]) ? 0 : 1);
}

void
chain_complete(struct chain *c, const struct cert_verdict *v)
{
	const struct cert_link *top = &v->chain[0];
	size_t i;

	c->lacks = v->incomplete && !c->asked &&
	    revocation_issuer_of((struct bytes){ top->der, top->der_len }, c->issuer) == 0;
	if (!v->reached_anchor || v->chain_count < 2 || links_of(v) > CERT_INTERMEDIATES_MAX)
		return;
	links_clear(c);
	for (i = v->chain_count - 1; i-- > 0;)
		if (is_link(&v->chain[i]) &&
		    link_add(c, (struct bytes){ v->chain[i].der, v->chain[i].der_len }) != 0)
			return;
}

int
chain_ask(struct chain *c, struct conn *conn, conn_reply_fn *fn, void *arg)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__GetIssuers get = RECADO__GET_ISSUERS__INIT;
	ProtobufCBinaryData name = pb_data((struct bytes){ c->issuer, CERT_HASH_LEN });

	c->asked = true;
	get.names = &name;
	get.n_names = 1;
	rq.op_case = RECADO__TO_RELAY__OP_GET_ISSUERS;
	rq.get_issuers = &get;
	return conn_request(conn, &rq, fn, arg);
}

size_t
chain_view(const struct chain *c, struct bytes out[CERT_INTERMEDIATES_MAX])
{
	size_t i;

	for (i = 0; i < c->count; i++)
		out[i] = buf_view(c->link[i]);
	return c->count;
}
