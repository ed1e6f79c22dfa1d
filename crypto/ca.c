#include "crypto/ca.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/rand.h"

/* No authority of a state's is called so: a root that a relay hands out never stands in the way of
 * a card's issuer by bearing its name. */
#define ROOT_ORGANISATION "recado relay"

struct ca {
	EVP_PKEY *key;
	X509 *root;
	struct buf *der;
};

/* ------------------------------------------------------------------------------ parts */

static int
set_time(ASN1_TIME *t, uint64_t ms)
{
	return ASN1_TIME_set(t, (time_t)(ms / 1000)) != NULL ? 0 : ERR_BUG;
}

static int
set_validity(X509 *x, uint64_t from, uint64_t until)
{
	int r = set_time(X509_getm_notBefore(x), from);

	return r != 0 ? r : set_time(X509_getm_notAfter(x), until);
}

/* Positive and always of the same length. */
static int
draw_serial(uint8_t serial[CA_SERIAL_LEN])
{
	int r = rand_bytes(serial, CA_SERIAL_LEN);

	serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
	return r;
}

static int
set_serial(ASN1_INTEGER *to, const uint8_t serial[CA_SERIAL_LEN])
{
	BIGNUM *n = BN_bin2bn(serial, CA_SERIAL_LEN, NULL);
	int r = n != NULL && BN_to_ASN1_INTEGER(n, to) != NULL ? 0 : ERR_NOMEM;

	BN_free(n);
	return r;
}

static int
add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	int r;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	if ((e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL)
		return ERR_BUG;
	r = X509_add_ext(x, e, -1) == 1 ? 0 : ERR_NOMEM;
	X509_EXTENSION_free(e);
	return r;
}

/* The id of the relay, as an OCTET STRING. */
static int
add_mark(X509 *x, const uint8_t relay_id[32])
{
	ASN1_OBJECT *oid = OBJ_txt2obj(CERT_RELAY_OID, 1);
	ASN1_OCTET_STRING *inner = ASN1_OCTET_STRING_new(), *outer = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = NULL;
	uint8_t *der = NULL;
	int n, r = ERR_BUG;

	if (oid != NULL && inner != NULL && outer != NULL &&
	    ASN1_OCTET_STRING_set(inner, relay_id, 32) == 1 &&
	    (n = i2d_ASN1_OCTET_STRING(inner, &der)) > 0 &&
	    ASN1_OCTET_STRING_set(outer, der, n) == 1 &&
	    (e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, outer)) != NULL &&
	    X509_add_ext(x, e, -1) == 1)
		r = 0;
	X509_EXTENSION_free(e);
	OPENSSL_free(der);
	ASN1_OCTET_STRING_free(outer);
	ASN1_OCTET_STRING_free(inner);
	ASN1_OBJECT_free(oid);
	return r;
}

static int
name_put(X509_NAME *name, int nid, const char *value)
{
	return X509_NAME_add_entry_by_NID(
		   name, nid, MBSTRING_UTF8, (const uint8_t *)value, -1, -1, 0) == 1
	    ? 0
	    : ERR_FIELD;
}

static int
keep_der(struct ca *c)
{
	uint8_t *der = NULL;
	int n = i2d_X509(c->root, &der), r;

	c->der = buf_new(CERT_DER_MAX);
	r = n > 0 ? buf_put(c->der, der, (size_t)n) : ERR_BUG;
	OPENSSL_free(der);
	return r;
}

/* ------------------------------------------------------------------------------ the root */

