/*
 * ui: the screen's context: the stack of views, the model, the commands on their way to the core.
 *
 * Handlers (of keys, pastes, events) change the model and mark the screen dirty; one ui_draw a turn
 * of the loop paints it. Nothing here waits.
 */
#ifndef RECADO_UI_UI_H
#define RECADO_UI_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/log.h"
#include "core/core.h"
#include "ui/canvas.h"
#include "ui/edit.h"
#include "ui/model.h"
#include "ui/term.h"
#include "ui/view.h"

#define UI_DEPTH 8
#define UI_TEXT_MAX 16384 /* a message */
#define UI_PAGE 100       /* rows of history a request */

enum ui_focus { UI_INPUT, UI_CONTACTS, UI_CONVERSATION, UI_CERTIFICATE, UI_FOCUSES };

struct ui_frame {
	const struct view *view;
	void *self;
};

/* A command the core has not finished. */
struct ui_pending {
	uint64_t seq;
	enum core_op op;
	char *name, *text;
	uint32_t got; /* messages that came for it */
};

struct ui {
	struct core *core; /* borrowed, as are term and log */
	struct term *term;
	struct log *log;
	struct model *model;
	struct ui_frame stack[UI_DEPTH]; /* [0] is the main view */
	int depth;
	struct ui_pending *pending;
	size_t pending_count;

	struct edit *input;      /* the message to the current conversation */
	bool input_pasted;       /* its first character came from a paste */
	char *draft_saved;       /* what the core has of it */
	uint64_t draft_at;       /* monotonic ms of the last change; 0: saved */
	struct model_conv *last; /* where Alt-/ goes back to */

	enum ui_focus focus;
	bool contacts, certificate; /* wished for */
	size_t contacts_top;        /* first line of the list shown */
	size_t picked;              /* the contact under the list's cursor */
	int scroll;                 /* lines of the conversation below the window */
	bool at_top;                /* nothing older is above */
	char *selected;             /* id of the selected message; NULL: none */
	int certificate_top;
	char *shown_id; /* the newest unread message now visible; NULL */

	char *say; /* what the status bar says; NULL: nothing */
	enum theme_role say_role;
	uint32_t lent; /* the question that lent the terminal to a card's software; 0: none */
	bool prefix;  /* Ctrl-X was pressed */
	bool focused; /* the terminal has the focus, as far as it told */
	bool wizard;  /* begin with the first run */
	char *link;
	bool dirty, repaint, quit;
	uint64_t watch_seq;
	int rc;
};

struct ui *ui_new(struct core *core, struct term *term, struct log *log);
void ui_free(struct ui **pu);
/* Ask the core for what it knows, or begin with the first run (link may be NULL). */
void ui_start(struct ui *ui, bool wizard, const char *link);

/* One of each per turn of the loop. ui_term takes the event over; ui_core clears it. */
void ui_term(struct ui *ui, struct term_event *ev);
void ui_core(struct ui *ui, struct core_event *ev);
/* Milliseconds until ui_tick wants to be called; now_ms is the monotonic clock. */
int ui_wait(const struct ui *ui, uint64_t now_ms);
void ui_tick(struct ui *ui, uint64_t now_ms);
void ui_draw(struct ui *ui);

/* Hand a command to the core; the seq, or 0 after telling the user why not. cmd is empty then too. */
uint64_t ui_send(struct ui *ui, struct core_cmd *cmd);
/* The same in silence, for what the screen does by itself; it tries again later. */
int ui_try(struct ui *ui, struct core_cmd *cmd) MUST_CHECK;
/* The usual kind: an op and a name (NULL: none). */
uint64_t ui_op(struct ui *ui, enum core_op op, const char *name);
struct ui_pending *ui_find_pending(struct ui *ui, uint64_t seq);

/* The status bar. Gone with the next key. */
void ui_say(struct ui *ui, enum theme_role role, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The stack of views. arg is the view's own business. Pushing onto a full stack is refused. */
bool ui_push(struct ui *ui, const struct view *view, const void *arg);
void ui_pop(struct ui *ui);
/* Take a view off wherever it is, with what stands on it. */
void ui_remove(struct ui *ui, const struct view *view);
void *ui_top(struct ui *ui, const struct view *view); /* its self if it is on top, else NULL */

/* Bring a conversation to the front (NULL: none): drafts change, history and identity are asked. */
void ui_select(struct ui *ui, struct model_conv *c);
void ui_load_older(struct ui *ui);
/* Ask who somebody is, unless it is known or asked already. c may be NULL. */
void ui_want_whois(struct ui *ui, struct model_conv *c);
void ui_save_draft(struct ui *ui);
/* A draft came from the core: show it, if nothing is being written. */
void ui_take_draft(struct ui *ui);
/* Send what is written in the input line. */
void ui_submit(struct ui *ui);

#endif
