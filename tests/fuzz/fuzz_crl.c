/* A revocation list from anybody, alone and beside others. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/revocation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is accepted is kept to the octet, and choosing among lists never takes two of one scope. */
static void
beside_others(struct revocation *r)
{
	struct revocation_set *s = revocation_set_new(), *none = revocation_set_new();
	struct revocation *twice[2] = { r, r };
	bool use[2], changed;

	if (revocation_set_update(s, r, &changed) != 0 || !changed ||
	    revocation_set_update(s, r, &changed) != 0 || changed ||
	    revocation_set_add(s, r, &changed) != 0 || changed || revocation_set_count(s) != 1 ||
	    revocation_set_by_hash(s, revocation_info(r)->sha256) != r)
		abort();
	(void)revocation_set_choose(s, twice, use, 2);
	if (use[0] && use[1])
		abort();
	if (revocation_set_read_again(s, none, &changed) != 0 || !changed ||
	    revocation_set_count(s) != 1)
		abort();
	revocation_set_free(&none);
	revocation_set_free(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes der = { data, size };
	const struct revocation_info *info;
	struct revocation *r;
	struct fault f;

	if (revocation_parse(der, "input", &r, &f) != 0)
		return 0;
	info = revocation_info(r);
	if (!bytes_equal(revocation_der(r), der) || info->size != size ||
	    !text_is_clean(info->url, strlen(info->url), TEXT_LINE) ||
	    !text_is_clean(info->issuer_text, strlen(info->issuer_text), TEXT_LINE))
		abort();
	beside_others(r);
	revocation_free(&r);
	return 0;
}
