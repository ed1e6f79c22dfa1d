/*
 * term_mem: a terminal that is a grid of cells in memory, for tests: whole screens are compared
 * with kept text, and keys are fed in. It enforces what a terminal would suffer from.
 */
#ifndef RECADO_UI_TERM_MEM_H
#define RECADO_UI_TERM_MEM_H

#include "ui/term.h"

struct term *term_mem_new(int rows, int cols);
/* The screen as text: a line a row, each with its newline, every column present. Caller frees. */
char *term_mem_text(struct term *t);
/* A rectangle of it; a wide cell that begins outside of it is a blank. Caller frees. */
char *term_mem_part(struct term *t, int row, int col, int rows, int cols);
/* The same with the number of the role (two digits) a cell. Caller frees. */
char *term_mem_roles(struct term *t);
void term_mem_cursor(struct term *t, int *row, int *col);
/* Cells that were refused: control characters, wrong width, outside of the grid, overlapping. */
unsigned term_mem_faults(struct term *t);
void term_mem_resize(struct term *t, int rows, int cols); /* and queue the event */
void term_mem_key(struct term *t, uint32_t key);
void term_mem_type(struct term *t, const char *utf8);
void term_mem_paste(struct term *t, const void *p, size_t n);
void term_mem_event(struct term *t, enum term_event_kind kind);
unsigned term_mem_bells(struct term *t);

#endif
