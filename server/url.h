/*
 * url: the addresses of revocation lists as certificates have them: http://HOST[:PORT]/PATH, read
 * strictly. RFC 3986; what is a number in disguise (2130706433, 0x7f.1, 010.0.0.1) is no host.
 */
#ifndef RECADO_SERVER_URL_H
#define RECADO_SERVER_URL_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define URL_MAX 512 /* octets */
#define URL_HOST_MAX 253

struct url {
	char host[URL_HOST_MAX + 1]; /* a name in lower case or an address, without brackets */
	uint16_t port;
	char path[URL_MAX + 1]; /* with its query; begins with '/' */
	char authority[URL_HOST_MAX +
	    12]; /* for the Host header: brackets, and a port other than 80 */
};

/* ERR_FORMAT; *why is then a clause. */
int url_parse(const char *text, size_t n, struct url *out, const char **why) MUST_CHECK;

#endif
