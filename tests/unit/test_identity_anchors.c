/*
 * identity: what roots that are retired leave of a user whose card was renewed under another one.
 */
#include <string.h>

#include "entry.h"
#include "unit.h"

/* Maria has a laptop and a phone; she has renewed her card, under the new root. */
static struct person_ca *new_ca;
static struct person_card *new_card;
static struct person_device *tablet;
static struct cert_store *later; /* it has the new root alone */

static void
renew(struct person_device *by, const struct person_card *with)
{
	const struct person_device *const all[] = { laptop, phone };
	struct binding *b = &by->binding;

	for (b->renewed_count = 0; b->renewed_count < 2; b->renewed_count++) {
		const struct person_device *d = all[b->renewed_count];

		ck_assert_int_eq(
		    binding_device_hash(d->id, key_sign_public(d->sign), key_dh_public(d->dh),
			b->renewed[b->renewed_count]),
		    0);
	}
	further(by, with, BINDING_PURPOSE_RENEW);
	b->renewed_count = 0;
}

static void
setup(void)
{
	entry_setup();
	new_ca = person_ca_new();
	new_card = person_card_new(new_ca, "Maria da Silva", "BI900000017");
	tablet = person_device_new("maria", "tablet");
	ck_assert_int_eq(cert_store_add(store, CERT_ANCHORS, buf_view(new_ca->der), NULL), 0);
	later = cert_store_new(&policy);
	ck_assert_int_eq(cert_store_add(later, CERT_ANCHORS, buf_view(new_ca->der), NULL), 0);
	found();
	ck_assert_int_eq(update(), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
}

static void
teardown(void)
{
	person_device_free(&tablet);
	person_card_free(&new_card);
	person_ca_free(&new_ca);
	cert_store_free(&later);
	entry_teardown();
}

/* What is in the store, read again with the old root gone. */
static int
load(bool kept, struct identity **out)
{
	struct identity_check check = { .store = later, .now = PERSON_NOW, .kept = kept };
	Recado__DirectoryEntry *e = NULL;
	struct buf *b = buf_new(0);
	int r;

	*out = identity_new();
	ck_assert_int_eq(identity_pack(id, b), 0);
	ck_assert_int_eq(pb_unpack(&recado__directory_entry__descriptor, buf_view(b), &e), 0);
	r = identity_update(*out, e, &check, &fault);
	pb_free(&e);
	buf_free(&b);
	return r;
}

START_TEST(a_renewed_user_outlives_the_old_root)
{
	struct identity *back;

	renew(laptop, new_card);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(load(false, &back), ERR_CERT_CHAIN); /* who never saw her cannot tell */
	identity_free(&back);
	ck_assert_int_eq(load(true, &back), 0);
	ck_assert_int_eq(identity_verdict(back)->code, 0);
	ck_assert_int_eq(identity_verdict(back)->trust, 'C');
	identity_free(&back);
}
END_TEST

START_TEST(and_goes_on)
{
	struct person_card *third = person_card_new(new_ca, "Maria da Silva", "BI900000017");
	struct person_card *other = person_card_new(new_ca, "Joana Reis", "BI900000025");
	struct identity *back;

	renew(laptop, new_card);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(load(true, &back), 0);
	identity_free(&id);
	id = back;
	chk.store = later;
	entry_clear();
	further(tablet, other, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), ERR_UNTRUSTED);
	entry_clear();
	further(tablet, third, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	ck_assert_ptr_nonnull(identity_find_device(id, tablet->id));
	person_card_free(&third);
	person_card_free(&other);
}
END_TEST

/* Nor does the old root stop the card from having the last word. */
START_TEST(and_has_the_last_word)
{
	Recado__DeviceEvent ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_NAME);
	struct identity *back, *then;

	renew(laptop, new_card);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(load(true, &back), 0);
	identity_free(&id);
	id = back;
	chk.store = later;
	entry_clear();
	then = identity_copy(id);
	ev.reason = pb_data((struct bytes){ (const uint8_t *)"mine", 4 });
	add_event(&ev, phone);
	ck_assert_int_eq(update(), 0);
	entry_clear();
	back = id;
	id = then;
	further(tablet, new_card, BINDING_PURPOSE_ADD);
	id = back;
	ck_assert_int_eq(update(), 0);
	ck_assert_str_ne(identity_find_device(id, phone->id)->name, "mine");
	identity_free(&then);
}
END_TEST

/* Who did not renew is judged by what is left, each device by its own card. */
START_TEST(who_did_not_renew_is_read_and_refused)
{
	static const uint8_t nobody[DEVICE_ID_LEN];
	struct identity_check check = { .store = later, .now = PERSON_NOW };
	const struct cert_verdict *v = NULL;
	struct identity *back;

	entry_clear();
	further(tablet, new_card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(load(true, &back), 0);
	ck_assert_int_eq(identity_verdict(back)->code, ERR_CERT_CHAIN);
	ck_assert_int_eq(identity_judge_device(back, tablet->id, &check, &v), 0);
	ck_assert_int_eq(v->code, 0);
	cert_verdict_free(&v);
	ck_assert_int_eq(identity_judge_device(back, laptop->id, &check, &v), 0);
	ck_assert_int_eq(v->code, ERR_CERT_CHAIN);
	cert_verdict_free(&v);
	ck_assert_int_eq(identity_judge_device(back, nobody, &check, &v), ERR_NOT_FOUND);
	identity_free(&back);
}
END_TEST

/* To be kept is no pass: an id of somebody else is none of hers, wherever the entry comes from. */
START_TEST(somebody_else_s_card_is_not_kept)
{
	struct identity_check check = { .store = later, .now = PERSON_NOW, .kept = true };
	struct person_card *other = person_card_new(new_ca, "Joana Reis", "BI900000025");

	entry_clear();
	further(tablet, other, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(identity_update(id, &parts.entry, &check, &fault), ERR_UNTRUSTED);
	person_card_free(&other);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_renewed_user_outlives_the_old_root, and_goes_on,
		and_has_the_last_word, who_did_not_renew_is_read_and_refused,
		somebody_else_s_card_is_not_kept, NULL };
	Suite *s = suite_create("identity anchors");
	TCase *c = tcase_create("identity anchors");

	tcase_add_checked_fixture(c, setup, teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
