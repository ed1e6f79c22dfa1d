/*
 * Cards in SoftHSM as they come, and what a card says taken for what it is.
 */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/card.h"
#include "crypto/card_object.h"
#include "tests/unit/kit.h"
#include "tests/unit/reader.h"
#include "tests/unit/unit.h"

START_TEST(signs_with_each_kind_of_key)
{
	static const struct {
		const char *name, *civil;
		enum cert_scheme scheme;
		size_t intermediates;
	} cards[] = {
		{ "joao", "JOÃO GONÇALVES TESTE", CERT_RSA_PKCS1_SHA256, 2 },
		{ "maria", "MARIA ANTÓNIA ÁLVARES DA CONCEIÇÃO TESTE", CERT_RSA_PKCS1_SHA256, 2 },
		{ "ines", "INÊS SIMÕES ARAÚJO TESTE", CERT_ECDSA_P256_SHA256, 0 },
	};
	struct reader_person p = { .pin = "1234" };
	struct card_holder *h;
	struct card *c;
	struct fault f;

	reader_insert(cards[_i].name);
	c = reader_open(READER_SOFTHSM);
	h = reader_holder(c, NULL);
	ck_assert_str_eq(h->civil_name, cards[_i].civil);
	ck_assert_str_eq(h->label, "CARTAO DE CIDADAO");
	ck_assert_int_eq(h->scheme, cards[_i].scheme);
	ck_assert_uint_eq(h->intermediate_count, cards[_i].intermediates);
	ck_assert(!h->pinpad && !h->self_prompt);
	ck_assert(card_present(c, h->serial));
	ck_assert(!card_present(c, "another"));
	ck_assert_msg(reader_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(p.asked, 1);
	ck_assert_msg(reader_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(p.tries, CARD_TRIES_FULL);
	ck_assert_int_eq(p.asked, 2); /* the login does not outlive the signature */
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(intermediates_are_nearest_first)
{
	struct card_holder *h;
	struct card *c;

	reader_insert("joao");
	c = reader_open(READER_SOFTHSM);
	h = reader_holder(c, NULL);
	ck_assert(cert_is_issuer(h->intermediates[0], (struct bytes){ h->cert, h->cert_len }));
	ck_assert(cert_is_issuer(h->intermediates[1], h->intermediates[0]));
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(lists_what_a_card_holds)
{
	struct card_token *t;
	struct card *c;
	size_t n;
	bool rsa = false;

	reader_insert("joao");
	c = reader_open(READER_SOFTHSM);
	ck_assert_int_eq(card_tokens(c, &t, &n, NULL), 0);
	ck_assert_uint_eq(n, 1); /* not SoftHSM's empty one */
	ck_assert_str_eq(t[0].label, "CARTAO DE CIDADAO");
	ck_assert_uint_eq(t[0].cert_count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct card_cert *x = &t[0].certs[i];

		if (strcmp(x->id, "45") == 0) {
			ck_assert_str_eq(x->label, "CITIZEN AUTHENTICATION CERTIFICATE");
			ck_assert_int_eq(x->use, CERT_USE_AUTHENTICATION);
		} else if (strcmp(x->id, "46") == 0) {
			ck_assert_int_eq(x->use, CERT_USE_SIGNATURE);
		} else {
			ck_assert_int_eq(x->use, CERT_USE_CA);
		}
	}
	ck_assert_uint_ge(t[0].key_count, 1);
	for (size_t i = 0; i < t[0].mechanism_count; i++)
		rsa |= strcmp(t[0].mechanisms[i], "CKM_SHA256_RSA_PKCS") == 0;
	ck_assert(rsa);
	card_tokens_free(&t, &n);
	card_close(&c);
}
END_TEST

START_TEST(several_cards_want_a_choice)
{
	struct card_holder *h;
	struct card_token *t;
	struct card *c;
	struct fault f = { 0 };
	size_t n;

	reader_insert("dois");
	c = reader_open(READER_SOFTHSM);
	ck_assert_int_eq(card_select(c, NULL, &h, &f), ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(f.what, "JOÃO"));
	ck_assert_ptr_nonnull(strstr(f.what, "INÊS"));
	ck_assert_int_eq(card_select(c, "cartao de cidadao", &h, &f), ERR_USAGE);
	ck_assert_int_eq(card_select(c, "nobody", &h, &f), ERR_NO_CARD);
	ck_assert_int_eq(card_tokens(c, &t, &n, NULL), 0);
	ck_assert_uint_eq(n, 2);
	for (size_t i = 0; i < n; i++) {
		h = reader_holder(c, t[i].serial);
		ck_assert_str_eq(h->serial, t[i].serial);
		card_holder_free(&h);
	}
	card_tokens_free(&t, &n);
	card_close(&c);
}
END_TEST

START_TEST(unfit_certificate_is_not_chosen)
{
	struct card_holder *h;
	struct card *c;
	struct fault f = { 0 };

	reader_insert("wrongeku");
	c = reader_open(READER_SOFTHSM);
	ck_assert_int_eq(card_select(c, NULL, &h, &f), ERR_CERT_USAGE);
	ck_assert_ptr_null(h);
	card_close(&c);
}
END_TEST

START_TEST(no_module_no_card)
{
	struct card_options o = { .module = "/nonexistent.so" };
	struct fault f = { 0 };
	struct card *c;

	ck_assert_int_eq(card_open(&o, &c, &f), ERR_NO_MODULE);
	ck_assert_str_eq(f.about, o.module);
	ck_assert_ptr_nonnull(strstr(f.hint, "token.module"));
	ck_assert_ptr_null(c);
	o.module = "/etc/passwd";
	ck_assert_int_eq(card_open(&o, &c, &f), ERR_CARD);
	ck_assert_ptr_nonnull(strstr(f.what, "invalid ELF header"));
	ck_assert_ptr_null(c);
	o.module = "/lib/x86_64-linux-gnu/libc.so.6"; /* a library, and no module */
	if (access(o.module, R_OK) == 0)
		ck_assert_int_eq(card_open(&o, &c, &f), ERR_CARD);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(ecdsa_is_never_a_secret)
{
	struct card_signature a, b;
	struct reader_person p = { .pin = "1234" };
	struct card_hooks hooks = { .arg = &p, .pin = reader_type_pin };
	struct card_holder *h;
	struct card *c;

	reader_insert("ines");
	c = reader_open(READER_SOFTHSM);
	h = reader_holder(c, NULL);
	ck_assert_int_eq(card_sign(c, h, (struct bytes){ h->cert, 9 }, &hooks, &a, NULL), 0);
	ck_assert_int_eq(card_sign(c, h, (struct bytes){ h->cert, 9 }, &hooks, &b, NULL), 0);
	ck_assert(a.len != b.len || memcmp(a.octets, b.octets, a.len) != 0);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

/* -------------------------------------------------------------------------- bytes from a card */

START_TEST(ecdsa_halves)
{
	uint8_t raw[64] = { 0 }, der[80];
	size_t n;

	ck_assert_int_eq(
	    card_object_ecdsa((struct bytes){ raw, 64 }, der, sizeof(der), &n), ERR_FORMAT);
	raw[31] = 1;
	raw[32] = 0x80;
	ck_assert_int_eq(card_object_ecdsa((struct bytes){ raw, 64 }, der, sizeof(der), &n), 0);
	ck_assert_uint_eq(n, 2 + 3 + 2 + 33);
	ck_assert_int_eq(
	    card_object_ecdsa((struct bytes){ raw, 63 }, der, sizeof(der), &n), ERR_FORMAT);
	ck_assert_int_eq(card_object_ecdsa((struct bytes){ raw, 64 }, der, 8, &n), ERR_FORMAT);
}
END_TEST

START_TEST(names_from_a_card)
{
	char *text = card_object_text("\x1b[31mCART\xc3\x83O   ", 16);

	ck_assert_ptr_null(strchr(text, 0x1b));
	free(text);
	text = card_object_text("  A B \0\0\0", 9);
	ck_assert_str_eq(text, "A B");
	free(text);
	ck_assert(card_object_named(" cartao de cidadao ", "CARTAO DE CIDADAO", "0001"));
	ck_assert(card_object_named("ab01", "X", "AB01"));
	ck_assert(!card_object_named("", "", ""));
	ck_assert(!card_object_named("CARTAO", "CARTAO DE CIDADAO", "1"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("card");
	TCase *t = tcase_create("cards");

	if (!kit_exists())
		return UNIT_SKIP;
	tcase_add_loop_test(t, signs_with_each_kind_of_key, 0, 3);
	tcase_add_test(t, intermediates_are_nearest_first);
	tcase_add_test(t, lists_what_a_card_holds);
	tcase_add_test(t, several_cards_want_a_choice);
	tcase_add_test(t, unfit_certificate_is_not_chosen);
	tcase_add_test(t, no_module_no_card);
	tcase_add_test(t, ecdsa_is_never_a_secret);
	tcase_add_test(t, ecdsa_halves);
	tcase_add_test(t, names_from_a_card);
	suite_add_tcase(s, t);
	return unit_run(s);
}
