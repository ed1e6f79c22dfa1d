/*
 * aging: skipped keys of sessions that nobody uses, under a clock that the test moves.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/aging.h"
#include "core/seal.h"
#include "crypto/suite.h"
#include "desk.h"
#include "pair.h"
#include "unit.h"

#define DAY_MS (24ull * 3600 * 1000)
#define SESSIONS (2 * AGING_BATCH + 3)

static struct pair_device alice, bob;
static struct store_person person = { .name = "bob" };
static uint64_t moved;

uint64_t __wrap_clock_now_ms(void);

uint64_t
__wrap_clock_now_ms(void)
{
	return moved;
}

static void
setup(void)
{
	moved = PAIR_NOW;
	desk_setup();
	pair_device_init(&alice, 0x10);
	pair_device_init(&bob, 0x20);
	person.id = 0;
	ck_assert_int_eq(store_person_add(desk.store, &person), 0);
}

static void
teardown(void)
{
	aging_close(&desk);
	pair_device_clear(&alice);
	pair_device_clear(&bob);
	desk_teardown();
}

/* A session of bob's where so many of alice's messages are missing, in a chain that is over. */
static struct session *
session_with(int missing)
{
	struct session *a = pair_start(&alice, &bob, SUITE_ECDHE_AES256_GCM_SHA384), *b = NULL;
	struct buf *env, *plain = buf_new_secret(ENVELOPE_MAX);

	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < missing && turn == 0; i++) {
			env = pair_seal(a, "late");
			buf_free(&env);
		}
		env = pair_seal(a, "on time");
		if (b == NULL)
			ck_assert_int_eq(pair_accept(&bob, buf_view(env), &b), 0);
		ck_assert_int_eq(pair_open(&b, buf_view(env), plain), 0);
		buf_free(&env);
		env = pair_seal(b, "answer");
		ck_assert_int_eq(pair_open(&a, buf_view(env), plain), 0);
		buf_free(&env);
	}
	buf_free(&plain);
	session_free(&a);
	return b;
}

static int64_t
keep(const struct session *s)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	int64_t row;

	ck_assert_int_eq(seal_keep(&desk, person.id, s, 0, true), 0);
	ck_assert_int_eq(
	    store_session_by_device(desk.store, session_peer(s)->device_id, &row, packed), 0);
	buf_free(&packed);
	return row;
}

static uint64_t
oldest(int64_t row)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	struct session *s = NULL;
	uint64_t at;

	ck_assert_int_eq(store_session_get(desk.store, row, packed), 0);
	ck_assert_int_eq(session_unpack(buf_view(packed), &s), 0);
	at = session_oldest(s);
	session_free(&s);
	buf_free(&packed);
	return at;
}

static size_t
old_ones(const int64_t *ids, size_t n)
{
	size_t count = 0;

	while (n-- > 0)
		count += oldest(ids[n]) != 0;
	return count;
}

