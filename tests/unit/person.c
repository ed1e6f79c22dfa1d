#include "person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "crypto/kdf.h"

#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static EVP_PKEY *
new_key(void)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");

	must(k != NULL);
	return k;
}

static void
add_name(X509_NAME *n, const char *field, const char *value)
{
	must(X509_NAME_add_entry_by_txt(
		 n, field, MBSTRING_UTF8, (const uint8_t *)value, -1, -1, 0) == 1);
}

static void
add_extension(X509 *c, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, c, NULL, NULL, 0);
	must((e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) != NULL);
	must(X509_add_ext(c, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static X509 *
new_cert(EVP_PKEY *key, long serial)
{
	X509 *c = X509_new();

	must(c != NULL && X509_set_version(c, X509_VERSION_3) == 1);
	must(ASN1_INTEGER_set(X509_get_serialNumber(c), serial) == 1);
	must(ASN1_TIME_set(X509_getm_notBefore(c), 1700000000) != NULL);
	must(ASN1_TIME_set(X509_getm_notAfter(c), 2000000000) != NULL);
	must(X509_set_pubkey(c, key) == 1);
	return c;
}

static struct buf *
der_of(X509 *c)
{
	struct buf *b = buf_new(0);
	uint8_t *der = NULL;
	int n = i2d_X509(c, &der);

	must(n > 0 && buf_put(b, der, (size_t)n) == 0);
	OPENSSL_free(der);
	return b;
}

struct person_ca *
person_ca_new(void)
{
	struct person_ca *ca = mem_alloc(sizeof(*ca));

	ca->key = new_key();
	ca->cert = new_cert(ca->key, ca->serial = 1);
	add_name(X509_get_subject_name(ca->cert), "CN", "Test CA");
	must(X509_set_issuer_name(ca->cert, X509_get_subject_name(ca->cert)) == 1);
	add_extension(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign,cRLSign");
	add_extension(ca->cert, ca->cert, NID_subject_key_identifier, "hash");
	must(X509_sign(ca->cert, ca->key, EVP_sha256()) > 0);
	ca->der = der_of(ca->cert);
	return ca;
}

void
person_ca_free(struct person_ca **pca)
{
	if (*pca == NULL)
		return;
	EVP_PKEY_free((*pca)->key);
	X509_free((*pca)->cert);
	buf_free(&(*pca)->der);
	free(*pca);
	*pca = NULL;
}

struct person_card *
person_card_new(struct person_ca *ca, const char *name, const char *id)
{
	struct person_card *card = mem_alloc(sizeof(*card));
	X509 *c;

	card->key = new_key();
	c = new_cert(card->key, ++ca->serial);
	add_name(X509_get_subject_name(c), "C", "PT");
	add_name(X509_get_subject_name(c), "CN", name);
	add_name(X509_get_subject_name(c), "serialNumber", id);
	must(X509_set_issuer_name(c, X509_get_subject_name(ca->cert)) == 1);
	add_extension(c, ca->cert, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(c, ca->cert, NID_key_usage, "critical,digitalSignature");
	add_extension(c, ca->cert, NID_ext_key_usage, "clientAuth");
	add_extension(c, ca->cert, NID_subject_key_identifier, "hash");
	add_extension(c, ca->cert, NID_authority_key_identifier, "keyid");
	must(X509_sign(c, ca->key, EVP_sha256()) > 0);
	card->der = der_of(c);
	X509_free(c);
	return card;
}

void
person_card_free(struct person_card **pc)
{
	if (*pc == NULL)
		return;
	EVP_PKEY_free((*pc)->key);
	buf_free(&(*pc)->der);
	free(*pc);
	*pc = NULL;
}

void
person_card_sign(const struct person_card *c, struct bytes message, struct buf *sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t out[512];
	size_t n = sizeof(out);

	must(ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, c->key) == 1);
	must(EVP_DigestSign(ctx, out, &n, message.p, message.n) == 1);
	EVP_MD_CTX_free(ctx);
	buf_reset(sig);
	must(buf_put(sig, out, n) == 0);
}

struct person_device *
person_device_new(const char *user, const char *device)
{
	struct person_device *d = mem_alloc(sizeof(*d));

	must(key_sign_new(&d->sign) == 0 && key_dh_new(&d->dh) == 0);
	memcpy(d->id, key_sign_public(d->sign), DEVICE_ID_LEN);
	snprintf(d->binding.user_name, sizeof(d->binding.user_name), "%s", user);
	snprintf(d->binding.device_name, sizeof(d->binding.device_name), "%s", device);
	d->binding.purpose = BINDING_PURPOSE_FIRST;
	d->signed_binding = buf_new(0);
	return d;
}

void
person_device_free(struct person_device **pd)
{
	if (*pd == NULL)
		return;
	key_sign_free(&(*pd)->sign);
	key_dh_free(&(*pd)->dh);
	buf_free(&(*pd)->signed_binding);
	free(*pd);
	*pd = NULL;
}

void
person_bind(struct person_device *d, const struct person_card *card)
{
	struct buf *body = buf_new(0), *to_sign = buf_new(0), *sig = buf_new(0);
	struct binding *b = &d->binding;

	memcpy(b->device_id, d->id, DEVICE_ID_LEN);
	memcpy(b->device_signing_key, key_sign_public(d->sign), 32);
	memcpy(b->device_identity_key, key_dh_public(d->dh), 32);
	if (mem_is_zero_ct(b->relay_id, sizeof(b->relay_id)))
		memset(b->relay_id, 7, sizeof(b->relay_id));
	must(kdf_sha256(buf_view(card->der), b->certificate_sha256) == 0);
	if (b->created == 0)
		b->created = PERSON_NOW;
	must(binding_prepare(b, body, to_sign) == 0);
	person_card_sign(card, buf_view(to_sign), sig);
	must(binding_finish(buf_view(body),
		 EVP_PKEY_get_base_id(card->key) == EVP_PKEY_RSA
		     ? RECADO__SIGNATURE_SCHEME__RSA_PKCS1_SHA256
		     : RECADO__SIGNATURE_SCHEME__ECDSA_P256_SHA256,
		 buf_view(sig), buf_view(card->der), NULL, 0, d->signed_binding) == 0);
	buf_free(&body);
	buf_free(&to_sign);
	buf_free(&sig);
}
