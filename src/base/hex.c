#include <string.h>

#include "base/buf.h"

void
hex_encode(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	out[2 * n] = '\0';
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(const char *hex, size_t hexlen, uint8_t *out, size_t n)
{
	size_t i;
	int hi, lo;

	if (n > 0)
		memset(out, 0, n);
	if (hexlen % 2 != 0 || hexlen / 2 != n)
		return ERR_FORMAT;
	for (i = 0; i < n; i++) {
		hi = digit(hex[2 * i]);
		lo = digit(hex[2 * i + 1]);
		if (hi < 0 || lo < 0) {
			memset(out, 0, n);
			return ERR_FORMAT;
		}
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}
