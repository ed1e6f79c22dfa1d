#include <string.h>
#include <openssl/rand.h>

#include "base/mem.h"
#include "crypto/rand.h"

int
rand_bytes(void *out, size_t n)
{
	memset(out, 0, n);
	if (n > INT32_MAX || RAND_bytes(out, (int)n) != 1) {
		memset(out, 0, n);
		return ERR_BUG;
	}
	return 0;
}

int
rand_secret(void *out, size_t n)
{
	memset(out, 0, n);
	if (n > INT32_MAX || RAND_priv_bytes(out, (int)n) != 1) {
		mem_wipe(out, n);
		return ERR_BUG;
	}
	return 0;
}

/* Draws above the last multiple of the span are thrown away, or low values would come oftener. */
int
rand_range(uint32_t low, uint32_t high, uint32_t *out)
{
	uint64_t span, fair;
	uint32_t draw;
	int r;

	*out = 0;
	if (low > high)
		return ERR_BUG;
	span = (uint64_t)high - low + 1;
	fair = (UINT64_C(1) << 32) / span * span;
	do {
		if ((r = rand_bytes(&draw, sizeof draw)) != 0)
			return r;
	} while (draw >= fair);
	*out = low + (uint32_t)(draw % span);
	return 0;
}
