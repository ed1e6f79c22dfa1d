/*
 * trust: who an introduction may become.
 */
#include <stdlib.h>
#include <string.h>

#include "core/trust_state.h"
#include "crypto/ca.h"
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

static struct store_person
known(void)
{
	struct store_person p;

	ck_assert_int_eq(trust_person(desk.trust, &parts.entry, &p, &fault), 0);
	return p;
}

/* What her own device says of her list is what the relay has shown. */
START_TEST(a_claim_that_fits_is_nothing)
{
	struct store_person p = known();
	const struct identity *i = trust_identity(desk.trust, &p);

	ck_assert_int_eq(
	    trust_claim(desk.trust, &p, laptop->id, identity_list_length(i), identity_list_head(i)), 0);
	ck_assert(!p.changed && !p.stale);
	ck_assert_int_eq(trust_may_send(desk.trust, &p, &fault), 0);
}
END_TEST

START_TEST(another_list_of_the_same_length_is_a_lie)
{
	static const uint8_t other[STORE_HASH] = { 1 };
	struct store_person p = known(), kept;
	char *why;

	ck_assert_int_eq(trust_claim(desk.trust, &p, laptop->id, 1, other), 0);
	ck_assert_int_eq(store_person_by_id(desk.store, p.id, &kept), 0);
	ck_assert(kept.changed);
	ck_assert_int_eq(trust_letter(desk.trust, &kept), '!');
	ck_assert_int_eq(trust_may_send(desk.trust, &kept, &fault), ERR_UNTRUSTED);
	why = trust_doubt(desk.trust, &kept);
	ck_assert_ptr_nonnull(strstr(why, "another device list"));
	free(why);
}
END_TEST

/* Her device counts more entries than the relay shows: it is asked once more, and then not believed
 * until it shows them. */
START_TEST(a_list_that_stays_short_is_a_lie)
{
	static const uint8_t next[STORE_HASH] = { 2 };
	struct store_person p = known();
	char *why;

	ck_assert_int_eq(trust_claim(desk.trust, &p, laptop->id, 2, next), 0);
	ck_assert(p.stale && !p.changed);
	ck_assert_int_eq(trust_learn(desk.trust, &p, &parts.entry, &fault), 0);
	ck_assert(p.changed && !p.stale);
	ck_assert_int_eq(trust_may_send(desk.trust, &p, &fault), ERR_UNTRUSTED);
	why = trust_doubt(desk.trust, &p);
	ck_assert_ptr_nonnull(strstr(why, "shows 1 entries"));
	free(why);
	/* and again: still */
	ck_assert_int_eq(trust_learn(desk.trust, &p, &parts.entry, &fault), 0);
	ck_assert(p.changed);
}
END_TEST

/* Only who is another user is let go. */
START_TEST(to_accept_renounces_nobody_who_stayed)
{
	static const uint8_t other[STORE_HASH] = { 1 };
	struct store_person p = known();

	ck_assert_int_eq(trust_claim(desk.trust, &p, laptop->id, 1, other), 0);
	ck_assert_int_eq(trust_renounce(desk.trust, &p, &parts.entry), 0);
	ck_assert(p.known && p.changed);
}
END_TEST

static struct ca *
root_of(const uint8_t *relay_id)
{
	struct ca_root root = { "exemplo", relay_id, PERSON_NOW, PERSON_NOW + 1000000 };
	struct ca *c;

	ck_assert_int_eq(ca_new(&root, &c), 0);
	return c;
}

/* The relay's root is the first one that it showed, and of this relay. */
START_TEST(a_relay_keeps_its_root)
{
	static const uint8_t elsewhere[32] = { 7 };
	struct ca *first = root_of(desk.account.relay_id), *second = root_of(desk.account.relay_id);
	struct ca *other = root_of(elsewhere);
	struct trust *t = desk.trust;
	size_t anchors = cert_store_anchor_count(trust_store(t));
	bool fresh;

	ck_assert_int_eq(trust_ca_take(t, ca_root_der(other), &fresh), ERR_UNTRUSTED);
	ck_assert_int_eq(trust_ca_take(t, buf_view(ca->der), &fresh), ERR_UNTRUSTED);
	ck_assert_int_eq(trust_ca_take(t, buf_view(relay_ca->der), &fresh), ERR_UNTRUSTED);
	ck_assert_uint_eq(cert_store_anchor_count(trust_store(t)), anchors);
	ck_assert_int_eq(trust_ca_take(t, ca_root_der(first), &fresh), 0);
	ck_assert(fresh);
	ck_assert_int_eq(trust_ca_take(t, ca_root_der(first), &fresh), 0);
	ck_assert(!fresh);
	ck_assert_int_eq(trust_ca_take(t, ca_root_der(second), &fresh), ERR_RELAY_KEY);
	ck_assert(!fresh);
	ck_assert_uint_eq(cert_store_anchor_count(trust_store(t)), anchors + 1);
	ck_assert_int_eq(trust_ca_load(t), 0);
	ck_assert(t->has_ca);
	ca_free(&first);
	ca_free(&second);
	ca_free(&other);
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
	tcase_add_test(c, a_claim_that_fits_is_nothing);
	tcase_add_test(c, another_list_of_the_same_length_is_a_lie);
	tcase_add_test(c, a_list_that_stays_short_is_a_lie);
	tcase_add_test(c, to_accept_renounces_nobody_who_stayed);
	tcase_add_test(c, a_relay_keeps_its_root);
	suite_add_tcase(s, c);
	return unit_run(s);
}
