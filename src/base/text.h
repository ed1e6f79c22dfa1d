/*
 * text: the one sanitiser for whatever somebody else wrote, and the width of text on a terminal.
 *
 * Input is bytes; output is valid UTF-8 without C0, C1, ESC, bidi or invisible controls. What is
 * taken out is drawn as U+FFFD (or dropped, for bidi and zero-width marks that carry no text), at
 * most 8 combining marks stay on a cluster. Source: Unicode 15, UAX 29 through utf8proc.
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

/* Account names: NFC, 1..32 code points, letters, digits, '.', '-', '_'; lower case; no leading
 * '-' or '.'. 0, or ERR_FORMAT. text_name_fold writes the folded form names are compared by. */
int text_name_check(const char *name, size_t n) MUST_CHECK;
/* Letters of more than one script (Latin with Cyrillic or Greek, ...): shown flagged. */
bool text_mixed_scripts(const char *s, size_t n);

/* One grapheme cluster of clean UTF-8 starting at s: its bytes and its columns (0..2, as wcwidth
 * counts its first code point). Returns 0 at the end. */
struct text_cluster {
	size_t bytes;
	int columns;
};
int text_next(const char *s, size_t n, struct text_cluster *out);
/* Columns of a whole string. */
int text_columns(const char *s, size_t n);
/* Longest prefix of at most columns columns; its bytes. */
size_t text_fit(const char *s, size_t n, int columns);

#endif
