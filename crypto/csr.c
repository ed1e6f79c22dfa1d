#include "crypto/csr.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/kdf.h"

/* The five, with RFC 5280's upper bounds in code points. */
static const struct {
	const char *type;
	int nid;
	size_t max;
} attributes[CSR_ATTRIBUTES] = {
	[CSR_C] = { "C", NID_countryName, 2 },
	[CSR_ST] = { "ST", NID_stateOrProvinceName, 128 },
	[CSR_L] = { "L", NID_localityName, 128 },
	[CSR_O] = { "O", NID_organizationName, 64 },
	[CSR_CN] = { "CN", NID_commonName, 64 },
};

/* ------------------------------------------------------------------------------ the subject */

static size_t
code_points(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((uint8_t)*s & 0xc0) != 0x80;
	return n;
}

static bool
is_country(const char *s)
{
	return s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] == '\0';
}

/* Take a value that somebody wrote. What the sanitiser would change may not stand in a name. */
static int
set_value(struct csr_subject *s, int a, struct bytes v, struct fault *f)
{
	const char *type = attributes[a].type;
	char *to = s->value[a];

	if (to[0] != '\0')
		return fault_set(f, ERR_FIELD, type, "the attribute is given twice");
	if (v.n == 0 || v.n > CSR_VALUE_MAX || memchr(v.p, '\0', v.n) != NULL ||
	    !text_is_utf8(v.p, v.n) || !text_is_clean(v.p, v.n, TEXT_NAME))
		return fault_set(f, ERR_FIELD, type, "this may not stand in a name");
	memcpy(to, v.p, v.n);
	to[v.n] = '\0';
	if (to[strspn(to, " ")] != '\0' && code_points(to) <= attributes[a].max &&
	    (a != CSR_C || is_country(to)))
		return 0;
	to[0] = '\0';
	return a == CSR_C ? fault_set(f, ERR_FIELD, type, "a country is two capital letters")
			  : fault_set(f, ERR_FIELD, type,
				"a value has between 1 and %zu characters", attributes[a].max);
}

static int
attribute_of(const char *type, size_t n)
{
	for (int a = 0; a < CSR_ATTRIBUTES; a++)
		if (strlen(attributes[a].type) == n && strncasecmp(attributes[a].type, type, n) == 0)
			return a;
	return -1;
}

/* An escape of RFC 4514 2.4 behind the backslash at *in. */
static int
unescape(const char **in, uint8_t *out)
{
	if (hex_decode(*in, strnlen(*in, 2), out, 1) == 0) {
		*in += 2;
		return 0;
	}
	if (**in == '\0' || strchr(" \"#+,;<=>\\", **in) == NULL)
		return ERR_FORMAT;
	*out = (uint8_t)*(*in)++;
	return 0;
}

/* A value up to the next comma or the end, unescaped; blanks at its end go unless escaped. */
static int
read_value(const char **in, struct buf *out)
{
	size_t keep = 0;
	uint8_t c;
	int r;

	*in += strspn(*in, " ");
	while (**in != '\0' && **in != ',') {
		bool escaped = **in == '\\';

		c = (uint8_t)*(*in)++;
		if (escaped ? unescape(in, &c) != 0 : strchr("\"+;<>", c) != NULL)
			return ERR_FORMAT;
		if ((r = buf_put_u8(out, c)) != 0)
			return r;
		if (escaped || c != ' ')
			keep = buf_len(out);
	}
	return buf_truncate(out, keep);
}

/* One TYPE=VALUE and the comma behind it. */
static int
read_pair(const char **in, struct csr_subject *s, struct fault *f)
{
	struct buf *value = buf_new(CSR_VALUE_MAX);
	const char *type, *clean;
	size_t n;
	int a, r;

	*in += strspn(*in, " ");
	type = *in;
	n = strcspn(type, "=,");
	*in += n;
	clean = type;
	while (n > 0 && clean[n - 1] == ' ')
		n--;
	if (**in != '=' || (a = attribute_of(type, n)) < 0)
		r = fault_set(f, ERR_USAGE, type, "a subject is made of C, ST, L, O and CN");
	else {
		++*in;
		if ((r = read_value(in, value)) != 0)
			fault_set(f, r, attributes[a].type, "the value is not written as RFC 4514 has it");
		else
			r = set_value(s, a, buf_view(value), f);
	}
	buf_free(&value);
	if (r != 0 || **in == '\0')
		return r;
	++*in;
	return (*in)[strspn(*in, " ")] != '\0'
	    ? 0
	    : fault_set(f, ERR_USAGE, NULL, "the subject ends with a comma");
}

