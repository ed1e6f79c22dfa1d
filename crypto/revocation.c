/*
 * A list is walked once with the strict reader of der.h, which settles what the standard fixes
 * (version, times, entries, extensions, nothing left over), and once by OpenSSL, which looks up
 * serial numbers later. OpenSSL alone accepts lists that the standard does not.
 */
#include <stdatomic.h>
#include <string.h>

#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/der.h"
#include "crypto/revocation.h"

#define URL_SCHEME_HTTP "http://"

struct revocation {
	atomic_uint refs;
	struct revocation_info info;
	uint8_t scope[REVOCATION_HASH_LEN];
	uint8_t authority_key[REVOCATION_HASH_LEN]; /* hash of the AKI extension */
	uint8_t signer[REVOCATION_HASH_LEN];        /* zero until it is known */
	uint8_t *der;
	X509_CRL *crl;
};

/* The parts of a list, as views into its DER. */
struct parts {
	struct bytes tbs_algorithm, algorithm, issuer, revoked, extensions;
	uint64_t this_update, next_update;
	bool v2;
};

static const uint8_t oid_authority_key[] = { 0x55, 0x1d, 0x23 };
static const uint8_t oid_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_delta[] = { 0x55, 0x1d, 0x1b };
static const uint8_t oid_point[] = { 0x55, 0x1d, 0x1c };

static int
version(struct bytes *tbs, bool *v2)
{
	struct bytes body;
	int r;

	*v2 = false;
	if (tbs->n == 0 || tbs->p[0] != DER_INTEGER)
		return 0;
	if ((r = der_integer(tbs, &body)) != 0)
		return r;
	if (body.n != 1 || body.p[0] != 1)
		return ERR_FORMAT;
	*v2 = true;
	return 0;
}

static int
sequence_whole(struct bytes *v, struct bytes *whole)
{
	struct der_item item;
	int r;

	if ((r = der_any(v, &item)) != 0)
		return r;
	*whole = item.whole;
	return item.tag == DER_SEQUENCE && item.body.n > 0 ? 0 : ERR_FORMAT;
}

static int
split(struct bytes der, struct parts *out)
{
	struct bytes list, tbs, signature, explicit;
	uint8_t tag;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = der_get(&der, DER_SEQUENCE, &list)) != 0 || (r = bytes_end(&der)) != 0 ||
	    (r = der_get(&list, DER_SEQUENCE, &tbs)) != 0 ||
	    (r = sequence_whole(&list, &out->algorithm)) != 0 ||
	    (r = der_get(&list, DER_BIT_STRING, &signature)) != 0 || (r = bytes_end(&list)) != 0)
		return r;
	if (signature.n < 2 || signature.p[0] != 0)
		return ERR_FORMAT;
	if ((r = version(&tbs, &out->v2)) != 0 ||
	    (r = sequence_whole(&tbs, &out->tbs_algorithm)) != 0 ||
	    (r = sequence_whole(&tbs, &out->issuer)) != 0 ||
	    (r = der_time(&tbs, &out->this_update)) != 0)
		return r;
	tag = tbs.n > 0 ? tbs.p[0] : 0;
	if (tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME)
		if ((r = der_time(&tbs, &out->next_update)) != 0)
			return r;
	if ((r = der_get_optional(&tbs, DER_SEQUENCE, &out->revoked)) != 0 ||
	    (r = der_get_optional(&tbs, DER_EXPLICIT(0), &explicit)) != 0 ||
	    (r = bytes_end(&tbs)) != 0)
		return r;
	if (explicit.p != NULL) {
		if ((r = der_get(&explicit, DER_SEQUENCE, &out->extensions)) != 0 ||
		    (r = bytes_end(&explicit)) != 0 ||
		    (r = der_extensions_check(out->extensions)) != 0)
			return r;
		if (!out->v2)
			return ERR_FORMAT;
	}
	return bytes_equal(out->algorithm, out->tbs_algorithm) ? 0 : ERR_FORMAT;
}

static int
check_entries(const struct parts *p)
{
	struct bytes list = p->revoked, entry, serial, extensions;
	uint64_t at;
	int r;

	if (list.p != NULL && list.n == 0)
		return ERR_FORMAT;
	while (list.n > 0) {
		if ((r = der_get(&list, DER_SEQUENCE, &entry)) != 0 ||
		    (r = der_integer(&entry, &serial)) != 0 || (r = der_time(&entry, &at)) != 0 ||
		    (r = der_get_optional(&entry, DER_SEQUENCE, &extensions)) != 0 ||
		    (r = bytes_end(&entry)) != 0)
			return r;
		if (extensions.p == NULL)
			continue;
		if (!p->v2)
			return ERR_FORMAT;
		if ((r = der_extensions_check(extensions)) != 0)
			return r;
	}
	return 0;
}

