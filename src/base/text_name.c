#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/text.h"

#define NAME_CHARS_MAX 32

/* Code point by code point; 0 at the end or where it is not UTF-8 (then *n stays). */
static int
step(const char **s, size_t *n, int32_t *cp)
{
	utf8proc_ssize_t len =
	    utf8proc_iterate((const uint8_t *)*s, *n > 4 ? 4 : (utf8proc_ssize_t)*n, cp);

	if (*n == 0 || len <= 0)
		return 0;
	*s += len;
	*n -= (size_t)len;
	return 1;
}

static bool
is_letter(int32_t cp)
{
	utf8proc_category_t c = utf8proc_category(cp);

	return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

static bool
is_name_char(int32_t cp, bool first)
{
	if (cp == '.' || cp == '-')
		return !first;
	if (cp == '_' || utf8proc_category(cp) == UTF8PROC_CATEGORY_ND)
		return true;
	return is_letter(cp) && !utf8proc_get_property(cp)->ignorable && utf8proc_tolower(cp) == cp;
}

/* Is it unchanged by NFKC? Covers NFC, and keeps out look-alikes such as ligatures and full-width
 * letters. */
static bool
is_composed(const char *s, size_t n)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t len = utf8proc_map((const uint8_t *)s, (utf8proc_ssize_t)n, &out,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
	bool same = len >= 0 && (size_t)len == n && memcmp(out, s, n) == 0;

	free(out);
	return same;
}

int
text_name_check(const char *name, size_t n)
{
	const char *s = name;
	size_t left = n, chars = 0;
	int32_t cp;

	/* Four bytes a code point at most: longer input is not looked at. */
	if (n == 0 || n > 4 * NAME_CHARS_MAX)
		return ERR_FORMAT;
	while (step(&s, &left, &cp))
		if (!is_name_char(cp, chars++ == 0))
			return ERR_FORMAT;
	if (left > 0 || chars > NAME_CHARS_MAX || !is_composed(name, n))
		return ERR_FORMAT;
	return 0;
}

int
text_name_fold(const char *name, size_t n, char *out, size_t outlen)
{
	utf8proc_uint8_t *composed = NULL, lower[16 * NAME_CHARS_MAX];
	utf8proc_ssize_t len;
	size_t used = 0;
	int32_t cp;
	int r = ERR_FORMAT;

	if (outlen > 0)
		out[0] = '\0';
	if (n > 4 * NAME_CHARS_MAX)
		return ERR_FORMAT;
	while (step(&name, &n, &cp))
		used += (size_t)utf8proc_encode_char(utf8proc_tolower(cp), lower + used);
	if (n > 0)
		return ERR_FORMAT;
	len = utf8proc_map(
	    lower, (utf8proc_ssize_t)used, &composed, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (len < 0 || (r = text_name_check((char *)composed, (size_t)len)) != 0)
		goto out;
	r = ERR_LIMIT;
	if ((size_t)len >= outlen)
		goto out;
	memcpy(out, composed, (size_t)len);
	out[len] = '\0';
	r = 0;
out:
	free(composed);
	return r;
}

enum script {
	OTHER,
	LATIN,
	GREEK,
	CYRILLIC,
	ARMENIAN,
	HEBREW,
	ARABIC,
	SYRIAC,
	THAANA,
	NKO,
	DEVANAGARI,
	BENGALI,
	GURMUKHI,
	GUJARATI,
	ORIYA,
	TAMIL,
	TELUGU,
	KANNADA,
	MALAYALAM,
	SINHALA,
	THAI,
	LAO,
	TIBETAN,
	MYANMAR,
	GEORGIAN,
	HANGUL,
	ETHIOPIC,
	CHEROKEE,
	CANADIAN,
	OGHAM,
	RUNIC,
	KHMER,
	MONGOLIAN,
	COPTIC,
	GLAGOLITIC,
	TIFINAGH,
	LISU,
	HIRAGANA,
	KATAKANA,
	BOPOMOFO,
	HAN,
	YI,
	MATH,
};

/* Where the letters of a script are, by blocks of Unicode 15; sorted. */
static const struct range {
	int32_t lo, hi;
	enum script script;
} ranges[] = {
	{ 0x0041, 0x02b8, LATIN },
	{ 0x02e0, 0x02e4, LATIN },
	{ 0x0370, 0x03e1, GREEK },
	{ 0x03e2, 0x03ef, COPTIC },
	{ 0x03f0, 0x03ff, GREEK },
	{ 0x0400, 0x052f, CYRILLIC },
	{ 0x0530, 0x058f, ARMENIAN },
	{ 0x0590, 0x05ff, HEBREW },
	{ 0x0600, 0x06ff, ARABIC },
	{ 0x0700, 0x074f, SYRIAC },
	{ 0x0750, 0x077f, ARABIC },
	{ 0x0780, 0x07bf, THAANA },
	{ 0x07c0, 0x07ff, NKO },
	{ 0x0860, 0x086f, SYRIAC },
	{ 0x0870, 0x08ff, ARABIC },
	{ 0x0900, 0x097f, DEVANAGARI },
	{ 0x0980, 0x09ff, BENGALI },
	{ 0x0a00, 0x0a7f, GURMUKHI },
	{ 0x0a80, 0x0aff, GUJARATI },
	{ 0x0b00, 0x0b7f, ORIYA },
	{ 0x0b80, 0x0bff, TAMIL },
	{ 0x0c00, 0x0c7f, TELUGU },
	{ 0x0c80, 0x0cff, KANNADA },
	{ 0x0d00, 0x0d7f, MALAYALAM },
	{ 0x0d80, 0x0dff, SINHALA },
	{ 0x0e00, 0x0e7f, THAI },
	{ 0x0e80, 0x0eff, LAO },
	{ 0x0f00, 0x0fff, TIBETAN },
	{ 0x1000, 0x109f, MYANMAR },
	{ 0x10a0, 0x10ff, GEORGIAN },
	{ 0x1100, 0x11ff, HANGUL },
	{ 0x1200, 0x139f, ETHIOPIC },
	{ 0x13a0, 0x13ff, CHEROKEE },
	{ 0x1400, 0x167f, CANADIAN },
	{ 0x1680, 0x169f, OGHAM },
	{ 0x16a0, 0x16ff, RUNIC },
	{ 0x1780, 0x17ff, KHMER },
	{ 0x1800, 0x18af, MONGOLIAN },
	{ 0x18b0, 0x18ff, CANADIAN },
	{ 0x1c80, 0x1c8f, CYRILLIC },
	{ 0x1c90, 0x1cbf, GEORGIAN },
	{ 0x1d00, 0x1d25, LATIN },
	{ 0x1d26, 0x1d2a, GREEK },
	{ 0x1d2b, 0x1d2b, CYRILLIC },
	{ 0x1d2c, 0x1d5c, LATIN },
	{ 0x1d5d, 0x1d61, GREEK },
	{ 0x1d62, 0x1d65, LATIN },
	{ 0x1d66, 0x1d6a, GREEK },
	{ 0x1d6b, 0x1d77, LATIN },
	{ 0x1d78, 0x1d78, CYRILLIC },
	{ 0x1d79, 0x1dbe, LATIN },
	{ 0x1dbf, 0x1dbf, GREEK },
	{ 0x1e00, 0x1eff, LATIN },
	{ 0x1f00, 0x1fff, GREEK },
	{ 0x2071, 0x209c, LATIN },
	{ 0x2126, 0x2126, GREEK },
	{ 0x212a, 0x212b, LATIN },
	{ 0x2c00, 0x2c5f, GLAGOLITIC },
	{ 0x2c60, 0x2c7f, LATIN },
	{ 0x2c80, 0x2cff, COPTIC },
	{ 0x2d00, 0x2d2f, GEORGIAN },
	{ 0x2d30, 0x2d7f, TIFINAGH },
	{ 0x2d80, 0x2ddf, ETHIOPIC },
	{ 0x3005, 0x3007, HAN },
	{ 0x3031, 0x3035, KATAKANA },
	{ 0x303b, 0x303b, HAN },
	{ 0x3040, 0x309f, HIRAGANA },
	{ 0x30a0, 0x30ff, KATAKANA },
	{ 0x3100, 0x312f, BOPOMOFO },
	{ 0x3130, 0x318f, HANGUL },
	{ 0x31a0, 0x31bf, BOPOMOFO },
	{ 0x31f0, 0x31ff, KATAKANA },
	{ 0x3400, 0x4dbf, HAN },
	{ 0x4e00, 0x9fff, HAN },
	{ 0xa000, 0xa4cf, YI },
	{ 0xa4d0, 0xa4ff, LISU },
	{ 0xa640, 0xa69f, CYRILLIC },
	{ 0xa720, 0xa7ff, LATIN },
	{ 0xa8e0, 0xa8ff, DEVANAGARI },
	{ 0xa960, 0xa97f, HANGUL },
	{ 0xaa60, 0xaa7f, MYANMAR },
	{ 0xab00, 0xab2f, ETHIOPIC },
	{ 0xab30, 0xab6f, LATIN },
	{ 0xab70, 0xabbf, CHEROKEE },
	{ 0xac00, 0xd7ff, HANGUL },
	{ 0xf900, 0xfaff, HAN },
	{ 0xfb00, 0xfb06, LATIN },
	{ 0xfb13, 0xfb17, ARMENIAN },
	{ 0xfb1d, 0xfb4f, HEBREW },
	{ 0xfb50, 0xfdff, ARABIC },
	{ 0xfe70, 0xfefe, ARABIC },
	{ 0xff21, 0xff5a, LATIN },
	{ 0xff66, 0xff9f, KATAKANA },
	{ 0xffa0, 0xffdc, HANGUL },
	{ 0x1d400, 0x1d7ff, MATH },
	{ 0x20000, 0x3ffff, HAN },
};

static enum script
script_of(int32_t cp)
{
	size_t lo = 0, hi = sizeof ranges / sizeof ranges[0], mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (cp > ranges[mid].hi)
			lo = mid + 1;
		else if (cp < ranges[mid].lo)
			hi = mid;
		else
			return ranges[mid].script;
	}
	return OTHER;
}

#define BIT(s) ((uint64_t)1 << (s))

bool
text_mixed_scripts(const char *s, size_t n)
{
	/* What is written together: UTS 39, 5.2, highly restrictive. */
	static const uint64_t together[] = {
		BIT(LATIN) | BIT(HAN) | BIT(HIRAGANA) | BIT(KATAKANA),
		BIT(LATIN) | BIT(HAN) | BIT(BOPOMOFO),
		BIT(LATIN) | BIT(HAN) | BIT(HANGUL),
	};
	uint64_t seen = 0;
	int32_t cp;
	size_t i;

	while (step(&s, &n, &cp))
		if (is_letter(cp))
			seen |= BIT(script_of(cp));
	if ((seen & (seen - 1)) == 0)
		return false;
	for (i = 0; i < sizeof together / sizeof together[0]; i++)
		if ((seen & ~together[i]) == 0)
			return false;
	return true;
}