int
csr_subject_parse(const char *text, const char *cn, struct csr_subject *out, struct fault *f)
{
	char *clean = text != NULL ? text_clean(text, strlen(text), TEXT_NAME) : mem_strdup("");
	const char *at = clean;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (strlen(clean) > CSR_TEXT_MAX)
		r = fault_set(f, ERR_USAGE, NULL, "the subject is too long");
	while (r == 0 && at[strspn(at, " ")] != '\0')
		r = read_pair(&at, out, f);
	if (r == 0 && out->value[CSR_CN][0] == '\0')
		r = set_value(out, CSR_CN, (struct bytes){ (const uint8_t *)cn, strlen(cn) }, f);
	free(clean);
	if (r == 0)
		return 0;
	memset(out, 0, sizeof(*out));
	if (f != NULL)
		f->code = ERR_USAGE;
	fault_hint(f, "Write it as C=PT,ST=...,L=...,O=...,CN=...; a comma in a value as \\,");
	return ERR_USAGE;
}

int
csr_subject_put(const struct csr_subject *s, struct X509_name_st *name)
{
	for (int a = 0; a < CSR_ATTRIBUTES; a++)
		if (s->value[a][0] != '\0' &&
		    X509_NAME_add_entry_by_NID(name, attributes[a].nid, MBSTRING_UTF8,
			(const uint8_t *)s->value[a], -1, -1, 0) != 1)
			return ERR_FIELD;
	return 0;
}

/* ------------------------------------------------------------------------------ making one */

static int
pack_key(EVP_PKEY *key, struct bytes *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	uint8_t *p = NULL, *kept;
	int n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &p) : -1;

	PKCS8_PRIV_KEY_INFO_free(info);
	if (n <= 0)
		return ERR_BUG;
	kept = mem_secret_alloc((size_t)n);
	memcpy(kept, p, (size_t)n);
	OPENSSL_clear_free(p, (size_t)n);
	*out = (struct bytes){ kept, (size_t)n };
	return 0;
}

int
csr_make(const struct csr_subject *subject, struct bytes *key, struct buf *out)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	X509_REQ *req = X509_REQ_new();
	uint8_t *der = NULL;
	int n, r = ERR_BUG;

	*key = (struct bytes){ NULL, 0 };
	if (k == NULL || req == NULL || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_pubkey(req, k) != 1)
		goto out;
	if ((r = csr_subject_put(subject, X509_REQ_get_subject_name(req))) != 0)
		goto out;
	r = ERR_BUG;
	if (X509_REQ_sign(req, k, EVP_sha256()) <= 0 || (n = i2d_X509_REQ(req, &der)) <= 0)
		goto out;
	if ((r = buf_put(out, der, (size_t)n)) == 0)
		r = pack_key(k, key);
out:
	OPENSSL_free(der);
	X509_REQ_free(req);
	EVP_PKEY_free(k);
	ERR_clear_error();
	return r;
}

/* ------------------------------------------------------------------------------ reading one */

static int
read_spki(X509_PUBKEY *key, struct csr *out)
{
	uint8_t *spki = NULL;
	int n = i2d_X509_PUBKEY(key, &spki), r = ERR_KEY;

	if (n > 0 && n <= CSR_SPKI_MAX) {
		memcpy(out->spki, spki, (size_t)n);
		out->spki_len = (size_t)n;
		r = 0;
	}
	OPENSSL_free(spki);
	return r;
}

