#include "ui/theme.h"

#include <stdlib.h>
#include <string.h>

struct theme {
	const char *name;
	bool colour;
	struct theme_style style[THEME_ROLES];
};

static const struct theme themes[] = {
	{ "dark", true,
	    {
		[THEME_TEXT] = { -1, -1, 0 },
		[THEME_TITLE] = { 255, 24, 0 },
		[THEME_BORDER] = { 240, -1, 0 },
		[THEME_HEADING] = { 110, -1, THEME_BOLD },
		[THEME_DIM] = { 245, -1, 0 },
		[THEME_SELECTED] = { 255, 31, 0 },
		[THEME_CURRENT] = { -1, 236, 0 },
		[THEME_UNREAD] = { 222, -1, THEME_BOLD },
		[THEME_OWN] = { 150, -1, 0 },
		[THEME_PEER] = { 117, -1, 0 },
		[THEME_GOOD] = { 114, -1, 0 },
		[THEME_WARN] = { 221, -1, 0 },
		[THEME_BAD] = { 210, -1, THEME_BOLD },
		[THEME_TICK] = { 114, -1, 0 },
		[THEME_STATUS] = { 252, 236, 0 },
		[THEME_HINT] = { 245, -1, 0 },
		[THEME_HINT_KEY] = { 255, -1, THEME_BOLD },
		[THEME_INPUT] = { -1, -1, 0 },
		[THEME_DIALOG] = { 252, 235, 0 },
		[THEME_CODE] = { 231, 16, 0 },
	    } },
	{ "light", true,
	    {
		[THEME_TEXT] = { -1, -1, 0 },
		[THEME_TITLE] = { 231, 25, 0 },
		[THEME_BORDER] = { 248, -1, 0 },
		[THEME_HEADING] = { 25, -1, THEME_BOLD },
		[THEME_DIM] = { 242, -1, 0 },
		[THEME_SELECTED] = { 231, 31, 0 },
		[THEME_CURRENT] = { -1, 254, 0 },
		[THEME_UNREAD] = { 130, -1, THEME_BOLD },
		[THEME_OWN] = { 22, -1, 0 },
		[THEME_PEER] = { 25, -1, 0 },
		[THEME_GOOD] = { 28, -1, 0 },
		[THEME_WARN] = { 130, -1, 0 },
		[THEME_BAD] = { 160, -1, THEME_BOLD },
		[THEME_TICK] = { 28, -1, 0 },
		[THEME_STATUS] = { 236, 254, 0 },
		[THEME_HINT] = { 242, -1, 0 },
		[THEME_HINT_KEY] = { 16, -1, THEME_BOLD },
		[THEME_INPUT] = { -1, -1, 0 },
		[THEME_DIALOG] = { 16, 255, 0 },
		[THEME_CODE] = { 231, 16, 0 },
	    } },
	{ "16", true,
	    {
		[THEME_TEXT] = { -1, -1, 0 },
		[THEME_TITLE] = { 7, 4, THEME_BOLD },
		[THEME_BORDER] = { -1, -1, 0 },
		[THEME_HEADING] = { 6, -1, THEME_BOLD },
		[THEME_DIM] = { -1, -1, THEME_FAINT },
		[THEME_SELECTED] = { -1, -1, THEME_REVERSE },
		[THEME_CURRENT] = { -1, -1, THEME_UNDERLINE },
		[THEME_UNREAD] = { 3, -1, THEME_BOLD },
		[THEME_OWN] = { 2, -1, 0 },
		[THEME_PEER] = { 6, -1, 0 },
		[THEME_GOOD] = { 2, -1, 0 },
		[THEME_WARN] = { 3, -1, 0 },
		[THEME_BAD] = { 1, -1, THEME_BOLD },
		[THEME_TICK] = { 2, -1, 0 },
		[THEME_STATUS] = { -1, -1, THEME_REVERSE },
		[THEME_HINT] = { -1, -1, 0 },
		[THEME_HINT_KEY] = { -1, -1, THEME_BOLD },
		[THEME_INPUT] = { -1, -1, 0 },
		[THEME_DIALOG] = { -1, -1, 0 },
		[THEME_CODE] = { 7, 0, THEME_BOLD },
	    } },
	{ "mono", false,
	    {
		[THEME_TITLE] = { -1, -1, THEME_REVERSE },
		[THEME_HEADING] = { -1, -1, THEME_BOLD },
		[THEME_SELECTED] = { -1, -1, THEME_REVERSE },
		[THEME_CURRENT] = { -1, -1, THEME_UNDERLINE },
		[THEME_UNREAD] = { -1, -1, THEME_BOLD },
		[THEME_BAD] = { -1, -1, THEME_BOLD },
		[THEME_STATUS] = { -1, -1, THEME_REVERSE },
		[THEME_HINT_KEY] = { -1, -1, THEME_BOLD },
	    } },
};

const struct theme *
theme_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof themes / sizeof *themes; i++)
		if (strcmp(themes[i].name, name) == 0)
			return &themes[i];
	return NULL;
}

const struct theme *
theme_choose(const char *name, int colours)
{
	const char *no_colour = getenv("NO_COLOR");
	const struct theme *t = theme_find(name);

	if ((no_colour != NULL && no_colour[0] != '\0') || colours < 8)
		return theme_find("mono");
	if (t == NULL)
		t = theme_find("dark");
	return colours < 256 && t->colour ? theme_find("16") : t;
}

const char *
theme_name(const struct theme *t)
{
	return t->name;
}

bool
theme_has_colour(const struct theme *t)
{
	return t->colour;
}

struct theme_style
theme_style(const struct theme *t, enum theme_role role)
{
	struct theme_style s = t->style[role < THEME_ROLES ? role : THEME_TEXT];

	if (!t->colour)
		s.fg = s.bg = -1;
	return s;
}
