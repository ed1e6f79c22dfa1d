/*
 * ask: one question in a dialog. Secrets are typed into the secret arena, drawn as dots, and wiped
 * with the dialog.
 */
#ifndef RECADO_UI_ASK_H
#define RECADO_UI_ASK_H

#include <stdbool.h>
#include "core/core.h"

struct ui;

struct ask {
	const char *title;  /* translated */
	const char *text;   /* what to know before answering; NULL */
	const char *label;  /* before the field; NULL: nothing to type, any key closes */
	bool secret, twice; /* twice: typed again and compared */
	/* Called once: text is NULL when it was cancelled. The dialog is gone by then; text is wiped
	 * after the call. ctx is freed with free() by the dialog. */
	void (*answer)(struct ui *ui, void *ctx, const char *text);
	void *ctx;
};

/* Show it. The strings are copied. */
void ask_open(struct ui *ui, const struct ask *a);

/* Questions of the core. ask_event shows the dialog for one (or leaves and takes back the screen),
 * ask_done takes away what belongs to a command that ended. */
void ask_event(struct ui *ui, const struct core_event *ev);
void ask_done(struct ui *ui, uint64_t seq);
/* Ctrl-C while a card's software has the terminal: it is to stop asking. */
void ask_interrupt(struct ui *ui);
/* Answer, or cancel with text NULL. */
void ask_reply(struct ui *ui, uint32_t number, const char *text);
/* "PIN of CC ANA SILVA, 2 tries left": what to write above a PIN or a card access number; and
 * before its field. Caller frees the first. */
char *ask_pin_text(const struct core_ask *a);
const char *ask_pin_label(const struct core_ask *a);
/* "group 3, group 9 and group 14" for a question about the code. Caller frees. */
char *ask_code_text(const struct core_ask *a);

#endif
