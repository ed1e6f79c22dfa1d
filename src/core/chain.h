/*
 * chain: the authorities between a card's certificate and its root, which travel with a binding. A
 * card has some of them or none; whoever meets its holder may have the root alone. So what the
 * card lacks is put in from what is known here, and what is not known here is asked of the relay.
 */
#ifndef RECADO_CORE_CHAIN_H
#define RECADO_CORE_CHAIN_H

#include "core/conn.h"
#include "crypto/card.h"
#include "crypto/cert.h"

struct chain { /* all zero: empty */
	struct buf *link[CERT_INTERMEDIATES_MAX]; /* DER, nearest first, no root */
	size_t count;
	bool lacks; /* who issued the last certificate is not known; chain_ask may help */
	bool asked;
	uint8_t issuer[CERT_HASH_LEN]; /* with lacks: the name */
};

void chain_clear(struct chain *c);
/* What the card has. ERR_LIMIT. */
int chain_of_card(struct chain *c, const struct card_holder *h) MUST_CHECK;
/* From a verdict on the certificate: its whole chain if it reached an anchor, or what is lacking. */
void chain_complete(struct chain *c, const struct cert_verdict *v);
/* Ask the relay for what is lacking; once. The answer is trust_issuers_take's. */
int chain_ask(struct chain *c, struct conn *conn, conn_reply_fn *fn, void *arg) MUST_CHECK;
/* The links, valid as long as the chain is not changed. */
size_t chain_view(const struct chain *c, struct bytes out[CERT_INTERMEDIATES_MAX]);

#endif
