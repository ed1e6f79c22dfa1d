#include <string.h>

#include "base/mem.h"
#include "talk.h"

START_TEST(both_directions_in_every_suite)
{
	uint16_t suite = suite_all()[_i];

	establish(suite);
	ck_assert_uint_eq(session_suite(b), suite);
	ck_assert(!session_answered(a));
	ck_assert(session_answered(b));
	for (int i = 0; i < 20; i++) {
		say(&b, &a, "bom dia");
		ck_assert(session_answered(a));
		say(&a, &b, "boa tarde");
		say(&a, &b, "");
	}
	ck_assert_mem_eq(session_peer(a), &bob.party, sizeof(bob.party));
	ck_assert_mem_eq(session_peer(b), &alice.party, sizeof(alice.party));
}
END_TEST

START_TEST(sizes_are_powers_of_two)
{
	static char text[ENVELOPE_MAX];
	uint16_t suite = suite_all()[_i];
	struct buf *env = buf_new(ENVELOPE_MAX);
	size_t n = 0, len;

	establish(suite);
	for (n = 0; n < ENVELOPE_MAX; n += n < 600 ? 1 : 997) {
		struct session *s = n % 2 != 0 ? a : b;

		if (session_seal(s, (struct bytes){ (uint8_t *)text, n }, env) != 0)
			break;
		len = buf_len(env);
		ck_assert(len >= 256 && len <= 32768 && (len & (len - 1)) == 0);
		ck_assert(len == 256 || n + 400 > len / 2);
		ck_assert_int_eq(pair_open(n % 2 != 0 ? &b : &a, buf_view(env), plain), 0);
		ck_assert_uint_eq(buf_len(plain), n);
	}
	ck_assert_uint_gt(n, 32000);
	ck_assert_int_eq(session_seal(a, (struct bytes){ (uint8_t *)text, 32700 }, env), ERR_LIMIT);
	buf_free(&env);
}
END_TEST

START_TEST(first_messages_arrive_in_any_order)
{
	struct buf *env[4];

	a = pair_start(&alice, &bob, GCM);
	for (int i = 0; i < 4; i++)
		env[i] = pair_seal(a, "first");
	ck_assert_int_eq(pair_accept(&bob, buf_view(env[2]), &b), 0);
	ck_assert_int_eq(open_text(&b, env[2], "first"), 0);
	ck_assert_int_eq(open_text(&b, env[0], "first"), 0);
	ck_assert_int_eq(open_text(&b, env[3], "first"), 0);
	say(&b, &a, "heard");
	say(&a, &b, "good");
	ck_assert_int_eq(open_text(&b, env[1], "first"), 0);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(
		    open_text(&b, env[i], "first"), i == 1 ? ERR_UNEXPECTED : ERR_UNEXPECTED);
		buf_free(&env[i]);
	}
}
END_TEST

START_TEST(no_message_twice)
{
	struct buf *env[3];

	establish(GCM);
	for (int i = 0; i < 3; i++)
		env[i] = pair_seal(a, "once");
	ck_assert_int_eq(open_text(&b, env[1], "once"), 0);
	ck_assert_int_eq(open_text(&b, env[1], "once"), ERR_REPLAY);
	ck_assert_int_eq(open_text(&b, env[0], "once"), 0);
	ck_assert_int_eq(open_text(&b, env[0], "once"), ERR_REPLAY);
	ck_assert_int_eq(open_text(&b, env[2], "once"), 0);
	ck_assert_int_eq(open_text(&b, env[2], "once"), ERR_REPLAY);
	for (int i = 0; i < 3; i++)
		buf_free(&env[i]);
}
END_TEST

/* Every octet flipped, in a first message and in a later one: refused, and nothing changed. */
static void
flip_all(struct session **s, struct buf *env)
{
	struct buf *before = packed(*s), *copy = buf_new(ENVELOPE_MAX), *after;
	uint8_t *p;

	for (size_t i = 0; i < buf_len(env); i++) {
		buf_reset(copy);
		ck_assert_int_eq(buf_reserve(copy, buf_len(env), &p), 0);
		memcpy(p, buf_ptr(env), buf_len(env));
		p[i] ^= (uint8_t)(1u << (i % 8));
		ck_assert_int_lt(pair_open(s, buf_view(copy), plain), 0);
	}
	for (size_t n = 0; n < buf_len(env); n += 7)
		ck_assert_int_lt(pair_open(s, (struct bytes){ buf_ptr(env), n }, plain), 0);
	after = packed(*s);
	ck_assert(bytes_equal(buf_view(before), buf_view(after)));
	buf_free(&before);
	buf_free(&after);
	buf_free(&copy);
}

