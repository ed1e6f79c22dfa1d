/*
 * pane: one part of the main screen, as a const table. What panes show is the model; where they
 * stand in it (scrolled, selected) is in struct ui, because commands move it too.
 */
#ifndef RECADO_UI_PANE_H
#define RECADO_UI_PANE_H

#include <stdbool.h>
#include <stdint.h>
#include "ui/canvas.h"
#include "ui/layout.h"

struct ui;

struct pane {
	bool (*key)(struct ui *ui, uint32_t key); /* NULL: it never has the focus */
	void (*draw)(struct ui *ui, const struct layout *l, const struct canvas *c);
};

extern const struct pane pane_title;
extern const struct pane pane_contacts;
extern const struct pane pane_conversation;
extern const struct pane pane_certificate;
extern const struct pane pane_status;
extern const struct pane pane_input;
extern const struct pane pane_hints;

/* Lines the input wants at this width. */
int pane_input_rows(struct ui *ui, int cols);
void pane_input_paste(struct ui *ui, const char *text, size_t n);
void pane_input_complete(struct ui *ui);
/* The status bar for other views: what is to be said, or else text. */
void pane_status_line(struct ui *ui, const struct canvas *c, int row, const char *text);

#endif
