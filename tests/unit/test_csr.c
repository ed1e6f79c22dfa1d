/*
 * csr: requests of people without a card, well written and hostile.
 */
#include <string.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "crypto/csr.h"
#include "unit.h"

static struct buf *
request_of(const char *subject)
{
	struct buf *der = buf_new(CSR_MAX);
	struct csr_subject s;
	struct bytes key;
	void *secret;

	ck_assert_int_eq(csr_subject_parse(subject, "ana", &s, NULL), 0);
	ck_assert_int_eq(csr_make(&s, &key, der), 0);
	memcpy(&secret, &key.p, sizeof(secret));
	mem_secret_free(&secret);
	return der;
}

START_TEST(what_is_made_is_read)
{
	struct buf *der = request_of("C=PT, ST=Évora, L=Évora, O=Universidade\\, Lda., CN=Ana Sá");
	struct fault f = { 0 };
	struct csr c;

	ck_assert_int_eq(csr_parse(buf_view(der), &c, &f), 0);
	ck_assert_str_eq(c.subject.value[CSR_C], "PT");
	ck_assert_str_eq(c.subject.value[CSR_ST], "Évora");
	ck_assert_str_eq(c.subject.value[CSR_L], "Évora");
	ck_assert_str_eq(c.subject.value[CSR_O], "Universidade, Lda.");
	ck_assert_str_eq(c.subject.value[CSR_CN], "Ana Sá");
	ck_assert_uint_eq(c.spki_len, 91);
	buf_free(&der);
}
END_TEST

static const struct {
	const char *text, *cn, *o; /* cn NULL: refused */
} subjects[] = {
	{ NULL, "ana", "" },
	{ "", "ana", "" },
	{ "  ", "ana", "" },
	{ "cn=Rui", "Rui", "" },
	{ "CN = Rui Sá , O = X", "Rui Sá", "X" },
	{ "O=a\\2cb", "ana", "a,b" },
	{ "O=a\\=b\\\\", "ana", "a=b\\" },
	{ "O=\\ a\\ ", "ana", " a " },
	{ "O=\\C3\\A9", "ana", "é" },
	{ "C=P", NULL, NULL },
	{ "C=pt", NULL, NULL },
	{ "C=PRT", NULL, NULL },
	{ "CN=", NULL, NULL },
	{ "CN=\\20", NULL, NULL },
	{ "CN=a,CN=b", NULL, NULL },
	{ "CN=a,", NULL, NULL },
	{ ",CN=a", NULL, NULL },
	{ "CN=a+O=b", NULL, NULL },
	{ "CN=\"a\"", NULL, NULL },
	{ "CN=a;O=b", NULL, NULL },
	{ "CN=a\\", NULL, NULL },
	{ "CN=a\\x", NULL, NULL },
	{ "CN=a\\00b", NULL, NULL },
	{ "CN=\\1b[31m", NULL, NULL },
	{ "CN=\\ff", NULL, NULL },
	{ "CN=\\E2\\80\\AEa", NULL, NULL }, /* right-to-left override */
	{ "serialNumber=BI900000017", NULL, NULL },
	{ "OU=x", NULL, NULL },
	{ "CN", NULL, NULL },
	{ "=x", NULL, NULL },
};

START_TEST(subjects_as_text)
{
	struct fault f = { 0 };
	struct csr_subject s;
	int r = csr_subject_parse(subjects[_i].text, "ana", &s, &f);

	if (subjects[_i].cn == NULL) {
		ck_assert_msg(r == ERR_USAGE, "%s", subjects[_i].text);
		ck_assert_str_ne(f.what, "");
		ck_assert_str_ne(f.hint, "");
		return;
	}
	ck_assert_msg(r == 0, "%s: %s", subjects[_i].text, f.what);
	ck_assert_str_eq(s.value[CSR_CN], subjects[_i].cn);
	ck_assert_str_eq(s.value[CSR_O], subjects[_i].o);
}
END_TEST

START_TEST(values_have_bounds)
{
	char text[CSR_TEXT_MAX + 64] = "CN=";
	struct csr_subject s;

	memset(text + 3, 'a', 64);
	ck_assert_int_eq(csr_subject_parse(text, "ana", &s, NULL), 0);
	memset(text + 3, 'a', 65);
	ck_assert_int_eq(csr_subject_parse(text, "ana", &s, NULL), ERR_USAGE);
	memset(text + 3, 'a', sizeof(text) - 4);
	ck_assert_int_eq(csr_subject_parse(text, "ana", &s, NULL), ERR_USAGE);
}
END_TEST

/* ------------------------------------------------------------------------------ hostile ones */

static int
sign_and_parse(X509_REQ *req, EVP_PKEY *key, const EVP_MD *md, struct csr *out)
{
	uint8_t *der = NULL;
	int n, r;

	ck_assert_int_gt(X509_REQ_sign(req, key, md), 0);
	n = i2d_X509_REQ(req, &der);
	ck_assert_int_gt(n, 0);
	r = csr_parse((struct bytes){ der, (size_t)n }, out, NULL);
	OPENSSL_free(der);
	return r;
}

static void
name_add(X509_NAME *name, const char *field, int type, const char *value, int n)
{
	ck_assert_int_eq(
	    X509_NAME_add_entry_by_txt(name, field, type, (const uint8_t *)value, n, -1, 0), 1);
}

