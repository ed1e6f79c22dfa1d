#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "unit.h"

/* --- founding -------------------------------------------------------------------------------- */

START_TEST(a_first_entry_founds_the_user)
{
	const struct identity_device *d;

	found();
	ck_assert_int_eq(update(), 0);
	ck_assert_str_eq(identity_name(id), "maria");
	ck_assert_mem_eq(identity_user_id(id), laptop->binding.user_id, USER_ID_LEN);
	ck_assert_uint_eq(identity_list_length(id), 1);
	ck_assert_uint_eq(identity_device_count(id), 1);
	d = identity_find_device(id, laptop->id);
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->name, "laptop");
	ck_assert_mem_eq(d->binding_hash, laptop->binding.hash, HASH_LEN);
	ck_assert_uint_eq(d->record_number, 1);
	ck_assert_uint_eq(d->suite_count, 3);
	ck_assert_uint_eq(d->suites[0], 2);
	ck_assert_uint_eq(d->last_resort_id, 7);
	ck_assert_int_eq(identity_verdict(id)->trust, 'C');
	ck_assert_str_eq(identity_verdict(id)->civil_id, "BI900000017");
	ck_assert(bytes_equal(identity_certificate(id), buf_view(card->der)));
	ck_assert_int_eq(update(), 0); /* the same again is an extension by nothing */
	ck_assert_uint_eq(identity_list_length(id), 1);
}
END_TEST

START_TEST(the_relay_asked_for_is_the_relay_bound_to)
{
	uint8_t relay[32];

	memset(relay, 7, sizeof(relay));
	chk.relay_id = relay;
	found();
	ck_assert_int_eq(update(), 0);
	identity_free(&id);
	id = identity_new();
	relay[0] = 8;
	ck_assert_int_eq(update(), ERR_CHAIN);
	ck_assert_uint_eq(identity_list_length(id), 0);
	ck_assert_ptr_null(identity_verdict(id));
}
END_TEST

START_TEST(names_of_the_directory_must_be_the_signed_ones)
{
	uint8_t other[USER_ID_LEN] = { 1 };

	found();
	parts.entry.user_name = pb_data((struct bytes){ (const uint8_t *)"marta", 5 });
	ck_assert_int_eq(update(), ERR_CHAIN);
	parts.entry.user_name = pb_data((struct bytes){ (const uint8_t *)"maria", 5 });
	parts.entry.user_id = pb_data((struct bytes){ other, sizeof(other) });
	ck_assert_int_eq(update(), ERR_CHAIN);
	parts.entry.user_id.len = 0;
	ck_assert_int_eq(update(), 0);
}
END_TEST

START_TEST(a_card_of_nobody_is_stored_and_shown)
{
	struct person_ca *other = person_ca_new();
	struct person_card *fake = person_card_new(other, "Maria da Silva", "BI900000017");
	Recado__DeviceEvent ev;

	person_bind(laptop, fake);
	add_binding(laptop);
	ev = event_of(laptop, RECADO__DEVICE_EVENT_KIND__DEVICE_ADD);
	add_event(&ev, laptop);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_ne(identity_verdict(id)->code, 0);
	ck_assert_int_ne(identity_verdict(id)->trust, 'C');
	person_card_free(&fake);
	person_ca_free(&other);
}
END_TEST

/* --- growing --------------------------------------------------------------------------------- */

START_TEST(a_card_adds_a_device_and_a_device_removes_it)
{
	Recado__DeviceEvent ev;
	uint8_t user[USER_ID_LEN];

	found();
	ck_assert_int_eq(update(), 0);
	memcpy(user, identity_user_id(id), sizeof(user));
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_eq(identity_device_count(id), 2);
	ck_assert_mem_eq(identity_user_id(id), user, sizeof(user));
	ev = event_of(laptop, RECADO__DEVICE_EVENT_KIND__DEVICE_NAME);
	ev.reason = pb_data((struct bytes){ (const uint8_t *)"old laptop", 10 });
	add_event(&ev, phone);
	ck_assert_int_eq(update(), 0);
	ck_assert_str_eq(identity_find_device(id, laptop->id)->name, "old laptop");
	ev = event_of(laptop, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);
	add_event(&ev, phone);
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_ne(identity_find_device(id, laptop->id)->removed_at, 0);
	ck_assert_uint_eq(identity_device_count(id), 2);
	/* what is removed signs nothing any more */
	ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);
	add_event(&ev, laptop);
	ck_assert_int_eq(update(), ERR_SIGNATURE);
	ck_assert_uint_eq(identity_list_length(id), 4);
}
END_TEST

START_TEST(parts_from_an_event_on_extend_too)
{
	found();
	ck_assert_int_eq(update(), 0);
	entry_clear();
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	entry_clear();
	add_record(phone, 5);
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_eq(identity_list_length(id), 2);
	ck_assert_uint_eq(identity_find_device(id, phone->id)->record_number, 5);
	ck_assert_uint_eq(identity_find_device(id, laptop->id)->record_number, 1);
}
END_TEST

