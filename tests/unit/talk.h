/*
 * talk: two devices and the sessions between them, the fixture of the tests of sessions.
 */
#ifndef RECADO_TESTS_UNIT_TALK_H
#define RECADO_TESTS_UNIT_TALK_H

#include <string.h>

#include "crypto/suite.h"
#include "pair.h"
#include "unit.h"

#define GCM SUITE_ECDHE_AES256_GCM_SHA384

static struct pair_device alice, bob;
static struct session *a, *b;
static struct buf *plain;

static void
setup(void)
{
	pair_device_init(&alice, 0x10);
	pair_device_init(&bob, 0x20);
	plain = buf_new_secret(ENVELOPE_MAX);
}

static void
teardown(void)
{
	session_free(&a);
	session_free(&b);
	buf_free(&plain);
	pair_device_clear(&alice);
	pair_device_clear(&bob);
}

static inline int
open_text(struct session **s, const struct buf *env, const char *want)
{
	int r = pair_open(s, buf_view(env), plain);

	if (r == 0) {
		ck_assert_uint_eq(buf_len(plain), strlen(want));
		ck_assert_mem_eq(buf_ptr(plain), want, strlen(want));
	}
	return r;
}

/* One message over and opened. */
static inline void
say(struct session **from, struct session **to, const char *text)
{
	struct buf *env = pair_seal(*from, text);

	ck_assert_int_eq(open_text(to, env, text), 0);
	buf_free(&env);
}

static inline void
establish(uint16_t suite)
{
	struct buf *env;

	a = pair_start(&alice, &bob, suite);
	env = pair_seal(a, "hello");
	ck_assert_int_eq(pair_accept(&bob, buf_view(env), &b), 0);
	ck_assert_int_eq(open_text(&b, env, "hello"), 0);
	buf_free(&env);
}

static inline struct buf *
packed(const struct session *s)
{
	struct buf *p = buf_new_secret(SESSION_PACKED_MAX);

	ck_assert_int_eq(session_pack(s, p), 0);
	return p;
}

#endif
