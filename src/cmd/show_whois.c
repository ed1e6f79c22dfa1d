#include "cmd/show_whois.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/dn.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/oid.h"
#include "base/words.h"
#include "cmd/show.h"

static const char *
day_of(uint64_t ms, char out[CLOCK_TEXT_MAX])
{
	clock_text(ms, out);
	out[strcspn(out, "T")] = '\0';
	return out;
}

/* ------------------------------------------------------------------------------------ a link */

/* The attributes of the subject, one a line, as a person calls them. */
static void
subject(FILE *f, const char *dn, int indent)
{
	const char *at = dn == NULL ? "" : dn;
	struct dn_part part;

	while (dn_next(&at, &part)) {
		fprintf(f, "  %*s   ", indent, "");
		show_cell(f, dn_label(part.name), 24);
		fprintf(f, "%s\n", part.value);
		free(part.value);
	}
}

static void
revocation(FILE *f, const struct core_link_cert *c, int indent)
{
	static const char *const words[][2] = { { "good", N_("good") }, { "revoked", N_("revoked") },
		{ "unknown", N_("unknown") }, { "n/a", N_("n/a") } };
	const char *word = c->revocation != NULL ? c->revocation : "unknown";
	char text[CLOCK_TEXT_MAX], *reason = words_local(c->reason);
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(word, words[i][0]) == 0)
			word = _(words[i][1]);
	fprintf(f, _("  %*s   revocation %s"), indent, "", word);
	if (c->revoked_at != 0)
		fprintf(f, _(" since %s"), day_of(c->revoked_at, text));
	if (reason[0] != '\0')
		fprintf(f, " (%s)", reason);
	if (c->revocation_age_s >= 0) {
		clock_age((uint64_t)c->revocation_age_s, text);
		fprintf(f, _(", the list is %s old"), text);
	}
	if (c->revocation_next != 0) {
		clock_text(c->revocation_next, text);
		fprintf(f, _(", the next is due %s"), text);
	}
	fputc('\n', f);
	if (c->crl_url != NULL && c->crl_url[0] != '\0')
		fprintf(f, _("  %*s   list %s\n"), indent, "", c->crl_url);
	free(reason);
}

static void
policies(FILE *f, const char *oids, int indent)
{
	const char *sep = "", *name;
	char *oid;
	size_t n;

	if (oids == NULL || oids[0] == '\0')
		return;
	fprintf(f, _("  %*s   policies "), indent, "");
	for (; *oids != '\0'; oids += n, oids += strspn(oids, " ")) {
		n = strcspn(oids, " ");
		oid = mem_strndup(oids, n);
		name = oid_policy(oid);
		fprintf(f, "%s%s", sep, oid);
		if (name != NULL)
			fprintf(f, " (%s)", name);
		sep = "; ";
		free(oid);
	}
	fputc('\n', f);
}

static const char *
or_none(const char *s)
{
	return s != NULL && s[0] != '\0' ? s : "-";
}

/* One link of the chain as a branch of the tree. */
static void
show_link(FILE *f, const struct core_link_cert *c, size_t depth, bool leaf)
{
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];
	int indent = (int)depth * 3;

	fprintf(f, "  %*s%s%s\n", indent, "", depth == 0 ? "" : "\u2514\u2500 ", or_none(c->subject));
	if (leaf)
		subject(f, c->subject, indent);
	fprintf(f, _("  %*s   key %s for %s, serial %s\n"), indent, "", c->key, or_none(c->usage),
	    c->serial);
	fprintf(f, _("  %*s   signed %s by %s\n"), indent, "", or_none(c->sig), or_none(c->issuer));
	fprintf(f, _("  %*s   valid %s to %s\n"), indent, "", day_of(c->not_before, from),
	    day_of(c->not_after, to));
	revocation(f, c, indent);
	policies(f, c->policies, indent);
	fprintf(f, "  %*s   SHA-256 %s\n", indent, "", c->sha256);
}

/* ------------------------------------------------------------------------------------ whois */

static void
history(FILE *f, const struct core_whois *w)
{
	char at[CLOCK_TEXT_MAX], *what;
	size_t i;

	if (w->history_count > 0)
		fprintf(f, "%s\n", _("History"));
	for (i = 0; i < w->history_count; i++) {
		clock_text(w->history[i].at, at);
		what = words_local(w->history[i].what);
		fprintf(f, "  %s  %s\n", at, what);
		free(what);
	}
}

void
show_whois(FILE *f, const struct core_whois *w)
{
	char at[CLOCK_TEXT_MAX], *verdict = words_local(w->verdict);
	size_t i;

	fprintf(f, "%s  %c  %s\n", w->name, w->trust, verdict);
	free(verdict);
	show_field(f, _("Civil name"), w->civil_name);
	show_field(f, _("Card id"), w->civil_id);
	show_field(f, _("Safety number"), w->safety_number);
	if (w->verified_at != 0)
		show_field(f, _("Compared"), day_of(w->verified_at, at));
	show_field(f, _("Suite"), w->suite);
	fprintf(f, "%s\n", _("Chain"));
	for (i = 0; i < w->chain_count; i++)
		show_link(f, &w->chain[i], i, i + 1 == w->chain_count);
	fprintf(f, "%s\n", _("Devices"));
	for (i = 0; i < w->device_count; i++) {
		fputs("  ", f);
		show_device_line(f, &w->devices[i]);
	}
	history(f, w);
}

void
show_whois_pem(FILE *f, const struct core_whois *w)
{
	size_t i;

	for (i = w->chain_count; i > 0; i--)
		if (w->chain[i - 1].pem != NULL)
			fprintf(f, "# %s\n%s", w->chain[i - 1].subject, w->chain[i - 1].pem);
}