START_TEST(the_card_alone_removes_a_device)
{
	Recado__DeviceEvent ev;

	found();
	ck_assert_int_eq(update(), 0);
	ev = event_of(laptop, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);
	add_card_event(&ev, card);
	parts.events[1]->signature.data[8] ^= 1;
	ck_assert_int_lt(update(), 0);
	parts.events[1]->signature.data[8] ^= 1;
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_ne(identity_device(id, 0)->removed_at, 0);
}
END_TEST

START_TEST(a_new_card_renews_every_live_device)
{
	struct person_card *new_card = person_card_new(ca, "Maria da Silva", "BI900000017");
	struct binding *b = &laptop->binding;

	found();
	ck_assert_int_eq(update(), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(binding_device_hash(laptop->id, b->device_signing_key,
			     b->device_identity_key, b->renewed[0]),
	    0);
	b->renewed_count = 1;
	further(laptop, new_card, BINDING_PURPOSE_RENEW);
	ck_assert_int_eq(update(), ERR_CHAIN); /* the phone is left out */
	pb_free(&parts.bindings[--parts.entry.n_bindings]);
	pb_free(&parts.events[--parts.entry.n_events]);
	ck_assert_int_eq(binding_device_hash(phone->id, phone->binding.device_signing_key,
			     phone->binding.device_identity_key, b->renewed[1]),
	    0);
	b->renewed_count = 2;
	further(laptop, new_card, BINDING_PURPOSE_RENEW);
	ck_assert_int_eq(update(), 0);
	ck_assert(bytes_equal(identity_certificate(id), buf_view(new_card->der)));
	ck_assert_mem_eq(identity_find_device(id, phone->id)->binding_hash, b->hash, HASH_LEN);
	ck_assert_uint_eq(identity_list_length(id), 3);
	person_card_free(&new_card);
}
END_TEST

/* --- refusing -------------------------------------------------------------------------------- */

START_TEST(another_person_s_card_adds_nothing)
{
	struct person_card *other = person_card_new(ca, "Joana Reis", "BI900000025");
	struct person_card *relays = person_card_new(relay_ca, "Maria da Silva", "BI900000017");
	const struct person_card *cards[] = { other, relays };

	found();
	ck_assert_int_eq(update(), 0);
	for (int i = 0; i < 2; i++) {
		further(phone, cards[i], BINDING_PURPOSE_ADD);
		ck_assert_int_eq(update(), ERR_UNTRUSTED);
		ck_assert_uint_eq(identity_device_count(id), 1);
		pb_free(&parts.bindings[--parts.entry.n_bindings]);
		pb_free(&parts.events[--parts.entry.n_events]);
	}
	person_card_free(&other);
	person_card_free(&relays);
}
END_TEST

/* Where no anchor is known, all that two certificates have in common is what they say. */
START_TEST(a_certificate_of_nobody_continues_nothing)
{
	struct person_ca *nobody = person_ca_new();
	struct person_card *fake = person_card_new(nobody, "Maria da Silva", "BI900000017");
	struct cert_store *empty = cert_store_new(&policy);

	chk.store = empty;
	found();
	ck_assert_int_eq(update(), 0);
	further(phone, fake, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), ERR_CERT_CHAIN);
	ck_assert_uint_eq(identity_device_count(id), 1);
	person_card_free(&fake);
	person_ca_free(&nobody);
	cert_store_free(&empty);
}
END_TEST

START_TEST(a_binding_for_another_place_adds_nothing)
{
	found();
	ck_assert_int_eq(update(), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	/* somebody else of that name */
	identity_free(&id);
	id = identity_new();
	entry_clear();
	laptop->binding.created++;
	found();
	ck_assert_int_eq(update(), 0);
	entry_clear();
	add_binding(phone); /* names a head that this list has not got */
	{
		Recado__DeviceEvent ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_ADD);

		add_event(&ev, phone);
	}
	ck_assert_int_eq(update(), ERR_CHAIN);
	entry_clear();
	add_binding(phone);
	ck_assert_int_eq(update(), ERR_FORMAT); /* a binding without an event */
}
END_TEST

START_TEST(a_shorter_or_other_list_is_refused)
{
	Recado__SignedDeviceEvent *kept;
	struct person_device *third = person_device_new("maria", "tablet");
	struct identity *fork;

	found();
	ck_assert_int_eq(update(), 0);
	fork = identity_copy(id);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	/* shorter */
	parts.entry.n_events = 1;
	ck_assert_int_eq(update(), ERR_CHAIN);
	/* other */
	parts.entry.n_events = 2;
	kept = parts.events[1];
	parts.entry.n_events = 1;
	identity_free(&id);
	id = fork;
	further(third, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), ERR_FORMAT); /* phone's binding stands in no event */
	pb_free(&parts.bindings[1]);
	parts.bindings[1] = parts.bindings[2];
	parts.entry.n_bindings = 2;
	ck_assert_int_eq(update(), 0); /* this is the fork's truth now */
	pb_free(&parts.events[1]);
	parts.events[1] = kept;
	ck_assert_int_lt(update(), 0); /* and the first one's differs from it */
	ck_assert_uint_eq(identity_list_length(id), 2);
	ck_assert_ptr_null(identity_find_device(id, phone->id));
	ck_assert_ptr_nonnull(identity_find_device(id, third->id));
	person_device_free(&third);
}
END_TEST