START_TEST(a_flipped_bit_opens_nothing_and_changes_nothing)
{
	struct buf *env, *late;

	a = pair_start(&alice, &bob, suite_all()[_i]);
	late = pair_seal(a, "first");
	env = pair_seal(a, "second");
	ck_assert_int_eq(pair_accept(&bob, buf_view(env), &b), 0);
	flip_all(&b, env);
	ck_assert_int_eq(open_text(&b, env, "second"), 0);
	flip_all(&b, late);
	ck_assert_int_eq(open_text(&b, late, "first"), 0);
	buf_free(&env);
	env = pair_seal(b, "answer");
	flip_all(&a, env);
	ck_assert_int_eq(open_text(&a, env, "answer"), 0);
	buf_free(&env);
	buf_free(&late);
}
END_TEST

START_TEST(packed_and_back_is_the_same_session)
{
	struct buf *p, *q, *late;
	struct session *s = NULL;

	establish(GCM);
	late = pair_seal(a, "late");
	say(&a, &b, "sooner");
	say(&b, &a, "answer");
	say(&a, &b, "next");
	p = packed(b);
	ck_assert_int_eq(session_unpack(buf_view(p), &s), 0);
	q = packed(s);
	ck_assert(bytes_equal(buf_view(p), buf_view(q)));
	session_free(&b);
	b = s;
	s = NULL;
	ck_assert_int_eq(open_text(&b, late, "late"), 0);
	say(&b, &a, "still here");
	for (size_t n = 0; n < buf_len(p); n++) {
		ck_assert_int_lt(session_unpack((struct bytes){ buf_ptr(p), n }, &s), 0);
		ck_assert_ptr_null(s);
	}
	ck_assert_int_eq(buf_put_u8(p, 0), 0);
	ck_assert_int_eq(session_unpack(buf_view(p), &s), ERR_TRAILING);
	buf_free(&p);
	buf_free(&q);
	buf_free(&late);
}
END_TEST

START_TEST(names_and_prekeys_enter_the_key)
{
	struct session_peek peek, changed;
	struct session_accept p = { .peek = &changed,
		.own = &bob.party,
		.own_identity = bob.identity,
		.signed_prekey = bob.signed_prekey,
		.one_time = bob.one_time,
		.now = PAIR_NOW };
	struct session_party other;
	struct buf *env;

	a = pair_start(&alice, &bob, GCM);
	env = pair_seal(a, "hello");
	ck_assert_int_eq(session_peek(buf_view(env), &peek), 0);
	for (int i = 0; i <= 9; i++) {
		changed = peek;
		other = bob.party;
		p.own = &other;
		switch (i) {
		case 0:
			changed.sender.user_id[0] ^= 1;
			break;
		case 1:
			changed.sender.device_id[0] ^= 1;
			break;
		case 2:
			changed.sender.binding_hash[0] ^= 1;
			break;
		case 3:
			changed.signed_prekey_id ^= 1;
			break;
		case 4:
			changed.one_time_id ^= 1;
			break;
		case 5:
			changed.last_resort = true;
			break;
		case 6:
			other.user_id[0] ^= 1;
			break;
		case 7:
			other.device_id[0] ^= 1;
			break;
		case 8:
			other.binding_hash[0] ^= 1;
			changed.recipient_binding[0] ^= 1;
			break;
		case 9:
			break;
		}
		ck_assert_int_eq(session_accept(&p, &b), 0);
		ck_assert_int_eq(open_text(&b, env, "hello"), i == 9 ? 0 : ERR_UNEXPECTED);
		session_free(&b);
	}
	changed = peek;
	changed.recipient_binding[0] ^= 1;
	ck_assert_int_eq(session_accept(&p, &b), ERR_UNEXPECTED);
	changed = peek;
	p.one_time = NULL;
	ck_assert_int_eq(session_accept(&p, &b), ERR_UNEXPECTED);
	buf_free(&env);
}
END_TEST

