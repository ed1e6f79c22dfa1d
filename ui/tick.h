/*
 * tick: the state of an outgoing message in a gutter of three cells.
 */
#ifndef RECADO_UI_TICK_H
#define RECADO_UI_TICK_H

#include <stdbool.h>
#include "core/core.h"
#include "ui/theme.h"

/* Three columns. bad: a signature that should have proved a state did not verify. */
const char *tick_text(enum core_state state, bool bad, bool ascii);
enum theme_role tick_role(enum core_state state, bool bad);
/* The state in words, translated. */
const char *tick_words(enum core_state state, bool bad);

#endif
