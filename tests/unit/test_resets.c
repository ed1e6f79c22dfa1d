/*
 * resets: what disconnecting, damaged and forged mail cost: a message may wait for the hour to be over, and
 * none is lost or shown twice.
 */
#include <string.h>

#include "core/seal.h"
#include "houses.h"
#include "unit.h"

#define FORGED 100

/* They have talked: one session, answered. */
static void
setup(void)
{
	houses_setup();
	(void)house_says(&maria, "ola");
	houses_settle();
	(void)house_says(&rui, "viva");
	houses_settle();
	houses_agree();
}

/* maria's next message, at rui's mailbox. */
static int64_t
posted(const char *text)
{
	int64_t row = house_says(&maria, text);

	(void)house_bundles(&maria);
	ck_assert(house_deposits(&maria));
	return row;
}

/* rui gets a forged copy of what waits, and then, if at all, what it is a copy of. */
static void
take_forged(int which, bool genuine)
{
	struct buf *copy = house_forged(rui.mail[rui.next], which != 0);
	uint32_t before = house_received(&rui);

	house_take(&rui, buf_view(copy));
	ck_assert_uint_eq(house_received(&rui), before);
	buf_free(&copy);
	if (genuine) {
		ck_assert(house_next(&rui));
		ck_assert_uint_eq(house_received(&rui), before + 1);
	} else
		rui.next++;
}

static void
arrived(int64_t row, uint32_t count)
{
	ck_assert_uint_eq(house_received(&rui), count);
	ck_assert_int_eq(house_state(&maria, row), CORE_ST_DELIVERED);
}

/* rui ends the session while a message is on its way in it. */
START_TEST(who_disconnects_twice_an_hour_loses_nothing)
{
	int64_t row;

	row = posted("um");
	house_disconnects(&rui);
	houses_settle();
	arrived(row, 2);
	(void)house_says(&rui, "de volta");
	houses_settle();
	row = posted("dois");
	house_disconnects(&rui);
	houses_settle();
	ck_assert_int_eq(house_state(&maria, row), CORE_ST_SENT);
	houses_hours(1);
	arrived(row, 3);
	(void)house_says(&rui, "e outra vez");
	houses_settle();
	houses_agree();
}
END_TEST

/* No MAC held: the session that it names is what it was. */
START_TEST(a_forged_copy_costs_nothing)
{
	for (uint32_t i = 0; i < 3; i++) {
		int64_t row = posted("um");

		take_forged(_i, true);
		houses_settle();
		arrived(row, 2 + i);
	}
	houses_hours(1);
	(void)house_says(&rui, "pois");
	houses_settle();
	houses_agree();
	ck_assert_uint_eq(house_received(&rui), 4);
	ck_assert_uint_eq(house_received(&maria), 2);
}
END_TEST

/* What is damaged for good comes again: at once, or when the hour is over. */
START_TEST(a_damaged_message_comes_again)
{
	int64_t row = posted("um");

	take_forged(_i, false);
	houses_settle();
	arrived(row, 2);
	ck_assert_uint_eq(house_said(&rui, "the session is renewed"), 1);
	row = posted("dois");
	take_forged(_i, false);
	houses_settle();
	ck_assert_int_eq(house_state(&maria, row), CORE_ST_SENT);
	ck_assert_uint_eq(house_said(&rui, "the session is renewed"), 1);
	houses_hours(1);
	arrived(row, 3);
	ck_assert_uint_eq(house_said(&rui, "the session is renewed"), 2);
	houses_agree();
}
END_TEST

/* However many there are, few requests come of it. */
START_TEST(forgeries_do_not_make_anybody_seal_for_ever)
{
	size_t before;

	for (int i = 0; i < FORGED; i++) {
		(void)posted("um");
		take_forged(0, false);
	}
	before = rui.deposits;
	houses_settle();
	ck_assert_uint_lt(rui.deposits, before + FORGED + 4); /* and a receipt for each that came again */
	before = rui.deposits;
	houses_hours(1);
	ck_assert_uint_lt(rui.deposits, before + 50);
	ck_assert_uint_eq(house_said(&rui, "the session is renewed"), 2);
	(void)house_says(&maria, "fim");
	houses_settle();
	houses_agree();
	ck_assert_uint_eq(house_received(&rui), 2 + FORGED);
}
END_TEST

