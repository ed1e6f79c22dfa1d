#include "ui/ascii.h"

#include <stddef.h>

/* U+00A0 .. U+017F, one character each. */
static const char latin[] = " !cLoY|S\"ca<--R-o+23'uP.,1o>///?"
			    "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPs"
			    "aaaaaaaceeeeiiiidnooooo/ouuuuypy"
			    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGg"
			    "GgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
			    "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSs"
			    "SsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

static const struct {
	uint32_t from, to;
	char c;
} marks[] = {
	{ 0x2010, 0x2015, '-' }, /* hyphens, dashes */
	{ 0x2018, 0x201B, '\'' },
	{ 0x201C, 0x201F, '"' },
	{ 0x2022, 0x2022, '*' },
	{ 0x2026, 0x2026, '~' }, /* what was cut */
	{ 0x20AC, 0x20AC, 'E' },
	{ 0x2190, 0x2190, '<' },
	{ 0x2192, 0x2192, '>' },
	{ 0x23CE, 0x23CE, '\\' },
	{ 0x2500, 0x2501, '-' },
	{ 0x2502, 0x2503, '|' },
	{ 0x2504, 0x254F, '+' },
	{ 0x2550, 0x257F, '+' },
	{ 0x2580, 0x259F, '#' },
	{ 0x25B8, 0x25B8, '>' },
	{ 0x25BE, 0x25BE, 'v' },
	{ 0x25CB, 0x25CB, 'o' },
	{ 0x25CF, 0x25CF, '*' },
	{ 0x25D0, 0x25D0, '%' },
	{ 0x2713, 0x2713, 'v' },
	{ 0x2717, 0x2717, 'x' },
};

char
ascii_fold(uint32_t cp)
{
	if (cp >= 0x20 && cp < 0x7F)
		return (char)cp;
	if (cp >= 0xA0 && cp <= 0x17F && cp - 0xA0 < sizeof latin - 1)
		return latin[cp - 0xA0];
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (cp >= marks[i].from && cp <= marks[i].to)
			return marks[i].c;
	return '?';
}
