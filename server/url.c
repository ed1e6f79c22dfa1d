#include "server/url.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SCHEME "http://"
#define PORT_DEFAULT 80
#define LABEL_MAX 63

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_host_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/* Would somebody's resolver read this label as a number? */
static bool
is_numeric(const char *label, size_t n)
{
	if (n >= 2 && label[0] == '0' && label[1] == 'x')
		return true;
	for (size_t i = 0; i < n; i++)
		if (!is_digit(label[i]))
			return false;
	return true;
}

/* A name ends in a label that is none; anything else must be an address in full. */
static bool
is_name(const char *host)
{
	const char *label = host, *end;

	for (;; label = end + 1) {
		end = label + strcspn(label, ".");
		if (end == label || end - label > LABEL_MAX)
			return false;
		for (const char *p = label; p < end; p++)
			if (!is_host_char(*p))
				return false;
		if (*end == '\0')
			return !is_numeric(label, (size_t)(end - label));
	}
}

static int
take_host(const char *text, size_t n, struct url *out, const char **why)
{
	struct in6_addr v6;
	struct in_addr v4;
	bool bracketed = n >= 2 && text[0] == '[' && text[n - 1] == ']';

	*why = "it has no host that could be asked";
	if (bracketed) {
		text++;
		n -= 2;
	}
	if (n == 0 || n > URL_HOST_MAX)
		return ERR_FORMAT;
	for (size_t i = 0; i < n; i++)
		out->host[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
	out->host[n] = '\0';
	if (strlen(out->host) != n)
		return ERR_FORMAT;
	if (bracketed)
		return inet_pton(AF_INET6, out->host, &v6) == 1 ? 0 : ERR_FORMAT;
	return inet_pton(AF_INET, out->host, &v4) == 1 || is_name(out->host) ? 0 : ERR_FORMAT;
}

static int
take_port(const char *text, size_t n, struct url *out, const char **why)
{
	uint32_t port = 0;

	*why = "its port is none";
	if (n == 0 || n > 5)
		return ERR_FORMAT;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(text[i]))
			return ERR_FORMAT;
		port = port * 10 + (uint32_t)(text[i] - '0');
	}
	if (port == 0 || port > 65535)
		return ERR_FORMAT;
	out->port = (uint16_t)port;
	return 0;
}

static int
take_authority(const char *text, size_t n, struct url *out, const char **why)
{
	const char *colon = n == 0 ? NULL : memrchr(text, ':', n);
	bool v6;
	int r;

	if (colon != NULL && text[n - 1] == ']')
		colon = NULL; /* inside an address */
	out->port = PORT_DEFAULT;
	if (colon != NULL) {
		if ((r = take_port(colon + 1, (size_t)(text + n - colon - 1), out, why)) != 0)
			return r;
		n = (size_t)(colon - text);
	}
	if ((r = take_host(text, n, out, why)) != 0)
		return r;
	v6 = strchr(out->host, ':') != NULL;
	snprintf(out->authority, sizeof(out->authority), "%s%s%s", v6 ? "[" : "", out->host,
	    v6 ? "]" : "");
	if (out->port != PORT_DEFAULT)
		snprintf(out->authority + strlen(out->authority),
		    sizeof(out->authority) - strlen(out->authority), ":%u", out->port);
	return 0;
}

static int
take_path(const char *text, size_t n, struct url *out, const char **why)
{
	const char *fragment = n == 0 ? NULL : memchr(text, '#', n);

	if (fragment != NULL)
		n = (size_t)(fragment - text);
	*why = "its path holds what no path does";
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return ERR_FORMAT;
	snprintf(out->path, sizeof(out->path), "%s%.*s", n == 0 || text[0] != '/' ? "/" : "",
	    (int)n, n == 0 ? "" : text);
	return 0;
}

int
url_parse(const char *text, size_t n, struct url *out, const char **why)
{
	const size_t skip = strlen(SCHEME);
	size_t host;
	int r;

	memset(out, 0, sizeof(*out));
	*why = "it is longer than an address may be";
	if (n > URL_MAX - 1)
		return ERR_FORMAT;
	*why = "it is no http address";
	if (n < skip || strncasecmp(text, SCHEME, skip) != 0)
		return ERR_FORMAT;
	text += skip;
	n -= skip;
	for (host = 0; host < n && strchr("/?#", text[host]) == NULL; host++)
		;
	if ((r = take_authority(text, host, out, why)) != 0 ||
	    (r = take_path(text + host, n - host, out, why)) != 0) {
		memset(out, 0, sizeof(*out));
		return r;
	}
	*why = NULL;
	return 0;
}
