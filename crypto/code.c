#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/code.h"
#include "crypto/kdf.h"
#include "crypto/label.h"

#define CODE_SALT "recado/1 code"
#define CODE_N (1u << 17)
#define CODE_R 8
#define CODE_P 1

#define CODE_SCHEME "recado://"
#define CODE_PORT_DEFAULT 7443

int
code_derive(const uint8_t first_identity[KEY_LEN], uint8_t code[CODE_LEN])
{
	const struct kdf_scrypt in = {
		.secret = { first_identity, KEY_LEN },
		.salt = { (const uint8_t *)CODE_SALT, strlen(CODE_SALT) },
		.n = CODE_N,
		.r = CODE_R,
		.p = CODE_P,
	};

	return kdf_scrypt(&in, code, CODE_LEN);
}

void
code_text(const uint8_t code[CODE_LEN], char out[CODE_TEXT])
{
	for (int g = 0; g < CODE_GROUPS; g++)
		snprintf(out + 5 * g, 6, "%02x%02x%s", code[2 * g], code[2 * g + 1],
		    g + 1 < CODE_GROUPS ? " " : "");
}

/* The hex digits of text without separators, at most max; ERR_FORMAT for anything else in it. */
static int
code_digits(const char *text, char *out, size_t max)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (strchr(" \t\r\n-:.", *text) != NULL)
			continue;
		if (!isxdigit((unsigned char)*text) || n == max)
			return ERR_FORMAT;
		out[n++] = *text;
	}
	out[n] = '\0';
	return 0;
}

int
code_parse(const char *text, uint8_t code[CODE_LEN])
{
	char hex[2 * CODE_LEN + 1];
	int r;

	memset(code, 0, CODE_LEN);
	if ((r = code_digits(text, hex, 2 * CODE_LEN)) != 0)
		return r;
	return hex_decode(hex, strlen(hex), code, CODE_LEN);
}

int
code_group_matches(const uint8_t code[CODE_LEN], int group, const char *typed)
{
	char hex[5];
	uint8_t got[2];

	if (group < 1 || group > CODE_GROUPS || code_digits(typed, hex, 4) != 0 ||
	    hex_decode(hex, strlen(hex), got, sizeof(got)) != 0)
		return 0;
	return mem_equal_ct(code + 2 * (group - 1), got, sizeof(got));
}

int
code_relay_id(const uint8_t first_identity[KEY_LEN], uint8_t relay_id[32])
{
	const struct bytes part = { first_identity, KEY_LEN };

	return label_hash("relay-id", &part, 1, relay_id);
}

/* HOST:PORT, HOST, [V6]:PORT or [V6], up to end. */
static int
code_host_port(const char *text, const char *end, struct code_link *out)
{
	const char *host_end = end, *port = NULL;
	size_t n;

	if (*text == '[') {
		text++;
		if ((host_end = memchr(text, ']', (size_t)(end - text))) == NULL)
			return ERR_FORMAT;
		if (host_end + 1 != end && host_end[1] != ':')
			return ERR_FORMAT;
		port = host_end + 1 == end ? NULL : host_end + 2;
	} else if ((port = memchr(text, ':', (size_t)(end - text))) != NULL) {
		host_end = port++;
	}
	n = (size_t)(host_end - text);
	if (n == 0 || n >= sizeof(out->host))
		return ERR_FORMAT;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && strchr(".-_:%", text[i]) == NULL)
			return ERR_FORMAT;
	memcpy(out->host, text, n);
	out->port = CODE_PORT_DEFAULT;
	if (port != NULL) {
		unsigned long v = 0;

		if (port == end || end - port > 5)
			return ERR_FORMAT;
		for (; port < end; port++) {
			if (!isdigit((unsigned char)*port))
				return ERR_FORMAT;
			v = v * 10 + (unsigned long)(*port - '0');
		}
		if (v == 0 || v > 65535)
			return ERR_FORMAT;
		out->port = (uint16_t)v;
	}
	return 0;
}

static int
code_invite(const char *text, struct code_link *out)
{
	static const char key[] = "invite=";
	size_t n;

	if (strncmp(text, key, strlen(key)) != 0)
		return ERR_FORMAT;
	text += strlen(key);
	n = strlen(text);
	if (n == 0 || n >= sizeof(out->invite))
		return ERR_FORMAT;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("-_", text[i]) == NULL)
			return ERR_FORMAT;
	memcpy(out->invite, text, n + 1);
	return 0;
}

int
code_link_parse(const char *text, struct code_link *out)
{
	char code[3 * 2 * CODE_LEN]; /* with separators */
	const char *slash, *query;
	size_t n;
	int r;

	memset(out, 0, sizeof(*out));
	if (strncasecmp(text, CODE_SCHEME, strlen(CODE_SCHEME)) != 0)
		return ERR_FORMAT;
	text += strlen(CODE_SCHEME);
	if ((slash = strchr(text, '/')) == NULL || (r = code_host_port(text, slash, out)) != 0)
		goto bad;
	query = strchr(slash, '?');
	n = query != NULL ? (size_t)(query - slash - 1) : strlen(slash + 1);
	if (n >= sizeof(code))
		goto bad;
	memcpy(code, slash + 1, n);
	code[n] = '\0';
	if (code_parse(code, out->code) != 0 ||
	    (query != NULL && code_invite(query + 1, out) != 0))
		goto bad;
	return 0;
bad:
	memset(out, 0, sizeof(*out));
	return ERR_FORMAT;
}

int
code_link_text(const struct code_link *l, char *out, size_t outlen)
{
	char hex[2 * CODE_LEN + 1];
	int v6 = strchr(l->host, ':') != NULL, n;

	hex_encode(l->code, CODE_LEN, hex);
	n = snprintf(out, outlen, "%s%s%s%s:%u/%s%s%s", CODE_SCHEME, v6 ? "[" : "", l->host,
	    v6 ? "]" : "", l->port, hex, l->invite[0] ? "?invite=" : "", l->invite);
	return n > 0 && (size_t)n < outlen ? 0 : ERR_LIMIT;
}
