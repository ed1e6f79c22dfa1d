#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <openssl/pem.h>

#include "base/mem.h"
#include "tests/unit/kit.h"

static void
need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "kit: %s\n", what);
	abort();
}

char *
kit_path(const char *fmt, ...)
{
	const char *build = getenv("RECADO_BUILD");
	char rest[256], *path;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rest, sizeof(rest), fmt, ap);
	va_end(ap);
	path = mem_format("%s/tests/softcard/kit/%s", build != NULL ? build : ".", rest);
	return path;
}

bool
kit_exists(void)
{
	char *path = kit_path(".complete");
	bool there = access(path, R_OK) == 0;

	if (!there)
		fprintf(stderr, "no virtual cards: %s is missing\n", path);
	free(path);
	return there;
}

struct bytes
kit_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;
	long n = 0;

	need(f != NULL, path);
	need(fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0, path);
	rewind(f);
	p = mem_alloc((size_t)n + 1);
	need(fread(p, 1, (size_t)n, f) == (size_t)n, path);
	fclose(f);
	return (struct bytes){ p, (size_t)n };
}

void
kit_free(struct bytes *b)
{
	free((void *)(uintptr_t)b->p);
	*b = (struct bytes){ NULL, 0 };
}

static struct bytes
take_der(unsigned char *der, int n)
{
	uint8_t *p;

	need(n > 0, "encoding");
	p = mem_alloc((size_t)n);
	memcpy(p, der, (size_t)n);
	OPENSSL_free(der);
	return (struct bytes){ p, (size_t)n };
}

static X509 *
read_pem(char *path)
{
	FILE *f = fopen(path, "r");
	X509 *x;

	need(f != NULL, path);
	x = PEM_read_X509(f, NULL, NULL, NULL);
	need(x != NULL, path);
	fclose(f);
	free(path);
	return x;
}

static X509 *
authority(const char *name)
{
	return read_pem(kit_path("pki/%s/ca.pem", name));
}

static EVP_PKEY *
authority_key(const char *name)
{
	char *path = kit_path("pki/%s/ca.key", name);
	FILE *f = fopen(path, "r");
	EVP_PKEY *key;

	need(f != NULL, path);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	need(key != NULL, path);
	fclose(f);
	free(path);
	return key;
}

struct bytes
kit_authority(const char *name)
{
	X509 *x = authority(name);
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	X509_free(x);
	return take_der(der, n);
}

struct bytes
kit_holder(const char *name)
{
	char *path = kit_path("pki/holders/%s.der", name);
	struct bytes b = kit_file(path);

	free(path);
	return b;
}

static void
add_extension(X509_CRL *crl, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	need(e != NULL && X509_CRL_add_ext(crl, e, -1), "extension");
	X509_EXTENSION_free(e);
}

static void
add_number(X509_CRL *crl, int nid, long number, int critical)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();

	need(ASN1_INTEGER_set(n, number) && X509_CRL_add1_ext_i2d(crl, nid, n, critical, 0),
	    "number");
	ASN1_INTEGER_free(n);
}

static void
add_point(X509_CRL *crl, const char *uri)
{
	ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	need(ASN1_STRING_set(text, uri, -1), "point");
	GENERAL_NAME_set0_value(name, GEN_URI, text);
	idp->distpoint = DIST_POINT_NAME_new();
	idp->distpoint->type = 0;
	idp->distpoint->name.fullname = GENERAL_NAMES_new();
	need(sk_GENERAL_NAME_push(idp->distpoint->name.fullname, name) > 0, "point");
	need(X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, idp, 1, 0), "point");
	ISSUING_DIST_POINT_free(idp);
}

static void
add_revoked(X509_CRL *crl, X509 *x)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *at = X509_gmtime_adj(NULL, -KIT_DAY_S);

	need(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(x)) &&
		X509_REVOKED_set_revocationDate(entry, at) && X509_CRL_add0_revoked(crl, entry),
	    "entry");
	ASN1_TIME_free(at);
	X509_free(x);
}

