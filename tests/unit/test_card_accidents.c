/*
 * What happens to cards: wrong PINs, removal, keypads, modules that ask by themselves. The reader is
 * tests/softcard/shim.c.
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/card.h"
#include "tests/unit/kit.h"
#include "tests/unit/reader.h"
#include "tests/unit/unit.h"

START_TEST(one_wrong_pin_costs_one_try)
{
	struct card *c = reader_open_shim("joao");
	struct card_holder *h = reader_holder(c, NULL);
	struct reader_person p = { .pin = "9999" };
	struct fault f;

	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN);
	ck_assert_int_eq(p.asked, 1);
	ck_assert_int_eq(reader_tries(), 2);
	ck_assert_int_eq(reader_logged("C_Login"), 1);
	ck_assert_ptr_nonnull(strstr(f.what, "2 tries left"));
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN_FINAL);
	ck_assert_int_eq(p.tries, CARD_TRIES_LOW);
	ck_assert_int_eq(reader_tries(), 1);
	ck_assert_ptr_nonnull(strstr(f.what, "1 try left"));
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN_LOCKED);
	ck_assert_int_eq(p.tries, CARD_TRIES_FINAL);
	ck_assert_int_eq(reader_logged("C_Login"), 3);
	/* Locked: nobody is asked any more, and the card is left alone. */
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN_LOCKED);
	ck_assert_int_eq(p.asked, 3);
	ck_assert_int_eq(reader_logged("C_Login"), 3);
	ck_assert_int_eq(reader_logged("C_Sign"), 0);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(right_pin_restores_the_tries)
{
	struct card *c = reader_open_shim("ines");
	struct card_holder *h = reader_holder(c, NULL);
	struct reader_person p = { .pin = "9999" };
	struct fault f;

	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN);
	p.pin = "1234";
	ck_assert_msg(reader_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(reader_tries(), 3);
	ck_assert_int_eq(p.asked, 2);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(cancelled_and_empty_pins_cost_nothing)
{
	struct card *c = reader_open_shim("joao");
	struct card_holder *h = reader_holder(c, NULL);
	struct reader_person p = { .pin = NULL };
	struct fault f;

	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_CANCELED);
	p.pin = "";
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_CANCELED);
	ck_assert_int_eq(reader_logged("C_Login"), 0);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(removal_is_called_removal)
{
	static const char *const moments[] = { "C_Login", "C_Sign" };
	struct card *c = reader_open_shim("joao");
	struct card_holder *h = reader_holder(c, NULL);
	struct reader_person p = { .pin = "1234" };
	struct fault f;

	reader_put("remove_in", moments[_i]);
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_CARD_REMOVED);
	ck_assert_int_eq(p.asked, 1);
	ck_assert(!card_present(c, h->serial));
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_NO_CARD);
	ck_assert_int_eq(p.asked, 1);
	/* Back in, all is well again. */
	reader_take("remove_in");
	reader_take("removed");
	ck_assert(card_present(c, h->serial));
	ck_assert_msg(reader_sign(c, h, &p, &f) == 0, "%s", f.what);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(empty_reader_has_no_card)
{
	struct card *c = reader_open_shim("joao");
	struct card_holder *h;
	struct fault f = { 0 };

	reader_put("removed", "");
	ck_assert_int_eq(card_select(c, NULL, &h, &f), ERR_NO_CARD);
	reader_take("removed");
	h = reader_holder(c, NULL);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(keypad_takes_the_pin)
{
	struct card *c = reader_open_shim("maria");
	struct card_holder *h;
	struct reader_person p = { .pin = "never asked" };
	struct fault f;

	reader_put("pinpad", "1234\n");
	h = reader_holder(c, NULL);
	ck_assert(h->pinpad);
	ck_assert_msg(reader_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(p.keypad, 1);
	ck_assert_int_eq(p.asked, 0);
	reader_put("pinpad", "9999\n");
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN);
	ck_assert_int_eq(reader_tries(), 2);
	reader_put("pinpad", "");
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_CANCELED);
	ck_assert_int_eq(reader_logged("C_Login pinpad"), 1 + 1 + 1);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(module_that_asks_by_itself)
{
	struct card *c = reader_open_shim("ines");
	struct card_holder *h;
	struct reader_person p = { .pin = "never asked" };
	struct fault f;

	reader_put("selfprompt", "");
	h = reader_holder(c, NULL);
	ck_assert(h->self_prompt);
	reader_terminal("1234\n1234\n");
	ck_assert_msg(reader_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(p.suspended, 1);
	ck_assert_int_eq(p.resumed, 1);
	ck_assert_int_eq(p.asked, 0);
	ck_assert_int_eq(reader_logged("C_Sign 0x"), 1);
	/* A miss is not repeated behind the user's back. */
	reader_terminal("9999\n9999\n9999\n");
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN);
	ck_assert_int_eq(reader_tries(), 2);
	ck_assert_int_eq(p.suspended, 2);
	ck_assert_int_eq(p.resumed, 2);
	ck_assert_int_eq(reader_logged("C_Sign 0x"), 2);
	reader_terminal("\n");
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_CANCELED);
	ck_assert_int_eq(p.resumed, 3);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

/* The module says "locked" of a card that is gone, and is not believed. */
START_TEST(absent_is_not_locked)
{
	struct card *c = reader_open_shim("joao");
	struct card_holder *h;
	struct reader_person p = { .pin = "never asked" };
	struct fault f;

	reader_put("selfprompt", "");
	h = reader_holder(c, NULL);
	reader_terminal("1234\n");
	reader_put("remove_in", "C_Sign");
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_CARD_REMOVED);
	ck_assert_int_eq(reader_logged("C_Sign 0xa4"), 1); /* CKR_PIN_LOCKED */
	ck_assert_ptr_null(strstr(f.what, "locked"));
	ck_assert_int_eq(p.resumed, 1);
	reader_take("remove_in");
	reader_take("removed");
	reader_put("tries", "0");
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN_LOCKED);
	ck_assert_int_eq(p.suspended, 1); /* nobody is bothered any more */
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(contactless_wants_its_number_first)
{
	struct card *c = reader_open_middleware("ines");
	struct card_holder *h;
	struct reader_person p = { .pin = "never asked", .can = "123456" };
	struct fault f;

	reader_put("selfprompt", "");
	reader_put("can", "123456\n");
	h = reader_holder(c, NULL);
	reader_terminal("1234\n");
	ck_assert_msg(reader_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(p.asked, 1);
	ck_assert_int_eq(p.suspended, 1);
	p.can = "654321";
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN);
	ck_assert_ptr_nonnull(strstr(f.what, "card access number"));
	ck_assert_ptr_null(strstr(f.what, "PIN"));
	ck_assert_int_eq(reader_logged("C_Login"), 2);
	/* What cannot be one, a PIN for instance, never reaches the card. */
	p.can = "1234";
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN);
	ck_assert_ptr_nonnull(strstr(f.what, "card access number"));
	ck_assert_int_eq(reader_logged("C_Login"), 2);
	ck_assert_int_eq(reader_tries(), 3);
	ck_assert_int_eq(p.suspended, 1);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

