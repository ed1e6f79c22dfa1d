/*
 * asking: people without a card at the relay of a test, from the key to the account.
 */
#ifndef RECADO_TESTS_UNIT_ASKING_H
#define RECADO_TESTS_UNIT_ASKING_H

#include "relay.h"

extern struct relay relay; /* of the test */

struct asking { /* somebody without a card, before the relay has answered */
	struct bytes key;
	struct buf *csr;
};
void asking_new(struct asking *a, const char *subject);
void asking_free(struct asking *a);
/* The status; der, where there is one, gets the certificate. */
uint32_t asking_octets(struct bytes csr, const char *invite, struct buf *der);
uint32_t asking_enrol(const struct asking *a, const char *invite, struct buf *der);
uint32_t asking_root(struct client *c, struct buf *root);
/* An account that the certificate's key signs for. */
void asking_account(
    struct account *a, const char *name, const struct asking *who, const struct buf *der);
/* Enrolled and registered. */
void asking_registered(struct account *a, const char *name);

#endif
