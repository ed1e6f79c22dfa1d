#include "base/dn.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "base/text.h"

static int
hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Up to the separator that ends the value; its octets, unescaped, into out (as many as len). */
static size_t
value_end(const char *s, char *out, size_t *len)
{
	size_t i = 0, n = 0;
	bool quoted = false;

	for (; s[i] != '\0' && (quoted || (s[i] != ',' && s[i] != '+')); i++) {
		if (s[i] == '"') {
			quoted = !quoted;
		} else if (s[i] == '\\' && isxdigit((unsigned char)s[i + 1]) &&
		    isxdigit((unsigned char)s[i + 2])) {
			out[n++] = (char)(hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]));
			i += 2;
		} else if (s[i] == '\\' && s[i + 1] != '\0') {
			out[n++] = s[++i];
		} else {
			out[n++] = s[i];
		}
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	*len = n;
	return i;
}

bool
dn_next(const char **at, struct dn_part *out)
{
	const char *p = *at + strspn(*at, " ,/+"), *equals = strchr(p, '=');
	size_t name, len;
	char *raw;

	memset(out, 0, sizeof(*out));
	if (equals == NULL)
		return false;
	name = (size_t)(equals - p);
	while (name > 0 && p[name - 1] == ' ')
		name--;
	snprintf(out->name, sizeof(out->name), "%.*s", (int)name, p);
	p = equals + 1;
	p += strspn(p, " ");
	raw = mem_alloc(strlen(p) + 1);
	*at = p + value_end(p, raw, &len);
	out->value = text_clean(raw, len, TEXT_NAME); /* escapes may have hidden anything */
	free(raw);
	return true;
}

const char *
dn_label(const char *name)
{
	static const struct {
		const char *name, *label;
	} labels[] = {
		{ "CN", N_("Name") },
		{ "GN", N_("Given names") },
		{ "SN", N_("Surnames") },
		{ "serialNumber", N_("Identification number") },
		{ "O", N_("Organisation") },
		{ "OU", N_("Unit") },
		{ "C", N_("Country") },
		{ "L", N_("Locality") },
		{ "ST", N_("District") },
		{ "street", N_("Street") },
		{ "title", N_("Title") },
		{ "emailAddress", N_("E-mail") },
		{ "DC", N_("Domain") },
	};
	size_t i;

	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strcasecmp(labels[i].name, name) == 0)
			return _(labels[i].label);
	return name;
}
