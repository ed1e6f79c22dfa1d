/*
 * theme: what each kind of thing on the screen looks like. The program names roles; a theme gives
 * them colours and attributes. Nothing is told by colour alone.
 */
#ifndef RECADO_UI_THEME_H
#define RECADO_UI_THEME_H

#include <stdbool.h>

enum theme_role {
	THEME_TEXT,
	THEME_TITLE, /* the top bar */
	THEME_BORDER,
	THEME_HEADING,
	THEME_DIM,      /* times, notices, notes */
	THEME_SELECTED, /* the selected line of a list with the focus */
	THEME_CURRENT,  /* the selected line of a list without it */
	THEME_UNREAD,
	THEME_OWN, /* "you" */
	THEME_PEER,
	THEME_GOOD,
	THEME_WARN,
	THEME_BAD,
	THEME_TICK,
	THEME_STATUS,
	THEME_HINT,
	THEME_HINT_KEY,
	THEME_INPUT,
	THEME_DIALOG,
	THEME_CODE, /* QR: light modules drawn, dark ones left, in every theme with colours */
	THEME_ROLES
};

enum theme_attr {
	THEME_BOLD = 1 << 0,
	THEME_FAINT = 1 << 1,
	THEME_REVERSE = 1 << 2,
	THEME_UNDERLINE = 1 << 3,
};

/* Colours are indices of the terminal's palette; -1 is its default. */
struct theme_style {
	short fg, bg;
	unsigned attrs;
};

struct theme;

/* "dark", "light", "16", "mono"; NULL for any other name. */
const struct theme *theme_find(const char *name);
/* The theme for a terminal of that many colours: mono when NO_COLOR is set or there are fewer than
 * 8, "16" below 256, else the one named (NULL: dark). An unknown name counts as NULL. */
const struct theme *theme_choose(const char *name, int colours);
const char *theme_name(const struct theme *t);
bool theme_has_colour(const struct theme *t);
struct theme_style theme_style(const struct theme *t, enum theme_role role);

#endif
