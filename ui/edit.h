/*
 * edit: a line editor in the manner of readline, for one line or several: words, kill ring, undo,
 * history; by grapheme clusters. The text is clean UTF-8 at all times.
 *
 * A secret edit keeps its text in the secret arena, has neither undo nor kill ring nor history, and
 * is only ever drawn as dots.
 */
#ifndef RECADO_UI_EDIT_H
#define RECADO_UI_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edit;

enum edit_flags {
	EDIT_MULTILINE = 1 << 0, /* newlines may be typed and pasted */
	EDIT_SECRET = 1 << 1,
};

/* At most max bytes of text. */
struct edit *edit_new(size_t max, unsigned flags);
void edit_free(struct edit **pe); /* wipes */

const char *edit_text(const struct edit *e); /* NUL-terminated; valid until the next change */
size_t edit_len(const struct edit *e);
size_t edit_cursor(const struct edit *e); /* byte offset */
bool edit_is_secret(const struct edit *e);

/* Replace the text, cursor at its end; undo and history position start anew. */
void edit_set(struct edit *e, const char *text);
void edit_clear(struct edit *e);
/* Insert at the cursor what is clean of it (pasted text, completion). What does not fit is left
 * out at a cluster boundary; returns false then. */
bool edit_insert(struct edit *e, const char *text, size_t n);
/* Replace n bytes before the cursor. */
void edit_replace_before(struct edit *e, size_t n, const char *text);

/* Act on a key; false when it means nothing here. Enter, Tab and Esc never do. */
bool edit_key(struct edit *e, uint32_t key);

void edit_undo(struct edit *e);
/* What the kill ring holds newest; "" when empty. */
const char *edit_killed(const struct edit *e);
void edit_kill_push(struct edit *e, const char *text);

/* Remember the text as sent; Up and Down walk through what was remembered. */
void edit_remember(struct edit *e, const char *text);

#endif
