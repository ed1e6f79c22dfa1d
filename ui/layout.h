/*
 * layout: where the panes of the main screen are, for a size of the terminal.
 *
 * The conversation never has less than 40 columns: the certificate goes below 110, the contacts
 * below 72, the times below 50. Under 40x10 nothing fits.
 */
#ifndef RECADO_UI_LAYOUT_H
#define RECADO_UI_LAYOUT_H

#include <stdbool.h>

#define LAYOUT_MIN_ROWS 10
#define LAYOUT_MIN_COLS 40
#define LAYOUT_TIMES_COLS 50
#define LAYOUT_CONTACTS_COLS 72
#define LAYOUT_CERTIFICATE_COLS 110

struct layout_wish {
	bool contacts, certificate; /* the user wants to see them */
	int input_rows;             /* lines of text being written, at least 1 */
};

struct layout_rect {
	int row, col, rows, cols; /* rows 0: hidden */
};

struct layout {
	bool fits;
	bool times; /* messages show their times */
	bool wide;  /* the certificate has a pane (110 columns): long words in the bars */
	int rule;   /* row of the line under the panes; -1: none */
	struct layout_rect title, contacts, conversation, certificate, status, input, hints;
};

void layout_compute(struct layout *out, int rows, int cols, const struct layout_wish *wish);

#endif
