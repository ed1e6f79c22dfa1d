/*
 * Which public keys may be relied on, and the two signatures that cards make.
 *
 * ROCA (CVE-2017-15361): the library of some chips made primes k * M + (65537^a mod M), with M a
 * product of small primes. A modulus that is a power of 65537 modulo every one of those small
 * primes comes from there; of others fewer than one in 2^150 looks so.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/cert_int.h"

#define RSA_BITS_MAX 8192
#define GROUP_NAME_MAX 64

static const uint8_t roca_primes[] = { 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59,
	61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157,
	163, 167 };

/* The curves a chain may use; leaves sign with the first only. */
static const char *const curves[] = { "prime256v1", "secp384r1", "secp521r1" };

/* Is n a power of 65537 modulo p? */
static bool
in_group(unsigned n, unsigned p)
{
	unsigned g = 65537 % p, x = 1;

	do {
		if (x == n)
			return true;
		x = x * g % p;
	} while (x != 1);
	return false;
}

static bool
is_roca(const BIGNUM *n)
{
	for (size_t i = 0; i < sizeof(roca_primes); i++)
		if (!in_group((unsigned)BN_mod_word(n, roca_primes[i]), roca_primes[i]))
			return false;
	return true;
}

static int
check_rsa(EVP_PKEY *key, int bits_min, const char **why)
{
	BIGNUM *n = NULL, *e = NULL;
	int bits = EVP_PKEY_get_bits(key), r = ERR_KEY;

	if (bits < bits_min || bits > RSA_BITS_MAX) {
		*why =
		    bits < bits_min ? "an RSA key that is too short" : "an RSA key above 8192 bits";
		return ERR_KEY;
	}
	*why = "a malformed RSA key";
	if (!EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) ||
	    !EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) || !BN_is_odd(n) ||
	    !BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > 64)
		goto out;
	*why = "an RSA key with the ROCA weakness";
	if (!is_roca(n))
		r = 0;
out:
	BN_free(n);
	BN_free(e);
	return r;
}

static int
check_ec(EVP_PKEY *key, const char **why)
{
	char group[GROUP_NAME_MAX];
	int explicit = 0;

	*why = "an elliptic curve given by explicit parameters";
	if (!EVP_PKEY_get_int_param(
		key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit) ||
	    explicit != 0)
		return ERR_KEY;
	*why = "an elliptic curve other than P-256, P-384 and P-521";
	if (!EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
		return ERR_KEY;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(group, curves[i]) == 0)
			return 0;
	return ERR_KEY;
}

int
cert_key_check(EVP_PKEY *key, int rsa_bits_min, const char **why)
{
	*why = "an unreadable public key";
	if (key == NULL)
		return ERR_KEY;
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return check_rsa(key, rsa_bits_min, why);
	case EVP_PKEY_EC:
		return check_ec(key, why);
	default:
		*why = "a key that is neither RSA nor ECDSA";
		return ERR_KEY;
	}
}

static int
scheme_of(EVP_PKEY *key, enum cert_scheme *out)
{
	char group[GROUP_NAME_MAX];
	const char *why;
	int r;

	*out = 0;
	if ((r = cert_key_check(key, CERT_RSA_BITS_MIN, &why)) != 0)
		return r;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
		*out = CERT_RSA_PKCS1_SHA256;
		return 0;
	}
	if (!EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) ||
	    strcmp(group, curves[0]) != 0)
		return ERR_KEY;
	*out = CERT_ECDSA_P256_SHA256;
	return 0;
}

int
cert_scheme(struct bytes leaf, enum cert_scheme *out)
{
	X509 *x = cert_parse(leaf);
	int r;

	*out = 0;
	if (x == NULL)
		return ERR_FORMAT;
	r = scheme_of(X509_get0_pubkey(x), out);
	X509_free(x);
	return r;
}

static int
verify(EVP_PKEY *key, uint32_t scheme, struct bytes message, struct bytes sig)
{
	enum cert_scheme own;
	EVP_MD_CTX *md = NULL;
	int r;

	if ((r = scheme_of(key, &own)) != 0)
		return r;
	if (scheme != (uint32_t)own || sig.n == 0 || sig.n > CERT_SIGNATURE_MAX)
		return ERR_SIGNATURE;
	if ((md = EVP_MD_CTX_new()) == NULL)
		return ERR_NOMEM;
	r = ERR_SIGNATURE;
	if (EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(md, sig.p, sig.n, message.p, message.n) == 1)
		r = 0;
	EVP_MD_CTX_free(md);
	ERR_clear_error();
	return r;
}

int
cert_verify_signature(struct bytes leaf, uint32_t scheme, struct bytes message, struct bytes sig)
{
	X509 *x = cert_parse(leaf);
	int r;

	if (x == NULL)
		return ERR_FORMAT;
	r = verify(X509_get0_pubkey(x), scheme, message, sig);
	X509_free(x);
	return r;
}

int
cert_verify_spki(struct bytes spki, uint32_t scheme, struct bytes message, struct bytes sig)
{
	const uint8_t *p = spki.p;
	EVP_PKEY *key = NULL;
	int r = ERR_FORMAT;

	if (spki.n <= CERT_DER_MAX)
		key = d2i_PUBKEY(NULL, &p, (long)spki.n);
	if (key != NULL && p == spki.p + spki.n)
		r = verify(key, scheme, message, sig);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return r;
}
