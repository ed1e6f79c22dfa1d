/*
 * term: all that the screen knows of a terminal. Two kinds: a real one (term_curses) and a grid of
 * cells in memory for tests (term_mem). What both must do alike is here: text is cut into clusters,
 * each is placed in cells that ncurses will count the same, and nothing but printable text passes.
 */
#ifndef RECADO_UI_TERM_H
#define RECADO_UI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "ui/theme.h"

enum term_event_kind {
	TERM_KEY,    /* key (ui/keys.h) */
	TERM_PASTE,  /* paste: a whole bracketed paste, as it came */
	TERM_RESIZE, /* term_size has the new size */
	TERM_FOCUS_IN,
	TERM_FOCUS_OUT,
	/* These two come while somebody else has the terminal, too. */
	TERM_INTERRUPT, /* Ctrl-C, and only then */
	TERM_HANGUP, /* the terminal is gone, or somebody asked the process to end */
};

struct term_event {
	enum term_event_kind kind;
	uint32_t key;
	char *paste; /* owned by the event; not sanitised */
	size_t paste_len;
};
void term_event_clear(struct term_event *ev); /* wipes and frees the paste */

#define TERM_PASTE_MAX 65536 /* what is longer is cut */
#define TERM_CELL_MAX 24

/* One cluster: valid UTF-8 of one code point of 1 or 2 columns and at most four combining marks. */
struct term_cell {
	char text[TERM_CELL_MAX];
	int columns;
	enum theme_role role;
};

struct term_driver {
	void (*free)(void *self);
	void (*size)(void *self, int *rows, int *cols);
	void (*erase)(void *self);
	void (*cell)(void *self, int row, int col, const struct term_cell *cell);
	void (*cursor)(void *self, int row, int col);    /* row -1: hidden */
	void (*flush)(void *self, bool all);             /* all: repaint from nothing */
	/* ERR_AGAIN: nothing waits. While suspended: TERM_INTERRUPT and TERM_HANGUP only. */
	int (*read)(void *self, struct term_event *out);
	int (*fds)(void *self, int fds[2]);              /* how many */
	void (*suspend)(void *self);
	void (*lend)(void *self, const char *text); /* after suspend */
	int (*resume)(void *self);
	void (*bell)(void *self);
	int (*colours)(void *self);
	void (*theme)(void *self, const struct theme *theme);
};

struct term;

/* Takes self over; frees it with the driver's free. */
struct term *term_new(const struct term_driver *driver, void *self);
/* Leaves the terminal as it was found. */
void term_free(struct term **pt);
void *term_self(struct term *t, const struct term_driver *driver); /* NULL for another kind */

void term_size(const struct term *t, int *rows, int *cols);
void term_set_ascii(struct term *t, bool ascii); /* fold everything to ASCII from now on */
bool term_ascii(const struct term *t);
void term_set_theme(struct term *t, const struct theme *theme);
int term_colours(const struct term *t);

void term_erase(struct term *t);
/* Put clusters of text from (row, col) on, at most width columns, nothing outside of the terminal.
 * A wide cluster that does not fit becomes a space. Returns the columns used. Text that is not
 * clean (base/text.h) is cleaned first. */
int term_put(
    struct term *t, int row, int col, int width, enum theme_role role, const char *text, size_t n);
void term_cursor(struct term *t, int row, int col); /* row -1 hides it */
void term_flush(struct term *t, bool all);

/* The next event, without waiting. */
int term_read(struct term *t, struct term_event *out) MUST_CHECK;
/* Descriptors that are readable when there may be an event; returns how many (0..2). */
int term_fds(struct term *t, int fds[2]);

/* Give the terminal back for a while (an editor), and take it again. */
void term_suspend(struct term *t);
/* The same for somebody who asks for a secret there: text is written first, echo is off. */
void term_lend(struct term *t, const char *text);
int term_resume(struct term *t) MUST_CHECK;
bool term_suspended(const struct term *t);
void term_bell(struct term *t);

#endif