static int
read_number(struct bytes extensions, struct revocation_info *info)
{
	struct der_extension e;
	struct bytes body;
	int r;

	if (der_extension_find(extensions, oid_number, sizeof(oid_number), &e) != 0)
		return 0;
	if ((r = der_integer(&e.value, &body)) != 0 || (r = bytes_end(&e.value)) != 0)
		return r;
	if (body.p[0] & 0x80)
		return ERR_FORMAT;
	if (body.p[0] == 0 && body.n > 1)
		body = (struct bytes){ body.p + 1, body.n - 1 };
	if (body.n > sizeof(info->number))
		return ERR_LIMIT;
	memcpy(info->number + sizeof(info->number) - body.n, body.p, body.n);
	info->has_number = true;
	return 0;
}

/* IssuingDistributionPoint, RFC 5280 5.2.5: fields in order, defaults left out, not empty. The
 * first http name of its distribution point becomes the list's url. */
static int
read_point(struct bytes extensions, struct revocation_info *info)
{
	struct der_extension e;
	struct bytes seq, choice, field;
	struct der_item name;
	int r;

	if (der_extension_find(extensions, oid_point, sizeof(oid_point), &e) != 0)
		return 0;
	info->scoped = true;
	if ((r = der_get(&e.value, DER_SEQUENCE, &seq)) != 0 || (r = bytes_end(&e.value)) != 0)
		return r;
	if (seq.n == 0)
		return ERR_FORMAT;
	if ((r = der_get_optional(&seq, DER_EXPLICIT(0), &choice)) != 0)
		return r;
	for (uint8_t n = 1; n <= 5; n++)
		if ((r = der_get_optional(&seq, DER_CONTEXT | n, &field)) != 0)
			return r;
	if ((r = bytes_end(&seq)) != 0 || choice.p == NULL)
		return r;
	if ((r = der_any(&choice, &name)) != 0 || (r = bytes_end(&choice)) != 0)
		return r;
	if (name.tag != DER_EXPLICIT(0))
		return name.tag == DER_EXPLICIT(1) ? 0 : ERR_FORMAT;
	for (choice = name.body; choice.n > 0;) {
		if ((r = der_any(&choice, &name)) != 0)
			return r;
		if (info->url[0] == '\0' && name.tag == (DER_CONTEXT | 6) &&
		    name.body.n < sizeof(info->url) && name.body.n > strlen(URL_SCHEME_HTTP) &&
		    memcmp(name.body.p, URL_SCHEME_HTTP, strlen(URL_SCHEME_HTTP)) == 0)
			text_clean_to(
			    info->url, sizeof(info->url), name.body.p, name.body.n, TEXT_LINE);
	}
	return 0;
}

/* SHA-256 of an extension's value; of nothing where it is missing. */
static void
hash_extension(struct bytes list, const uint8_t *oid, size_t oidlen, uint8_t *out)
{
	struct der_extension e;

	if (der_extension_find(list, oid, oidlen, &e) != 0)
		e.value = (struct bytes){ out, 0 };
	SHA256(e.value.p, e.value.n, out);
}

/* There and not critical? */
static bool
has_plain(struct bytes list, const uint8_t *oid, size_t oidlen)
{
	struct der_extension e;

	return der_extension_find(list, oid, oidlen, &e) == 0 && !e.critical;
}

static void
read_scope(const struct parts *p, struct revocation *r)
{
	uint8_t all[REVOCATION_HASH_LEN * 2 + 1];

	memcpy(all, r->info.issuer, REVOCATION_HASH_LEN);
	hash_extension(p->extensions, oid_point, sizeof(oid_point), all + REVOCATION_HASH_LEN);
	all[REVOCATION_HASH_LEN * 2] = r->info.delta;
	SHA256(all, sizeof(all), r->scope);
	hash_extension(
	    p->extensions, oid_authority_key, sizeof(oid_authority_key), r->authority_key);
}

static char *
name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *p = NULL;
	long n;

	if (bio == NULL)
		return mem_strdup("");
	X509_NAME_print_ex(bio, name, 0,
	    XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_DN_REV | XN_FLAG_FN_SN | ASN1_STRFLGS_ESC_2253 |
		ASN1_STRFLGS_UTF8_CONVERT);
	n = BIO_get_mem_data(bio, &p);
	text = text_clean(p, n < 0 ? 0 : (size_t)n, TEXT_NAME);
	BIO_free(bio);
	return text;
}

static int
read_info(struct bytes der, const struct parts *p, struct revocation *r)
{
	struct der_extension e;
	const uint8_t *at = der.p;
	int err;

	r->info.size = der.n;
	r->info.this_update = p->this_update;
	r->info.next_update = p->next_update;
	SHA256(der.p, der.n, r->info.sha256);
	SHA256(p->issuer.p, p->issuer.n, r->info.issuer);
	r->info.delta = der_extension_find(p->extensions, oid_delta, sizeof(oid_delta), &e) == 0;
	if ((err = read_number(p->extensions, &r->info)) != 0 ||
	    (err = read_point(p->extensions, &r->info)) != 0)
		return err;
	r->info.conforming = p->v2 && p->next_update != 0 &&
	    has_plain(p->extensions, oid_number, sizeof(oid_number)) &&
	    has_plain(p->extensions, oid_authority_key, sizeof(oid_authority_key));
	read_scope(p, r);
	r->crl = d2i_X509_CRL(NULL, &at, (long)der.n);
	if (r->crl == NULL || at != der.p + der.n)
		return ERR_FORMAT;
	r->info.issuer_text = name_text(X509_CRL_get_issuer(r->crl));
	return 0;
}

