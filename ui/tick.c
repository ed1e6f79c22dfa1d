#include "ui/tick.h"

#include <stddef.h>
#include "ui/i18n.h"

struct tick {
	const char *text, *ascii, *words;
	enum theme_role role;
};

static const struct tick failed = { "✗  ", "x  ", N_("failed"), THEME_BAD };
static const struct tick bad_signature = { "✓✓!", "r! ", N_("bad signature"), THEME_BAD };
static const struct tick ticks[] = {
	[CORE_ST_NONE] = { "   ", "   ", N_("unknown"), THEME_DIM },
	[CORE_ST_QUEUED] = { "…  ", ".. ", N_("queued"), THEME_DIM },
	[CORE_ST_SENT] = { "✓  ", "s  ", N_("sent"), THEME_DIM },
	[CORE_ST_DELIVERED] = { "✓✓ ", "d  ", N_("delivered"), THEME_TICK },
	[CORE_ST_READ] = { "✓✓r", "r  ", N_("read"), THEME_TICK },
	[CORE_ST_NOTARISED] = { "✓✓S", "rS ", N_("read, signed by the card"), THEME_GOOD },
};

static const struct tick *
find(enum core_state state, bool bad)
{
	if (bad)
		return &bad_signature;
	if (state == CORE_ST_FAILED)
		return &failed;
	return &ticks[(size_t)state < sizeof ticks / sizeof *ticks ? state : CORE_ST_NONE];
}

const char *
tick_text(enum core_state state, bool bad, bool ascii)
{
	return ascii ? find(state, bad)->ascii : find(state, bad)->text;
}

enum theme_role
tick_role(enum core_state state, bool bad)
{
	return find(state, bad)->role;
}

const char *
tick_words(enum core_state state, bool bad)
{
	return _(find(state, bad)->words);
}
