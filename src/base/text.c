/*
 * The sanitiser. Bytes are decoded strictly, each maximal bad part becoming one U+FFFD; every code
 * point is then kept, replaced or dropped by its Unicode properties and its neighbours; and what is
 * kept is counted into grapheme clusters, so that no cluster collects marks without end and none
 * begins with something that would land on a cell it was not given.
 *
 * Invisible code points stay only where a script or an emoji needs them: ZWJ between pictographs,
 * ZWJ and ZWNJ between letters of the scripts that join, VS15 and VS16 on a pictograph or keycap.
 *
 * Cleaning what is clean changes nothing; text_is_clean rests on that. For names this takes two
 * passes, because dropping can bring together what composes and composing can move marks.
 */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"

#define REPLACEMENT 0xfffd
#define DOTTED_CIRCLE 0x25cc
#define BAD (-1)  /* not a code point: malformed input */
#define DROP (-2) /* not a code point: nothing is written */

#define EXTRAS_MAX 8        /* marks, joiners and trailing jamo on one cluster */
#define EXTRAS_UNSETTLED 32 /* the same before composition, which sorts them in square time */

/* One code point, or BAD for a maximal bad part (Unicode 15, 3.9, U+FFFD substitution). Returns
 * its bytes, at least 1. */
static size_t
decode(const uint8_t *p, size_t n, int32_t *out)
{
	uint8_t lead = p[0], lo = 0x80, hi = 0xbf;
	size_t want, i;

	*out = BAD;
	if (lead < 0x80) {
		*out = lead;
		return 1;
	}
	if (lead < 0xc2 || lead > 0xf4)
		return 1;
	want = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (lead == 0xe0)
		lo = 0xa0; /* shorter forms exist */
	else if (lead == 0xed)
		hi = 0x9f; /* surrogates */
	else if (lead == 0xf0)
		lo = 0x90;
	else if (lead == 0xf4)
		hi = 0x8f; /* beyond U+10FFFF */
	for (i = 1; i < want; i++) {
		if (i == n || p[i] < lo || p[i] > hi)
			return i;
		lo = 0x80;
		hi = 0xbf;
	}
	utf8proc_iterate(p, (utf8proc_ssize_t)want, out);
	return want;
}

