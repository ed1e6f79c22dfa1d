/*
 * context: what was said before a message, for the column beside the history. A search finds single
 * messages; their conversation is asked for when one is selected.
 */
#ifndef RECADO_UI_CONTEXT_H
#define RECADO_UI_CONTEXT_H

#include "core/core.h"
#include "ui/canvas.h"

struct ui;
struct context;

struct context *context_new(void);
void context_free(struct context **pc);
/* Ask for what leads to m, unless it is here already. m may be NULL. */
void context_want(struct ui *ui, struct context *c, const struct core_message *m);
/* true: the event was an answer to that, and is empty now. */
bool context_event(struct context *c, struct core_event *ev);
void context_draw(const struct context *c, const struct canvas *canvas);

#endif