/* A request over this key with one more attribute, refused or not. */
static int
parse_with(EVP_PKEY *key, const char *field, int type, const char *value, int n, struct csr *out)
{
	X509_REQ *req = X509_REQ_new();
	X509_NAME *name = X509_REQ_get_subject_name(req);
	int r;

	ck_assert_int_eq(X509_REQ_set_pubkey(req, key), 1);
	if (field == NULL || strcmp(field, "CN") != 0)
		name_add(name, "CN", MBSTRING_UTF8, "Ana", -1);
	if (field != NULL)
		name_add(name, field, type, value, n);
	r = sign_and_parse(req, key, EVP_sha256(), out);
	X509_REQ_free(req);
	return r;
}

START_TEST(keys_are_p256)
{
	EVP_PKEY *p256 = EVP_EC_gen("P-256"), *p384 = EVP_EC_gen("P-384");
	EVP_PKEY *rsa = EVP_RSA_gen(2048), *k1 = EVP_EC_gen("secp256k1");
	struct csr c;

	ck_assert_int_eq(parse_with(p256, NULL, 0, NULL, 0, &c), 0);
	ck_assert_int_ne(parse_with(p384, NULL, 0, NULL, 0, &c), 0);
	ck_assert_int_ne(parse_with(rsa, NULL, 0, NULL, 0, &c), 0);
	ck_assert_int_ne(parse_with(k1, NULL, 0, NULL, 0, &c), 0);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(k1);
}
END_TEST

START_TEST(an_unsigned_key_is_refused)
{
	EVP_PKEY *own = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	X509_REQ *req = X509_REQ_new();
	struct csr c;

	ck_assert_int_eq(X509_REQ_set_pubkey(req, own), 1);
	name_add(X509_REQ_get_subject_name(req), "CN", MBSTRING_UTF8, "Ana", -1);
	ck_assert_int_eq(sign_and_parse(req, other, EVP_sha256(), &c), ERR_SIGNATURE);
	ck_assert_int_eq(sign_and_parse(req, own, EVP_sha1(), &c), ERR_SIGNATURE);
	X509_REQ_free(req);
	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(names_are_clean)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct csr c;

	ck_assert_int_eq(parse_with(key, "CN", MBSTRING_UTF8, "a\x1b[2J", -1, &c), ERR_FIELD);
	ck_assert_int_eq(parse_with(key, "CN", MBSTRING_UTF8, "a\xe2\x80\xaex", -1, &c), ERR_FIELD);
	ck_assert_int_eq(parse_with(key, "CN", V_ASN1_UTF8STRING, "a\0b", 3, &c), ERR_FIELD);
	ck_assert_int_eq(parse_with(key, "CN", V_ASN1_T61STRING, "Ana", 3, &c), ERR_FIELD);
	ck_assert_int_eq(parse_with(key, "C", V_ASN1_UTF8STRING, "pt", 2, &c), ERR_FIELD);
	ck_assert_int_eq(parse_with(key, "commonName", MBSTRING_UTF8, "Rui", -1, &c), ERR_FIELD);
	EVP_PKEY_free(key);
}
END_TEST

/* A civil number, or whatever else somebody asks to have certified, is not even seen. */
START_TEST(nothing_else_is_read)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct csr c;

	ck_assert_int_eq(
	    parse_with(key, "serialNumber", MBSTRING_UTF8, "BI900000017", -1, &c), 0);
	ck_assert_str_eq(c.subject.value[CSR_CN], "Ana");
	ck_assert_str_eq(c.subject.value[CSR_O], "");
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(bytes_are_bounded)
{
	struct buf *der = request_of("CN=Ana");
	uint8_t big[CSR_MAX + 1] = { 0x30 }, copy[CSR_MAX];
	struct csr c;

	ck_assert_int_eq(csr_parse((struct bytes){ NULL, 0 }, &c, NULL), ERR_FORMAT);
	ck_assert_int_eq(csr_parse((struct bytes){ big, sizeof(big) }, &c, NULL), ERR_LIMIT);
	memset(copy, 0, sizeof(copy));
	memcpy(copy, buf_ptr(der), buf_len(der));
	ck_assert_int_eq(
	    csr_parse((struct bytes){ copy, buf_len(der) + 1 }, &c, NULL), ERR_TRAILING);
	for (size_t n = 0; n < buf_len(der); n++)
		ck_assert_int_ne(csr_parse((struct bytes){ buf_ptr(der), n }, &c, NULL), 0);
	for (size_t i = 0; i < buf_len(der); i++) {
		copy[i] ^= 0x01;
		ck_assert_msg(csr_parse((struct bytes){ copy, buf_len(der) }, &c, NULL) != 0,
		    "octet %zu", i);
		copy[i] ^= 0x01;
	}
	buf_free(&der);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("csr");
	TCase *c = tcase_create("csr");

	tcase_add_test(c, what_is_made_is_read);
	tcase_add_loop_test(c, subjects_as_text, 0, sizeof(subjects) / sizeof(subjects[0]));
	tcase_add_test(c, values_have_bounds);
	tcase_add_test(c, keys_are_p256);
	tcase_add_test(c, an_unsigned_key_is_refused);
	tcase_add_test(c, names_are_clean);
	tcase_add_test(c, nothing_else_is_read);
	tcase_add_test(c, bytes_are_bounded);
	suite_add_tcase(s, c);
	return unit_run(s);
}
