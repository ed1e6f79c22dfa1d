/*
 * ask_impl: what ask.c needs of the dialog in view_ask.c.
 */
#ifndef RECADO_UI_ASK_IMPL_H
#define RECADO_UI_ASK_IMPL_H

#include <stdint.h>

struct ui;

/* The dialog on top belongs to this command of the core. */
void ask_view_belongs(struct ui *ui, uint64_t seq);
/* Take the dialog of that command away unanswered, if it is on top. */
void ask_view_drop(struct ui *ui, uint64_t seq);

#endif
