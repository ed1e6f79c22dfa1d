/*
 * aging: skipped message keys of sessions on which nothing comes are forgotten after their 30 days
 * all the same, and so are, keys and all, sessions that were replaced and opened nothing for 30 days.
 * Looked for when the profile is opened and hourly, whether the relay is there or not. DESIGN 3.4.
 */
#ifndef RECADO_CORE_AGING_H
#define RECADO_CORE_AGING_H

#include "core/engine.h"

#define AGING_BATCH 8 /* sessions in one turn of the loop, and in one transaction */
#define AGING_REPLACED_MS (30ull * 24 * 3600 * 1000)

int aging_open(struct engine *e) MUST_CHECK;
void aging_close(struct engine *e);

#endif
