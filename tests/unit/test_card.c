/*
 * Cards in SoftHSM, as they come and through a module that has accidents (tests/softcard/shim.c).
 * The cards are those of tests/softcard/make, in RECADO_BUILD/tests/softcard/kit.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/card.h"
#include "crypto/card_object.h"
#include "tests/unit/unit.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

/* What the hooks of a signature saw and do. */
struct person {
	const char *pin; /* NULL: cancels */
	const char *can;
	int asked, suspended, resumed, keypad;
	enum card_tries tries;
	struct card *card;
};

static char folder[] = "/tmp/recado-card-XXXXXX";

static char *
kit(const char *path)
{
	const char *build = getenv("RECADO_BUILD");

	return mem_format("%s/tests/softcard/kit/%s", build != NULL ? build : ".", path);
}

static void
insert(const char *name)
{
	char *rest = mem_format("cards/%s/softhsm2.conf", name), *conf = kit(rest);

	setenv("SOFTHSM2_CONF", conf, 1);
	free(conf);
	free(rest);
}

static struct card *
open_module(const char *module)
{
	struct card_options o = { .module = module };
	struct card *c;
	struct fault f = { 0 };

	ck_assert_msg(card_open(&o, &c, &f) == 0, "%s: %s", f.about, f.what);
	return c;
}

/* The card of this holder in a reader that has accidents. */
static struct card *
open_shim(const char *name)
{
	const char *build = getenv("RECADO_BUILD");
	char *module = mem_format("%s/tests/softcard/shim.so", build != NULL ? build : ".");
	struct card *c;

	insert(name);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	setenv("SOFTCARD_SHIM", folder, 1);
	setenv("SOFTCARD_MODULE", SOFTHSM, 1);
	c = open_module(module);
	free(module);
	return c;
}

