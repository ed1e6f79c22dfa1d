/*
 * wrap: text cut into lines of at most so many columns, at spaces where there are any, between
 * clusters where a word is longer than a line. Newlines end a line.
 */
#ifndef RECADO_UI_WRAP_H
#define RECADO_UI_WRAP_H

#include <stdbool.h>
#include <stddef.h>

struct wrap {
	const char *s;
	size_t n, at;
	int columns;
	bool ended;
};

struct wrap_line {
	size_t at, bytes; /* in the text; without the space or newline it ended with */
};

/* s (n bytes of clean UTF-8) is borrowed. columns below 2 count as 2. */
void wrap_start(struct wrap *w, const char *s, size_t n, int columns);
/* The next line; false at the end. Empty text is one empty line. */
bool wrap_next(struct wrap *w, struct wrap_line *out);
/* How many lines that is. */
int wrap_count(const char *s, size_t n, int columns);

#endif
