/*
 * ascii: the nearest ASCII for what the screen draws, for terminals that have nothing else.
 */
#ifndef RECADO_UI_ASCII_H
#define RECADO_UI_ASCII_H

#include <stdint.h>

/* One printable ASCII character for a code point: itself, the bare letter of an accented Latin one,
 * a look-alike for lines and marks, or '?'. */
char ascii_fold(uint32_t cp);

#endif
