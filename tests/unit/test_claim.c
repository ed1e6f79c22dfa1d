/*
 * What a person's devices say of their list, and when it ends; of a contact, and of our own user.
 */
#include <stdlib.h>
#include <string.h>

#include "core/letter.h"
#include "core/own.h"
#include "crypto/content.h"
#include "twin.h"
#include "unit.h"

static const uint8_t other[STORE_HASH] = { 1 };
static struct person_device *third;

/* Maria, a contact, has a laptop and a phone. */
static struct store_person maria;

static void
learned(void)
{
	ck_assert_int_eq(update(), 0);
	ck_assert_msg(trust_learn(desk.trust, &maria, &parts.entry, &fault) == 0, "%s", fault.what);
}

static void
contact_setup(void)
{
	desk_setup();
	third = person_device_new("maria", "tablet");
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(trust_person(desk.trust, &parts.entry, &maria, &fault), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	learned();
}

static void
contact_teardown(void)
{
	person_device_free(&third);
	desk_teardown();
}

static void
claims(const struct person_device *d, uint32_t length, const uint8_t *head)
{
	ck_assert_int_eq(trust_claim(desk.trust, &maria, d->id, length, head), 0);
}

static void
removes(const struct person_device *by, const struct person_device *d)
{
	Recado__DeviceEvent ev = event_of(d, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);

	add_event(&ev, by);
}

/* The relay says the same again: that settles nothing. */
START_TEST(another_list_stays_a_lie)
{
	claims(laptop, 2, other);
	ck_assert(maria.changed);
	learned();
	ck_assert(maria.changed);
}
END_TEST

/* She said so before she learned better, or the relay shows now what she meant. */
START_TEST(who_claimed_may_take_it_back)
{
	uint8_t first[STORE_HASH];

	claims(laptop, 2, other);
	ck_assert_int_eq(identity_head_at(id, 1, first), 0);
	claims(laptop, 1, first); /* what comes late says nothing */
	claims(phone, 2, identity_list_head(id));
	ck_assert(maria.changed && !maria.stale);
	claims(laptop, 2, identity_list_head(id));
	ck_assert(maria.stale);
	learned();
	ck_assert(!maria.changed && !maria.stale);
}
END_TEST

/* A record in a bundle, or what somebody knew who introduces themselves, is not the relay's list. */
START_TEST(only_the_list_itself_answers)
{
	Recado__DirectoryEntry record = RECADO__DIRECTORY_ENTRY__INIT;
	struct store_person p;

	claims(laptop, 4, other);
	ck_assert(maria.stale && !maria.changed);
	record.records = parts.records;
	record.n_records = 1;
	ck_assert_int_eq(trust_learn(desk.trust, &maria, &record, &fault), 0);
	ck_assert(maria.stale && !maria.changed);
	further(third, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(trust_person(desk.trust, &parts.entry, &p, &fault), 0);
	ck_assert(p.stale && !p.changed);
	maria = p;
	learned();
	ck_assert(maria.changed && !maria.stale);
}
END_TEST

/* A phone in wrong hands counts entries that nobody made. It is removed; then her card takes part. */
START_TEST(what_a_stolen_device_claims_ends_with_the_card)
{
	claims(phone, 4000000000u, other);
	learned();
	ck_assert(maria.changed);
	removes(laptop, phone);
	learned();
	ck_assert(maria.changed); /* of two that remove each other, the relay could show either */
	further(third, card, BINDING_PURPOSE_ADD);
	learned();
	ck_assert(!maria.changed);
	ck_assert_int_eq(trust_may_send(desk.trust, &maria, &fault), 0);
}
END_TEST

START_TEST(the_card_takes_the_place_of_what_was_claimed)
{
	struct identity *before = identity_copy(id), *now;
	Recado__DeviceEvent ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_NAME);
	uint8_t head[STORE_HASH];

	ev.reason = pb_data((struct bytes){ (const uint8_t *)"mine", 4 });
	add_event(&ev, phone);
	ck_assert_int_eq(update(), 0);
	memcpy(head, identity_list_head(id), STORE_HASH);
	claims(phone, 3, head);
	ck_assert(maria.stale);
	learned();
	ck_assert(!maria.changed && !maria.stale);
	entry_clear();
	now = id;
	id = before;
	further(third, card, BINDING_PURPOSE_ADD);
	id = now;
	learned();
	ck_assert_uint_eq(identity_list_length(trust_identity(desk.trust, &maria)), 3);
	ck_assert(!maria.changed);
	/* from now on it would be a lie */
	claims(phone, 3, head);
	ck_assert(maria.changed);
	identity_free(&before);
}
END_TEST

/* ------------------------------------------------------------------------------ our own */

/* The laptop writes to rui, and says where our own list stands. */
static void
laptop_says(uint32_t length, const uint8_t *head)
{
	struct content c = { .text = { (const uint8_t *)"ola", 3 }, .recipient_count = 1,
		.sequence = 1, .written_at = PERSON_NOW, .head_count = 1 };
	const uint8_t (*to)[USER_ID_LEN] = (const uint8_t(*)[USER_ID_LEN])rui.user_id;
	struct content_head h = { .length = length };
	struct letter_news news = { 0 };
	Recado__SignedContent *sc = NULL;
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	struct buf *b = buf_new(0);

	c.id[0] = (uint8_t)length;
	memcpy(h.user_id, desk.account.user_id, USER_ID_LEN);
	memcpy(h.head, head, HASH_LEN);
	c.heads = &h;
	c.recipients = to;
	memcpy(c.sender_user, desk.account.user_id, USER_ID_LEN);
	memcpy(c.sender_device, laptop->id, DEVICE_ID_LEN);
	memcpy(c.sender_binding, laptop->binding.hash, HASH_LEN);
	ck_assert_int_eq(content_conversation(desk.account.user_id, rui.user_id, c.conversation), 0);
	ck_assert_int_eq(content_sign(&c, laptop->sign, b, mh), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_content__descriptor, buf_view(b), &sc), 0);
	pt.content = sc;
	ck_assert_int_eq(store_begin(desk.store), 0);
	ck_assert_int_eq(letter_read(&desk, &self,
	                     identity_find_device(trust_self(desk.trust), laptop->id), &pt, &news),
	    0);
	ck_assert_int_eq(store_end(desk.store, 0), 0);
	letter_clear(&news);
	pb_free(&sc);
	buf_free(&b);
	ck_assert_int_eq(own_person(&desk, &self), 0);
}

