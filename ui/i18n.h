/*
 * i18n: the marks of text that is translated, as everywhere.
 */
#ifndef RECADO_UI_I18N_H
#define RECADO_UI_I18N_H

#include "base/i18n.h"

#endif
