/*
 * text: the one sanitiser for whatever somebody else wrote, and the width of text on a terminal.
 *
 * Input is bytes; output is valid UTF-8 without C0, C1, ESC, bidi or invisible controls. What is
 * taken out is drawn as U+FFFD (or dropped, for bidi and zero-width marks that carry no text; they
 * stay where emoji or a joining script need them), at most 8 combining marks stay on a cluster, and
 * a mark without a base gets one (U+25CC). Source: Unicode 15, UAX 29 through utf8proc.
 */
#ifndef RECADO_BASE_TEXT_H
#define RECADO_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum text_kind {
	TEXT_LINE,  /* one line: newline and tab become a space */
	TEXT_BLOCK, /* message text: newlines stay, tab becomes a space */
	TEXT_NAME,  /* as TEXT_LINE, and NFC */
};

/* Sanitised copy, NUL-terminated, never NULL; caller frees. in may hold NULs. */
char *text_clean(const void *in, size_t n, enum text_kind kind);
/* The same into a fixed buffer, cut at a cluster boundary to fit. Returns bytes written. */
size_t text_clean_to(char *out, size_t outlen, const void *in, size_t n, enum text_kind kind);
/* Is it already clean? (What text_clean would return byte for byte.) */
bool text_is_clean(const void *in, size_t n, enum text_kind kind);
bool text_is_utf8(const void *in, size_t n);

/* Account names: 1..32 code points, letters, digits, '.', '-', '_'; lower case; no leading '-' or
 * '.'; NFC, and without compatibility forms (ligatures, full-width letters). 0, or ERR_FORMAT. */
int text_name_check(const char *name, size_t n) MUST_CHECK;
/* As a person typed it, to the form text_name_check accepts (lower case, NFC): ERR_FORMAT when
 * there is none, ERR_LIMIT when out is too small (TEXT_NAME_MAX always does). NUL-terminated. */
#define TEXT_NAME_MAX 129
int text_name_fold(const char *name, size_t n, char *out, size_t outlen) MUST_CHECK;
/* Letters of more than one script (Latin with Cyrillic or Greek, ...): shown flagged. What is
 * written together is one: Japanese, Chinese or Korean, each also with Latin (UTS 39, 5.2). */
bool text_mixed_scripts(const char *s, size_t n);

/* One grapheme cluster of clean UTF-8 starting at s: its bytes, how many of them to draw, and the
 * columns those take (0..2, as wcwidth counts; 0 for a newline). draw is less than bytes where
 * terminals dispute the width (emoji sequences): then it is the first code point alone. Returns 0
 * at the end. The caller has set the locale. */
struct text_cluster {
	size_t bytes;
	int columns;
	size_t draw;
};
int text_next(const char *s, size_t n, struct text_cluster *out);
/* Columns of a whole string. */
int text_columns(const char *s, size_t n);
/* Longest prefix of at most columns columns; its bytes. */
size_t text_fit(const char *s, size_t n, int columns);

#endif
