#include "cmd/show.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
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

/* ---------------------------------------------------------------------------------- messages */

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
show_message(FILE *f, const struct core_message *m)
{
	char at[CLOCK_TEXT_MAX];

	if (m->first_contact) {
		fprintf(f, "-- %s: %s", m->from, m->civil_name != NULL ? m->civil_name : "");
		if (m->trust == 'R')
			fputs(", level R: no card stands behind this name", f);
		else if (m->civil_id != NULL && *m->civil_id != '\0')
			fprintf(f, ", %s", m->civil_id);
		if (m->card_validity != NULL && *m->card_validity != '\0')
			fprintf(f, ", valid %s", m->card_validity);
		fputc('\n', f);
	}
	clock_text(m->sent_at, at);
	fprintf(f, "%s %s %s ", m->id, at, m->from);
	show_text(f, m->text != NULL ? m->text : "");
	fprintf(f, " %s\n", core_state_name(m->state));
}

static const char *
proof_name(enum core_proof p)
{
	static const char *const names[] = {
		[CORE_PROOF_NONE] = "no proof",
		[CORE_PROOF_WARRANT] = "relay's warrant",
		[CORE_PROOF_RECEIPT] = "signed receipt",
		[CORE_PROOF_CARD] = "signed by card",
	};

	return (size_t)p < sizeof names / sizeof names[0] ? names[p] : "";
}

static void
show_state(FILE *f, const struct core_state_change *s)
{
	char at[CLOCK_TEXT_MAX], *error;

	clock_text(s->at, at);
	fprintf(f, "%s %s ", s->id, at);
	show_cell(f, core_state_name(s->state), 9);
	if (s->state == CORE_ST_FAILED) {
		error = words_local(s->error);
		fprintf(f, "%s\n", error);
		free(error);
		return;
	}
	fputs(proof_name(s->proof), f);
	if (s->proof != CORE_PROOF_NONE)
		fputs(s->verified ? ", verified" : ", BAD SIGNATURE", f);
	if (s->by != NULL && *s->by != '\0')
		fprintf(f, ", by %s", s->by);
	fputc('\n', f);
}

static void
show_check(FILE *f, const struct core_check *c)
{
	char *reason = words_local(c->reason);

	fprintf(f, "%u %s %s", c->line, c->ok ? "ok" : "FALSE", c->what != NULL ? c->what : "");
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
		[CORE_CONTACT_NONE] = "no contact",
		[CORE_CONTACT] = "",
		[CORE_CONTACT_REQUEST] = "asks to be a contact",
		[CORE_CONTACT_BLOCKED] = "blocked",
	};

	return (size_t)c < sizeof names / sizeof names[0] ? names[c] : "";
}

static void
show_person(FILE *f, const struct core_person *p)
{
	char devices[32];

	fprintf(f, "%c ", p->trust);
	show_cell(f, p->name, 16);
	show_cell(f, p->online ? "online" : "offline", 7);
	snprintf(devices, sizeof devices, "%u device%s", p->devices, p->devices == 1 ? "" : "s");
	show_cell(f, devices, 9);
	fputs(p->civil_name != NULL ? p->civil_name : "", f);
	if (p->civil_id != NULL && *p->civil_id != '\0')
		fprintf(f, ", %s", p->civil_id);
	if (*contact_name(p->contact) != '\0')
		fprintf(f, " (%s)", contact_name(p->contact));
	if (p->mixed_scripts)
		fputs(" (letters of several scripts)", f);
	if (p->why != NULL && *p->why != '\0')
		fprintf(f, " %s", p->why);
	fputc('\n', f);
}

void
show_device_line(FILE *f, const struct core_device *d)
{
	char at[CLOCK_TEXT_MAX];

	fprintf(f, "%s  ", d->id);
	show_cell(f, d->name, 16);
	clock_text(d->bound_at, at);
	fprintf(f, "bound %s", at);
	if (d->removed_at != 0) {
		clock_text(d->removed_at, at);
		fprintf(f, ", removed %s", at);
	}
	fprintf(f, "%s\n", d->this_device ? " (this device)" : "");
}

/* ------------------------------------------------------------------------------------- cards */

static const char *
tries_text(enum core_tries t)
{
	static const char *const names[] = {
		[CORE_TRIES_FULL] = "all tries left",
		[CORE_TRIES_LOW] = "2 tries left",
		[CORE_TRIES_FINAL] = "1 try left",
		[CORE_TRIES_LOCKED] = "locked",
	};

	return (size_t)t < sizeof names / sizeof names[0] ? names[t] : "";
}

static void
show_card(FILE *f, const struct core_card *c)
{
	size_t i;

	fprintf(f, "%s\n", c->token);
	show_field(f, "Reader", c->reader);
	show_field(f, "Serial", c->serial);
	show_field(f, "Module", c->module);
	show_field(f, "PIN", tries_text(c->tries));
	for (i = 0; i < c->certificate_count; i++) {
		show_field(f, "Certificate", c->certificates[i].label);
		show_field(f, "  id", c->certificates[i].id);
		show_field(f, "  subject", c->certificates[i].subject);
		show_field(f, "  for", c->certificates[i].use);
		show_field(f, "  SHA-256", c->certificates[i].sha256);
	}
	for (i = 0; i < c->key_count; i++) {
		show_field(f, "Key", c->keys[i].label);
		show_field(f, "  id", c->keys[i].id);
		show_field(f, "  type", c->keys[i].type);
	}
	for (i = 0; i < c->mechanism_count; i++)
		fprintf(f, "%s%s", i == 0 ? "  Mechanisms      " : " ", c->mechanisms[i]);
	if (c->mechanism_count > 0)
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
