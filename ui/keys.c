#include "ui/keys.h"

#include <stdio.h>
#include <string.h>
#include "ui/i18n.h"

static const char *const named[K_F1 - K_UP] = {
	[K_UP - K_UP] = N_("Up"),
	[K_DOWN - K_UP] = N_("Down"),
	[K_LEFT - K_UP] = N_("Left"),
	[K_RIGHT - K_UP] = N_("Right"),
	[K_HOME - K_UP] = N_("Home"),
	[K_END - K_UP] = N_("End"),
	[K_PGUP - K_UP] = N_("PgUp"),
	[K_PGDN - K_UP] = N_("PgDn"),
	[K_INSERT - K_UP] = N_("Ins"),
	[K_DELETE - K_UP] = N_("Del"),
	[K_BACKSPACE - K_UP] = N_("Backspace"),
	[K_ENTER - K_UP] = N_("Enter"),
	[K_TAB - K_UP] = N_("Tab"),
	[K_ESC - K_UP] = N_("Esc"),
};

size_t
keys_utf8(uint32_t cp, char out[5])
{
	size_t n = 0;

	memset(out, 0, 5);
	if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
		return 0;
	if (cp < 0x80) {
		out[n++] = (char)cp;
	} else if (cp < 0x800) {
		out[n++] = (char)(0xC0 | cp >> 6);
	} else if (cp < 0x10000) {
		out[n++] = (char)(0xE0 | cp >> 12);
		out[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
	} else {
		out[n++] = (char)(0xF0 | cp >> 18);
		out[n++] = (char)(0x80 | (cp >> 12 & 0x3F));
		out[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
	}
	if (cp >= 0x80)
		out[n++] = (char)(0x80 | (cp & 0x3F));
	return n;
}

int
keys_is_text(uint32_t key)
{
	return key >= 0x20 && key != 0x7F && !(key >= 0x80 && key < 0xA0) && key <= 0x10FFFF;
}

const char *
keys_name(uint32_t key, char out[KEYS_NAME_MAX])
{
	uint32_t base = key & 0xFFFFFF;
	char utf8[5], fn[8];
	const char *name = utf8;

	out[0] = '\0';
	if (base == K_NONE)
		return out;
	if (base >= K_F1 && base <= K_F12) {
		snprintf(fn, sizeof fn, "F%u", base - K_F1 + 1);
		name = fn;
	} else if (base >= K_UP && base < K_F1) {
		name = _(named[base - K_UP]);
	} else {
		keys_utf8((key & (K_CTRL | K_ALT)) && base >= 'a' && base <= 'z' ? base - 32 : base,
		    utf8);
	}
	snprintf(out, KEYS_NAME_MAX, "%s%s%s%s%s", key & K_CX ? "Ctrl-X " : "",
	    key & K_CTRL ? "Ctrl-" : "", key & K_ALT ? "Alt-" : "", key & K_SHIFT ? "Shift-" : "",
	    name);
	return out;
}
