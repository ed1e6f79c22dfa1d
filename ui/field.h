/*
 * field: drawing an edit in one line, scrolled sideways so that its cursor is visible.
 */
#ifndef RECADO_UI_FIELD_H
#define RECADO_UI_FIELD_H

#include <stdbool.h>
#include "ui/canvas.h"
#include "ui/edit.h"

/* "[text____]" in exactly width columns (at least 4); the cursor goes there with focus. A secret is
 * drawn as dots. */
void field_draw(
    const struct canvas *c, int row, int col, int width, const struct edit *e, bool focus);

#endif
