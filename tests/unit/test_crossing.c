/*
 * crossing: both begin at once, in every order in which bundles, first messages and answers can come.
 * Both sides end in one session, which was answered; every message is there once.
 */
#include <string.h>

#include "houses.h"
#include "unit.h"

#define STEPS 6
#define LOST "the old one was lost"

/* First messages wait at the relay until it is their turn. */
static size_t first_of_maria, first_of_rui;

/* To h comes what waits, but for that one envelope. */
static void
rest(struct house *h, size_t but)
{
	(void)house_deposits(h->other);
	for (; h->next < h->mail_count; h->next++)
		if (h->next != but)
			house_take(h, buf_view(h->mail[h->next]));
	(void)house_deposits(h);
}

static void
first(struct house *h, size_t which)
{
	(void)house_deposits(h->other);
	if (which < h->mail_count)
		house_take(h, buf_view(h->mail[which]));
}

static void
step(int which)
{
	switch (which) {
	case 0:
		(void)house_bundles(&maria);
		break;
	case 1:
		(void)house_bundles(&rui);
		break;
	case 2:
		first(&rui, first_of_maria);
		break;
	case 3:
		first(&maria, first_of_rui);
		break;
	case 4:
		rest(&rui, first_of_maria);
		break;
	case 5:
		rest(&maria, first_of_rui);
		break;
	}
}

/* Whatever came is acked, so that doing it again changes nothing. */
static void
all_again(struct house *h, size_t from)
{
	for (size_t i = from; i < h->mail_count; i++)
		house_take(h, buf_view(h->mail[i]));
}

static void
forget(struct house *h)
{
	ck_assert_int_eq(store_session_drop_person(h->e.store, h->peer.id), 0);
	house_empty(h);
}

/* maria writes before the second step, and again after it, to have more than one on its way. */
static void
cross(const int order[STEPS])
{
	uint32_t at_maria = house_received(&maria), at_rui = house_received(&rui);
	int64_t hers, his;

	first_of_rui = maria.mail_count;
	first_of_maria = rui.mail_count;
	hers = house_says(&maria, "um");
	his = house_says(&rui, "dois");
	for (int i = 0; i < STEPS; i++) {
		step(order[i]);
		if (i == STEPS / 2)
			(void)house_says(&maria, "um e meio");
	}
	houses_settle();
	all_again(&rui, first_of_maria);
	all_again(&maria, first_of_rui);
	(void)house_says(&maria, "e agora");
	(void)house_says(&rui, "agora sim");
	houses_settle();
	houses_agree();
	ck_assert_uint_eq(house_received(&maria), at_maria + 2);
	ck_assert_uint_eq(house_received(&rui), at_rui + 3);
	ck_assert_int_eq(house_state(&maria, hers), CORE_ST_DELIVERED);
	ck_assert_int_eq(house_state(&rui, his), CORE_ST_DELIVERED);
	ck_assert_uint_eq(house_said(&maria, LOST) + house_said(&rui, LOST), 0);
}

static int
place(const int order[STEPS], int what)
{
	int i = 0;

	while (order[i] != what)
		i++;
	return i;
}

/* Every order of the steps that are not yet taken, but for those in which a first message comes before
 * the bundle it is sealed with. The first sessions are the first of all, later ones follow others that
 * both have dropped. */
static void
orders(int *order, int n)
{
	if (n == STEPS) {
		if (place(order, 0) > place(order, 2) || place(order, 1) > place(order, 3))
			return;
		cross(order);
		forget(&maria);
		forget(&rui);
		return;
	}
	for (int i = n; i < STEPS; i++) {
		int kept = order[n];

		order[n] = order[i];
		order[i] = kept;
		orders(order, n + 1);
		order[i] = order[n];
		order[n] = kept;
	}
}

START_TEST(in_every_order_one_session_remains)
{
	int order[STEPS];

	for (int i = 0; i < STEPS; i++)
		order[i] = (i + _i) % STEPS;
	for (int i = 1; i < STEPS; i++) {
		int kept = order[1];

		orders(order, 2);
		order[1] = order[i];
		order[i] = kept;
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crossing");
	TCase *c = tcase_create("crossing");

	tcase_add_checked_fixture(c, houses_setup, houses_teardown);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, in_every_order_one_session_remains, 0, STEPS);
	suite_add_tcase(s, c);
	return unit_run(s);
}
