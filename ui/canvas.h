/*
 * canvas: a rectangle of the terminal to draw in. Coordinates are its own; nothing leaves it.
 */
#ifndef RECADO_UI_CANVAS_H
#define RECADO_UI_CANVAS_H

#include <stddef.h>
#include "base/err.h"
#include "ui/term.h"

struct canvas {
	struct term *term;
	int row, col, rows, cols;
	int shift; /* rows that are scrolled away at the top: row `shift` is the first one seen */
};

struct canvas canvas_whole(struct term *t);
/* A part of it, cut to what is there; rows and cols may come out as 0. */
struct canvas canvas_sub(const struct canvas *c, int row, int col, int rows, int cols);

/* Draw at (row, col), at most width columns (-1: to the edge). All return the column after the
 * last one used. */
int canvas_span(const struct canvas *c, int row, int col, int width, enum theme_role role,
    const char *s, size_t n);
int canvas_text(const struct canvas *c, int row, int col, enum theme_role role, const char *s);
int canvas_printf(const struct canvas *c, int row, int col, enum theme_role role, const char *fmt,
    ...) PRINTF_LIKE(5, 6);
/* In exactly width columns: cut with an ellipsis when longer, blanks after it when shorter. */
int canvas_field(
    const struct canvas *c, int row, int col, int width, enum theme_role role, const char *s);
/* So that it ends before column end. Returns where it starts. */
int canvas_right(const struct canvas *c, int row, int end, enum theme_role role, const char *s);
/* Repeat one single-column cluster over width columns. */
void canvas_fill(
    const struct canvas *c, int row, int col, int width, enum theme_role role, const char *cluster);
void canvas_clear(const struct canvas *c, enum theme_role role);
/* A line across, with text in it when not NULL: at the left, after one stroke, or centred. */
void canvas_rule(const struct canvas *c, int row, int width, const char *text, bool centred);
/* A frame around the whole canvas with its title; the canvas inside. */
struct canvas canvas_box(const struct canvas *c, const char *title);
void canvas_cursor(const struct canvas *c, int row, int col);

#endif
