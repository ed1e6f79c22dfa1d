/*
 * local: the socket HOME/run/sock, through which other processes of the same person give commands
 * to the one that owns the home. A line is a command one way (record_put_cmd), an event the other
 * (record_put_event).
 */
#ifndef RECADO_CORE_LOCAL_H
#define RECADO_CORE_LOCAL_H

#include "core/engine.h"

struct local;

int local_new(struct engine *e, struct local **out, struct fault *f) MUST_CHECK;
void local_free(struct local **pl);
/* Take no new ones. */
void local_stop(struct local *l);
/* Is there anybody who may be waiting for an answer? (Who only follows or watches is not.) */
bool local_busy(const struct local *l);

#endif
