#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/cert_int.h"

#define OID_TEXT_MAX 96
#define POLICIES_MAX 32

X509 *
cert_parse(struct bytes der)
{
	const uint8_t *p = der.p;
	X509 *x;

	if (der.n == 0 || der.n > CERT_DER_MAX)
		return NULL;
	x = d2i_X509(NULL, &p, (long)der.n);
	if (x != NULL && p != der.p + der.n) {
		X509_free(x);
		x = NULL;
	}
	/* Extensions are decoded now and not under somebody's lock later. */
	if (x != NULL)
		(void)X509_check_purpose(x, -1, 0);
	ERR_clear_error();
	return x;
}

/* What a memory BIO holds, sanitised. Frees the BIO. */
static char *
bio_text(BIO *bio)
{
	char *p = NULL, *text;
	long n = BIO_get_mem_data(bio, &p);

	text = text_clean(p, n < 0 ? 0 : (size_t)n, TEXT_NAME);
	BIO_free(bio);
	return text;
}

char *
cert_name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio == NULL)
		return mem_strdup("");
	X509_NAME_print_ex(bio, name, 0,
	    XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_DN_REV | XN_FLAG_FN_SN | ASN1_STRFLGS_ESC_2253 |
		ASN1_STRFLGS_UTF8_CONVERT);
	return bio_text(bio);
}

char *
cert_name_entry(const X509_NAME *name, int nid)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1), n;
	unsigned char *utf8 = NULL;
	char *text;

	if (at < 0)
		return mem_strdup("");
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n < 0) {
		ERR_clear_error();
		return mem_strdup("");
	}
	text = text_clean(utf8, (size_t)n, TEXT_NAME);
	OPENSSL_free(utf8);
	return text;
}

uint64_t
cert_time_ms(const ASN1_TIME *t)
{
	struct tm tm;
	time_t at;

	if (t == NULL || !ASN1_TIME_to_tm(t, &tm))
		return 0;
	at = timegm(&tm);
	return at < 0 ? 0 : (uint64_t)at * 1000;
}

static char *
key_text(EVP_PKEY *key)
{
	if (key == NULL)
		return mem_strdup("unreadable");
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return mem_format("RSA-%d", EVP_PKEY_get_bits(key));
	case EVP_PKEY_EC:
		return mem_format("EC P-%d", EVP_PKEY_get_bits(key));
	default:
		return mem_format(
		    "%s-%d", OBJ_nid2sn(EVP_PKEY_get_base_id(key)), EVP_PKEY_get_bits(key));
	}
}

/* "RSA-SHA256", "ECDSA-SHA384"; what is neither by OpenSSL's name for it. */
static char *
signature_text(const X509 *x)
{
	int nid = X509_get_signature_nid(x), digest, key;

	if (nid == NID_rsassaPss)
		return mem_strdup("RSA-PSS");
	if (!OBJ_find_sigid_algs(nid, &digest, &key))
		return mem_strdup(nid == NID_undef ? "unknown" : OBJ_nid2sn(nid));
	if (digest == NID_undef)
		return mem_strdup(OBJ_nid2sn(nid));
	return mem_format("%s-%s",
	    key == NID_rsaEncryption              ? "RSA"
		: key == NID_X9_62_id_ecPublicKey ? "ECDSA"
						  : OBJ_nid2sn(key),
	    OBJ_nid2sn(digest));
}

/* RFC 5280's names of the bits. */
static char *
usage_text(X509 *x)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} bits[] = {
		{ KU_DIGITAL_SIGNATURE, "digitalSignature" },
		{ KU_NON_REPUDIATION, "nonRepudiation" },
		{ KU_KEY_ENCIPHERMENT, "keyEncipherment" },
		{ KU_DATA_ENCIPHERMENT, "dataEncipherment" },
		{ KU_KEY_AGREEMENT, "keyAgreement" },
		{ KU_KEY_CERT_SIGN, "keyCertSign" },
		{ KU_CRL_SIGN, "cRLSign" },
	};
	uint32_t usage = X509_get_key_usage(x);
	char *text = mem_strdup(""), *longer;

	for (size_t i = 0; usage != UINT32_MAX && i < sizeof(bits) / sizeof(bits[0]); i++) {
		if ((usage & bits[i].bit) == 0)
			continue;
		longer = mem_format("%s%s%s", text, text[0] != '\0' ? ", " : "", bits[i].name);
		free(text);
		text = longer;
	}
	return text;
}

