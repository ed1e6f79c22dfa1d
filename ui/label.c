#include "ui/label.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#include <wctype.h>
#include "base/dn.h"
#include "base/mem.h"
#include "ui/i18n.h"
#include "ui/keys.h"

/* One word in title case: CITIZEN CARDS shout. Bytes that are no characters here stay as they are.
 * Returns the bytes written. */
static size_t
title_word(const char *s, size_t n, char *out)
{
	mbstate_t in = { 0 };
	size_t used = 0, i = 0;
	bool first = true;

	while (i < n) {
		wchar_t wc;
		size_t len = mbrtowc(&wc, s + i, n - i, &in);
		char utf8[5];

		if (len == 0 || len > n - i) {
			memcpy(out + used, s + i, n - i);
			return used + n - i;
		}
		wc = (wchar_t)(first ? towupper((wint_t)wc) : towlower((wint_t)wc));
		memcpy(out + used, utf8, keys_utf8((uint32_t)wc, utf8));
		used += strlen(utf8);
		first = wc == L'-' || wc == L'\'';
		i += len;
	}
	return used;
}

char *
label_person(const struct core_person *p, const char *name)
{
	const char *civil = p == NULL ? NULL : p->civil_name, *last;
	size_t first, used;
	char *out;

	if (civil == NULL || civil[0] == '\0' || strchr("VC!", p->trust) == NULL ||
	    p->mixed_scripts)
		return mem_strdup(name);
	first = strcspn(civil, " ");
	last = strrchr(civil, ' ');
	out = mem_alloc(2 * strlen(civil) + 2);
	used = title_word(civil, first, out);
	if (last != NULL) {
		out[used++] = ' ';
		used += title_word(last + 1, strlen(last + 1), out + used);
	}
	out[used] = '\0';
	return out;
}

char *
label_first(const char *label)
{
	return mem_strndup(label, strcspn(label, " "));
}

const char *
label_dn(const char *dn, const char *attribute, char out[LABEL_MAX])
{
	const char *at = dn == NULL ? "" : dn;
	struct dn_part part;

	while (dn_next(&at, &part)) {
		bool found = strcasecmp(part.name, attribute) == 0;

		if (found)
			snprintf(out, LABEL_MAX, "%s", part.value);
		free(part.value);
		if (found)
			return out;
	}
	snprintf(out, LABEL_MAX, "%s", dn == NULL ? "" : dn);
	return out;
}

const char *
label_trust(char trust)
{
	switch (trust) {
	case 'V':
		return _("verified");
	case 'C':
		return _("card valid");
	case 'R':
		return _("known to the relay only");
	case '!':
		return _("do not trust");
	}
	return _("unknown");
}

enum theme_role
label_trust_role(char trust)
{
	switch (trust) {
	case 'V':
	case 'C':
		return THEME_GOOD;
	case '!':
		return THEME_BAD;
	}
	return THEME_WARN;
}

const char *
label_word(const char *word)
{
	static const char *const words[] = { N_("revoked"), N_("suspended"), N_("expired"),
		N_("not yet valid"), N_("changed"), N_("broken"), N_("good"), N_("unknown"),
		N_("n/a") };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0)
			return _(words[i]);
	return word;
}

const char *
label_host(const char *relay, char out[LABEL_MAX])
{
	const char *colon = relay == NULL ? NULL : strrchr(relay, ':');

	snprintf(out, LABEL_MAX, "%.*s", colon == NULL ? LABEL_MAX : (int)(colon - relay),
	    relay == NULL ? "" : relay);
	return out;
}
