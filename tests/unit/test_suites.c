/*
 * suites: the best that both list; and a floor that only rises, for the relay and each device.
 */
#include <string.h>

#include "core/seal.h"
#include "core/suites.h"
#include "desk.h"
#include "unit.h"

static struct identity_device theirs;

static void
offers(const char *list)
{
	struct suite_list l = { { 0 }, 0 };
	const char *bad;

	memset(&theirs, 0, sizeof(theirs));
	theirs.id[0] = 7;
	if (list[0] != '\0')
		ck_assert_int_eq(suite_list_parse(list, &l, &bad), 0);
	memcpy(theirs.suites, l.id, sizeof(l.id));
	theirs.suite_count = l.count;
}

#define CHACHA "ECDHE-CHACHA20_POLY1305-SHA256"
#define GCM "ECDHE-AES256_GCM-SHA384"
#define CBC "ECDHE-AES256_CBC-SHA256"

/* Neither side's order counts. */
START_TEST(the_best_of_both)
{
	uint16_t s;
	struct fault f;

	offers(CBC "," GCM "," CHACHA);
	desk.config->suites = (struct suite_list){ { 5, 2, 1 }, 3 };
	ck_assert_int_eq(suites_choose(&desk, &theirs, &s, &f), 0);
	ck_assert_uint_eq(s, 1);
	desk.config->suites = (struct suite_list){ { 5, 2 }, 2 };
	ck_assert_int_eq(suites_choose(&desk, &theirs, &s, &f), 0);
	ck_assert_uint_eq(s, 2);
	desk.config->suites = (struct suite_list){ { 3 }, 1 };
	ck_assert_int_eq(suites_choose(&desk, &theirs, &s, &f), ERR_SUITE);
	ck_assert_ptr_nonnull(strstr(f.what, "in common"));
	offers("");
	suite_list_all(&desk.config->suites);
	ck_assert_int_eq(suites_choose(&desk, &theirs, &s, &f), ERR_SUITE);
}
END_TEST

START_TEST(a_device_s_floor_only_rises)
{
	uint8_t another[STORE_DEVICE] = { 8 };
	struct fault f;
	uint16_t s;

	offers(GCM "," CBC);
	ck_assert_int_eq(suites_peer_raise(&desk, theirs.id, 5), 0);
	ck_assert_int_eq(suites_choose(&desk, &theirs, &s, &f), 0);
	ck_assert_uint_eq(s, 2);
	ck_assert_int_eq(suites_peer_raise(&desk, theirs.id, 2), 0);
	ck_assert_int_eq(suites_peer_raise(&desk, theirs.id, 5), 0); /* does not lower it */
	offers(CBC);
	ck_assert_int_eq(suites_choose(&desk, &theirs, &s, &f), ERR_SUITE);
	ck_assert_ptr_nonnull(strstr(f.what, GCM));
	ck_assert_ptr_nonnull(strstr(f.what, CBC));
	ck_assert_int_eq(suites_accept(&desk, theirs.id, 5, &f), ERR_SUITE);
	ck_assert_int_eq(suites_accept(&desk, theirs.id, 2, &f), 0);
	ck_assert_int_eq(suites_accept(&desk, theirs.id, 1, &f), 0);
	ck_assert_int_eq(suites_accept(&desk, another, 5, &f), 0);
	/* whatever the user configures */
	desk.config->suites = (struct suite_list){ { 5 }, 1 };
	offers(CHACHA "," CBC);
	ck_assert_int_eq(suites_choose(&desk, &theirs, &s, &f), ERR_SUITE);
}
END_TEST

/* A bundle that is of no use is not fetched: it would cost them a prekey each time. */
START_TEST(a_session_that_cannot_be_is_not_tried)
{
	struct identity_device d = theirs;

	offers(GCM "," CBC);
	d = theirs;
	d.record_number = 1;
	ck_assert(seal_possible(&desk, &d));
	ck_assert_int_eq(suites_peer_raise(&desk, d.id, 1), 0);
	ck_assert(!seal_possible(&desk, &d));
	d.record_number = 0; /* whatever its record will say */
	ck_assert(seal_possible(&desk, &d));
}
END_TEST

START_TEST(the_relay_s_too)
{
	char relay[] = "relay.example.pt:7443";
	struct fault f;
	uint16_t s;

	desk.account.relay = relay;
	for (s = 1; s <= SUITE_COUNT; s++)
		ck_assert_int_eq(suites_relay_check(&desk, s, &f), 0);
	ck_assert_int_eq(suites_relay_raise(&desk, 3), 0);
	ck_assert_int_eq(suites_relay_raise(&desk, 4), 0);
	ck_assert_int_eq(suites_relay_check(&desk, 4, &f), ERR_SUITE);
	ck_assert_str_eq(f.about, relay);
	ck_assert_int_eq(suites_relay_check(&desk, 3, &f), 0);
	ck_assert_int_eq(suites_relay_check(&desk, 1, &f), 0);
	ck_assert_int_eq(suites_relay_raise(&desk, 1), 0);
	ck_assert_int_eq(suites_relay_check(&desk, 2, &f), ERR_SUITE);
	desk.account.relay = NULL;
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("suites");
	TCase *c = tcase_create("suites");

	tcase_add_checked_fixture(c, desk_setup, desk_teardown);
	tcase_add_test(c, the_best_of_both);
	tcase_add_test(c, a_device_s_floor_only_rises);
	tcase_add_test(c, a_session_that_cannot_be_is_not_tried);
	tcase_add_test(c, the_relay_s_too);
	suite_add_tcase(s, c);
	return unit_run(s);
}