static void
relay_shows_the_same(void)
{
	Recado__DirectoryEntry *entry = NULL;
	struct buf *b = buf_new(0);

	ck_assert_int_eq(identity_pack(trust_self(desk.trust), b), 0);
	ck_assert_int_eq(pb_unpack(&recado__directory_entry__descriptor, buf_view(b), &entry), 0);
	ck_assert_int_eq(trust_learn_self(desk.trust, entry, &fault), 0);
	pb_free(&entry);
	buf_free(&b);
	ck_assert_int_eq(own_person(&desk, &self), 0);
}

/* A device of ours was removed, and the relay does not let this one know. */
START_TEST(our_own_list_is_not_hidden)
{
	char *why;

	laptop_says(3, other);
	ck_assert(self.stale && !self.changed);
	relay_shows_the_same();
	ck_assert(self.changed && !self.stale);
	why = trust_doubt(desk.trust, &self);
	ck_assert_ptr_nonnull(strstr(why, "2 entries of your own device list"));
	free(why);
	relay_shows_the_same();
	ck_assert(self.changed);
}
END_TEST

START_TEST(our_own_list_is_not_forked)
{
	laptop_says(2, other);
	ck_assert(self.changed);
	relay_shows_the_same();
	ck_assert(self.changed);
}
END_TEST

START_TEST(our_own_list_as_it_is)
{
	laptop_says(2, identity_list_head(trust_self(desk.trust)));
	ck_assert(!self.stale && !self.changed);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("claim");
	TCase *c = tcase_create("contact"), *o = tcase_create("own");

	tcase_add_checked_fixture(c, contact_setup, contact_teardown);
	tcase_add_test(c, another_list_stays_a_lie);
	tcase_add_test(c, who_claimed_may_take_it_back);
	tcase_add_test(c, only_the_list_itself_answers);
	tcase_add_test(c, what_a_stolen_device_claims_ends_with_the_card);
	tcase_add_test(c, the_card_takes_the_place_of_what_was_claimed);
	suite_add_tcase(s, c);
	tcase_add_checked_fixture(o, twin_setup, twin_teardown);
	tcase_add_test(o, our_own_list_is_not_hidden);
	tcase_add_test(o, our_own_list_is_not_forked);
	tcase_add_test(o, our_own_list_as_it_is);
	suite_add_tcase(s, o);
	return unit_run(s);
}
