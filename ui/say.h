/*
 * say: the core speaks English; here its sentences become the user's.
 */
#ifndef RECADO_UI_SAY_H
#define RECADO_UI_SAY_H

#include "core/core.h"

/* Every sentence in the event, in place. Names, message texts and words with a table of their own
 * (label_word) stay as they are. */
void say_event(struct core_event *ev);

#endif
