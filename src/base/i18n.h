/*
 * i18n: the marks of text that is translated. N_ only marks, _ looks up, at the place of display.
 * C_ looks up a text that has another translation in one context than elsewhere.
 */
#ifndef RECADO_BASE_I18N_H
#define RECADO_BASE_I18N_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text
#define C_(context, text) i18n_in(context "\004" text, text)

/* The catalogue knows a context as what stands before the text. */
static inline const char *
i18n_in(const char *whole, const char *text)
{
	const char *local = gettext(whole);

	return local == whole ? text : local;
}

#endif
