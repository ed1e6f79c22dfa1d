/*
 * trust: who an introduction may become.
 */
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "unit.h"

START_TEST(a_stranger_becomes_a_person_nobody_accepted)
{
	struct store_person p;

	ck_assert_int_eq(trust_person(desk.trust, &parts.entry, &p, &fault), 0);
	ck_assert_str_eq(p.name, "maria");
	ck_assert(p.known);
	ck_assert_int_eq(p.contact, CORE_CONTACT_NONE);
}
END_TEST

/* Somebody wrote to "maria" while the relay was away: whoever comes first with that name is not her
 * for it. */
START_TEST(a_name_written_to_waits_for_the_relay)
{
	struct store_person blank = { .name = "maria", .contact = CORE_CONTACT }, p, kept;

	ck_assert_int_eq(store_person_add(desk.store, &blank), 0);
	ck_assert_int_eq(trust_person(desk.trust, &parts.entry, &p, &fault), ERR_AGAIN);
	ck_assert_int_eq(p.id, blank.id);
	ck_assert_int_eq(store_person_by_id(desk.store, blank.id, &kept), 0);
	ck_assert(!kept.known);

	/* the relay says that it is her */
	ck_assert_int_eq(trust_learn(desk.trust, &kept, &parts.entry, &fault), 0);
	ck_assert_int_eq(trust_person(desk.trust, &parts.entry, &p, &fault), 0);
	ck_assert_int_eq(p.id, blank.id);
	ck_assert_int_eq(p.contact, CORE_CONTACT);
}
END_TEST

START_TEST(a_contact_s_name_is_nobody_else_s)
{
	struct store_person other = { .name = "maria", .contact = CORE_CONTACT, .known = true,
		.user_id = { 9 } }, p, kept;

	ck_assert_int_eq(store_person_add(desk.store, &other), 0);
	ck_assert_int_eq(trust_person(desk.trust, &parts.entry, &p, &fault), ERR_CHAIN);
	ck_assert_int_eq(store_person_by_id(desk.store, other.id, &kept), 0);
	ck_assert(!kept.changed);
	ck_assert_mem_eq(kept.user_id, other.user_id, STORE_USER);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trust");
	TCase *c = tcase_create("trust");

	tcase_add_checked_fixture(c, desk_setup, desk_teardown);
	tcase_add_test(c, a_stranger_becomes_a_person_nobody_accepted);
	tcase_add_test(c, a_name_written_to_waits_for_the_relay);
	tcase_add_test(c, a_contact_s_name_is_nobody_else_s);
	suite_add_tcase(s, c);
	return unit_run(s);
}
