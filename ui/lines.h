/*
 * lines: a conversation as lines of the screen: days, the mark before what is new, messages wrapped,
 * notices. Laid out from the newest message backwards, as far as is asked for.
 */
#ifndef RECADO_UI_LINES_H
#define RECADO_UI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include "ui/model.h"

enum lines_kind {
	LINES_DAY,
	LINES_NEW,
	LINES_TEXT,
	LINES_NOTICE,
	LINES_FIRST, /* who this stranger is, before their first message */
	LINES_ERROR, /* why a message failed */
};

struct lines_line {
	enum lines_kind kind;
	const struct model_item *item;
	const char *text; /* of this line; within the item, or in the line's own memory */
	size_t bytes;
	char *own;       /* NULL, or what text points to */
	bool time, name; /* this line shows the time, the author */
	bool last;       /* the last of its message: it has the tick */
};

struct lines {
	struct lines_line *line; /* oldest first once lines_layout is done */
	size_t count, capacity;
	bool whole; /* the oldest item of the conversation is in it */
};

struct lines_widths {
	int text, notice; /* columns to wrap to */
};

/* At least `want` lines (fewer only when there are no more). */
void lines_layout(
    struct lines *out, const struct model_conv *c, struct lines_widths widths, size_t want);
void lines_free(struct lines *l);

#endif