int
revocation_parse(struct bytes der, const char *about, struct revocation **out, struct fault *f)
{
	struct revocation *r = NULL;
	struct parts parts;
	int err;

	*out = NULL;
	if (der.n > REVOCATION_LIST_MAX)
		return fault_set(f, ERR_LIMIT, about, "revocation list of more than %u MiB",
		    REVOCATION_LIST_MAX >> 20);
	if ((err = split(der, &parts)) != 0 || (err = check_entries(&parts)) != 0)
		goto out;
	r = mem_alloc(sizeof(*r));
	atomic_init(&r->refs, 1);
	if ((r->der = mem_try_alloc(der.n)) == NULL) {
		err = ERR_NOMEM;
		goto out;
	}
	memcpy(r->der, der.p, der.n);
	if ((err = read_info((struct bytes){ r->der, der.n }, &parts, r)) != 0)
		goto out;
	*out = r;
	r = NULL;
out:
	revocation_free(&r);
	if (err != 0)
		return fault_set(f, err, about, "not a valid revocation list (%s)", err_text(err));
	return 0;
}

struct revocation *
revocation_ref(struct revocation *r)
{
	atomic_fetch_add(&r->refs, 1);
	return r;
}

void
revocation_free(struct revocation **pr)
{
	struct revocation *r = *pr;

	*pr = NULL;
	if (r == NULL || atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	X509_CRL_free(r->crl);
	free(r->info.issuer_text);
	free(r->der);
	free(r);
}

const struct revocation_info *
revocation_info(const struct revocation *r)
{
	return &r->info;
}

struct bytes
revocation_der(const struct revocation *r)
{
	return (struct bytes){ r->der, r->info.size };
}

struct X509_crl_st *
revocation_crl(const struct revocation *r)
{
	return r->crl;
}

const uint8_t *
revocation_scope(const struct revocation *r)
{
	return r->scope;
}

void
revocation_signed_by(struct revocation *r, const uint8_t key[REVOCATION_HASH_LEN])
{
	memcpy(r->signer, key, sizeof(r->signer));
}

bool
revocation_supersedes(const struct revocation *a, const struct revocation *b)
{
	return memcmp(a->signer, b->signer, sizeof(a->signer)) == 0 &&
	    memcmp(a->scope, b->scope, sizeof(a->scope)) == 0 &&
	    memcmp(a->authority_key, b->authority_key, sizeof(a->authority_key)) == 0;
}

void
revocation_lineage(const struct revocation *r, uint8_t lineage[REVOCATION_HASH_LEN])
{
	uint8_t all[sizeof(r->signer) + sizeof(r->scope) + sizeof(r->authority_key)];

	memcpy(all, r->signer, sizeof(r->signer));
	memcpy(all + sizeof(r->signer), r->scope, sizeof(r->scope));
	memcpy(all + sizeof(r->signer) + sizeof(r->scope), r->authority_key, sizeof(r->authority_key));
	SHA256(all, sizeof(all), lineage);
}

int
revocation_compare(const struct revocation *a, const struct revocation *b)
{
	int r = 0;

	if (a->info.has_number && b->info.has_number)
		r = memcmp(a->info.number, b->info.number, sizeof(a->info.number));
	if (r == 0 && a->info.this_update != b->info.this_update)
		r = a->info.this_update < b->info.this_update ? -1 : 1;
	return r;
}

/* The name after `skip` elements of a TBSCertificate (version aside). */
static int
certificate_name(struct bytes certificate, int skip, uint8_t hash[REVOCATION_HASH_LEN])
{
	struct bytes whole, tbs, version;
	struct der_item item;
	int r;

	memset(hash, 0, REVOCATION_HASH_LEN);
	if ((r = der_get(&certificate, DER_SEQUENCE, &whole)) != 0 ||
	    (r = der_get(&whole, DER_SEQUENCE, &tbs)) != 0 ||
	    (r = der_get_optional(&tbs, DER_EXPLICIT(0), &version)) != 0)
		return ERR_FORMAT;
	for (int i = 0; i <= skip; i++)
		if (der_any(&tbs, &item) != 0)
			return ERR_FORMAT;
	if (item.tag != DER_SEQUENCE)
		return ERR_FORMAT;
	SHA256(item.whole.p, item.whole.n, hash);
	return 0;
}

int
revocation_issuer_of(struct bytes certificate, uint8_t issuer[REVOCATION_HASH_LEN])
{
	return certificate_name(certificate, 2, issuer);
}

int
revocation_subject_of(struct bytes certificate, uint8_t subject[REVOCATION_HASH_LEN])
{
	return certificate_name(certificate, 4, subject);
}