/* pkcs11-helper would log in and sign again; here one action is one login. */
START_TEST(a_failed_signature_is_not_repeated_with_a_pin)
{
	struct card *c = reader_open_shim("joao");
	struct card_holder *h = reader_holder(c, NULL);
	struct reader_person p = { .pin = "1234" };
	struct fault f;

	reader_put("fail_sign", "257"); /* CKR_USER_NOT_LOGGED_IN */
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_CARD);
	ck_assert_int_eq(p.asked, 1);
	ck_assert_int_eq(reader_logged("C_Login"), 1);
	ck_assert_int_eq(reader_tries(), 3);
	reader_put("fail_sign", "48"); /* CKR_DEVICE_ERROR */
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_CARD);
	ck_assert_int_eq(p.asked, 2);
	ck_assert_int_eq(reader_logged("C_Login"), 2);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

/* The card stops answering before its reader knows that it has gone. */
START_TEST(a_card_that_has_just_left_did_not_fail)
{
	struct card *c = reader_open_shim("joao");
	struct card_holder *h = reader_holder(c, NULL);
	struct reader_person p = { .pin = "1234" };
	struct fault f;

	reader_put("fail_sign", "5"); /* CKR_GENERAL_ERROR */
	reader_put("leave", "9");
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_CARD_REMOVED);
	ck_assert_str_eq(f.what, "the card was removed");
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(tries_are_told_where_the_card_tells)
{
	struct card *c = reader_open_shim("joao");
	struct card_holder *h = reader_holder(c, NULL);
	struct reader_person p = { .pin = "9999" };
	struct fault f;

	reader_put("no_flags", "");
	ck_assert_int_eq(reader_sign(c, h, &p, &f), ERR_PIN);
	ck_assert_str_eq(f.what, "wrong PIN");
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(locks_are_asked_for_and_one_thread_calls)
{
	struct card *c = reader_open_shim("joao");
	struct card_holder *h = reader_holder(c, NULL);
	struct reader_person p = { .pin = "1234" };
	struct fault f;

	ck_assert_int_eq(reader_sign(c, h, &p, &f), 0);
	ck_assert_int_ge(reader_logged("C_Initialize flags 0x2"), 1); /* CKF_OS_LOCKING_OK */
	ck_assert_int_eq(reader_logged("C_Initialize"), reader_logged("C_Initialize flags 0x2"));
	ck_assert_int_eq(reader_threads(), 1);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(lengths_from_a_card_are_not_believed)
{
	static const char *const lies[] = { "attribute", "grow", "slots", "mechanisms" };
	struct card *c = reader_open_shim("joao");
	struct card_token *tokens;
	struct card_glance glance;
	size_t count;

	reader_put("hostile", lies[_i]);
	if (card_tokens(c, &tokens, &count, NULL) == 0)
		for (size_t i = 0; i < count; i++) {
			ck_assert_uint_le(tokens[i].cert_count, CARD_OBJECTS_MAX);
			ck_assert_uint_eq(tokens[i].mechanism_count, 0);
		}
	ck_assert(_i == 3 || count == 0);
	card_tokens_free(&tokens, &count);
	ck_assert_int_eq(card_glance(c, &glance), _i == 2 ? ERR_CARD : 0);
	card_close(&c);
}
END_TEST

START_TEST(a_glance_sees_what_changes)
{
	struct card *c = reader_open_shim("joao");
	struct card_glance in, same, out, tries;
	struct card_readers r;

	ck_assert_int_eq(card_glance(c, &in), 0);
	ck_assert_int_eq(card_glance(c, &same), 0);
	ck_assert_mem_eq(&in, &same, sizeof(in));
	reader_put("removed", "");
	ck_assert_int_eq(card_glance(c, &out), 0);
	ck_assert_mem_ne(&in, &out, sizeof(in));
	ck_assert_uint_ge(out.readers, 1);
	ck_assert_int_eq(card_readers(c, &r), 0);
	ck_assert_uint_eq(r.cards, 0);
	ck_assert_ptr_nonnull(strstr(r.names, "SoftHSM"));
	card_readers_clear(&r);
	reader_take("removed");
	ck_assert_int_eq(card_glance(c, &same), 0);
	ck_assert_mem_eq(&in, &same, sizeof(in));
	reader_put("tries", "1");
	ck_assert_int_eq(card_glance(c, &tries), 0);
	ck_assert_mem_ne(&in, &tries, sizeof(in));
	reader_put("no_reader", "");
	ck_assert_int_eq(card_readers(c, &r), 0);
	ck_assert_uint_eq(r.readers, 0);
	ck_assert_str_eq(r.names, "");
	card_readers_clear(&r);
	card_close(&c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("card_accidents");
	TCase *t = tcase_create("accidents");

	if (!kit_exists())
		return UNIT_SKIP;
	tcase_add_checked_fixture(t, NULL, reader_clear);
	tcase_add_loop_test(t, removal_is_called_removal, 0, 2);
	tcase_add_test(t, one_wrong_pin_costs_one_try);
	tcase_add_test(t, right_pin_restores_the_tries);
	tcase_add_test(t, cancelled_and_empty_pins_cost_nothing);
	tcase_add_test(t, empty_reader_has_no_card);
	tcase_add_test(t, keypad_takes_the_pin);
	tcase_add_test(t, module_that_asks_by_itself);
	tcase_add_test(t, absent_is_not_locked);
	tcase_add_test(t, contactless_wants_its_number_first);
	tcase_add_test(t, a_failed_signature_is_not_repeated_with_a_pin);
	tcase_add_test(t, a_card_that_has_just_left_did_not_fail);
	tcase_add_test(t, tries_are_told_where_the_card_tells);
	tcase_add_test(t, locks_are_asked_for_and_one_thread_calls);
	tcase_add_loop_test(t, lengths_from_a_card_are_not_believed, 0, 4);
	tcase_add_test(t, a_glance_sees_what_changes);
	suite_add_tcase(s, t);
	return unit_run(s);
}
