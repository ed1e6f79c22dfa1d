/*
 * i18n: the marks of text that is translated. N_ only marks, _ looks up, at the place of display.
 */
#ifndef RECADO_BASE_I18N_H
#define RECADO_BASE_I18N_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text

#endif
