#include <string.h>

#include "entry.h"
#include "unit.h"

/* A laptop and a phone; then the phone, in wrong hands, removes the laptop. */
static struct person_device *tablet;
static struct identity *before;  /* as it was with the two */
static struct identity *removed; /* and when the laptop was gone */

static void
setup(void)
{
	Recado__DeviceEvent ev;

	entry_setup();
	tablet = person_device_new("maria", "tablet");
	found();
	ck_assert_int_eq(update(), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	before = identity_copy(id);
	ev = event_of(laptop, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);
	add_event(&ev, phone);
	ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_NAME);
	ev.reason = pb_data((struct bytes){ (const uint8_t *)"mine", 4 });
	ck_assert_int_eq(update(), 0);
	removed = identity_copy(id);
	add_event(&ev, phone);
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_eq(identity_list_length(id), 4);
	entry_clear();
}

static void
teardown(void)
{
	identity_free(&before);
	identity_free(&removed);
	person_device_free(&tablet);
	entry_teardown();
}

/* Parts made as if the list still were what it was before. */
static struct identity *
as(struct identity *then)
{
	struct identity *now = id;

	id = then;
	return now;
}

START_TEST(the_card_takes_the_place_of_what_devices_signed)
{
	struct identity *now = as(removed), *old = identity_copy(now);
	Recado__DirectoryEntry *lost = NULL;
	struct buf *b = buf_new(0);

	further(tablet, card, BINDING_PURPOSE_ADD);
	id = now;
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_eq(identity_list_length(id), 4);
	ck_assert_str_ne(identity_find_device(id, phone->id)->name, "mine");
	ck_assert_uint_ne(identity_find_device(id, laptop->id)->removed_at, 0);
	ck_assert_ptr_nonnull(identity_find_device(id, tablet->id));
	ck_assert_uint_eq(identity_find_device(id, laptop->id)->record_number, 1);
	/* and what it replaced does not come back */
	ck_assert_int_eq(identity_pack(old, b), 0);
	ck_assert_int_eq(pb_unpack(&recado__directory_entry__descriptor, buf_view(b), &lost), 0);
	ck_assert_int_eq(identity_update(id, lost, &chk, &fault), ERR_CHAIN);
	ck_assert_uint_eq(identity_list_length(id), 4);
	pb_free(&lost);
	buf_free(&b);
	identity_free(&old);
}
END_TEST

START_TEST(a_whole_entry_branches_as_its_end_does)
{
	struct identity *now = as(removed), *other = identity_copy(removed);
	Recado__DirectoryEntry *whole = NULL;
	struct buf *b = buf_new(0);

	further(tablet, card, BINDING_PURPOSE_ADD);
	id = other;
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(identity_pack(id, b), 0);
	ck_assert_int_eq(pb_unpack(&recado__directory_entry__descriptor, buf_view(b), &whole), 0);
	ck_assert_int_eq(identity_update(now, whole, &chk, &fault), 0);
	ck_assert_mem_eq(identity_list_head(now), identity_list_head(id), HASH_LEN);
	pb_free(&whole);
	buf_free(&b);
	identity_free(&other);
	id = now;
}
END_TEST

START_TEST(a_device_takes_the_place_of_nothing)
{
	struct identity *now = as(before);
	Recado__DeviceEvent ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);

	add_event(&ev, laptop);
	id = now;
	ck_assert_int_eq(update(), ERR_SIGNATURE);
	ck_assert_uint_eq(identity_list_length(id), 4);
	ck_assert_str_eq(identity_find_device(id, phone->id)->name, "mine");
}
END_TEST

/* A renewal for laptop and phone, brought by one of them, for the list as it was with the two. */
static void
renew(struct person_device *by, const struct person_card *new_card)
{
	struct binding *b = &laptop->binding, *p = &phone->binding;

	ck_assert_int_eq(binding_device_hash(laptop->id, b->device_signing_key,
			     b->device_identity_key, by->binding.renewed[0]),
	    0);
	ck_assert_int_eq(binding_device_hash(phone->id, p->device_signing_key,
			     p->device_identity_key, by->binding.renewed[1]),
	    0);
	by->binding.renewed_count = 2;
	further(by, new_card, BINDING_PURPOSE_RENEW);
}

