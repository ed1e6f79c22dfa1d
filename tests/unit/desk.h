/*
 * desk: as much of an engine as judging people and their letters takes: a store, a configuration,
 * and trust with the authority of entry.h. No relay, no loop.
 */
#ifndef RECADO_TESTS_UNIT_DESK_H
#define RECADO_TESTS_UNIT_DESK_H

#include "core/trust.h"
#include "entry.h"

extern struct engine desk;

/* Of every test; entry_setup is in it, and maria founded. */
void desk_setup(void);
void desk_teardown(void);

#endif
