/*
 * room: what does not fit beside an introduction goes out when the other device has answered, and none is
 * needed any more.
 */
#include <string.h>

#include "core/outbox.h"
#include "houses.h"
#include "unit.h"

static bool tight; /* nothing fits beside an introduction */

int __real_session_seal(struct session *s, struct bytes plaintext, struct buf *out);
int __wrap_session_seal(struct session *s, struct bytes plaintext, struct buf *out);

int
__wrap_session_seal(struct session *s, struct bytes plaintext, struct buf *out)
{
	return tight && !session_answered(s) ? ERR_LIMIT : __real_session_seal(s, plaintext, out);
}

static int
count(void *arg, const struct store_owed *o)
{
	++*(int *)arg;
	return 0;
}

static int
owed(void)
{
	int n = 0;

	ck_assert_int_eq(store_owed_each(maria.e.store, maria.peer_device, 100, count, &n), 0);
	return n;
}

START_TEST(a_debt_is_kept_until_it_fits)
{
	int64_t row;

	tight = false;
	row = house_says(&maria, "um");
	ck_assert(house_bundles(&maria));
	ck_assert(house_deposits(&maria));
	tight = true;
	ck_assert_int_eq(store_owed_add(maria.e.store, row, maria.peer.id, maria.peer_device), 0);
	outbox_kick(&maria.e);
	house_turn(&maria);
	ck_assert_int_eq(owed(), 1);
	ck_assert_uint_eq(maria.deposits, 1);
	houses_settle();
	ck_assert_int_eq(owed(), 0);
	ck_assert_uint_eq(maria.deposits, 2);
	ck_assert_uint_eq(house_received(&rui), 1);
}
END_TEST

/* Both began at once, and the session that stays is rui's, who has heard nothing in it: true. */
static bool
crossed(void)
{
	struct session *s;
	bool his;

	(void)house_says(&maria, "um");
	(void)house_says(&rui, "dois");
	ck_assert(house_bundles(&maria));
	ck_assert(house_bundles(&rui));
	ck_assert(house_deposits(&maria));
	ck_assert(house_deposits(&rui));
	tight = true;
	while (house_next(&rui))
		continue;
	s = house_session(&rui);
	his = !session_answered(s);
	session_free(&s);
	return his;
}

static void
forget(struct house *h)
{
	ck_assert_int_eq(store_session_drop_person(h->e.store, h->peer.id), 0);
}

START_TEST(a_receipt_is_kept_until_it_fits)
{
	size_t before;
	uint64_t due;

	for (int i = 0; tight = false, !crossed(); i++) {
		ck_assert_int_lt(i, 60);
		houses_settle();
		forget(&maria);
		forget(&rui);
	}
	(void)house_deposits(&rui);
	before = rui.deposits;
	ck_assert_int_eq(store_receipt_next(rui.e.store, &due), 0);
	ck_assert_uint_gt(due, houses_now);
	houses_settle();
	ck_assert_uint_eq(rui.deposits, before);
	houses_now = due;
	house_restart(&rui);
	houses_settle();
	ck_assert_uint_gt(rui.deposits, before);
	ck_assert_int_eq(store_receipt_next(rui.e.store, &due), 0);
	ck_assert_uint_eq(due, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("room");
	TCase *c = tcase_create("room");

	tcase_add_checked_fixture(c, houses_setup, houses_teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, a_debt_is_kept_until_it_fits);
	tcase_add_test(c, a_receipt_is_kept_until_it_fits);
	suite_add_tcase(s, c);
	return unit_run(s);
}
