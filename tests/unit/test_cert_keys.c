/*
 * Keys, usages and names of certificates made to order.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/cert.h"
#include "tests/unit/kit.h"
#include "tests/unit/unit.h"

static EVP_PKEY *
new_rsa(unsigned bits)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);

	ck_assert_ptr_nonnull(key);
	return key;
}

/* What becomes of a certificate with this key and usage. */
static int
issue(EVP_PKEY *key, const char *usage, const char *extended, const char *name)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	struct bytes leaf = kit_leaf(&(struct kit_leaf){ .authority = "auc0020",
	    .key = key,
	    .usage = usage,
	    .extended = extended,
	    .common_name = name,
	    .not_before = -KIT_DAY_S,
	    .not_after = KIT_DAY_S });
	const struct cert_verdict *v = kit_verify(s, leaf, clock_now_ms());
	int code = v->code;

	if (strchr(name, '\x1b') != NULL)
		ck_assert_ptr_null(strchr(v->civil_name, '\x1b'));
	cert_verdict_free(&v);
	kit_free(&leaf);
	cert_store_free(&s);
	return code;
}

START_TEST(usage_of_the_leaf)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	ck_assert_int_eq(issue(key, "critical,digitalSignature", "clientAuth", "X"), 0);
	ck_assert_int_eq(issue(key, "critical,digitalSignature", NULL, "X"), 0);
	ck_assert_int_eq(
	    issue(key, "critical,digitalSignature", "serverAuth", "X"), ERR_CERT_USAGE);
	ck_assert_int_eq(issue(key, "critical,digitalSignature,nonRepudiation", "clientAuth", "X"),
	    ERR_CERT_USAGE);
	ck_assert_int_eq(issue(key, "critical,nonRepudiation", NULL, "X"), ERR_CERT_USAGE);
	ck_assert_int_eq(issue(key, "critical,keyAgreement", "clientAuth", "X"), ERR_CERT_USAGE);
	ck_assert_int_eq(issue(key, NULL, "clientAuth", "X"), ERR_CERT_USAGE);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(names_are_sanitised)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	ck_assert_int_eq(
	    issue(key, "critical,digitalSignature", NULL, "\x1b]0;owned\x07JO\xc3\x83O"), 0);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(weak_keys_are_refused)
{
	EVP_PKEY *small = new_rsa(1024), *curve = EVP_EC_gen("P-192"),
		 *other = EVP_EC_gen("secp256k1"),
		 *edwards = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	EVP_PKEY *all[] = { small, curve, other, edwards };

	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(issue(all[i], "critical,digitalSignature", NULL, "X"), ERR_CERT);
		EVP_PKEY_free(all[i]);
	}
}
END_TEST

START_TEST(explicit_curve_is_refused)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	enum cert_scheme scheme;
	struct bytes leaf;

	ck_assert(EVP_PKEY_set_utf8_string_param(
	    key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT));
	ck_assert_int_eq(issue(key, "critical,digitalSignature", NULL, "X"), ERR_CERT);
	leaf = kit_leaf(&(struct kit_leaf){
	    .authority = "auc0020", .key = key, .common_name = "X", .not_after = KIT_DAY_S });
	ck_assert_int_eq(cert_scheme(leaf, &scheme), ERR_KEY);
	kit_free(&leaf);
	EVP_PKEY_free(key);
}
END_TEST

/* A modulus with the fingerprint: 65537^a modulo a product of small primes, and odd bits on top. */
START_TEST(roca_is_refused)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *m = BN_new(), *n = BN_new(), *k = BN_new(), *e = BN_new();
	OSSL_PARAM_BLD *bld;
	EVP_PKEY_CTX *pctx;
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	BN_one(m);
	for (unsigned p = 2; p <= 167; p++) {
		unsigned d = 2;

		while (d * d <= p && p % d != 0)
			d++;
		if (d * d > p)
			BN_mul_word(m, p);
	}
	BN_set_word(e, 65537);
	BN_set_word(k, 1234567);
	BN_mod_exp(n, e, k, m, ctx);
	BN_lshift(k, m, 2047 - BN_num_bits(m));
	BN_add(n, n, k); /* n = m * 2^j + 65537^a mod m */
	while (BN_num_bits(n) < 2048)
		BN_add(n, n, k);
	bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(bld);
	pctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	ck_assert(EVP_PKEY_fromdata_init(pctx) > 0 &&
	    EVP_PKEY_fromdata(pctx, &key, EVP_PKEY_PUBLIC_KEY, params) > 0);
	ck_assert_int_eq(issue(key, "critical,digitalSignature", NULL, "X"), ERR_CERT);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(pctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(m);
	BN_free(n);
	BN_free(k);
	BN_free(e);
	BN_CTX_free(ctx);
}
END_TEST

START_TEST(signature_needs_scheme_and_key)
{
	static const uint8_t message[] = "a message";
	struct bytes m = { message, sizeof(message) }, leaf;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t sig[CERT_SIGNATURE_MAX];
	size_t n = sizeof(sig);

	leaf = kit_leaf(&(struct kit_leaf){
	    .authority = "auc0020", .key = key, .common_name = "X", .not_after = KIT_DAY_S });
	ck_assert(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(md, sig, &n, message, sizeof(message)) == 1);
	struct bytes s = { sig, n };
	ck_assert_int_eq(cert_verify_signature(leaf, CERT_ECDSA_P256_SHA256, m, s), 0);
	ck_assert_int_eq(cert_verify_signature(leaf, CERT_RSA_PKCS1_SHA256, m, s), ERR_SIGNATURE);
	ck_assert_int_eq(cert_verify_signature(leaf, 0, m, s), ERR_SIGNATURE);
	m.n--;
	ck_assert_int_eq(cert_verify_signature(leaf, CERT_ECDSA_P256_SHA256, m, s), ERR_SIGNATURE);
	m.n++;
	s.n--;
	ck_assert_int_eq(cert_verify_signature(leaf, CERT_ECDSA_P256_SHA256, m, s), ERR_SIGNATURE);
	leaf.n--;
	ck_assert_int_eq(cert_verify_signature(leaf, CERT_ECDSA_P256_SHA256, m, s), ERR_FORMAT);
	kit_free(&leaf);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		usage_of_the_leaf,
		names_are_sanitised,
		weak_keys_are_refused,
		explicit_curve_is_refused,
		roca_is_refused,
		signature_needs_scheme_and_key,
		NULL,
	};

	return kit_exists() ? unit_run(unit_suite("cert_keys", tests)) : UNIT_SKIP;
}
