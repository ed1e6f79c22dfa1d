/*
 * Clusters are UAX 29's; columns are what ncurses counts, that is wcwidth's. The two agree while a
 * cluster is one code point of some width with marks of none, a letter with a spacing vowel sign,
 * or the two letters of a flag. Elsewhere (emoji sequences, strings of jamo) terminals differ from
 * each other and from wcwidth, and only the first code point is drawn.
 */
#include <utf8proc.h>
#include <wchar.h>

#include "base/text.h"

/* Columns of one code point; 0 for controls. */
static int
width(int32_t cp)
{
	int w = wcwidth((wchar_t)cp);

	if (w >= 0)
		return w;
	/* unknown to this locale; controls stay out of the picture */
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ? 0 : utf8proc_charwidth(cp);
}

static size_t
decode(const char *s, size_t n, int32_t *cp)
{
	utf8proc_ssize_t len =
	    utf8proc_iterate((const uint8_t *)s, n > 4 ? 4 : (utf8proc_ssize_t)n, cp);

	if (len > 0)
		return (size_t)len;
	*cp = 0xfffd;
	return 1;
}

static bool
is_disputed(int32_t cp)
{
	return cp == 0x200d || cp == 0xfe0e || cp == 0xfe0f || (cp >= 0x1f3fb && cp <= 0x1f3ff);
}

int
text_next(const char *s, size_t n, struct text_cluster *out)
{
	int32_t first, prev, cp, state = 0;
	size_t len;
	bool disputed = false;
	int columns;

	*out = (struct text_cluster){ 0, 0, 0 };
	if (n == 0)
		return 0;
	out->bytes = out->draw = decode(s, n, &first);
	columns = out->columns = width(first);
	for (prev = first; out->bytes < n; prev = cp) {
		len = decode(s + out->bytes, n - out->bytes, &cp);
		if (utf8proc_grapheme_break_stateful(prev, cp, &state))
			break;
		out->bytes += len;
		columns += width(cp);
		disputed = disputed || is_disputed(cp);
	}
	if (!disputed && columns <= 2) {
		out->draw = out->bytes;
		out->columns = columns;
	}
	return 1;
}

int
text_columns(const char *s, size_t n)
{
	struct text_cluster c;
	int columns = 0;

	for (; text_next(s, n, &c); s += c.bytes, n -= c.bytes)
		columns += c.columns;
	return columns;
}

size_t
text_fit(const char *s, size_t n, int columns)
{
	struct text_cluster c;
	size_t used = 0;

	while (text_next(s + used, n - used, &c) && c.columns <= columns) {
		used += c.bytes;
		columns -= c.columns;
	}
	return used;
}