static void
put(const char *name, const char *text)
{
	char *path = mem_format("%s/%s", folder, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

static void
take(const char *name)
{
	char *path = mem_format("%s/%s", folder, name);

	unlink(path);
	free(path);
}

static void
clear_folder(void)
{
	static const char *const names[] = { "removed", "remove_in", "tries", "pinpad",
		"selfprompt", "can", "log", "typed" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		take(names[i]);
	rmdir(folder);
}

/* How often the module's log has a line that begins so. */
static int
logged(const char *start)
{
	char *path = mem_format("%s/log", folder), line[256];
	FILE *f = fopen(path, "r");
	int n = 0;

	free(path);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		n += strncmp(line, start, strlen(start)) == 0;
	if (f != NULL)
		fclose(f);
	return n;
}

static int
tries_left(void)
{
	char *path = mem_format("%s/tries", folder);
	FILE *f = fopen(path, "r");
	int n = -1;

	free(path);
	if (f != NULL) {
		if (fscanf(f, "%d", &n) != 1)
			n = -1;
		fclose(f);
	}
	return n;
}

static int
type_pin(void *arg, const struct card_ask *ask, char *pin, size_t max)
{
	struct person *p = arg;
	const char *text = ask->can ? p->can : p->pin;

	p->asked++;
	p->tries = ask->tries;
	if (text == NULL)
		return ERR_CANCELED;
	snprintf(pin, max, "%s", text);
	return 0;
}

static void
keypad(void *arg, const struct card_ask *ask)
{
	((struct person *)arg)->keypad++;
}

static int
suspend(void *arg, const struct card_ask *ask)
{
	((struct person *)arg)->suspended++;
	return 0;
}

static void
resume(void *arg)
{
	((struct person *)arg)->resumed++;
}

static struct card_holder *
holder(struct card *c, const char *which)
{
	struct card_holder *h;
	struct fault f = { 0 };

	ck_assert_msg(card_select(c, which, &h, &f) == 0, "%s: %s", f.about, f.what);
	return h;
}

static int
try_sign(struct card *c, const struct card_holder *h, struct person *p, struct fault *f)
{
	static const char message[] = "recado/1 binding\0....";
	struct card_hooks hooks = {
		.arg = p, .pin = type_pin, .pinpad = keypad, .suspend = suspend, .resume = resume
	};
	struct card_signature sig;
	struct bytes m = { (const uint8_t *)message, sizeof(message) };
	int r;

	memset(f, 0, sizeof(*f));
	r = card_sign(c, h, m, &hooks, &sig, f);
	if (r == 0)
		ck_assert_int_eq(
		    cert_verify_signature((struct bytes){ h->cert, h->cert_len },
			(uint32_t)sig.scheme, m, (struct bytes){ sig.octets, sig.len }),
		    0);
	else
		ck_assert_uint_eq(sig.len, 0);
	return r;
}

/* ---------------------------------------------------------------------------- cards as they are */

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
	struct person p = { .pin = "1234" };
	struct card_holder *h;
	struct card *c;
	struct fault f;

	insert(cards[_i].name);
	c = open_module(SOFTHSM);
	h = holder(c, NULL);
	ck_assert_str_eq(h->civil_name, cards[_i].civil);
	ck_assert_str_eq(h->label, "CARTAO DE CIDADAO");
	ck_assert_int_eq(h->scheme, cards[_i].scheme);
	ck_assert_uint_eq(h->intermediate_count, cards[_i].intermediates);
	ck_assert(!h->pinpad && !h->self_prompt);
	ck_assert(card_present(c, h->serial));
	ck_assert(!card_present(c, "another"));
	ck_assert_msg(try_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(p.asked, 1);
	ck_assert_msg(try_sign(c, h, &p, &f) == 0, "%s", f.what);
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

	insert("joao");
	c = open_module(SOFTHSM);
	h = holder(c, NULL);
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

	insert("joao");
	c = open_module(SOFTHSM);
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

	insert("dois");
	c = open_module(SOFTHSM);
	ck_assert_int_eq(card_select(c, NULL, &h, &f), ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(f.what, "JOÃO"));
	ck_assert_ptr_nonnull(strstr(f.what, "INÊS"));
	ck_assert_int_eq(card_select(c, "cartao de cidadao", &h, &f), ERR_USAGE);
	ck_assert_int_eq(card_select(c, "nobody", &h, &f), ERR_NO_CARD);
	ck_assert_int_eq(card_tokens(c, &t, &n, NULL), 0);
	ck_assert_uint_eq(n, 2);
	for (size_t i = 0; i < n; i++) {
		h = holder(c, t[i].serial);
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

	insert("wrongeku");
	c = open_module(SOFTHSM);
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

	ck_assert_int_eq(card_open(&o, &c, &f), ERR_NO_CARD);
	ck_assert_ptr_null(c);
	o.module = "/etc/passwd";
	ck_assert_int_eq(card_open(&o, &c, &f), ERR_CARD);
	ck_assert_ptr_null(c);
}
END_TEST

/* ------------------------------------------------------------------------------------ accidents */

START_TEST(one_wrong_pin_costs_one_try)
{
	struct card *c = open_shim("joao");
	struct card_holder *h = holder(c, NULL);
	struct person p = { .pin = "9999" };
	struct fault f;

	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_PIN);
	ck_assert_int_eq(p.asked, 1);
	ck_assert_int_eq(tries_left(), 2);
	ck_assert_int_eq(logged("C_Login"), 1);
	ck_assert_ptr_nonnull(strstr(f.what, "2 tries left"));
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_PIN_FINAL);
	ck_assert_int_eq(p.tries, CARD_TRIES_LOW);
	ck_assert_int_eq(tries_left(), 1);
	ck_assert_ptr_nonnull(strstr(f.what, "1 try left"));
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_PIN_LOCKED);
	ck_assert_int_eq(p.tries, CARD_TRIES_FINAL);
	ck_assert_int_eq(logged("C_Login"), 3);
	/* Locked: nobody is asked any more, and the card is left alone. */
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_PIN_LOCKED);
	ck_assert_int_eq(p.asked, 3);
	ck_assert_int_eq(logged("C_Login"), 3);
	ck_assert_int_eq(logged("C_Sign"), 0);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(right_pin_restores_the_tries)
{
	struct card *c = open_shim("ines");
	struct card_holder *h = holder(c, NULL);
	struct person p = { .pin = "9999" };
	struct fault f;

	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_PIN);
	p.pin = "1234";
	ck_assert_msg(try_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(tries_left(), 3);
	ck_assert_int_eq(p.asked, 2);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(cancelled_and_empty_pins_cost_nothing)
{
	struct card *c = open_shim("joao");
	struct card_holder *h = holder(c, NULL);
	struct person p = { .pin = NULL };
	struct fault f;

	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_CANCELED);
	p.pin = "";
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_CANCELED);
	ck_assert_int_eq(logged("C_Login"), 0);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(removal_is_called_removal)
{
	static const char *const moments[] = { "C_Login", "C_Sign" };
	struct card *c = open_shim("joao");
	struct card_holder *h = holder(c, NULL);
	struct person p = { .pin = "1234" };
	struct fault f;

	put("remove_in", moments[_i]);
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_CARD_REMOVED);
	ck_assert_int_eq(p.asked, 1);
	ck_assert(!card_present(c, h->serial));
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_NO_CARD);
	ck_assert_int_eq(p.asked, 1);
	/* Back in, all is well again. */
	take("remove_in");
	take("removed");
	ck_assert(card_present(c, h->serial));
	ck_assert_msg(try_sign(c, h, &p, &f) == 0, "%s", f.what);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(empty_reader_has_no_card)
{
	struct card *c = open_shim("joao");
	struct card_holder *h;
	struct fault f = { 0 };

	put("removed", "");
	ck_assert_int_eq(card_select(c, NULL, &h, &f), ERR_NO_CARD);
	take("removed");
	h = holder(c, NULL);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(keypad_takes_the_pin)
{
	struct card *c = open_shim("maria");
	struct card_holder *h;
	struct person p = { .pin = "never asked" };
	struct fault f;

	put("pinpad", "1234\n");
	h = holder(c, NULL);
	ck_assert(h->pinpad);
	ck_assert_msg(try_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(p.keypad, 1);
	ck_assert_int_eq(p.asked, 0);
	put("pinpad", "9999\n");
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_PIN);
	ck_assert_int_eq(tries_left(), 2);
	put("pinpad", "");
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_CANCELED);
	ck_assert_int_eq(logged("C_Login pinpad"), 1 + 1 + 1);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

/* What will be typed on the terminal. */
static void
terminal(const char *text)
{
	char *path = mem_format("%s/typed", folder);

	put("typed", text);
	ck_assert_ptr_nonnull(freopen(path, "r", stdin));
	free(path);
}

START_TEST(module_that_asks_by_itself)
{
	struct card *c = open_shim("ines");
	struct card_holder *h;
	struct person p = { .pin = "never asked" };
	struct fault f;

	put("selfprompt", "");
	h = holder(c, NULL);
	ck_assert(h->self_prompt);
	terminal("1234\n1234\n");
	ck_assert_msg(try_sign(c, h, &p, &f) == 0, "%s", f.what);
	ck_assert_int_eq(p.suspended, 1);
	ck_assert_int_eq(p.resumed, 1);
	ck_assert_int_eq(p.asked, 0);
	ck_assert_int_eq(logged("C_Sign 0x"), 1);
	/* A miss is not repeated behind the user's back. */
	terminal("9999\n9999\n9999\n");
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_PIN);
	ck_assert_int_eq(tries_left(), 2);
	ck_assert_int_eq(p.suspended, 2);
	ck_assert_int_eq(p.resumed, 2);
	ck_assert_int_eq(logged("C_Sign 0x"), 2);
	terminal("\n");
	ck_assert_int_eq(try_sign(c, h, &p, &f), ERR_CANCELED);
	ck_assert_int_eq(p.resumed, 3);
	card_holder_free(&h);
	card_close(&c);
}
END_TEST