struct bytes
kit_list(const struct kit_list *l)
{
	X509 *issuer = authority(l->authority),
	     *named = authority(l->name ? l->name : l->authority);
	EVP_PKEY *key = authority_key(l->authority);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *this_update = X509_gmtime_adj(NULL, l->this_update);
	ASN1_TIME *next_update = X509_gmtime_adj(NULL, l->next_update);
	unsigned char *der = NULL;
	int n;

	need(X509_CRL_set_version(crl, 1) &&
		X509_CRL_set_issuer_name(crl, X509_get_subject_name(named)) &&
		X509_CRL_set1_lastUpdate(crl, this_update) &&
		(l->next_update == 0 || X509_CRL_set1_nextUpdate(crl, next_update)),
	    "list");
	if (!l->no_key_id)
		add_extension(crl, issuer, NID_authority_key_identifier, "keyid:always");
	if (l->number != 0)
		add_number(crl, NID_crl_number, l->number, 0);
	if (l->base != 0)
		add_number(crl, NID_delta_crl, l->base, 1);
	if (l->freshest)
		add_extension(crl, issuer, NID_freshest_crl, "URI:http://crl.teste.invalid/d.crl");
	if (l->point != NULL)
		add_point(crl, l->point);
	if (l->revoked != NULL)
		add_revoked(crl, read_pem(kit_path("pki/holders/%s.pem", l->revoked)));
	if (l->revoked_ca != NULL)
		add_revoked(crl, authority(l->revoked_ca));
	need(X509_CRL_sign(crl, key, EVP_sha256()) > 0, "signature");
	n = i2d_X509_CRL(crl, &der);
	X509_CRL_free(crl);
	X509_free(issuer);
	X509_free(named);
	EVP_PKEY_free(key);
	ASN1_TIME_free(this_update);
	ASN1_TIME_free(next_update);
	return take_der(der, n);
}

static void
add_to_leaf(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	need(e != NULL && X509_add_ext(x, e, -1), "extension");
	X509_EXTENSION_free(e);
}

struct bytes
kit_leaf(const struct kit_leaf *l)
{
	X509 *issuer = authority(l->authority), *x = X509_new();
	EVP_PKEY *key = authority_key(l->authority);
	X509_NAME *name = X509_NAME_new();
	unsigned char *der = NULL;
	int n;

	need(X509_set_version(x, X509_VERSION_3) &&
		ASN1_INTEGER_set(X509_get_serialNumber(x), 4711) &&
		X509_set_issuer_name(x, X509_get_subject_name(issuer)) &&
		X509_gmtime_adj(X509_getm_notBefore(x), l->not_before) != NULL &&
		X509_gmtime_adj(X509_getm_notAfter(x), l->not_after) != NULL &&
		X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
		    (const unsigned char *)l->common_name, -1, -1, 0) &&
		X509_set_subject_name(x, name) && X509_set_pubkey(x, l->key),
	    "leaf");
	add_to_leaf(x, issuer, NID_basic_constraints, "critical,CA:FALSE");
	add_to_leaf(x, issuer, NID_key_usage, l->usage);
	add_to_leaf(x, issuer, NID_ext_key_usage, l->extended);
	add_to_leaf(x, issuer, NID_authority_key_identifier, "keyid:always");
	need(X509_sign(x, key, EVP_sha256()) > 0, "signature");
	n = i2d_X509(x, &der);
	X509_free(x);
	X509_free(issuer);
	X509_NAME_free(name);
	EVP_PKEY_free(key);
	return take_der(der, n);
}

void
kit_load(struct cert_store *s, enum cert_kind kind, const char *folder)
{
	char *path = kit_path("pki/%s", folder);
	struct fault f = { 0 };
	size_t n;

	ck_assert_msg(cert_store_load(s, kind, path, &n, &f) == 0, "%s: %s", f.about, f.what);
	ck_assert_uint_gt(n, 0);
	free(path);
}

struct cert_store *
kit_store(enum cert_revocation revocation)
{
	struct cert_policy policy = cert_policy_default();
	struct cert_store *s;

	policy.revocation = revocation;
	s = cert_store_new(&policy);
	kit_load(s, CERT_ANCHORS, "anchors");
	kit_load(s, CERT_INTERMEDIATES, "inter");
	kit_load(s, CERT_CRLS, "crl");
	return s;
}

const struct cert_verdict *
kit_verify(struct cert_store *s, struct bytes leaf, uint64_t now_ms)
{
	struct cert_request rq = { .leaf = leaf, .now_ms = now_ms };
	const struct cert_verdict *v;
	struct fault f = { 0 };
	int r = cert_verify(s, &rq, &v, &f);

	ck_assert_ptr_nonnull(v);
	ck_assert_int_eq(r, v->code);
	ck_assert_int_eq(f.code, r);
	return v;
}

const struct cert_verdict *
kit_verify_holder(struct cert_store *s, const char *holder, uint64_t now_ms)
{
	struct bytes leaf = kit_holder(holder);
	const struct cert_verdict *v = kit_verify(s, leaf, now_ms);

	kit_free(&leaf);
	return v;
}
