#include <string.h>

#include "crypto/safety.h"
#include "entry.h"
#include "unit.h"

START_TEST(the_safety_number_is_the_same_from_both_ends)
{
	struct person_device *theirs = person_device_new("joana", "desk");
	struct person_card *their_card = person_card_new(ca, "Joana Reis", "BI900000025");
	struct identity *other;
	char ab[SAFETY_TEXT], ba[SAFETY_TEXT], later[SAFETY_TEXT];
	Recado__DeviceEvent ev;

	person_bind(theirs, their_card);
	add_binding(theirs);
	ev = event_of(theirs, RECADO__DEVICE_EVENT_KIND__DEVICE_ADD);
	add_event(&ev, theirs);
	ck_assert_int_eq(update(), 0);
	other = id;
	id = identity_new();
	entry_clear();
	found();
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(safety_number(id, other, ab), 0);
	ck_assert_int_eq(safety_number(other, id, ba), 0);
	ck_assert_str_eq(ab, ba);
	ck_assert_uint_eq(strlen(ab), SAFETY_TEXT - 1);
	for (int i = 0; i < SAFETY_TEXT - 1; i++)
		ck_assert(i % 6 == 5 ? ab[i] == ' ' : ab[i] >= '0' && ab[i] <= '9');
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(safety_number(id, other, later), 0);
	ck_assert_str_ne(ab, later);
	ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);
	add_event(&ev, laptop);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(safety_number(id, other, later), 0);
	ck_assert_str_eq(ab, later); /* only live devices count */
	identity_free(&other);
	person_device_free(&theirs);
	person_card_free(&their_card);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("safety");
	TCase *c = tcase_create("safety");

	tcase_add_checked_fixture(c, entry_setup, entry_teardown);
	tcase_add_test(c, the_safety_number_is_the_same_from_both_ends);
	suite_add_tcase(s, c);
	return unit_run(s);
}
