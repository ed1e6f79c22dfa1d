/*
 * trust_news: what changes about somebody is told once, and V belongs to one number.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/trust_state.h"
#include "desk.h"
#include "unit.h"

static struct store_person maria;
static struct port port;
static char *told[8];
static size_t told_count, shown;

static void
heard(struct port *p, struct core_event *ev)
{
	shown += ev->kind == CORE_EV_PERSON;
	if (ev->kind == CORE_EV_NOTICE && told_count < 8)
		told[told_count++] = mem_strdup(ev->note.text);
	core_event_clear(ev);
}

static bool
was_told(const char *text)
{
	size_t i, n = 0;

	for (i = 0; i < told_count; i++)
		n += strstr(told[i], text) != NULL;
	ck_assert_uint_le(n, 1); /* never twice */
	return n == 1;
}

static void
forget_told(void)
{
	while (told_count > 0)
		free(told[--told_count]);
}

/* Maria knows her own number with herself: an account of hers and the person are one identity, which
 * is all that a safety number takes. */
static void
setup_own(void)
{
	struct buf *b = buf_new(0);
	struct fault f = { 0 };

	desk_setup();
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(identity_pack(id, b), 0);
	ck_assert_int_eq(store_value_set(desk.store, "self", buf_view(b)), 0);
	ck_assert_msg(trust_open(desk.trust, &f) == 0, "%s", f.what);
	buf_free(&b);
	port = (struct port){ .engine = &desk, .watching = true, .emit = heard };
	LIST_INSERT_HEAD(&desk.ports, &port, link);
}

static void
meet(void)
{
	struct fault f = { 0 };

	ck_assert_msg(trust_person(desk.trust, &parts.entry, &maria, &f) == 0, "%s", f.what);
	maria.contact = CORE_CONTACT;
	ck_assert_int_eq(store_person_set(desk.store, &maria), 0);
}

static void
setup(void)
{
	setup_own();
	meet();
}

static void
teardown(void)
{
	forget_told();
	desk_teardown();
}

static void
compare(void)
{
	char number[SAFETY_TEXT];

	ck_assert_int_eq(trust_safety(desk.trust, &maria, number), 0);
	maria.verified_at = 1;
	memcpy(maria.verified, number, sizeof(number));
	ck_assert_int_eq(store_person_set(desk.store, &maria), 0);
	ck_assert_int_eq(trust_letter(desk.trust, &maria), 'V');
}

static int
past_one(void *arg, uint64_t at, const char *what)
{
	const char **want = arg;

	if (strstr(what, want[0]) != NULL)
		want[1] = want[0];
	return 0;
}

static bool
is_past(const char *what)
{
	const char *want[2] = { what, NULL };

	ck_assert_int_eq(store_past_each(desk.store, maria.id, past_one, want), 0);
	return want[1] != NULL;
}

static void
add_phone(void)
{
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_msg(trust_learn(desk.trust, &maria, &parts.entry, &fault) == 0, "%s", fault.what);
}

START_TEST(a_device_more_ends_v)
{
	struct store_person kept;

	compare();
	add_phone();
	ck_assert_int_eq(trust_letter(desk.trust, &maria), 'C');
	ck_assert(was_told("phone"));
	ck_assert(was_told("no longer verified"));
	ck_assert(is_past("device added: phone"));
	ck_assert(is_past("no longer verified"));
	ck_assert_int_eq(store_person_by_id(desk.store, maria.id, &kept), 0);
	ck_assert_uint_eq(kept.verified_at, 0);
	ck_assert_str_eq(kept.verified, "");
	trust_note(desk.trust, &maria); /* said is said */
	ck_assert(was_told("no longer verified"));
}
END_TEST

/* The device goes, the number is what it was: that nobody compared it since stays true. */
START_TEST(the_old_number_is_no_v_again)
{
	Recado__DeviceEvent gone;
	char before[SAFETY_TEXT], after[SAFETY_TEXT];

	compare();
	ck_assert_int_eq(trust_safety(desk.trust, &maria, before), 0);
	add_phone();
	ck_assert_int_eq(update(), 0);
	gone = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE);
	add_event(&gone, laptop);
	forget_told();
	ck_assert_msg(trust_learn(desk.trust, &maria, &parts.entry, &fault) == 0, "%s", fault.what);
	ck_assert(was_told("phone"));
	ck_assert_int_eq(trust_safety(desk.trust, &maria, after), 0);
	ck_assert_str_eq(before, after);
	ck_assert_int_eq(trust_letter(desk.trust, &maria), 'C');
}
END_TEST

START_TEST(without_v_a_device_is_no_drop)
{
	add_phone();
	ck_assert(was_told("phone"));
	ck_assert(!was_told("no longer verified"));
}
END_TEST

