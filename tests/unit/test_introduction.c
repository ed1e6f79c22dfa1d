/*
 * introduction: what repeats is left out, and comes back as it was.
 */
#include <string.h>

#include "crypto/introduction.h"
#include "unit.h"

#define COUNT 5

static struct bytes
text(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

/* Three bindings of one card, then one of the next, then one of the first again. */
static struct {
	Recado__SignedBinding b[COUNT];
	Recado__SignedBinding *list[COUNT];
	ProtobufCBinaryData chain[2];
} user;

static void
setup(void)
{
	static const char *const cards[COUNT] = { "old", "old", "old", "new", "old" };
	static const char *const bodies[COUNT] = { "1", "2", "3", "4", "5" };

	user.chain[0] = pb_data(text("sub"));
	user.chain[1] = pb_data(text("root"));
	for (size_t i = 0; i < COUNT; i++) {
		recado__signed_binding__init(&user.b[i]);
		user.b[i].body = pb_data(text(bodies[i]));
		user.b[i].certificate = pb_data(text(cards[i]));
		user.b[i].intermediates = user.chain;
		user.b[i].n_intermediates = 2;
		user.list[i] = &user.b[i];
	}
}

START_TEST(a_chain_travels_once)
{
	static const size_t octets[COUNT] = { 3, 0, 0, 3, 3 };
	struct introduction lean;

	ck_assert_int_eq(introduction_lean(user.list, COUNT, &lean), 0);
	ck_assert_uint_eq(lean.count, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_uint_eq(lean.list[i]->certificate.len, octets[i]);
		ck_assert_uint_eq(lean.list[i]->n_intermediates, octets[i] > 0 ? 2 : 0);
	}
	ck_assert_uint_eq(user.b[1].certificate.len, 3); /* the originals are as they were */
	introduction_clear(&lean);
}
END_TEST

START_TEST(it_comes_back_as_it_was)
{
	struct introduction lean, full;

	ck_assert_int_eq(introduction_lean(user.list, COUNT, &lean), 0);
	ck_assert_int_eq(introduction_full(lean.list, lean.count, &full), 0);
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert(bytes_equal(pb_view(full.list[i]->body), pb_view(user.b[i].body)));
		ck_assert(bytes_equal(
		    pb_view(full.list[i]->certificate), pb_view(user.b[i].certificate)));
		ck_assert_uint_eq(full.list[i]->n_intermediates, 2);
		ck_assert_ptr_eq(full.list[i]->intermediates, user.chain);
	}
	introduction_clear(&full);
	introduction_clear(&lean);
}
END_TEST

START_TEST(nothing_to_put_there_is_an_error)
{
	struct introduction x;

	user.b[0].certificate.len = 0;
	ck_assert_int_eq(introduction_full(user.list, COUNT, &x), ERR_FORMAT);
	ck_assert_ptr_null(x.list);
	setup();
	user.b[2].certificate.len = 0; /* and a chain all the same */
	ck_assert_int_eq(introduction_full(user.list, COUNT, &x), ERR_FORMAT);
}
END_TEST

START_TEST(too_many_are_refused)
{
	static Recado__SignedBinding *many[INTRODUCTION_BINDINGS_MAX + 1];
	struct introduction x;

	for (size_t i = 0; i <= INTRODUCTION_BINDINGS_MAX; i++)
		many[i] = &user.b[0];
	ck_assert_int_eq(introduction_full(many, INTRODUCTION_BINDINGS_MAX + 1, &x), ERR_LIMIT);
	ck_assert_int_eq(introduction_lean(many, INTRODUCTION_BINDINGS_MAX, &x), 0);
	introduction_clear(&x);
}
END_TEST

START_TEST(none_is_none)
{
	struct introduction x;

	ck_assert_int_eq(introduction_full(NULL, 0, &x), 0);
	ck_assert_uint_eq(x.count, 0);
	introduction_clear(&x);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("introduction");
	TCase *c = tcase_create("introduction");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, a_chain_travels_once);
	tcase_add_test(c, it_comes_back_as_it_was);
	tcase_add_test(c, nothing_to_put_there_is_an_error);
	tcase_add_test(c, too_many_are_refused);
	tcase_add_test(c, none_is_none);
	suite_add_tcase(s, c);
	return unit_run(s);
}
