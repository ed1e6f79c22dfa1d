/*
 * Certificate policies. A state's roots sign for servers, officials and companies, too, with every right
 * that a card's certificate has but one: the policy it was issued under.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/cert_int.h"

/* In dotted text, as OpenSSL writes it back: one way to write each. */
static bool
is_oid(const char *text)
{
	ASN1_OBJECT *o = OBJ_txt2obj(text, 1);
	char again[CERT_OID_MAX + 1];
	int n = o != NULL ? OBJ_obj2txt(again, sizeof(again), o, 1) : 0;

	ASN1_OBJECT_free(o);
	ERR_clear_error();
	return n > 0 && n < CERT_OID_MAX && strcmp(again, text) == 0;
}

int
cert_policies_add(struct cert_policies *p, const char *oid)
{
	if (!is_oid(oid) || strcmp(oid, "2.5.29.32.0") == 0)
		return ERR_CONFIG;
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->oid[i], oid) == 0)
			return ERR_CONFIG;
	if (p->count == CERT_POLICIES_MAX)
		return ERR_LIMIT;
	memcpy(p->oid[p->count++], oid, strlen(oid) + 1);
	return 0;
}

bool
cert_policies_listed(X509 *x, const char *oid)
{
	CERTIFICATEPOLICIES *list = X509_get_ext_d2i(x, NID_certificate_policies, NULL, NULL);
	char text[CERT_OID_MAX];
	bool found = false;

	for (int i = 0; i < sk_POLICYINFO_num(list) && !found; i++) {
		int n = OBJ_obj2txt(text, sizeof(text), sk_POLICYINFO_value(list, i)->policyid, 1);

		found = n > 0 && strcmp(text, oid) == 0;
	}
	CERTIFICATEPOLICIES_free(list);
	ERR_clear_error();
	return found;
}

/* The same chain is built again, this time with the policies for the user's initial set and an explicit
 * policy asked for: whether an anchor is a relay's is known after the first time only. */
int
cert_path_policies(const struct cert_path *p, const struct cert_policies *of, bool *hold)
{
	const char *oids[CERT_POLICIES_MAX + 1] = { NULL };
	struct cert_policy_input in = { .initial = oids, .require_explicit = true };
	struct cert_request rq = *p->rq;
	struct cert_path again = { .store = p->store, .rq = &rq, .leaf = p->leaf,
		.untrusted = p->untrusted };
	int r;

	rq.policies = &in;
	for (size_t i = 0; i < of->count; i++)
		oids[i] = of->oid[i];
	r = cert_path_build(&again);
	*hold = r == 0 && again.complete;
	again.leaf = NULL;
	again.untrusted = NULL;
	cert_path_clear(&again);
	return r;
}
