/*
 * identity: what ends, what is bounded, and what threads share.
 */
#include <pthread.h>

#include "entry.h"
#include "unit.h"

START_TEST(no_more_records_than_devices_can_have)
{
	Recado__SignedDeviceRecord *many[IDENTITY_DEVICES_MAX + 1];

	found();
	for (size_t i = 0; i <= IDENTITY_DEVICES_MAX; i++)
		many[i] = parts.records[0];
	parts.entry.records = many;
	parts.entry.n_records = IDENTITY_DEVICES_MAX + 1;
	ck_assert_int_eq(update(), ERR_LIMIT);
	parts.entry.n_records = IDENTITY_DEVICES_MAX;
	ck_assert_int_eq(update(), 0);
	parts.entry.records = parts.records;
	parts.entry.n_records = 1;
}
END_TEST

/* As a stolen device would, to stay. */
START_TEST(names_do_not_fill_the_list)
{
	Recado__DeviceEvent ev;
	int r = 0;

	found();
	ck_assert_int_eq(update(), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	while (r == 0) {
		entry_clear();
		ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_NAME);
		ev.reason = pb_data((struct bytes){ (const uint8_t *)"mine", 4 });
		add_event(&ev, phone);
		r = update();
	}
	ck_assert_int_eq(r, ERR_LIMIT);
	entry_clear();
	ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);
	add_event(&ev, laptop);
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_ne(identity_find_device(id, phone->id)->removed_at, 0);
}
END_TEST

START_TEST(a_binding_ends_when_it_says)
{
	laptop->binding.expires = PERSON_NOW + 1000;
	found();
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(identity_verdict(id)->code, 0);
	ck_assert_uint_eq(identity_verdict(id)->valid_until, PERSON_NOW + 1000);
	chk.now = PERSON_NOW + 1000;
	ck_assert_int_eq(identity_recheck(id, &chk), 0);
	ck_assert_int_eq(identity_verdict(id)->code, ERR_CERT_TIME);
	ck_assert_int_eq(identity_verdict(id)->trust, '!');
}
END_TEST

START_TEST(the_first_binding_to_end_counts)
{
	struct person_card *new_card = person_card_new(ca, "Maria da Silva", "BI900000017");
	Recado__DeviceEvent ev;

	laptop->binding.expires = PERSON_NOW + 1000;
	found();
	ck_assert_int_eq(update(), 0);
	further(phone, new_card, BINDING_PURPOSE_ADD); /* without an end of its own */
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_eq(identity_verdict(id)->valid_until, PERSON_NOW + 1000);
	chk.now = PERSON_NOW + 1000;
	ck_assert_int_eq(identity_recheck(id, &chk), 0);
	ck_assert_int_eq(identity_verdict(id)->trust, '!');
	ev = event_of(laptop, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);
	add_event(&ev, phone); /* then nobody relies on it any more */
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(identity_verdict(id)->trust, 'C');
	person_card_free(&new_card);
}
END_TEST

static void *
copy_and_free(void *arg)
{
	struct identity *copy;

	for (int i = 0; i < 200; i++) {
		copy = identity_copy(arg);
		identity_free(&copy);
	}
	return NULL;
}

/* One thread's copy grows while another one makes copies of the same (for the thread sanitizer). */
START_TEST(copies_belong_to_their_threads)
{
	struct identity *mine, *shared;
	pthread_t thread;

	found();
	ck_assert_int_eq(update(), 0);
	shared = id;
	mine = identity_copy(shared);
	ck_assert_int_eq(pthread_create(&thread, NULL, copy_and_free, shared), 0);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(identity_recheck(mine, &chk), 0);
	id = identity_copy(shared);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(identity_device_count(shared), 1);
	ck_assert_uint_eq(identity_device_count(id), 2);
	identity_free(&mine);
	identity_free(&shared);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { no_more_records_than_devices_can_have,
		names_do_not_fill_the_list, a_binding_ends_when_it_says,
		the_first_binding_to_end_counts, copies_belong_to_their_threads, NULL };
	Suite *s = suite_create("identity_bounds");
	TCase *c = tcase_create("identity_bounds");

	tcase_add_checked_fixture(c, entry_setup, entry_teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