START_TEST(ecdsa_is_never_a_secret)
{
	struct card_signature a, b;
	struct person p = { .pin = "1234" };
	struct card_hooks hooks = { .arg = &p, .pin = type_pin };
	struct card_holder *h;
	struct card *c;

	insert("ines");
	c = open_module(SOFTHSM);
	h = holder(c, NULL);
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
	TCase *real = tcase_create("cards"), *shim = tcase_create("accidents"),
	      *bytes = tcase_create("bytes");
	char *complete = kit(".complete");

	if (access(complete, R_OK) != 0) {
		fprintf(stderr, "test_card: no virtual cards in %s\n", complete);
		return UNIT_SKIP;
	}
	free(complete);
	tcase_add_loop_test(real, signs_with_each_kind_of_key, 0, 3);
	tcase_add_test(real, intermediates_are_nearest_first);
	tcase_add_test(real, lists_what_a_card_holds);
	tcase_add_test(real, several_cards_want_a_choice);
	tcase_add_test(real, unfit_certificate_is_not_chosen);
	tcase_add_test(real, ecdsa_is_never_a_secret);
	tcase_add_test(real, no_module_no_card);
	tcase_add_checked_fixture(shim, NULL, clear_folder);
	tcase_add_test(shim, one_wrong_pin_costs_one_try);
	tcase_add_test(shim, right_pin_restores_the_tries);
	tcase_add_test(shim, cancelled_and_empty_pins_cost_nothing);
	tcase_add_loop_test(shim, removal_is_called_removal, 0, 2);
	tcase_add_test(shim, empty_reader_has_no_card);
	tcase_add_test(shim, keypad_takes_the_pin);
	tcase_add_test(shim, module_that_asks_by_itself);
	tcase_add_test(bytes, ecdsa_halves);
	tcase_add_test(bytes, names_from_a_card);
	suite_add_tcase(s, real);
	suite_add_tcase(s, shim);
	suite_add_tcase(s, bytes);
	return unit_run(s);
}