static bool
is_pictograph(int32_t cp)
{
	return cp >= 0 &&
	    utf8proc_get_property(cp)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* A letter, or with marks a mark too, of the scripts in which ZWJ and ZWNJ choose a form. */
static bool
is_joining(int32_t cp, bool marks)
{
	utf8proc_category_t c;

	if (cp < 0x600 || cp > 0x1cff || (cp >= 0x1100 && cp <= 0x11ff) ||
	    utf8proc_get_property(cp)->ignorable)
		return false;
	c = utf8proc_category(cp);
	return c == UTF8PROC_CATEGORY_LO || c == UTF8PROC_CATEGORY_LM ||
	    (marks && (c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC));
}

/* Invisible code points: those that do something for their neighbours stay. */
static int32_t
invisible(int32_t cp, int32_t prev, int32_t next)
{
	bool joins = is_joining(prev, true) && is_joining(next, false);
	bool after_emoji =
	    is_pictograph(prev) || prev == 0xfe0f || (prev >= 0x1f3fb && prev <= 0x1f3ff);

	switch (cp) {
	case 0x200c: /* ZWNJ */
		return joins ? cp : DROP;
	case 0x200d: /* ZWJ */
		return joins || (after_emoji && is_pictograph(next)) ? cp : DROP;
	case 0xfe0e: /* VS15 */
	case 0xfe0f: /* VS16 */
		return is_pictograph(prev) || prev == '#' || prev == '*' ||
			(prev >= '0' && prev <= '9')
		    ? cp
		    : DROP;
	default:
		return DROP;
	}
}

/* What becomes of a code point between prev (as written before it) and next (as it was sent). */
static int32_t
judge(int32_t cp, int32_t prev, int32_t next, enum text_kind kind)
{
	if (cp == BAD)
		return REPLACEMENT;
	if (cp >= 0x20 && cp < 0x7f)
		return cp;
	if (cp == '\r' && next == '\n')
		return DROP;
	if (cp == '\n' || cp == 0x2028 || cp == 0x2029)
		return kind == TEXT_BLOCK ? '\n' : ' ';
	if (cp == '\t')
		return ' ';
	if (utf8proc_get_property(cp)->ignorable)
		return invisible(cp, prev, next);
	switch (utf8proc_category(cp)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CS:
		return REPLACEMENT;
	default:
		return cp;
	}
}

struct writer {
	uint8_t *out; /* large enough by the choice of its owner */
	size_t n;
	int32_t prev;  /* last code point written, or BAD at the start */
	int32_t state; /* utf8proc's, of the cluster that prev is in */
	int extras;    /* marks and the like in that cluster */
	int extras_max;
};

static void
write_cp(struct writer *w, int32_t cp)
{
	w->n += (size_t)utf8proc_encode_char(cp, w->out + w->n);
	w->prev = cp;
}

/* Write a code point that may be seen, unless its cluster is full. */
static void
write_clustered(struct writer *w, int32_t cp)
{
	int class = utf8proc_get_property(cp)->boundclass;
	bool mark = class == UTF8PROC_BOUNDCLASS_EXTEND || class == UTF8PROC_BOUNDCLASS_ZWJ ||
	    class == UTF8PROC_BOUNDCLASS_SPACINGMARK;
	bool jamo = class == UTF8PROC_BOUNDCLASS_V || class == UTF8PROC_BOUNDCLASS_T;
	int32_t state = w->state;

	if (w->prev != BAD && !utf8proc_grapheme_break_stateful(w->prev, cp, &state)) {
		if ((mark || jamo) && w->extras >= w->extras_max)
			return;
		w->extras += mark || jamo;
	} else {
		w->extras = mark;
		if (mark) {
			/* nothing to sit on: give it a base of its own */
			write_cp(w, DOTTED_CIRCLE);
			state = 0;
			utf8proc_grapheme_break_stateful(DOTTED_CIRCLE, cp, &state);
		} else if (jamo) {
			/* takes no cell without a leading consonant */
			cp = REPLACEMENT;
			state = 0;
		}
	}
	w->state = state;
	write_cp(w, cp);
}

/* One pass over the whole input. The caller frees; *outn is the length without the NUL. */
static char *
pass(const uint8_t *p, size_t n, enum text_kind kind, int extras_max, size_t *outn)
{
	/* The most that a byte becomes is three (U+FFFD); a mark of at least two bytes with its
	 * dotted circle stays below that too. */
	struct writer w = { mem_array(n + 1, 3), 0, BAD, 0, 0, extras_max };
	int32_t cp, next = BAD, keep;
	size_t at = 0, len, next_len = 0;

	if (n > 0)
		next_len = decode(p, n, &next);
	while (at < n) {
		cp = next;
		len = next_len;
		next = BAD;
		if (at + len < n)
			next_len = decode(p + at + len, n - at - len, &next);
		keep = judge(cp, w.prev, next, kind);
		if (keep != DROP)
			write_clustered(&w, keep);
		at += len;
	}
	w.out[w.n] = '\0';
	*outn = w.n;
	return (char *)w.out;
}

/* NFC of clean UTF-8. */
static uint8_t *
compose(const char *s, size_t n, size_t *outn)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t len = utf8proc_map(
	    (const uint8_t *)s, (utf8proc_ssize_t)n, &out, UTF8PROC_STABLE | UTF8PROC_COMPOSE);

	if (len < 0) { /* of clean input only for want of memory */
		fputs("recado: out of memory\n", stderr);
		abort();
	}
	*outn = (size_t)len;
	return out;
}

static char *
clean(const void *in, size_t n, enum text_kind kind, size_t *outn)
{
	uint8_t *composed;
	char *rough, *out;
	size_t len;

	if (kind != TEXT_NAME)
		return pass(in, n, kind, EXTRAS_MAX, outn);
	rough = pass(in, n, kind, EXTRAS_UNSETTLED, &len);
	composed = compose(rough, len, &len);
	out = pass(composed, len, kind, EXTRAS_MAX, outn);
	free(composed);
	free(rough);
	return out;
}

char *
text_clean(const void *in, size_t n, enum text_kind kind)
{
	size_t len;

	return clean(in, n, kind, &len);
}

size_t
text_clean_to(char *out, size_t outlen, const void *in, size_t n, enum text_kind kind)
{
	struct text_cluster c;
	size_t len, used = 0;
	char *whole;

	if (outlen == 0)
		return 0;
	whole = clean(in, n, kind, &len);
	if (len < outlen)
		used = len;
	else
		while (text_next(whole + used, len - used, &c) && c.bytes < outlen - used)
			used += c.bytes;
	memcpy(out, whole, used);
	out[used] = '\0';
	free(whole);
	return used;
}

bool
text_is_clean(const void *in, size_t n, enum text_kind kind)
{
	size_t len;
	char *s = clean(in, n, kind, &len);
	bool same = len == n && (n == 0 || memcmp(s, in, n) == 0);

	free(s);
	return same;
}

bool
text_is_utf8(const void *in, size_t n)
{
	const uint8_t *p = in;
	size_t at;
	int32_t cp;

	for (at = 0; at < n;) {
		at += decode(p + at, n - at, &cp);
		if (cp == BAD)
			return false;
	}
	return true;
}
