/*
 * renew: a new card of the same person takes over for all live devices. DESIGN 3.3.
 */
#ifndef RECADO_CORE_RENEW_H
#define RECADO_CORE_RENEW_H

#include "core/engine.h"

/* From the card in the reader to the relay's word. The op ends with it. */
void renew_begin(struct op *op);

#endif
