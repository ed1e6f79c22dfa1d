/* An address from a certificate: what is accepted can be written down again and means the same; no
 * host is a number in disguise, and nothing of it ends a line of a request. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct url u, again;
	struct in_addr v4;
	char text[2 * URL_MAX];
	const char *why;

	if (url_parse((const char *)data, size, &u, &why) != 0)
		return 0;
	if (why != NULL || size >= URL_MAX || u.port == 0 || u.path[0] != '/' ||
	    !is_plain(u.path) || !is_plain(u.authority) || u.host[0] == '\0' ||
	    strpbrk(u.host, "/?#@[]%\\") != NULL)
		abort();
	if (inet_aton(u.host, &v4) != 0 && inet_pton(AF_INET, u.host, &v4) != 1)
		abort();
	snprintf(text, sizeof(text), "http://%s%s", u.authority, u.path);
	if (strlen(text) < URL_MAX &&
	    (url_parse(text, strlen(text), &again, &why) != 0 || strcmp(again.host, u.host) != 0 ||
		again.port != u.port || strcmp(again.path, u.path) != 0))
		abort();
	return 0;
}
