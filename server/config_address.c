#include <stdlib.h>
#include <string.h>

#include "server/config.h"

int
config_address(const char *text, char host[256], uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	const char *digits = colon != NULL ? colon + 1 : text;
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;
	char *end;
	long v = strtol(digits, &end, 10);

	host[0] = '\0';
	*port = 0;
	if (*digits < '0' || *digits > '9' || *end != '\0' || v < 0 || v > 65535 || n > 255)
		return ERR_FORMAT;
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	} else if (memchr(text, ':', n) != NULL)
		return ERR_FORMAT;
	memcpy(host, text, n);
	host[n] = '\0';
	*port = (uint16_t)v;
	return 0;
}
