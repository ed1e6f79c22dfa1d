/*
 * The sanitiser: whatever comes in, what goes out is UTF-8, does not change when it is cleaned
 * again, and falls into clusters of at most two columns that add up to its length.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
need(bool held)
{
	if (!held)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum text_kind kinds[] = { TEXT_LINE, TEXT_BLOCK, TEXT_NAME };
	char cut[32], folded[TEXT_NAME_MAX], *s;
	struct text_cluster c;
	size_t i, at, len;

	for (i = 0; i < 3; i++) {
		s = text_clean(data, n, kinds[i]);
		len = strlen(s);
		need(text_is_utf8(s, len));
		need(text_is_clean(s, len, kinds[i]));
		for (at = 0; text_next(s + at, len - at, &c); at += c.bytes)
			need(c.columns >= 0 && c.columns <= 2 && c.draw <= c.bytes);
		need(at == len);
		need(text_fit(s, len, 10) <= len);
		len = text_clean_to(cut, sizeof cut, data, n, kinds[i]);
		need(len < sizeof cut && memcmp(cut, s, len) == 0);
		free(s);
	}
	if (text_name_fold((const char *)data, n, folded, sizeof folded) == 0)
		need(text_name_check(folded, strlen(folded)) == 0);
	(void)text_mixed_scripts((const char *)data, n);
	return 0;
}