static void
turn(void)
{
	ck_assert_int_ge(event_base_loop(desk.base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
}

START_TEST(after_thirty_days_and_not_before)
{
	struct session *s = session_with(3);
	uint8_t tags[SESSION_TAGS_MAX][SESSION_TAG];
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	struct buf *want = buf_new_secret(SESSION_PACKED_MAX);
	struct store_session found;
	size_t n = session_tags(s, tags, SESSION_TAGS_MAX);
	int64_t row = keep(s);

	ck_assert_uint_eq(session_oldest(s), PAIR_NOW);
	ck_assert_uint_eq(n, 3); /* the last is of the chain that is over */
	moved = PAIR_NOW + 30 * DAY_MS;
	ck_assert_int_eq(aging_open(&desk), 0);
	turn();
	ck_assert_uint_eq(oldest(row), PAIR_NOW);
	aging_close(&desk);
	moved += 1;
	ck_assert_int_eq(aging_open(&desk), 0);
	turn();
	ck_assert_uint_eq(oldest(row), 0);
	ck_assert_int_eq(store_session_by_tag(desk.store, tags[2], &found, packed), ERR_NOT_FOUND);
	ck_assert_int_eq(store_session_by_tag(desk.store, tags[0], &found, packed), 0);
	ck_assert(found.active && found.id == row && found.person == person.id);
	/* but for those keys it is what it was */
	session_expire(s, moved);
	buf_reset(packed);
	ck_assert_int_eq(store_session_get(desk.store, row, packed), 0);
	ck_assert_int_eq(session_pack(s, want), 0);
	ck_assert(bytes_equal(buf_view(want), buf_view(packed)));
	buf_free(&want);
	buf_free(&packed);
	session_free(&s);
}
END_TEST

START_TEST(a_few_in_a_turn_until_all_are_done)
{
	int64_t ids[SESSIONS];
	size_t left = SESSIONS, now;

	for (int i = 0; i < SESSIONS; i++) {
		struct session *s;

		memset(alice.party.device_id, i + 1, STORE_DEVICE); /* one a device */
		s = session_with(1);
		ids[i] = keep(s);
		session_free(&s);
	}
	moved = PAIR_NOW + 31 * DAY_MS;
	ck_assert_int_eq(aging_open(&desk), 0);
	while (left > 0) {
		turn();
		now = old_ones(ids, SESSIONS);
		ck_assert_uint_lt(now, left);
		ck_assert_uint_le(left - now, AGING_BATCH);
		left = now;
	}
	ck_assert_int_gt(event_base_get_num_events(desk.base, EVENT_BASE_COUNT_ADDED), 0);
}
END_TEST

/* What cannot be read is left alone; of no other session is it the end. */
START_TEST(a_damaged_session_is_passed_over)
{
	struct session *s = session_with(1);
	struct store_session bad = { .person = person.id, .oldest = 1,
		.packed = { (const uint8_t *)"damaged", 7 } };
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	int64_t row;

	bad.device[0] = 9;
	ck_assert_int_eq(store_session_put(desk.store, &bad), 0);
	row = keep(s);
	moved = PAIR_NOW + 31 * DAY_MS;
	ck_assert_int_eq(aging_open(&desk), 0);
	turn();
	turn();
	ck_assert_uint_eq(oldest(row), 0);
	ck_assert_int_eq(store_session_get(desk.store, bad.id, packed), 0);
	ck_assert_uint_eq(buf_len(packed), 7);
	buf_free(&packed);
	session_free(&s);
}
END_TEST

static bool
is_there(int64_t row)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	int r = store_session_get(desk.store, row, packed);

	ck_assert(r == 0 || r == ERR_NOT_FOUND);
	buf_free(&packed);
	return r == 0;
}

/* As when the profile is opened. */
static void
age_now(void)
{
	aging_close(&desk);
	ck_assert_int_eq(aging_open(&desk), 0);
	turn();
}

/* One that is used to seal stays for ever, one that was replaced for 30 days after it last opened. */
START_TEST(a_replaced_session_goes)
{
	struct session *s[2] = { session_with(0), session_with(0) };
	int64_t first = keep(s[0]), second = keep(s[1]);

	age_now();
	moved += 29 * DAY_MS;
	ck_assert_int_eq(seal_keep(&desk, person.id, s[0], first, false), 0);
	age_now();
	moved += 30 * DAY_MS;
	age_now();
	ck_assert(is_there(first) && is_there(second));
	moved += 1;
	age_now();
	ck_assert(!is_there(first) && is_there(second));
	session_free(&s[0]);
	session_free(&s[1]);
}
END_TEST

START_TEST(of_replaced_ones_a_few_are_kept)
{
	int64_t ids[8];
	size_t i;

	for (i = 0; i < 8; i++) {
		struct session *s = session_with(0);

		ids[i] = keep(s);
		session_free(&s);
	}
	for (i = 0; i < 8; i++)
		ck_assert_int_eq(is_there(ids[i]), i >= 8 - 1 - STORE_SESSIONS_REPLACED);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aging");
	TCase *c = tcase_create("aging");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, after_thirty_days_and_not_before);
	tcase_add_test(c, a_few_in_a_turn_until_all_are_done);
	tcase_add_test(c, a_damaged_session_is_passed_over);
	tcase_add_test(c, a_replaced_session_goes);
	tcase_add_test(c, of_replaced_ones_a_few_are_kept);
	suite_add_tcase(s, c);
	return unit_run(s);
}
