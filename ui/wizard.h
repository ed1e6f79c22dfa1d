/*
 * wizard: the first run, from a relay's address to a first contact. What its frame (view_wizard.c)
 * and its steps (wizard_steps.c) share.
 *
 * The order is fixed: relay, code, card or enrolment, name, passphrase, PIN. Nothing about the user
 * leaves before the relay's code was compared, and there is no way round that. The PIN comes last,
 * because what the card then signs is complete.
 */
#ifndef RECADO_UI_WIZARD_H
#define RECADO_UI_WIZARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/core.h"
#include "ui/canvas.h"
#include "ui/edit.h"
#include "ui/view.h"

struct ui;

enum wizard_step {
	WIZARD_RELAY,
	WIZARD_CODE,
	WIZARD_CARD,
	WIZARD_NAME,
	WIZARD_PASSPHRASE,
	WIZARD_PIN,
	WIZARD_STEPS
};

#define WIZARD_SUBJECT 5 /* CN, O, L, ST, C */
#define WIZARD_FIELDS (WIZARD_SUBJECT + 1)

struct wizard {
	enum wizard_step step;
	struct edit *relay, *group[3], *code, *invite, *name, *passphrase, *again, *pin;
	struct edit *subject[WIZARD_SUBJECT];
	int focus;                /* of the fields of a step */
	struct core_event *cards; /* CORE_EV_CARD */
	size_t card_count;
	struct view_cursor choice; /* a card, or after them: without a card */
	uint64_t seq;              /* the command under way; 0: none */
	enum core_op op;
	struct core_event ask; /* the question that waits; ask.ask NULL: none */
	char *error, *progress;
	char *reader; /* what the status bar says of the card */
	int at_row; /* of the step's rows, the one with the cursor */
	int shift;  /* rows scrolled away so that it is in sight */
};

/* A step: how it looks and what Enter does. Lines are drawn from row 0 of c; returns how many. */
struct wizard_part {
	const char *title, *why; /* why: for the column beside it */
	int (*draw)(struct ui *ui, struct wizard *w, const struct canvas *c);
	void (*enter)(struct ui *ui, struct wizard *w);
	void (*back)(struct ui *ui, struct wizard *w); /* NULL: to the step before */
	/* The fields in the order of Tab; how many. */
	int (*fields)(struct wizard *w, struct edit *out[WIZARD_FIELDS]);
	/* What the list of steps shows once it is done. Caller frees. */
	char *(*result)(const struct wizard *w);
};

extern const struct wizard_part wizard_parts[WIZARD_STEPS];

void wizard_go(struct ui *ui, struct wizard *w, enum wizard_step step);
void wizard_fail(struct wizard *w, const char *text); /* NULL: no error */
bool wizard_by_card(const struct wizard *w);
/* A label and its field in row of c; the next row. */
int wizard_draw_field(
    const struct canvas *c, int row, const char *label, const struct edit *e, bool focus);
/* The form of who has no card. subject: a DN, or NULL; caller frees. link: the invitation that came
 * with the relay's link into its field. */
int wizard_enrol_draw(struct wizard *w, const struct canvas *c, int row);
int wizard_enrol_fields(struct wizard *w, struct edit *out[WIZARD_FIELDS]);
char *wizard_enrol_subject(const struct wizard *w);
void wizard_enrol_link(struct wizard *w);
/* Send a command as the one under way. */
void wizard_send(struct ui *ui, struct wizard *w, struct core_cmd *cmd);
void wizard_look_for_cards(struct ui *ui, struct wizard *w);
void wizard_forget_cards(struct wizard *w);
void wizard_drop_ask(struct wizard *w);
/* Answer the question that waits. NULL: cancel. */
void wizard_answer(struct ui *ui, struct wizard *w, const char *text);

#endif
