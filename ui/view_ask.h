/*
 * view_ask: the dialog, as ask.c needs it.
 */
#ifndef RECADO_UI_VIEW_ASK_H
#define RECADO_UI_VIEW_ASK_H

#include <stdint.h>

struct ui;

/* The dialog on top belongs to this command of the core. */
void view_ask_belongs(struct ui *ui, uint64_t seq);
/* Take the dialog of that command away unanswered, if it is on top. */
void view_ask_drop(struct ui *ui, uint64_t seq);

#endif