/* Our own devices are half of the number. */
START_TEST(our_own_device_ends_v_too)
{
	struct identity *self;

	compare();
	self = desk.trust->self;
	ck_assert_int_eq(update(), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_int_eq(update(), 0);
	desk.trust->self = identity_copy(id);
	identity_free(&self);
	(void)trust_note_all(desk.trust);
	ck_assert(was_told("no longer verified"));
	ck_assert_int_eq(store_person_by_id(desk.store, maria.id, &maria), 0);
	ck_assert_int_eq(trust_letter(desk.trust, &maria), 'C');
}
END_TEST

/* Nobody looks: the line is there for the next screen, once. */
START_TEST(what_nobody_saw_waits)
{
	struct op op = { .e = &desk, .port = &port };

	port.watching = false;
	compare();
	add_phone();
	forget_told(); /* a command may have printed it in passing */
	trust_unseen(&op, &maria);
	ck_assert_uint_eq(told_count, 2);
	ck_assert(was_told("phone"));
	ck_assert(was_told("no longer verified"));
	forget_told();
	trust_unseen(&op, &maria);
	ck_assert_uint_eq(told_count, 0);
}
END_TEST

/* Of strangers nothing is said in a conversation that nobody has. */
START_TEST(strangers_are_no_news)
{
	maria.contact = CORE_CONTACT_NONE;
	ck_assert_int_eq(store_person_set(desk.store, &maria), 0);
	add_phone();
	ck_assert_uint_eq(told_count, 0);
	ck_assert(is_past("device added: phone"));
	shown = 0;
	(void)trust_note_all(desk.trust);
	ck_assert_uint_eq(shown, 0);
}
END_TEST

START_TEST(everybody_is_shown_once)
{
	shown = 0;
	ck_assert(trust_note_all(desk.trust));
	ck_assert_uint_eq(shown, 1);
	ck_assert(!trust_note_all(desk.trust));
	ck_assert_uint_eq(shown, 1);
}
END_TEST

START_TEST(another_user_is_changed)
{
	Recado__DirectoryEntry other = parts.entry;
	uint8_t user[STORE_USER] = { 9 };

	compare();
	other.user_id = pb_data((struct bytes){ user, sizeof(user) });
	ck_assert_int_eq(trust_learn(desk.trust, &maria, &other, &fault), ERR_CHAIN);
	ck_assert_int_eq(trust_letter(desk.trust, &maria), '!');
	ck_assert_str_eq(trust_why(desk.trust, &maria), "changed");
	ck_assert(was_told("somebody else under this name"));
	ck_assert_int_ne(trust_may_send(desk.trust, &maria, &fault), 0);
	trust_note(desk.trust, &maria);
	ck_assert_uint_eq(told_count, 1);
}
END_TEST

/* The list comes a moment after who needs it: that is no refusal; and what it says is in the history,
 * as news only if it is bad. */
START_TEST(who_is_new_is_judged_when_the_list_comes)
{
	struct cert_policy strict = cert_store_policy(trust_store(desk.trust)), off = strict;

	strict.revocation = CERT_REVOCATION_REQUIRE;
	cert_store_set_policy(trust_store(desk.trust), &strict);
	meet();
	ck_assert_int_eq(trust_letter(desk.trust, &maria), '?');
	ck_assert(is_past("first seen, revocation not yet known"));
	ck_assert(!is_past("refused"));
	trust_note(desk.trust, &maria);
	ck_assert(!is_past("the certificate is good"));
	cert_store_set_policy(trust_store(desk.trust), &off);
	trust_note(desk.trust, &maria);
	ck_assert(is_past("the certificate is good"));
	ck_assert(!is_past("good again"));
	ck_assert_uint_eq(told_count, 0);
	cert_store_set_policy(trust_store(desk.trust), &strict);
	trust_note(desk.trust, &maria); /* not to know is no news */
	ck_assert_uint_eq(told_count, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trust news");
	TCase *c = tcase_create("trust news");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_device_more_ends_v);
	tcase_add_test(c, the_old_number_is_no_v_again);
	tcase_add_test(c, without_v_a_device_is_no_drop);
	tcase_add_test(c, our_own_device_ends_v_too);
	tcase_add_test(c, what_nobody_saw_waits);
	tcase_add_test(c, strangers_are_no_news);
	tcase_add_test(c, everybody_is_shown_once);
	tcase_add_test(c, another_user_is_changed);
	suite_add_tcase(s, c);
	c = tcase_create("somebody new");
	tcase_add_checked_fixture(c, setup_own, teardown);
	tcase_add_test(c, who_is_new_is_judged_when_the_list_comes);
	suite_add_tcase(s, c);
	return unit_run(s);
}
