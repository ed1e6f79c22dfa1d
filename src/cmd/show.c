#include "cmd/show.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/text.h"
#include "base/words.h"
#include "cmd/show_whois.h"

void
show_cell(FILE *f, const char *s, int columns)
{
	int pad;

	if (s == NULL)
		s = "";
	fputs(s, f);
	for (pad = columns - text_columns(s, strlen(s)); pad > 0; pad--)
		fputc(' ', f);
	fputs("  ", f);
}

void
show_field(FILE *f, const char *label, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	fputs("  ", f);
	show_cell(f, label, 14);
	fprintf(f, "%s\n", value);
}

/* The columns for a word that may be a or b, at least as many as there always were. */
static int
columns_for(int least, const char *a, const char *b)
{
	int of_a = text_columns(a, strlen(a)), of_b = text_columns(b, strlen(b));
	int wider = of_a > of_b ? of_a : of_b;

	return wider > least ? wider : least;
}

/* ---------------------------------------------------------------------------------- messages */

static const char *
state_word(enum core_state s)
{
	static const char *const words[] = { N_("queued"), N_("sent"), N_("delivered"), N_("read"),
		N_("notarised"), N_("failed") };
	const char *name = core_state_name(s);
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(name, words[i]) == 0)
			return _(words[i]);
	return name;
}

/* One line: what was a newline is drawn as one. */
static void
show_text(FILE *f, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			fputs("\u23ce", f);
		else
			fputc(*s, f);
	}
}

static void
show_first_contact(FILE *f, const struct core_message *m)
{
	char *valid = words_period(m->card_validity);

	fprintf(f, "-- %s: %s", m->from, m->civil_name != NULL ? m->civil_name : "");
	if (m->trust == 'R')
		fputs(_(", level R: no card stands behind this name"), f);
	else if (m->civil_id != NULL && *m->civil_id != '\0')
		fprintf(f, ", %s", m->civil_id);
	if (*valid != '\0')
		fprintf(f, _(", valid %s"), valid);
	fputc('\n', f);
	free(valid);
}

static void
show_message(FILE *f, const struct core_message *m)
{
	char at[CLOCK_TEXT_MAX];

	if (m->first_contact)
		show_first_contact(f, m);
	clock_text(m->sent_at, at);
	fprintf(f, "%s %s %s ", m->id, at, m->from);
	show_text(f, m->text != NULL ? m->text : "");
	fprintf(f, " %s\n", state_word(m->state));
}

static const char *
proof_name(enum core_proof p)
{
	static const char *const names[] = {
		[CORE_PROOF_NONE] = N_("no proof"),
		[CORE_PROOF_WARRANT] = N_("relay's warrant"),
		[CORE_PROOF_RECEIPT] = N_("signed receipt"),
		[CORE_PROOF_CARD] = N_("signed by card"),
	};

	return (size_t)p < sizeof names / sizeof names[0] ? _(names[p]) : "";
}

static void
show_state(FILE *f, const struct core_state_change *s)
{
	char at[CLOCK_TEXT_MAX], *error;

	clock_text(s->at, at);
	fprintf(f, "%s %s ", s->id, at);
	show_cell(f, state_word(s->state), 9);
	if (s->state == CORE_ST_FAILED || (s->error != NULL && *s->error != '\0')) {
		error = words_local(s->error);
		fprintf(f, "%s\n", error);
		free(error);
		return;
	}
	fputs(proof_name(s->proof), f);
	if (s->proof != CORE_PROOF_NONE)
		fputs(s->verified ? _(", verified") : _(", BAD SIGNATURE"), f);
	if (s->proof == CORE_PROOF_WARRANT && s->by != NULL && strcmp(s->by, "relay") == 0)
		fputs(_(", by relay"), f);
	else if (s->by != NULL && *s->by != '\0')
		fprintf(f, _(", by %s"), s->by);
	fputc('\n', f);
}

static void
show_check(FILE *f, const struct core_check *c)
{
	char *reason = words_local(c->reason);

	fprintf(f, "%u %s %s", c->line, c->ok ? "ok" : _("FALSE"), c->what != NULL ? c->what : "");
	if (*reason != '\0')
		fprintf(f, ": %s", reason);
	fputc('\n', f);
	free(reason);
}

/* ------------------------------------------------------------------------------------ people */

static const char *
contact_name(enum core_contact c)
{
	static const char *const names[] = {
		[CORE_CONTACT_NONE] = N_("no contact"),
		[CORE_CONTACT] = "",
		[CORE_CONTACT_REQUEST] = N_("asks to be a contact"),
		[CORE_CONTACT_BLOCKED] = N_("blocked"),
	};

	return (size_t)c < sizeof names / sizeof names[0] && *names[c] != '\0' ? _(names[c]) : "";
}