/* rui ends the session that maria's receipt is on its way in. */
START_TEST(what_was_confirmed_in_a_session_that_ended_is_confirmed_again)
{
	int64_t row = house_says(&rui, "um");

	ck_assert(house_deposits(&rui));
	ck_assert(house_next(&maria));
	house_disconnects(&rui);
	houses_settle();
	ck_assert_int_eq(house_state(&rui, row), CORE_ST_SENT);
	(void)house_says(&rui, "dois");
	houses_settle();
	houses_hours(1);
	ck_assert_int_eq(house_state(&rui, row), CORE_ST_DELIVERED);
	ck_assert_uint_eq(house_received(&maria), 3);
}
END_TEST

/* It could not open a message, and no other session has begun yet. */
START_TEST(a_session_that_was_given_up_is_ended_aloud)
{
	int64_t row = posted("um");

	take_forged(0, true);
	house_disconnects(&rui);
	(void)house_deposits(&rui);
	row = posted("dois");
	houses_settle();
	arrived(row, 3);
}
END_TEST

/* The relay holds it back until there is another session. */
START_TEST(a_late_disconnect_ends_what_was_before_it)
{
	struct session *s;
	size_t late;

	house_disconnects(&rui);
	ck_assert(house_deposits(&rui));
	late = maria.next++;
	(void)house_says(&rui, "de novo");
	houses_settle();
	(void)house_says(&maria, "sim");
	houses_settle();
	houses_agree();
	house_take(&maria, buf_view(maria.mail[late]));
	s = house_session(&maria);
	ck_assert_ptr_nonnull(s);
	session_free(&s);
	(void)house_says(&maria, "mesmo");
	houses_settle();
	houses_agree();
	ck_assert_uint_eq(house_received(&rui), 3);
	ck_assert_uint_eq(house_received(&maria), 2);
}
END_TEST

/* maria lost her sessions, and the relay gave her a one-time prekey that it had given to another, who came
 * first. */
START_TEST(a_prekey_given_twice_loses_nothing)
{
	int64_t um, dois;

	ck_assert_int_eq(store_session_drop_person(maria.e.store, maria.peer.id), 0);
	um = house_says(&maria, "um");
	dois = house_says(&maria, "dois");
	ck_assert(house_bundles(&maria));
	ck_assert_int_eq(
	    store_prekey_drop(rui.e.store, STORE_PREKEY_ONE_TIME, rui.inside->one_time), 0);
	ck_assert(house_deposits(&maria));
	ck_assert(house_next(&rui) && house_next(&rui));
	ck_assert_uint_eq(house_received(&rui), 1);
	ck_assert_uint_eq(house_said(&rui, "asked for again"), 1);
	houses_settle();
	arrived(um, 3);
	arrived(dois, 3);
	houses_agree();
}
END_TEST

/* Anybody can name maria's device in a first message. */
START_TEST(who_names_another_harms_nobody)
{
	Recado__Envelope *e = NULL;
	struct buf *copy = buf_new(0);
	int64_t row = posted("um"); /* in the session that they have */

	ck_assert_int_eq(pb_unpack(&recado__envelope__descriptor, buf_view(rui.mail[0]), &e), 0);
	for (uint8_t i = 1; i <= 3; i++) {
		e->tag.data[0] ^= i;
		buf_reset(copy);
		ck_assert_int_eq(pb_pack(e, copy), 0);
		house_take(&rui, buf_view(copy));
	}
	ck_assert_uint_eq(house_said(&rui, "asked for again"), 1);
	houses_settle();
	arrived(row, 2);
	(void)house_says(&rui, "pois");
	houses_settle();
	houses_agree();
	ck_assert_uint_eq(house_received(&maria), 2);
	pb_free(&e);
	buf_free(&copy);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("resets");
	TCase *c = tcase_create("resets");

	tcase_add_checked_fixture(c, setup, houses_teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, who_disconnects_twice_an_hour_loses_nothing);
	tcase_add_loop_test(c, a_forged_copy_costs_nothing, 0, 2);
	tcase_add_loop_test(c, a_damaged_message_comes_again, 0, 2);
	tcase_add_test(c, forgeries_do_not_make_anybody_seal_for_ever);
	tcase_add_test(c, what_was_confirmed_in_a_session_that_ended_is_confirmed_again);
	tcase_add_test(c, a_session_that_was_given_up_is_ended_aloud);
	tcase_add_test(c, a_late_disconnect_ends_what_was_before_it);
	tcase_add_test(c, a_prekey_given_twice_loses_nothing);
	tcase_add_test(c, who_names_another_harms_nobody);
	suite_add_tcase(s, c);
	return unit_run(s);
}
