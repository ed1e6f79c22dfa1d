#include <string.h>

#include "talk.h"

START_TEST(skipped_keys_are_bounded)
{
	struct buf *first, *env, *out = buf_new(ENVELOPE_MAX);

	establish(GCM);
	first = pair_seal(a, "first");
	for (int i = 0; i < SESSION_SKIP_CHAIN - 1; i++)
		ck_assert_int_eq(session_seal(a, (struct bytes){ NULL, 0 }, out), 0);
	env = pair_seal(a, "after a thousand");
	ck_assert_int_eq(open_text(&b, env, "after a thousand"), 0);
	ck_assert_int_eq(open_text(&b, first, "first"), 0);
	buf_free(&env);
	for (int i = 0; i < SESSION_SKIP_CHAIN + 1; i++)
		ck_assert_int_eq(session_seal(a, (struct bytes){ NULL, 0 }, out), 0);
	env = pair_seal(a, "too far");
	ck_assert_int_eq(open_text(&b, env, "too far"), ERR_LIMIT);
	/* the one before it is near enough, and then so is this */
	ck_assert_int_eq(pair_open(&b, buf_view(out), plain), 0);
	ck_assert_int_eq(open_text(&b, env, "too far"), 0);
	buf_free(&env);
	buf_free(&first);
	buf_free(&out);
}
END_TEST

START_TEST(the_oldest_skipped_key_goes_first_and_packing_fits)
{
	struct buf *first, *second = NULL, *out = buf_new(ENVELOPE_MAX), *p;
	struct session *s = NULL;

	establish(GCM);
	first = pair_seal(a, "first");
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i < 999; i++) {
			ck_assert_int_eq(session_seal(a, (struct bytes){ NULL, 0 }, out), 0);
			if (turn == 2 && i == 0)
				second = pair_seal(a, "second");
		}
		say(&a, &b, "far");
		say(&b, &a, "turn");
	}
	ck_assert_int_lt(open_text(&b, first, "first"), 0);
	p = packed(b);
	ck_assert_uint_gt(buf_len(p), 2000 * 48);
	ck_assert_int_eq(session_unpack(buf_view(p), &s), 0);
	session_free(&b);
	b = s;
	ck_assert_int_eq(open_text(&b, second, "second"), 0);
	buf_free(&first);
	buf_free(&second);
	buf_free(&out);
	buf_free(&p);
}
END_TEST

START_TEST(skipped_keys_expire)
{
	struct session *next = NULL;
	struct buf *late, *env;

	establish(GCM);
	late = pair_seal(a, "late");
	say(&a, &b, "sooner");
	ck_assert_int_eq(
	    session_open(b, buf_view(late), PAIR_NOW + SESSION_SKIP_MS, &next, plain), 0);
	session_free(&next);
	ck_assert_int_eq(
	    session_open(b, buf_view(late), PAIR_NOW + SESSION_SKIP_MS + 1, &next, plain),
	    ERR_REPLAY);
	env = pair_seal(a, "months after");
	ck_assert_int_eq(
	    session_open(b, buf_view(env), PAIR_NOW + 3 * SESSION_SKIP_MS, &next, plain), 0);
	session_free(&b);
	b = next;
	buf_free(&late);
	buf_free(&env);
}
END_TEST

static bool
has_tag(const struct session *s, const struct buf *env)
{
	uint8_t tags[SESSION_TAGS_MAX][SESSION_TAG];
	struct session_peek peek;
	size_t n = session_tags(s, tags, SESSION_TAGS_MAX);

	ck_assert_int_eq(session_peek(buf_view(env), &peek), 0);
	for (size_t i = 0; i < n; i++)
		if (memcmp(tags[i], peek.tag, SESSION_TAG) == 0)
			return true;
	return false;
}

START_TEST(tags_name_what_can_come)
{
	struct buf *late, *env;

	establish(GCM);
	late = pair_seal(a, "late");
	ck_assert(has_tag(b, late));
	say(&a, &b, "x");
	for (int i = 0; i < 3; i++) {
		env = pair_seal(b, "answer");
		ck_assert(has_tag(a, env));
		ck_assert(!has_tag(b, env));
		ck_assert_int_eq(open_text(&a, env, "answer"), 0);
		buf_free(&env);
		env = pair_seal(a, "question");
		ck_assert(has_tag(b, env));
		ck_assert_int_eq(open_text(&b, env, "question"), 0);
		buf_free(&env);
	}
	ck_assert(has_tag(b, late));
	ck_assert_int_eq(open_text(&b, late, "late"), 0);
	ck_assert(!has_tag(b, late));
	buf_free(&late);
}
END_TEST

START_TEST(chains_with_skipped_keys_are_bounded)
{
	enum { TURNS = SESSION_SKIP_CHAINS + 6 };
	uint8_t tags[SESSION_TAGS_MAX + 8][SESSION_TAG];
	struct buf *late[TURNS];

	establish(GCM);
	for (int i = 0; i < TURNS; i++) {
		late[i] = pair_seal(a, "late");
		say(&a, &b, "sooner");
		say(&b, &a, "answer");
	}
	ck_assert_uint_eq(session_tags(b, tags, SESSION_TAGS_MAX + 8), SESSION_TAGS_MAX - 1);
	for (int i = 0; i < TURNS; i++) {
		ck_assert_int_eq(open_text(&b, late[i], "late"), i < 6 ? ERR_UNEXPECTED : 0);
		buf_free(&late[i]);
	}
	ck_assert_uint_eq(session_tags(b, tags, SESSION_TAGS_MAX + 8), 2);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { skipped_keys_are_bounded,
		the_oldest_skipped_key_goes_first_and_packing_fits, skipped_keys_expire,
		tags_name_what_can_come, chains_with_skipped_keys_are_bounded, NULL };
	Suite *s = suite_create("session limits");
	TCase *c = tcase_create("session limits");

	tcase_add_checked_fixture(c, setup, teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
