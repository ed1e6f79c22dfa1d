/* A certificate from anybody: described, judged as a leaf, and as its own anchor. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_MS 1795000000000ull

static void
must_be_clean(const char *s)
{
	if (!text_is_clean(s, strlen(s), TEXT_LINE))
		abort();
}

/* Is it a certificate at all? */
static bool
describe(struct bytes der)
{
	struct cert_link l;
	char *name, *id;
	enum cert_scheme scheme;

	if (cert_describe(der, &l) != 0)
		return false;
	must_be_clean(l.subject);
	must_be_clean(l.issuer);
	must_be_clean(l.crl_url);
	must_be_clean(l.policies);
	cert_link_clear(&l);
	if (cert_holder(der, &name, &id) != 0)
		abort();
	must_be_clean(name);
	must_be_clean(id);
	free(name);
	free(id);
	(void)cert_use(der);
	(void)!cert_scheme(der, &scheme);
	return true;
}

static void
judge(struct bytes der, enum cert_profile profile, bool anchor)
{
	struct cert_policy policy = { .profile = profile,
		.revocation = CERT_REVOCATION_PREFER,
		.max_age_h = 48 };
	struct cert_store *s = cert_store_new(&policy);
	struct cert_request rq = { .leaf = der,
		.intermediates = &der,
		.intermediate_count = 1,
		.now_ms = NOW_MS,
		.purpose = anchor ? CERT_FOR_PATH : CERT_FOR_HOLDER };
	const struct cert_verdict *v;
	struct fault f;
	int r;

	if (anchor)
		(void)!cert_store_add(s, CERT_ANCHORS, der, NULL);
	r = cert_verify(s, &rq, &v, &f);
	if (r == 0 && !anchor)
		abort();
	if (v != NULL)
		must_be_clean(v->sentence);
	cert_verdict_free(&v);
	cert_store_free(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes der = { data, size };
	uint8_t hash[REVOCATION_HASH_LEN];

	if (!describe(der))
		return 0;
	(void)!revocation_issuer_of(der, hash);
	(void)!revocation_subject_of(der, hash);
	judge(der, size % 2 == 0 ? CERT_STANDARD : CERT_STRICT, size % 3 != 0);
	return 0;
}