START_TEST(no_flipped_octet_passes)
{
	ProtobufCBinaryData *fields[] = { NULL, NULL, NULL, NULL };

	found();
	fields[0] = &parts.bindings[0]->body;
	fields[1] = &parts.events[0]->body;
	fields[2] = &parts.events[0]->signature;
	fields[3] = &parts.records[0]->body;
	for (size_t k = 0; k < 4; k++)
		for (size_t i = 0; i < fields[k]->len; i++) {
			fields[k]->data[i] ^= 1;
			ck_assert_int_lt(update(), 0);
			ck_assert_uint_eq(identity_list_length(id), 0);
			fields[k]->data[i] ^= 1;
		}
	ck_assert_int_eq(update(), 0);
}
END_TEST

START_TEST(records_go_by_number)
{
	found();
	add_record(laptop, 3);
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_eq(identity_device(id, 0)->record_number, 3);
	entry_clear();
	add_record(laptop, 2); /* late, and no harm */
	ck_assert_int_eq(update(), 0);
	ck_assert_uint_eq(identity_device(id, 0)->record_number, 3);
	entry_clear();
	add_record(phone, 9); /* of no device of hers */
	ck_assert_int_eq(update(), ERR_SIGNATURE);
	entry_clear();
	memcpy(phone->id, laptop->id, DEVICE_ID_LEN); /* in her device's name */
	add_record(phone, 9);
	ck_assert_int_eq(update(), ERR_SIGNATURE);
	entry_clear();
	{
		struct key_dh *dh = laptop->dh;

		laptop->dh = phone->dh; /* the same number with another key */
		add_record(laptop, 3);
		ck_assert_int_eq(update(), ERR_CHAIN);
		laptop->dh = dh;
	}
	ck_assert_uint_eq(identity_device(id, 0)->record_number, 3);
}
END_TEST

/* --- keeping --------------------------------------------------------------------------------- */

START_TEST(packed_and_back)
{
	Recado__DirectoryEntry *e = NULL;
	struct identity *back = identity_new(), *copy;
	struct buf *p = buf_new(0), *q = buf_new(0);

	found();
	ck_assert_int_eq(identity_pack(id, p), ERR_NOT_FOUND);
	ck_assert_int_eq(update(), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	add_record(phone, 2);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(identity_pack(id, p), 0);
	ck_assert_int_eq(pb_unpack(&recado__directory_entry__descriptor, buf_view(p), &e), 0);
	ck_assert_int_eq(identity_update(back, e, &chk, &fault), 0);
	ck_assert_int_eq(identity_pack(back, q), 0);
	ck_assert(bytes_equal(buf_view(p), buf_view(q)));
	ck_assert_int_eq(identity_recheck(back, &chk), 0);
	copy = identity_copy(back);
	identity_free(&back);
	ck_assert_uint_eq(identity_find_device(copy, phone->id)->record_number, 2);
	identity_free(&copy);
	pb_free(&e);
	buf_free(&p);
	buf_free(&q);
}
END_TEST

START_TEST(an_expired_card_shows_at_the_next_check)
{
	found();
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(identity_verdict(id)->code, 0);
	chk.now = 2100000000000ull;
	ck_assert_int_eq(identity_recheck(id, &chk), 0);
	ck_assert_int_eq(identity_verdict(id)->code, ERR_CERT_TIME);
	ck_assert_int_eq(identity_verdict(id)->trust, '!');
	ck_assert_uint_eq(identity_list_length(id), 1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_first_entry_founds_the_user,
		the_relay_asked_for_is_the_relay_bound_to,
		names_of_the_directory_must_be_the_signed_ones,
		a_card_of_nobody_is_stored_and_shown, a_card_adds_a_device_and_a_device_removes_it,
		parts_from_an_event_on_extend_too, the_card_alone_removes_a_device,
		a_new_card_renews_every_live_device, another_person_s_card_adds_nothing,
		a_certificate_of_nobody_continues_nothing, a_binding_for_another_place_adds_nothing,
		a_shorter_or_other_list_is_refused, no_flipped_octet_passes, records_go_by_number,
		packed_and_back, an_expired_card_shows_at_the_next_check, NULL };
	Suite *s = suite_create("identity");
	TCase *c = tcase_create("identity");

	tcase_add_checked_fixture(c, entry_setup, entry_teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