static int
fill_root(struct ca *c, const struct ca_root *root)
{
	X509 *x = c->root;
	uint8_t serial[CA_SERIAL_LEN];
	int r;

	if (!text_is_utf8(root->name, strlen(root->name)) ||
	    !text_is_clean(root->name, strlen(root->name), TEXT_NAME))
		return ERR_FIELD;
	if ((r = draw_serial(serial)) != 0 ||
	    (r = set_serial(X509_get_serialNumber(x), serial)) != 0 ||
	    (r = set_validity(x, root->from, root->until)) != 0 ||
	    (r = name_put(X509_get_subject_name(x), NID_organizationName, ROOT_ORGANISATION)) !=
		0 ||
	    (r = name_put(X509_get_subject_name(x), NID_commonName, root->name)) != 0)
		return r;
	if (X509_set_version(x, X509_VERSION_3) != 1 || X509_set_pubkey(x, c->key) != 1 ||
	    X509_set_issuer_name(x, X509_get_subject_name(x)) != 1)
		return ERR_BUG;
	if ((r = add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0")) != 0 ||
	    (r = add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign")) != 0 ||
	    (r = add_extension(x, x, NID_subject_key_identifier, "hash")) != 0 ||
	    (r = add_mark(x, root->relay_id)) != 0)
		return r;
	return X509_sign(x, c->key, EVP_sha256()) > 0 ? 0 : ERR_BUG;
}

int
ca_new(const struct ca_root *root, struct ca **out)
{
	struct ca *c = mem_alloc(sizeof(*c));
	int r = ERR_BUG;

	*out = NULL;
	c->key = EVP_EC_gen("P-256");
	c->root = X509_new();
	if (c->key != NULL && c->root != NULL && (r = fill_root(c, root)) == 0)
		r = keep_der(c);
	if (r != 0)
		ca_free(&c);
	*out = c;
	ERR_clear_error();
	return r;
}

static X509 *
read_certificate(struct bytes der)
{
	const uint8_t *p = der.p;
	X509 *x = der.n != 0 && der.n <= CERT_DER_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;

	if (x != NULL && p != der.p + der.n) {
		X509_free(x);
		x = NULL;
	}
	return x;
}

int
ca_load(struct bytes key, struct bytes root, struct ca **out)
{
	struct ca *c = mem_alloc(sizeof(*c));
	const uint8_t *p = key.p;
	int r = ERR_FORMAT;

	*out = NULL;
	if (key.n != 0 && key.n <= CA_KEY_MAX)
		c->key = d2i_AutoPrivateKey(NULL, &p, (long)key.n);
	c->root = read_certificate(root);
	if (c->key != NULL && c->root != NULL)
		r = X509_check_private_key(c->root, c->key) == 1 ? keep_der(c) : ERR_KEY;
	if (r != 0)
		ca_free(&c);
	*out = c;
	ERR_clear_error();
	return r;
}

void
ca_free(struct ca **pc)
{
	struct ca *c = *pc;

	if (c == NULL)
		return;
	*pc = NULL;
	EVP_PKEY_free(c->key);
	X509_free(c->root);
	buf_free(&c->der);
	free(c);
}

struct bytes
ca_root_der(const struct ca *c)
{
	return buf_view(c->der);
}

int
ca_pack_key(const struct ca *c, struct buf *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(c->key);
	uint8_t *p = NULL;
	int n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &p) : -1, r = ERR_BUG;

	PKCS8_PRIV_KEY_INFO_free(info);
	if (n > 0) {
		r = buf_put(out, p, (size_t)n);
		OPENSSL_clear_free(p, (size_t)n);
	}
	return r;
}

/* ------------------------------------------------------------------------------ leaves */

static int
set_key(X509 *x, const struct csr *who)
{
	const uint8_t *p = who->spki;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)who->spki_len);
	int r = key != NULL && X509_set_pubkey(x, key) == 1 ? 0 : ERR_KEY;

	EVP_PKEY_free(key);
	return r;
}

static int
end_no_later(X509 *x, const X509 *root)
{
	const ASN1_TIME *last = X509_get0_notAfter(root);

	if (ASN1_TIME_compare(X509_get0_notAfter(x), last) <= 0)
		return 0;
	return X509_set1_notAfter(x, last) == 1 ? 0 : ERR_NOMEM;
}

static int
fill_leaf(const struct ca *c, X509 *x, const struct csr *who, const struct ca_validity *v)
{
	int r;

	if ((r = set_validity(x, v->from, v->until)) != 0 || (r = end_no_later(x, c->root)) != 0 ||
	    (r = csr_subject_put(&who->subject, X509_get_subject_name(x))) != 0 ||
	    (r = set_key(x, who)) != 0)
		return r;
	if (X509_set_version(x, X509_VERSION_3) != 1 ||
	    X509_set_issuer_name(x, X509_get_subject_name(c->root)) != 1)
		return ERR_BUG;
	if ((r = add_extension(x, c->root, NID_basic_constraints, "critical,CA:FALSE")) != 0 ||
	    (r = add_extension(x, c->root, NID_key_usage, "critical,digitalSignature")) != 0 ||
	    (r = add_extension(x, c->root, NID_ext_key_usage, "clientAuth")) != 0 ||
	    (r = add_extension(x, c->root, NID_subject_key_identifier, "hash")) != 0 ||
	    (r = add_extension(x, c->root, NID_authority_key_identifier, "keyid:always")) != 0)
		return r;
	return X509_sign(x, c->key, EVP_sha256()) > 0 ? 0 : ERR_BUG;
}

int
ca_issue(const struct ca *c, const struct csr *who, const struct ca_validity *v,
    uint8_t serial[CA_SERIAL_LEN], struct buf *out)
{
	X509 *x = X509_new();
	uint8_t *der = NULL;
	int n, r = ERR_NOMEM;

	if (x == NULL || (r = draw_serial(serial)) != 0 ||
	    (r = set_serial(X509_get_serialNumber(x), serial)) != 0 ||
	    (r = fill_leaf(c, x, who, v)) != 0)
		goto out;
	n = i2d_X509(x, &der);
	r = n > 0 ? buf_put(out, der, (size_t)n) : ERR_BUG;
out:
	OPENSSL_free(der);
	X509_free(x);
	ERR_clear_error();
	return r;
}

