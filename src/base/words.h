/*
 * words: what the core says, in the user's language, at the place of display.
 *
 * The core, the store and JSON speak English, so that logs, scripts and a second process of another
 * language can read them. Whoever shows a sentence to a person takes it through here: it is
 * compared with the formats of the table, and the one that fits is looked up in the catalogue and
 * filled with what stood in the places. A sentence that is not in the table stays English.
 */
#ifndef RECADO_BASE_WORDS_H
#define RECADO_BASE_WORDS_H

#include <stddef.h>
#include "base/err.h"

/* NULL-terminated printf formats: the sentences that have a translation. The core's in two tables,
 * those of the commands, and the list of all tables, which ends with NULL too. */
extern const char *const words_table[];
extern const char *const words_files[];
extern const char *const words_cmd[];
extern const char *const *const words_tables[];

/* The sentence in the user's language; NULL gives "". Caller frees. */
char *words_local(const char *english) __attribute__((returns_nonnull));
/* "2026-01-04 to 2031-01-03", in which too little is fixed for a table; anything else, and NULL as
 * "", stays as it is. Caller frees. */
char *words_period(const char *english) __attribute__((returns_nonnull));
/* What a fault is about, a name or a path most often, stays as it is but for a few things that
 * have none. Borrowed. */
const char *words_about(const char *about);
/* fault_line with its parts in the user's language. */
void words_fault_line(const struct fault *f, char *out, size_t outlen);
/* The matching itself: does text have this format? Lets tests look at one entry at a time; the
 * places' texts come as offset and length, at most WORDS_PLACES of them. */
#define WORDS_PLACES 8
struct words_place {
	size_t at, len;
	int inside; /* a sentence of its own may stand here: at the front, after ": " or "(" */
};
int words_match(const char *format, const char *text, struct words_place places[WORDS_PLACES],
    size_t *count) MUST_CHECK; /* ERR_NOT_FOUND */

#endif