START_TEST(zero_shares_are_refused)
{
	struct session_start p = { .suite = GCM,
		.own = &alice.party,
		.peer = &bob.party,
		.own_identity = alice.identity,
		.bundle = &bob.bundle,
		.now = PAIR_NOW };
	struct session_bundle bundle = bob.bundle;

	p.bundle = &bundle;
	memset(bundle.one_time, 0, 32);
	ck_assert_int_eq(session_start(&p, &a), ERR_KEY);
	ck_assert_ptr_null(a);
	bundle = bob.bundle;
	memset(bundle.signed_prekey, 0, 32);
	bundle.signed_prekey[0] = 1;
	ck_assert_int_eq(session_start(&p, &a), ERR_KEY);
	bundle = bob.bundle;
	bundle.one_time_id = 0;
	ck_assert_int_eq(session_start(&p, &a), ERR_FORMAT);
	bundle = bob.bundle;
	p.suite = 99;
	ck_assert_int_eq(session_start(&p, &a), ERR_SUITE);
}
END_TEST

START_TEST(without_and_with_last_resort)
{
	struct session_peek peek;
	struct buf *env;

	bob.bundle.last_resort = true;
	a = pair_start(&alice, &bob, GCM);
	env = pair_seal(a, "x");
	ck_assert_int_eq(session_peek(buf_view(env), &peek), 0);
	ck_assert(peek.initial && peek.has_one_time && peek.last_resort);
	ck_assert_int_eq(pair_accept(&bob, buf_view(env), &b), 0);
	ck_assert_int_eq(open_text(&b, env, "x"), 0);
	session_free(&a);
	session_free(&b);
	buf_free(&env);
	bob.bundle.has_one_time = bob.bundle.last_resort = false;
	a = pair_start(&alice, &bob, GCM);
	env = pair_seal(a, "x");
	ck_assert_int_eq(session_peek(buf_view(env), &peek), 0);
	ck_assert(peek.initial && !peek.has_one_time);
	ck_assert_mem_eq(&peek.sender, &alice.party, sizeof(peek.sender));
	ck_assert_int_eq(pair_accept(&bob, buf_view(env), &b), 0);
	ck_assert_int_eq(open_text(&b, env, "x"), 0);
	buf_free(&env);
}
END_TEST

START_TEST(simultaneous_starts_agree_on_one)
{
	struct session *a2 = NULL, *b2 = NULL;
	struct buf *ea, *eb;

	a = pair_start(&alice, &bob, GCM);
	b = pair_start(&bob, &alice, GCM);
	ea = pair_seal(a, "from alice");
	eb = pair_seal(b, "from bob");
	ck_assert_int_eq(pair_accept(&bob, buf_view(ea), &b2), 0);
	ck_assert_int_eq(pair_accept(&alice, buf_view(eb), &a2), 0);
	ck_assert_int_eq(open_text(&b2, ea, "from alice"), 0);
	ck_assert_int_eq(open_text(&a2, eb, "from bob"), 0);
	ck_assert_int_ne(session_compare(a, a2), 0);
	ck_assert_int_eq(session_compare(a, b2), 0);
	ck_assert_int_eq(session_compare(b, a2), 0);
	ck_assert_int_eq(session_compare(a, a2) < 0, session_compare(b2, b) < 0);
	session_free(&a2);
	session_free(&b2);
	buf_free(&ea);
	buf_free(&eb);
}
END_TEST

START_TEST(an_envelope_of_another_session_is_named_so)
{
	struct session *other = pair_start(&alice, &bob, GCM);
	struct buf *env = pair_seal(other, "x");

	establish(GCM);
	ck_assert_int_eq(open_text(&b, env, "x"), ERR_UNEXPECTED);
	session_free(&other);
	buf_free(&env);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { first_messages_arrive_in_any_order, no_message_twice,
		packed_and_back_is_the_same_session, names_and_prekeys_enter_the_key,
		zero_shares_are_refused, without_and_with_last_resort,
		simultaneous_starts_agree_on_one, an_envelope_of_another_session_is_named_so,
		NULL };
	Suite *s = suite_create("session");
	TCase *c = tcase_create("session");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, both_directions_in_every_suite, 0, SUITE_COUNT);
	tcase_add_loop_test(c, sizes_are_powers_of_two, 0, SUITE_COUNT);
	tcase_add_loop_test(c, a_flipped_bit_opens_nothing_and_changes_nothing, 0, SUITE_COUNT);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