/* The laptop, removed by the thief, brings the new card. */
START_TEST(a_renewal_takes_the_place_of_what_devices_signed)
{
	struct person_card *new_card = person_card_new(ca, "Maria da Silva", "BI900000017");
	struct identity *now = as(before);

	renew(laptop, new_card);
	id = now;
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_eq(identity_list_length(id), 3);
	ck_assert_uint_eq(identity_find_device(id, laptop->id)->removed_at, 0);
	person_card_free(&new_card);
}
END_TEST

/* The relay swallowed it, and shows it when the stolen laptop is gone. */
START_TEST(a_withheld_renewal_brings_no_removed_device_back)
{
	struct person_card *new_card = person_card_new(ca, "Maria da Silva", "BI900000017");
	struct identity *now = as(before);

	renew(phone, new_card);
	id = now;
	ck_assert_int_eq(update(), ERR_CHAIN);
	ck_assert_str_eq(fault.what, "the device list brings back a removed device (laptop)");
	ck_assert_uint_eq(identity_list_length(id), 4);
	ck_assert_uint_ne(identity_find_device(id, laptop->id)->removed_at, 0);
	person_card_free(&new_card);
}
END_TEST

/* Nor does what the card itself signs: its removal of the phone. */
START_TEST(a_removal_by_the_card_brings_no_removed_device_back)
{
	struct identity *now = as(before);
	Recado__DeviceEvent ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);

	add_card_event(&ev, card);
	id = now;
	ck_assert_int_eq(update(), ERR_CHAIN);
	ck_assert_uint_ne(identity_find_device(id, laptop->id)->removed_at, 0);
	entry_clear();
	add_card_event(&ev, card); /* at the end of the list it removes */
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_ne(identity_find_device(id, phone->id)->removed_at, 0);
}
END_TEST

/* Whoever knew the removal does not take it back because a card signed for the list before it: that
 * place was the relay's word. */
START_TEST(an_addition_brings_no_removed_device_back)
{
	struct identity *now = as(before);

	further(tablet, card, BINDING_PURPOSE_ADD);
	id = now;
	ck_assert_int_eq(update(), ERR_CHAIN);
	ck_assert_str_eq(fault.what, "the device list brings back a removed device (laptop)");
	ck_assert_uint_eq(identity_list_length(id), 4);
	ck_assert_uint_ne(identity_find_device(id, laptop->id)->removed_at, 0);
	ck_assert_ptr_null(identity_find_device(id, tablet->id));
}
END_TEST

/* What counts is how it ends. */
START_TEST(an_addition_with_the_removal_made_again)
{
	struct identity *now = id, *other = identity_copy(before);
	Recado__DeviceEvent ev;

	id = other;
	further(tablet, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	ev = event_of(laptop, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);
	add_event(&ev, phone);
	id = now;
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_ne(identity_find_device(id, laptop->id)->removed_at, 0);
	ck_assert_ptr_nonnull(identity_find_device(id, tablet->id));
	identity_free(&other);
}
END_TEST

START_TEST(a_card_does_not_take_the_place_of_a_card)
{
	struct person_device *desk = person_device_new("maria", "desk");
	struct identity *now = id;

	further(desk, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	entry_clear();
	(void)as(removed);
	further(tablet, card, BINDING_PURPOSE_ADD);
	id = now;
	ck_assert_int_eq(update(), ERR_CHAIN);
	ck_assert_uint_eq(identity_list_length(id), 5);
	ck_assert_ptr_null(identity_find_device(id, tablet->id));
	person_device_free(&desk);
}
END_TEST

START_TEST(somebody_else_s_card_does_not_branch)
{
	struct person_card *other = person_card_new(ca, "Joana Reis", "BI900000025");
	struct identity *now = as(removed);

	further(tablet, other, BINDING_PURPOSE_ADD);
	id = now;
	ck_assert_int_eq(update(), ERR_UNTRUSTED);
	ck_assert_uint_eq(identity_list_length(id), 4);
	person_card_free(&other);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { the_card_takes_the_place_of_what_devices_signed,
		a_whole_entry_branches_as_its_end_does,
		a_renewal_takes_the_place_of_what_devices_signed,
		a_withheld_renewal_brings_no_removed_device_back,
		a_removal_by_the_card_brings_no_removed_device_back,
		a_device_takes_the_place_of_nothing,
		an_addition_brings_no_removed_device_back,
		an_addition_with_the_removal_made_again, a_card_does_not_take_the_place_of_a_card,
		somebody_else_s_card_does_not_branch, NULL };
	Suite *s = suite_create("identity branch");
	TCase *c = tcase_create("identity branch");

	tcase_add_checked_fixture(c, setup, teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
