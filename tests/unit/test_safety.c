#include <string.h>

#include "crypto/kdf.h"
#include "crypto/label.h"
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

/* One half as recado-protocol(7) writes it down, for a user with one device. */
static void
half_of(const struct identity *i, char out[37])
{
	const struct identity_device *d = identity_device(i, 0);
	struct bytes body = { NULL, 0 }, both[2];
	struct buf *b = buf_new(0), *w = buf_new(0);
	uint8_t h[64];

	ck_assert_int_eq(buf_put(b, identity_user_id(i), USER_ID_LEN), 0);
	ck_assert_int_eq(buf_put(b, d->signing_key, 32), 0);
	ck_assert_int_eq(buf_put(b, d->identity_key, 32), 0);
	body = buf_view(b);
	ck_assert_int_eq(label_wrap(w, "safety-number", body), 0);
	both[0] = (struct bytes){ h, sizeof(h) };
	both[1] = buf_view(w);
	ck_assert_int_eq(kdf_digest(KDF_SHA512, both + 1, 1, h), 0);
	for (int k = 2; k <= 5200; k++)
		ck_assert_int_eq(kdf_digest(KDF_SHA512, both, 2, h), 0);
	for (int g = 0; g < 6; g++) {
		uint64_t v = 0;

		for (int k = 0; k < 5; k++)
			v = v * 256 + h[5 * g + k];
		snprintf(out + 6 * g, 7, "%05u ", (unsigned)(v % 100000));
	}
	buf_free(&b);
	buf_free(&w);
}

START_TEST(the_safety_number_is_that_of_the_manual)
{
	char half[37], text[SAFETY_TEXT], want[2 * sizeof(half)];

	found();
	ck_assert_int_eq(update(), 0);
	half_of(id, half);
	ck_assert_int_eq(safety_number(id, id, text), 0);
	snprintf(want, sizeof(want), "%.36s%.35s", half, half);
	ck_assert_str_eq(text, want);
}
END_TEST

/* recado-protocol(7), DEVICE LIST. */
START_TEST(the_head_is_a_hash_of_all_events)
{
	uint8_t head[HASH_LEN] = { 0 }, hash[HASH_LEN];
	struct bytes both[] = { { head, HASH_LEN }, { hash, HASH_LEN } };

	found();
	ck_assert_int_eq(update(), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	for (size_t n = 0; n < 2; n++) {
		ck_assert_int_eq(kdf_sha256(pb_view(parts.events[n]->body), hash), 0);
		ck_assert_int_eq(label_hash("device-list", both, 2, head), 0);
	}
	ck_assert_mem_eq(identity_list_head(id), head, HASH_LEN);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("safety");
	TCase *c = tcase_create("safety");

	tcase_add_checked_fixture(c, entry_setup, entry_teardown);
	tcase_add_test(c, the_safety_number_is_the_same_from_both_ends);
	tcase_add_test(c, the_safety_number_is_that_of_the_manual);
	tcase_add_test(c, the_head_is_a_hash_of_all_events);
	suite_add_tcase(s, c);
	return unit_run(s);
}
