/*
 * view: one full screen, or an overlay on the one below, as a table of functions (the model is
 * tmux's window_mode). A view is a const table; its state is what init returned.
 */
#ifndef RECADO_UI_VIEW_H
#define RECADO_UI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/core.h"
#include "ui/canvas.h"

struct ui;

struct view_hint {
	const char *key, *text; /* text translated where it is drawn */
};

struct view {
	const char *name;
	bool overlay;                  /* drawn over the view below */
	bool modal;                    /* only a few commands work while it is on top */
	const struct view_hint *hints; /* ends with key NULL; NULL: draws its own, or none */
	void *(*init)(struct ui *ui, const void *arg);
	void (*free)(struct ui *ui, void *self);
	/* true: taken. Keys that are not go to the commands. */
	bool (*key)(struct ui *ui, void *self, uint32_t key);
	void (*paste)(struct ui *ui, void *self, const char *text, size_t n);
	/* true: taken, and *ev emptied. May be NULL. */
	bool (*event)(struct ui *ui, void *self, struct core_event *ev);
	void (*draw)(struct ui *ui, void *self, const struct canvas *c);
};

extern const struct view view_main;
extern const struct view view_whois;   /* arg: const char * name */
extern const struct view view_history; /* arg: struct view_history_arg */
extern const struct view view_help;
extern const struct view view_palette;
extern const struct view view_list;   /* arg: struct view_list_arg */
extern const struct view view_wizard; /* arg: const char * link, or NULL */
extern const struct view view_ask;    /* arg: struct ask (ui/ask.h) */
extern const struct view view_locked;

struct view_history_arg {
	const char *name;  /* NULL: all conversations */
	const char *words; /* to search for at once; NULL */
};

struct view_list_arg {
	const char *title;
	struct core_cmd *cmd; /* sent by the view, emptied; its events are the lines */
};

/* The bars that full views share: a title with text at both ends, and the line of hints. */
void view_title(const struct canvas *c, const char *left, const char *right);
void view_hints(const struct canvas *c, int row, const struct view_hint *hints, const char *right);

/* A list with a selected line: vim keys and arrows. Returns true when key moved it. */
struct view_cursor {
	size_t at, top, count;
	int rows; /* visible */
};
bool view_cursor_key(struct view_cursor *v, uint32_t key);
void view_cursor_fit(struct view_cursor *v, size_t count, int rows); /* before drawing */

#endif