static char *
policies_text(X509 *x)
{
	CERTIFICATEPOLICIES *list = X509_get_ext_d2i(x, NID_certificate_policies, NULL, NULL);
	char oid[OID_TEXT_MAX], *text;
	BIO *bio = BIO_new(BIO_s_mem());

	for (int i = 0; bio != NULL && i < sk_POLICYINFO_num(list) && i < POLICIES_MAX; i++) {
		OBJ_obj2txt(oid, sizeof(oid), sk_POLICYINFO_value(list, i)->policyid, 1);
		BIO_printf(bio, "%s%s", i > 0 ? " " : "", oid);
	}
	CERTIFICATEPOLICIES_free(list);
	if (bio == NULL)
		return mem_strdup("");
	text = bio_text(bio);
	ERR_clear_error();
	return text;
}

/* The first http name among a distribution point's; NULL. */
static const ASN1_IA5STRING *
point_url(const DIST_POINT *point)
{
	const GENERAL_NAMES *names;
	const GENERAL_NAME *name;

	if (point->distpoint == NULL || point->distpoint->type != 0)
		return NULL;
	names = point->distpoint->name.fullname;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_URI && ASN1_STRING_length(name->d.ia5) > 7 &&
		    memcmp(ASN1_STRING_get0_data(name->d.ia5), "http://", 7) == 0)
			return name->d.ia5;
	}
	return NULL;
}

static char *
crl_url(X509 *x)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	const ASN1_IA5STRING *url = NULL;
	char *text;

	for (int i = 0; url == NULL && i < sk_DIST_POINT_num(points); i++)
		url = point_url(sk_DIST_POINT_value(points, i));
	text = url == NULL
	    ? mem_strdup("")
	    : text_clean(ASN1_STRING_get0_data(url), (size_t)ASN1_STRING_length(url), TEXT_LINE);
	CRL_DIST_POINTS_free(points);
	ERR_clear_error();
	return text;
}

static char *
serial_text(const X509 *x)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	size_t n = (size_t)ASN1_STRING_length(serial);
	char *text = mem_alloc(2 * n + 2), *at = text;

	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		*at++ = '-';
	hex_encode(ASN1_STRING_get0_data(serial), n, at);
	return text;
}

void
cert_x509_sha256(X509 *x, uint8_t out[CERT_HASH_LEN])
{
	memset(out, 0, CERT_HASH_LEN);
	(void)X509_digest(x, EVP_sha256(), out, NULL);
}

void
cert_link_fill(X509 *x, struct cert_link *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	memset(out, 0, sizeof(*out));
	out->subject = cert_name_text(X509_get_subject_name(x));
	out->issuer = cert_name_text(X509_get_issuer_name(x));
	out->serial = serial_text(x);
	out->not_before = cert_time_ms(X509_get0_notBefore(x));
	out->not_after = cert_time_ms(X509_get0_notAfter(x));
	out->key = key_text(X509_get0_pubkey(x));
	out->sig = signature_text(x);
	out->usage = usage_text(x);
	out->reason = "";
	cert_x509_sha256(x, out->sha256);
	out->revocation = CERT_NA;
	out->revocation_age_s = -1;
	out->crl_url = crl_url(x);
	out->policies = policies_text(x);
	out->der = mem_alloc(n > 0 ? (size_t)n : 1);
	if (n > 0)
		memcpy(out->der, der, (size_t)n);
	out->der_len = n > 0 ? (size_t)n : 0;
	OPENSSL_free(der);
	ERR_clear_error();
}

int
cert_describe(struct bytes der, struct cert_link *out)
{
	X509 *x = cert_parse(der);

	memset(out, 0, sizeof(*out));
	if (x == NULL)
		return ERR_FORMAT;
	cert_link_fill(x, out);
	X509_free(x);
	return 0;
}

void
cert_link_clear(struct cert_link *l)
{
	free(l->subject);
	free(l->issuer);
	free(l->serial);
	free(l->key);
	free(l->sig);
	free(l->usage);
	free(l->crl_url);
	free(l->policies);
	free(l->der);
	memset(l, 0, sizeof(*l));
}

int
cert_holder(struct bytes der, char **civil_name, char **civil_id)
{
	X509 *x = cert_parse(der);
	const X509_NAME *name;

	*civil_name = *civil_id = NULL;
	if (x == NULL)
		return ERR_FORMAT;
	name = X509_get_subject_name(x);
	*civil_name = cert_name_entry(name, NID_commonName);
	*civil_id = cert_name_entry(name, NID_serialNumber);
	X509_free(x);
	return 0;
}