static void
show_person(FILE *f, const struct core_person *p)
{
	const char *online = _("online"), *offline = _("offline");
	char devices[48], two[48], *why = words_local(p->why);

	fprintf(f, "%c ", p->trust);
	show_cell(f, p->name, 16);
	show_cell(f, p->online ? online : offline, columns_for(7, online, offline));
	snprintf(
	    devices, sizeof devices, ngettext("%u device", "%u devices", p->devices), p->devices);
	snprintf(two, sizeof two, ngettext("%u device", "%u devices", 2), 2U);
	show_cell(f, devices, columns_for(9, devices, two));
	fputs(p->civil_name != NULL ? p->civil_name : "", f);
	if (p->civil_id != NULL && *p->civil_id != '\0')
		fprintf(f, ", %s", p->civil_id);
	if (*contact_name(p->contact) != '\0')
		fprintf(f, " (%s)", contact_name(p->contact));
	if (p->mixed_scripts)
		fputs(_(" (letters of several scripts)"), f);
	if (*why != '\0')
		fprintf(f, " %s", why);
	fputc('\n', f);
	free(why);
}

void
show_device_line(FILE *f, const struct core_device *d)
{
	char at[CLOCK_TEXT_MAX];

	fprintf(f, "%s  ", d->id);
	show_cell(f, d->name, 16);
	clock_text(d->bound_at, at);
	fprintf(f, _("bound %s"), at);
	if (d->removed_at != 0) {
		clock_text(d->removed_at, at);
		fprintf(f, _(", removed %s"), at);
	}
	fprintf(f, "%s\n", d->this_device ? _(" (this device)") : "");
}

/* ------------------------------------------------------------------------------------- cards */

static const char *
tries_text(enum core_tries t)
{
	static const char *const names[] = {
		[CORE_TRIES_FULL] = N_("all tries left"),
		[CORE_TRIES_LOW] = N_("2 tries left"),
		[CORE_TRIES_FINAL] = N_("1 try left"),
	};

	if (t == CORE_TRIES_LOCKED)
		return C_("PIN", "locked"); /* a profile is locked otherwise */
	return (size_t)t < sizeof names / sizeof names[0] ? _(names[t]) : "";
}

/* What a certificate is for. */
static const char *
use_word(const char *use)
{
	static const char *const words[] = { N_("authentication"), N_("signature"), N_("ca"),
		N_("other") };
	size_t i;

	for (i = 0; use != NULL && i < sizeof words / sizeof words[0]; i++)
		if (strcmp(use, words[i]) == 0)
			return _(words[i]);
	return use;
}

static void
show_card(FILE *f, const struct core_card *c)
{
	size_t i;

	fprintf(f, "%s\n", c->token);
	show_field(f, _("Reader"), c->reader);
	show_field(f, _("Serial"), c->serial);
	show_field(f, _("Module"), c->module);
	show_field(f, _("PIN"), tries_text(c->tries));
	for (i = 0; i < c->certificate_count; i++) {
		show_field(f, _("Certificate"), c->certificates[i].label);
		show_field(f, "  id", c->certificates[i].id);
		show_field(f, _("  subject"), c->certificates[i].subject);
		show_field(f, _("  for"), use_word(c->certificates[i].use));
		show_field(f, "  SHA-256", c->certificates[i].sha256);
	}
	for (i = 0; i < c->key_count; i++) {
		show_field(f, _("Key"), c->keys[i].label);
		show_field(f, "  id", c->keys[i].id);
		show_field(f, _("  type"), c->keys[i].type);
	}
	if (c->mechanism_count == 0)
		return;
	fputs("  ", f);
	show_cell(f, _("Mechanisms"), 14);
	for (i = 0; i < c->mechanism_count; i++)
		fprintf(f, "%s%s", i == 0 ? "" : " ", c->mechanisms[i]);
	fputc('\n', f);
}

static void
show_card_pem(FILE *f, const struct core_card *c)
{
	size_t i;

	for (i = 0; i < c->certificate_count; i++)
		if (c->certificates[i].pem != NULL)
			fprintf(f, "# %s\n%s", c->certificates[i].subject, c->certificates[i].pem);
}

/* ------------------------------------------------------------------------------------ by kind */

void
show_event(FILE *f, const struct core_event *ev, bool pem)
{
	switch (ev->kind) {
	case CORE_EV_MESSAGE:
		show_message(f, ev->message);
		break;
	case CORE_EV_STATE:
		show_state(f, ev->state);
		break;
	case CORE_EV_PERSON:
		show_person(f, ev->person);
		break;
	case CORE_EV_WHOIS:
		(pem ? show_whois_pem : show_whois)(f, ev->whois);
		break;
	case CORE_EV_DEVICE:
		show_device_line(f, ev->device);
		break;
	case CORE_EV_CARD:
		(pem ? show_card_pem : show_card)(f, ev->card);
		break;
	case CORE_EV_CHECK:
		show_check(f, ev->check);
		break;
	default:
		break;
	}
}
