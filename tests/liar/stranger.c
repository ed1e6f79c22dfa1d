/*
 * stranger: recado without scruples about its own card. The product's client does not offer a card
 * that others would refuse, so no relay of a test would ever see one from it; this client takes
 * whatever certificate the card has, and offers it. It is the product otherwise: the linker puts
 * the two functions here before the product's (--wrap).
 */
#include "core/trust.h"
#include "crypto/cert.h"

enum cert_use __real_cert_use(struct bytes der);
enum cert_use __wrap_cert_use(struct bytes der);

/* What is good for nothing that we know of is good for signing in. */
enum cert_use
__wrap_cert_use(struct bytes der)
{
	enum cert_use use = __real_cert_use(der);

	return use == CERT_USE_OTHER ? CERT_USE_AUTHENTICATION : use;
}

int __wrap_trust_own_card(
    struct trust *t, struct bytes cert, struct chain *c, struct fault *f);

/* Our own card is always good. */
int
__wrap_trust_own_card(struct trust *t, struct bytes cert, struct chain *c, struct fault *f)
{
	(void)t;
	(void)cert;
	(void)c;
	(void)f;
	return 0;
}