enum cert_use
cert_use(struct bytes der)
{
	X509 *x = cert_parse(der);
	enum cert_use use = CERT_USE_OTHER;
	uint32_t usage;
	const char *why;

	if (x == NULL)
		return use;
	usage = X509_get_key_usage(x);
	if (X509_get_extension_flags(x) & EXFLAG_CA)
		use = CERT_USE_CA;
	else if (cert_profile_leaf(x, CERT_FOR_HOLDER, &why) == 0)
		use = CERT_USE_AUTHENTICATION;
	else if (usage != UINT32_MAX && (usage & KU_NON_REPUDIATION))
		use = CERT_USE_SIGNATURE;
	X509_free(x);
	return use;
}

const char *
cert_use_name(enum cert_use u)
{
	static const char *const names[] = { [CERT_USE_AUTHENTICATION] = "authentication",
		[CERT_USE_SIGNATURE] = "signature",
		[CERT_USE_CA] = "ca",
		[CERT_USE_OTHER] = "other" };

	return u <= CERT_USE_OTHER ? names[u] : "other";
}

const char *
cert_state_name(enum cert_state s)
{
	static const char *const names[] = { [CERT_GOOD] = "good",
		[CERT_REVOKED] = "revoked",
		[CERT_UNKNOWN] = "unknown",
		[CERT_NA] = "n/a" };

	return s <= CERT_NA ? names[s] : "unknown";
}

bool
cert_is_issuer(struct bytes issuer, struct bytes cert)
{
	X509 *a = cert_parse(issuer), *b = cert_parse(cert);
	bool is = a != NULL && b != NULL &&
	    X509_NAME_cmp(X509_get_subject_name(a), X509_get_issuer_name(b)) == 0;

	X509_free(a);
	X509_free(b);
	return is;
}

void
cert_sha256(struct bytes der, uint8_t out[CERT_HASH_LEN])
{
	SHA256(der.p, der.n, out);
}

char *
cert_pem(struct bytes der)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL, *text;
	long n;

	if (bio == NULL || !PEM_write_bio(bio, PEM_STRING_X509, "", der.p, (long)der.n)) {
		BIO_free(bio);
		ERR_clear_error();
		return mem_strdup("");
	}
	n = BIO_get_mem_data(bio, &p);
	text = mem_strndup(p, (size_t)n);
	BIO_free(bio);
	return text;
}

/* ---------------------------------------------------------------------------- a relay's mark */

static X509_EXTENSION *
relay_mark(const X509 *x)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(CERT_RELAY_OID, 1);
	int at = oid != NULL ? X509_get_ext_by_OBJ(x, oid, -1) : -1;

	ASN1_OBJECT_free(oid);
	return at < 0 ? NULL : X509_get_ext(x, at);
}

bool
cert_has_relay_mark(const X509 *x)
{
	return relay_mark(x) != NULL;
}

int
cert_relay_of(struct bytes der, uint8_t relay_id[32])
{
	X509 *x = cert_parse(der);
	X509_EXTENSION *e;
	const ASN1_OCTET_STRING *v;
	int r = ERR_FORMAT;

	memset(relay_id, 0, 32);
	if (x != NULL && (e = relay_mark(x)) == NULL)
		r = ERR_NOT_FOUND;
	else if (x != NULL) {
		static const uint8_t head[] = { V_ASN1_OCTET_STRING, 32 };

		v = X509_EXTENSION_get_data(e);
		if (ASN1_STRING_length(v) == sizeof(head) + 32 &&
		    memcmp(ASN1_STRING_get0_data(v), head, sizeof(head)) == 0) {
			memcpy(relay_id, ASN1_STRING_get0_data(v) + sizeof(head), 32);
			r = 0;
		}
	}
	X509_free(x);
	ERR_clear_error();
	return r;
}

/* X509_NAME_cmp would not see letters' case. */
static bool
same_octets(const X509_NAME *a, const X509_NAME *b)
{
	const uint8_t *x, *y;
	size_t n, m;

	return X509_NAME_get0_der(a, &x, &n) == 1 && X509_NAME_get0_der(b, &y, &m) == 1 &&
	    n == m && memcmp(x, y, n) == 0;
}

bool
cert_same_holder(struct bytes a, struct bytes b)
{
	X509 *x = cert_parse(a), *y = cert_parse(b);
	bool same = x != NULL && y != NULL &&
	    same_octets(X509_get_subject_name(x), X509_get_subject_name(y)) &&
	    X509_get0_pubkey(x) != NULL && X509_get0_pubkey(y) != NULL &&
	    EVP_PKEY_eq(X509_get0_pubkey(x), X509_get0_pubkey(y)) == 1;

	X509_free(x);
	X509_free(y);
	ERR_clear_error();
	return same;
}
