#include "ui/layout.h"

#include <string.h>

#define CERTIFICATE_COLS 31

void
layout_compute(struct layout *out, int rows, int cols, const struct layout_wish *wish)
{
	int body, left = 0, right = cols, input = wish->input_rows < 1 ? 1 : wish->input_rows;

	memset(out, 0, sizeof *out);
	out->rule = -1;
	out->fits = rows >= LAYOUT_MIN_ROWS && cols >= LAYOUT_MIN_COLS;
	if (!out->fits)
		return;
	out->times = cols >= LAYOUT_TIMES_COLS;
	out->wide = cols >= LAYOUT_CERTIFICATE_COLS;
	if (input > rows / 4)
		input = rows / 4;
	body = rows - 3 - input;
	if (rows >= 30)
		out->rule = 1 + --body;
	if (wish->contacts && cols >= LAYOUT_CONTACTS_COLS) {
		out->contacts = (struct layout_rect){ 1, 0, body, out->wide ? 24 : 20 };
		left = out->contacts.cols + 1;
	}
	if (wish->certificate && out->wide) {
		right = cols - CERTIFICATE_COLS - 1;
		out->certificate = (struct layout_rect){ 1, right + 1, body, CERTIFICATE_COLS };
	}
	out->title = (struct layout_rect){ 0, 0, 1, cols };
	out->conversation = (struct layout_rect){ 1, left, body, right - left };
	out->status = (struct layout_rect){ rows - 2 - input, 0, 1, cols };
	out->input = (struct layout_rect){ rows - 1 - input, 0, input, cols };
	out->hints = (struct layout_rect){ rows - 1, 0, 1, cols };
}
