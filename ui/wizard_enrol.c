/*
 * The form of who has no card: what the relay's certificate is to say, and the invitation. Empty
 * fields are left out; without a name the account's stands in the certificate.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/i18n.h"
#include "ui/wizard.h"

/* In the order of the screen. */
static const struct {
	const char *type, *label;
} subject[WIZARD_SUBJECT] = {
	{ "CN", N_("your name:         ") },
	{ "O", N_("organisation:      ") },
	{ "L", N_("place:             ") },
	{ "ST", N_("district, state:   ") },
	{ "C", N_("country (PT, ...): ") },
};

int
wizard_enrol_draw(struct wizard *w, const struct canvas *c, int row)
{
	struct edit *fields[WIZARD_FIELDS];
	int count = wizard_enrol_fields(w, fields);

	for (int i = 0; i < count; i++) {
		if (w->focus == i)
			w->at_row = row;
		row = wizard_draw_field(c, row,
		    i < WIZARD_SUBJECT ? _(subject[i].label) : _("invitation:        "), fields[i],
		    w->focus == i);
	}
	return row;
}

int
wizard_enrol_fields(struct wizard *w, struct edit *out[WIZARD_FIELDS])
{
	for (int i = 0; i < WIZARD_SUBJECT; i++)
		out[i] = w->subject[i];
	out[WIZARD_SUBJECT] = w->invite;
	return WIZARD_SUBJECT + 1;
}

/* A value as RFC 4514 wants it, blanks at its ends gone. */
static char *
escape(const char *text, bool upper)
{
	size_t n = strlen(text), at = 0;
	char *out = mem_alloc(2 * n + 1);

	for (; *text == ' '; text++)
		n--;
	while (n > 0 && text[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++) {
		if (strchr("\"#+,;<=>\\", text[i]) != NULL)
			out[at++] = '\\';
		out[at++] = upper && text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 32)
								       : text[i];
	}
	return out;
}

char *
wizard_enrol_subject(const struct wizard *w)
{
	char *out = mem_strdup(""), *value, *longer;

	for (int i = 0; i < WIZARD_SUBJECT; i++) {
		value = escape(edit_text(w->subject[i]), strcmp(subject[i].type, "C") == 0);
		if (value[0] != '\0') {
			longer = mem_format("%s%s%s=%s", out, out[0] != '\0' ? "," : "",
			    subject[i].type, value);
			free(out);
			out = longer;
		}
		free(value);
	}
	if (out[0] != '\0')
		return out;
	free(out);
	return NULL;
}

void
wizard_enrol_link(struct wizard *w)
{
	const char *link = edit_text(w->relay), *at = strstr(link, "?invite=");

	if (strncmp(link, "recado:", 7) == 0 && at != NULL && edit_len(w->invite) == 0)
		edit_set(w->invite, at + strlen("?invite="));
}
