#include "ui/qr.h"

#include <qrencode.h>
#include <stdlib.h>
#include "base/mem.h"

#define QUIET 2

struct qr {
	QRcode *code;
};

struct qr *
qr_new(const char *text)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	struct qr *q;

	if (code == NULL)
		return NULL;
	q = mem_alloc(sizeof *q);
	q->code = code;
	return q;
}

void
qr_free(struct qr **pq)
{
	if (*pq == NULL)
		return;
	QRcode_free((*pq)->code);
	free(*pq);
	*pq = NULL;
}

void
qr_size(const struct qr *q, int *rows, int *cols)
{
	*cols = q->code->width + 2 * QUIET;
	*rows = (*cols + 1) / 2;
}

static bool
is_light(const struct qr *q, int y, int x)
{
	int w = q->code->width;

	x -= QUIET;
	y -= QUIET;
	return x < 0 || y < 0 || x >= w || y >= w || !(q->code->data[y * w + x] & 1);
}

/* The blocks are the light modules (the role is light on dark); without colours a terminal is mostly
 * dark, too. */
void
qr_draw(const struct qr *q, const struct canvas *c, int row, int col)
{
	static const char *const block[] = { " ", "▄", "▀", "█" };
	int rows, cols;

	qr_size(q, &rows, &cols);
	for (int r = 0; r < rows; r++)
		for (int x = 0; x < cols; x++)
			canvas_fill(c, row + r, col + x, 1, THEME_CODE,
			    block[is_light(q, 2 * r, x) * 2 + is_light(q, 2 * r + 1, x)]);
}
