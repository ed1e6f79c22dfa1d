/*
 * idle: locks the profile when nobody has asked for anything for lock_after_min.
 */
#ifndef RECADO_CORE_IDLE_H
#define RECADO_CORE_IDLE_H

#include "core/engine.h"

/* Nothing to do when the configuration sets no limit. */
int idle_new(struct engine *e) MUST_CHECK;
void idle_free(struct engine *e);
/* A command came: count from now. CORE_READ and CORE_WHOIS do not count: the screen sends them by
 * itself when mail comes. */
void idle_stir(struct engine *e, enum core_op op);

#endif