/* ------------------------------------------------------------------------------ revocation */

static int
add_revoked(X509_CRL *crl, const struct ca_revoked *one)
{
	X509_REVOKED *e = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *at = ASN1_TIME_new();
	int r = ERR_NOMEM;

	if (e != NULL && serial != NULL && at != NULL && set_serial(serial, one->serial) == 0 &&
	    set_time(at, one->at) == 0 && X509_REVOKED_set_serialNumber(e, serial) == 1 &&
	    X509_REVOKED_set_revocationDate(e, at) == 1 && X509_CRL_add0_revoked(crl, e) == 1) {
		e = NULL;
		r = 0;
	}
	ASN1_TIME_free(at);
	ASN1_INTEGER_free(serial);
	X509_REVOKED_free(e);
	return r;
}

static int
add_crl_extensions(const struct ca *c, X509_CRL *crl, uint64_t number)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	int r = ERR_BUG;

	X509V3_set_ctx(&ctx, c->root, NULL, NULL, crl, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	if (e != NULL && X509_CRL_add_ext(crl, e, -1) == 1 && n != NULL &&
	    ASN1_INTEGER_set_uint64(n, number) == 1 &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) == 1)
		r = 0;
	X509_EXTENSION_free(e);
	ASN1_INTEGER_free(n);
	return r;
}

static int
fill_crl(const struct ca *c, X509_CRL *crl, const struct ca_list *list)
{
	ASN1_TIME *t = ASN1_TIME_new();
	int r = t != NULL ? 0 : ERR_NOMEM;

	if (r == 0 && (r = set_time(t, list->this_update)) == 0 &&
	    X509_CRL_set1_lastUpdate(crl, t) != 1)
		r = ERR_NOMEM;
	if (r == 0 && (r = set_time(t, list->next_update)) == 0 &&
	    X509_CRL_set1_nextUpdate(crl, t) != 1)
		r = ERR_NOMEM;
	ASN1_TIME_free(t);
	if (r == 0 && (X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
			  X509_CRL_set_issuer_name(crl, X509_get_subject_name(c->root)) != 1))
		r = ERR_BUG;
	for (size_t i = 0; i < list->count && r == 0; i++)
		r = add_revoked(crl, &list->revoked[i]);
	return r != 0 ? r : add_crl_extensions(c, crl, list->number);
}

int
ca_crl(const struct ca *c, const struct ca_list *list, struct buf *out)
{
	X509_CRL *crl = X509_CRL_new();
	uint8_t *der = NULL;
	int n, r = ERR_NOMEM;

	if (crl == NULL || (r = fill_crl(c, crl, list)) != 0)
		goto out;
	r = ERR_BUG;
	X509_CRL_sort(crl);
	if (X509_CRL_sign(crl, c->key, EVP_sha256()) > 0 && (n = i2d_X509_CRL(crl, &der)) > 0)
		r = buf_put(out, der, (size_t)n);
out:
	OPENSSL_free(der);
	X509_CRL_free(crl);
	ERR_clear_error();
	return r;
}

/* ------------------------------------------------------------------------------ from outside */

static bool
is_called(const X509_NAME *name, int at, int nid, const char *value)
{
	const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, at);
	const ASN1_STRING *v = X509_NAME_ENTRY_get_data(e);

	if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(e)) != nid)
		return false;
	return value == NULL ||
	    ((size_t)ASN1_STRING_length(v) == strlen(value) &&
		memcmp(ASN1_STRING_get0_data(v), value, strlen(value)) == 0);
}

static bool
is_ours(X509 *x)
{
	const X509_NAME *name = X509_get_subject_name(x);

	return X509_check_ca(x) == 1 && X509_get_pathlen(x) == 0 && X509_self_signed(x, 1) == 1 &&
	    EVP_PKEY_get_base_id(X509_get0_pubkey(x)) == EVP_PKEY_EC &&
	    X509_NAME_entry_count(name) == 2 &&
	    is_called(name, 0, NID_organizationName, ROOT_ORGANISATION) &&
	    is_called(name, 1, NID_commonName, NULL);
}

int
ca_root_check(struct bytes root, const uint8_t relay_id[32], struct fault *f)
{
	X509 *x = read_certificate(root);
	uint8_t of[32];
	int r = 0;

	if (x == NULL)
		r = fault_set(f, ERR_FORMAT, NULL, "the relay's root cannot be read");
	else if (!is_ours(x))
		r = fault_set(f, ERR_UNTRUSTED, NULL, "this is not the root of a relay's own CA");
	else if (cert_relay_of(root, of) != 0 || memcmp(of, relay_id, sizeof(of)) != 0)
		r = fault_set(f, ERR_UNTRUSTED, NULL, "this is the root of another relay's CA");
	X509_free(x);
	ERR_clear_error();
	return r;
}
