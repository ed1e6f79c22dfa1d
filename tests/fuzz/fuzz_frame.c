/* A stream of frames: what is peeked lies inside the input, and nothing is consumed twice. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { data, size }, body;
	size_t used;
	int r;

	while ((r = frame_peek(rest, FRAME_MAX_OPEN, &body, &used)) == 0) {
		if (body.n == 0 || body.n > FRAME_MAX_OPEN || used != body.n + FRAME_HEADER ||
		    used > rest.n || body.p != rest.p + FRAME_HEADER)
			abort();
		rest.p += used;
		rest.n -= used;
	}
	if (body.n != 0 || used != 0 || (r != ERR_AGAIN && r != ERR_LIMIT && r != ERR_FORMAT))
		abort();
	return 0;
}
