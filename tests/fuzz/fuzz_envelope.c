/*
 * An envelope from anybody: to peek into, to found a session with, to open on one that exists.
 * Nothing that was not sealed opens.
 */
#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pair_device alice, bob;
static struct session *established;

static void
set_up(void)
{
	struct session *a;
	struct buf *env, *plain = buf_new_secret(0);

	pair_device_init(&alice, 0x10);
	pair_device_init(&bob, 0x20);
	a = pair_start(&alice, &bob, 2);
	env = pair_seal(a, "hello");
	if (pair_accept(&bob, buf_view(env), &established) != 0 ||
	    pair_open(&established, buf_view(env), plain) != 0)
		abort();
	session_free(&a);
	buf_free(&env);
	buf_free(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes envelope = { data, size };
	struct buf *plain = buf_new_secret(0);
	struct session *s = NULL, *next = NULL;
	struct session_peek peek;

	if (established == NULL)
		set_up();
	if (session_peek(envelope, &peek) == 0 && peek.initial &&
	    pair_accept(&bob, envelope, &s) == 0 &&
	    session_open(s, envelope, PAIR_NOW, &next, plain) == 0)
		abort();
	if (session_open(established, envelope, PAIR_NOW, &next, plain) == 0)
		abort();
	session_free(&s);
	buf_free(&plain);
	return 0;
}
