/*
 * qr: a text as a QR code of half blocks, two modules a cell high.
 */
#ifndef RECADO_UI_QR_H
#define RECADO_UI_QR_H

#include "ui/canvas.h"

struct qr;

/* NULL when it cannot be made (too long). */
struct qr *qr_new(const char *text);
void qr_free(struct qr **pq);
void qr_size(const struct qr *q, int *rows, int *cols); /* with the quiet zone */
void qr_draw(const struct qr *q, const struct canvas *c, int row, int col);

#endif
