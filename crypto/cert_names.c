/*
 * Names in certificates as RFC 5280 4.2.1.6 and 4.2.1.10 want them written. What is malformed can
 * slip past a constraint that it would otherwise fall under, so the strict profile refuses it.
 */
#include <ctype.h>
#include <string.h>

#include "crypto/cert_int.h"

#define DNS_MAX 253
#define LABEL_MAX 63
#define IPV4_LEN 4
#define IPV6_LEN 16

static struct bytes
string_bytes(const ASN1_STRING *s)
{
	return (struct bytes){ ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) };
}

static bool
is_label(const uint8_t *p, size_t n)
{
	if (n == 0 || n > LABEL_MAX || p[0] == '-' || p[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 0x80 || !(isalnum(p[i]) || p[i] == '-' || p[i] == '_'))
			return false;
	return true;
}

static bool
is_host(struct bytes name)
{
	const uint8_t *dot;

	if (name.n == 0 || name.n > DNS_MAX)
		return false;
	while ((dot = memchr(name.p, '.', name.n)) != NULL) {
		size_t n = (size_t)(dot - name.p);

		if (!is_label(name.p, n))
			return false;
		name.p += n + 1;
		name.n -= n + 1;
	}
	return is_label(name.p, name.n);
}

static bool
is_wildcard(struct bytes name)
{
	return name.n > 2 && name.p[0] == '*' && name.p[1] == '.';
}

static bool
is_mailbox(struct bytes name)
{
	const uint8_t *at = memchr(name.p, '@', name.n);
	size_t local;

	if (at == NULL)
		return false;
	local = (size_t)(at - name.p);
	if (local == 0)
		return false;
	for (size_t i = 0; i < local; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f)
			return false;
	return is_host((struct bytes){ at + 1, name.n - local - 1 });
}

/* As a subject's alternative name. */
static bool
is_alternative(const GENERAL_NAME *name)
{
	struct bytes v;

	switch (name->type) {
	case GEN_DNS:
		v = string_bytes(name->d.ia5);
		if (is_wildcard(v))
			v = (struct bytes){ v.p + 2, v.n - 2 };
		return is_host(v);
	case GEN_EMAIL:
		return is_mailbox(string_bytes(name->d.ia5));
	case GEN_IPADD:
		v = string_bytes(name->d.ip);
		return v.n == IPV4_LEN || v.n == IPV6_LEN;
	case GEN_URI:
		return string_bytes(name->d.ia5).n > 0;
	default:
		return true;
	}
}

/* An address and a mask whose ones come first. */
static bool
is_network(struct bytes v)
{
	bool zero = false;

	if (v.n != 2 * IPV4_LEN && v.n != 2 * IPV6_LEN)
		return false;
	for (size_t i = v.n / 2; i < v.n; i++)
		for (int bit = 7; bit >= 0; bit--) {
			if (!(v.p[i] >> bit & 1))
				zero = true;
			else if (zero)
				return false;
		}
	return true;
}

/* As the base of a name constraint. */
static bool
is_base(const GENERAL_NAME *name)
{
	struct bytes v;

	switch (name->type) {
	case GEN_DNS:
		v = string_bytes(name->d.ia5);
		return v.n == 0 || is_host(v);
	case GEN_EMAIL:
		v = string_bytes(name->d.ia5);
		if (v.n > 0 && memchr(v.p, '@', v.n) != NULL)
			return is_mailbox(v);
		/* fallthrough */
	case GEN_URI:
		v = string_bytes(name->d.ia5);
		if (v.n > 1 && v.p[0] == '.')
			v = (struct bytes){ v.p + 1, v.n - 1 };
		return v.n == 0 || is_host(v);
	case GEN_IPADD:
		return is_network(string_bytes(name->d.ip));
	default:
		return true;
	}
}

bool
cert_names_valid(X509 *x)
{
	int critical;
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);
	bool valid = names != NULL && sk_GENERAL_NAME_num(names) > 0;

	if (names == NULL)
		return critical == -1; /* not there, rather than there and unreadable */
	for (int i = 0; valid && i < sk_GENERAL_NAME_num(names); i++)
		valid = is_alternative(sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	return valid;
}

static bool
bases_valid(const STACK_OF(GENERAL_SUBTREE) * list)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(list); i++)
		if (!is_base(sk_GENERAL_SUBTREE_value(list, i)->base))
			return false;
	return true;
}

bool
cert_names_constraints_valid(X509 *x)
{
	int critical;
	NAME_CONSTRAINTS *nc = X509_get_ext_d2i(x, NID_name_constraints, &critical, NULL);
	bool valid;

	if (nc == NULL)
		return critical == -1;
	valid = critical == 1 && (X509_get_extension_flags(x) & EXFLAG_CA) &&
	    (sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) > 0 ||
		sk_GENERAL_SUBTREE_num(nc->excludedSubtrees) > 0) &&
	    bases_valid(nc->permittedSubtrees) && bases_valid(nc->excludedSubtrees);
	NAME_CONSTRAINTS_free(nc);
	return valid;
}

/* Could a host that *.X stands for lie under the excluded name? */
static bool
wildcard_meets(struct bytes wildcard, struct bytes excluded)
{
	struct bytes under = { wildcard.p + 1, wildcard.n - 1 }; /* ".X" */

	return excluded.n > under.n &&
	    strncasecmp((const char *)excluded.p + excluded.n - under.n, (const char *)under.p,
		under.n) == 0;
}

static bool
wildcards_meet(const GENERAL_NAMES *names, const STACK_OF(GENERAL_SUBTREE) * excluded)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS || !is_wildcard(string_bytes(name->d.ia5)))
			continue;
		for (int j = 0; j < sk_GENERAL_SUBTREE_num(excluded); j++) {
			const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(excluded, j)->base;

			if (base->type == GEN_DNS &&
			    wildcard_meets(string_bytes(name->d.ia5), string_bytes(base->d.ia5)))
				return true;
		}
	}
	return false;
}

bool
cert_names_wildcard_excluded(STACK_OF(X509) * chain)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(sk_X509_value(chain, 0), NID_subject_alt_name, NULL, NULL);
	bool excluded = false;

	for (int i = 1; !excluded && i < sk_X509_num(chain); i++) {
		NAME_CONSTRAINTS *nc =
		    X509_get_ext_d2i(sk_X509_value(chain, i), NID_name_constraints, NULL, NULL);

		if (nc != NULL)
			excluded = wildcards_meet(names, nc->excludedSubtrees);
		NAME_CONSTRAINTS_free(nc);
	}
	GENERAL_NAMES_free(names);
	return excluded;
}
