/*
 * twin: a desk that is maria's phone. The other device of hers is her laptop; rui is a contact, with a
 * tablet. What they and the relay sign.
 */
#ifndef RECADO_TESTS_UNIT_TWIN_H
#define RECADO_TESTS_UNIT_TWIN_H

#include "crypto/receipt.h"
#include "desk.h"

extern struct store_person self, rui;
extern struct person_device *tablet;
extern struct key_sign *relay;
extern uint8_t mh[HASH_LEN]; /* of what was written last */

/* Of every test. */
void twin_setup(void);
void twin_teardown(void);

/* A text from maria to a user, signed by a device with the id of another (mostly its own). */
Recado__SignedContent *written(const char *text, uint8_t *to, const struct person_device *as,
    const struct person_device *by);
/* From rui to maria. */
Recado__SignedContent *received(const char *text);
Recado__SignedReceipt *receipt(
    enum receipt_kind kind, const uint8_t *user, const struct person_device *d);
/* The relay's word that the tablet's mailbox has something, signed by a key. */
Recado__Warrant *warrant(const struct key_sign *by);

#endif