/* The key, and that whoever has it signed this. */
static int
read_key(X509_REQ *req, struct csr *out)
{
	const ASN1_BIT_STRING *sig;
	const X509_ALGOR *alg;
	struct bytes tbs, signature;
	uint8_t *info = NULL;
	int m, r = read_spki(X509_REQ_get_X509_PUBKEY(req), out);

	if (r != 0)
		return r;
	X509_REQ_get0_signature(req, &sig, &alg);
	r = ERR_SIGNATURE;
	/* flags: bits of the last octet that do not count */
	if (X509_REQ_get_signature_nid(req) != NID_ecdsa_with_SHA256 || (sig->flags & 7) != 0 ||
	    (m = i2d_re_X509_REQ_tbs(req, &info)) <= 0)
		goto out;
	tbs = (struct bytes){ info, (size_t)m };
	signature =
	    (struct bytes){ ASN1_STRING_get0_data(sig), (size_t)ASN1_STRING_length(sig) };
	r = cert_verify_spki((struct bytes){ out->spki, out->spki_len }, CERT_ECDSA_P256_SHA256, tbs,
	    signature);
out:
	OPENSSL_free(info);
	return r;
}

static int
read_attribute(const X509_NAME_ENTRY *e, struct csr_subject *s, struct fault *f)
{
	const ASN1_STRING *v = X509_NAME_ENTRY_get_data(e);
	int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(e));

	for (int a = 0; a < CSR_ATTRIBUTES; a++) {
		if (attributes[a].nid != nid)
			continue;
		if (ASN1_STRING_type(v) != V_ASN1_UTF8STRING &&
		    ASN1_STRING_type(v) != V_ASN1_PRINTABLESTRING)
			return fault_set(f, ERR_FIELD, attributes[a].type,
			    "the value is neither a UTF8String nor a PrintableString");
		return set_value(s, a,
		    (struct bytes){
			ASN1_STRING_get0_data(v), (size_t)ASN1_STRING_length(v) },
		    f);
	}
	return 0;
}

static int
read_subject(const X509_NAME *name, struct csr_subject *s, struct fault *f)
{
	int r = 0;

	for (int i = 0; i < X509_NAME_entry_count(name) && r == 0; i++)
		r = read_attribute(X509_NAME_get_entry(name, i), s, f);
	if (r == 0 && s->value[CSR_CN][0] == '\0')
		r = fault_set(f, ERR_FIELD, "CN", "the request names nobody");
	return r;
}

static int
read_request(X509_REQ *req, struct csr *out, struct fault *f)
{
	int r;

	if (X509_REQ_get_version(req) != X509_REQ_VERSION_1)
		return fault_set(f, ERR_FORMAT, NULL, "a request of another version");
	if ((r = read_key(req, out)) != 0)
		return fault_set(f, r, NULL,
		    r == ERR_SIGNATURE ? "the request is not signed by its own key"
				       : "the request's key is not on the curve P-256");
	return read_subject(X509_REQ_get_subject_name(req), &out->subject, f);
}

int
csr_parse(struct bytes der, struct csr *out, struct fault *f)
{
	const uint8_t *p = der.p;
	X509_REQ *req = NULL;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (der.n > CSR_MAX)
		return fault_set(f, ERR_LIMIT, NULL, "a request of more than %d octets", CSR_MAX);
	if (der.n != 0)
		req = d2i_X509_REQ(NULL, &p, (long)der.n);
	if (req == NULL)
		r = fault_set(f, ERR_FORMAT, NULL, "not a request for a certificate");
	else if (p != der.p + der.n)
		r = fault_set(f, ERR_TRAILING, NULL, "something follows the request");
	else if ((r = kdf_sha256(der, out->sha256)) == 0)
		r = read_request(req, out, f);
	X509_REQ_free(req);
	ERR_clear_error();
	if (r != 0)
		memset(out, 0, sizeof(*out));
	return r;
}

int
csr_of_certificate(struct bytes der, struct csr *out)
{
	const uint8_t *p = der.p;
	X509 *x = der.n != 0 ? d2i_X509(NULL, &p, (long)der.n) : NULL;
	int r = ERR_FORMAT;

	memset(out, 0, sizeof(*out));
	if (x != NULL && p == der.p + der.n &&
	    (r = read_spki(X509_get_X509_PUBKEY(x), out)) == 0)
		r = read_subject(X509_get_subject_name(x), &out->subject, NULL);
	X509_free(x);
	ERR_clear_error();
	if (r != 0)
		memset(out, 0, sizeof(*out));
	return r;
}
