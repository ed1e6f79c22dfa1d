/*
 * reader: cards of tests/softcard in a reader, with accidents (tests/softcard/shim.c) or without,
 * and a person before it. One reader in a process: PKCS#11 is like that.
 */
#ifndef RECADO_TESTS_READER_H
#define RECADO_TESTS_READER_H

#include "crypto/card.h"

#define READER_SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

/* What the hooks of a signature saw and do. */
struct reader_person {
	const char *pin; /* NULL: cancels */
	const char *can;
	int asked, suspended, resumed, keypad;
	enum card_tries tries;
	struct card *card;
};

/* Put the card of a holder in ("dois": two). */
void reader_insert(const char *name);
struct card *reader_open(const char *module);
/* The same in a reader that has accidents; steer it with put and take, end with clear. */
struct card *reader_open_shim(const char *name);
/* And under the name of the state's middleware. */
struct card *reader_open_middleware(const char *name);
void reader_put(const char *name, const char *text);
void reader_take(const char *name);
void reader_clear(void);
/* How often the module's log has a line that begins so; tries left, -1 before the first miss. */
int reader_logged(const char *start);
int reader_tries(void);
int reader_threads(void); /* that called the module */
/* What will be typed on the terminal from now on. */
void reader_terminal(const char *text);
/* card_select that must succeed. */
struct card_holder *reader_holder(struct card *c, const char *which);
/* The person's fingers, for card_hooks.pin. */
int reader_type_pin(void *arg, const struct card_ask *ask, char *pin, size_t max);
/* card_sign by this person; what comes out must verify. */
int reader_sign(
    struct card *c, const struct card_holder *h, struct reader_person *p, struct fault *f);

#endif
