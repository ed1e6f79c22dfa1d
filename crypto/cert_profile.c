#include <string.h>

#include <openssl/err.h>

#include "crypto/cert_int.h"

#define SERIAL_MAX 20

int
cert_profile_leaf(X509 *leaf, enum cert_purpose purpose, const char **why)
{
	uint32_t usage = X509_get_key_usage(leaf), extended = X509_get_extended_key_usage(leaf);

	*why = NULL;
	if (purpose != CERT_FOR_HOLDER)
		return 0;
	*why = "the certificate is an authority's, not a person's";
	if (X509_get_extension_flags(leaf) & EXFLAG_CA)
		return ERR_CERT_USAGE;
	*why = "the certificate does not say what its key is for";
	if (usage == UINT32_MAX)
		return ERR_CERT_USAGE;
	*why = "the certificate's key is for legal signatures (non-repudiation), not for authentication";
	if (usage & KU_NON_REPUDIATION)
		return ERR_CERT_USAGE;
	*why = "the certificate's key is not for digital signatures";
	if (!(usage & KU_DIGITAL_SIGNATURE))
		return ERR_CERT_USAGE;
	*why = "the certificate is not for client authentication (extended key usage)";
	if (extended != UINT32_MAX && !(extended & XKU_SSL_CLIENT))
		return ERR_CERT_USAGE;
	*why = NULL;
	return 0;
}

int
cert_profile_keys(STACK_OF(X509) * chain, int rsa_bits_min, int *depth, const char **why)
{
	int r;

	*why = NULL;
	for (*depth = 0; *depth < sk_X509_num(chain); ++*depth)
		if ((r = cert_key_check(
			 X509_get0_pubkey(sk_X509_value(chain, *depth)), rsa_bits_min, why)) != 0) {
			ERR_clear_error();
			return ERR_CERT;
		}
	*why = NULL;
	return 0;
}

/* --------------------------------------------------------------------------- strict profile */

static bool
is_v3(X509 *x, bool anchor)
{
	return X509_get_version(x) == X509_VERSION_3;
}

/* RFC 5280 4.1.2.2: positive, at most 20 octets. */
static bool
has_serial(X509 *x, bool anchor)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	const uint8_t *p = ASN1_STRING_get0_data(serial);
	int n = ASN1_STRING_length(serial);

	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER || n == 0 || n > SERIAL_MAX)
		return false;
	return !(n == SERIAL_MAX && p[0] & 0x80) && !(n == 1 && p[0] == 0);
}

static bool
has_whole_octets(X509 *x, bool anchor)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	return EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) % 8 == 0;
}

/* RFC 5280 4.2.1.1: the identifier of the authority's key is there, alone in a root, and a root's
 * own; only what names itself as its issuer may leave it out. */
static bool
has_authority_key(X509 *x, bool anchor)
{
	int critical;
	AUTHORITY_KEYID *id = X509_get_ext_d2i(x, NID_authority_key_identifier, &critical, NULL);
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(x);
	bool self = X509_get_extension_flags(x) & EXFLAG_SI, fit;

	if (id == NULL)
		return critical == -1 && self;
	fit = critical == 0 && id->keyid != NULL;
	if (fit && self && anchor)
		fit = id->issuer == NULL && id->serial == NULL && own != NULL &&
		    ASN1_OCTET_STRING_cmp(id->keyid, own) == 0;
	AUTHORITY_KEYID_free(id);
	return fit;
}

/* RFC 5280 4.2.1.11: critical. */
static bool
has_policy_constraints(X509 *x, bool anchor)
{
	int at = X509_get_ext_by_NID(x, NID_policy_constraints, -1);

	return at < 0 || X509_EXTENSION_get_critical(X509_get_ext(x, at));
}

static bool
has_names(X509 *x, bool anchor)
{
	return cert_names_valid(x);
}

static bool
has_constraints(X509 *x, bool anchor)
{
	return cert_names_constraints_valid(x);
}

/* Of every link, the anchor included. */
static const struct {
	bool (*fit)(X509 *x, bool anchor);
	const char *why;
} strict_rules[] = {
	{ is_v3, "a version other than 3" },
	{ has_serial, "a serial number that is not positive or longer than 20 octets" },
	{ has_whole_octets, "an RSA key that is not a whole number of octets" },
	{ has_authority_key, "an unfit authority key identifier" },
	{ has_policy_constraints, "policy constraints that are not critical" },
	{ has_names, "a malformed alternative name" },
	{ has_constraints,
	    "name constraints that are malformed, empty, not critical, or not an "
	    "authority's" },
};

int
cert_profile_strict(STACK_OF(X509) * chain, enum cert_purpose purpose, int *depth, const char **why)
{
	int r = ERR_CERT;

	for (*depth = 0; *depth < sk_X509_num(chain); ++*depth)
		for (size_t i = 0; i < sizeof(strict_rules) / sizeof(strict_rules[0]); i++)
			if (!strict_rules[i].fit(
				sk_X509_value(chain, *depth), *depth == sk_X509_num(chain) - 1)) {
				*why = strict_rules[i].why;
				goto out;
			}
	*depth = 0;
	*why = "a wildcard that covers excluded names";
	if (cert_names_wildcard_excluded(chain))
		goto out;
	*why = "an authority's rights";
	if (purpose != CERT_FOR_PATH &&
	    (X509_get_extension_flags(sk_X509_value(chain, 0)) & EXFLAG_CA))
		goto out;
	*why = NULL;
	r = 0;
out:
	ERR_clear_error();
	return r;
}
