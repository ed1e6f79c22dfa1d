/*
 * attach: the other end of local.h, in a process that does not own its home.
 *
 * Not a thread: lines are taken from the socket one at a time, so that the socket stays readable
 * while events wait.
 */
#ifndef RECADO_CORE_ATTACH_H
#define RECADO_CORE_ATTACH_H

#include "core/core.h"
#include "core/profile.h"

struct attach;

/* ERR_NOT_FOUND: nobody owns the home, or it does not answer. */
int attach_open(const struct profile *p, struct attach **out, struct fault *f) MUST_CHECK;
void attach_close(struct attach **pa);
int attach_send(struct attach *a, struct core_cmd *cmd) MUST_CHECK; /* as core_send */
int attach_next(struct attach *a, struct core_event *ev, int timeout_ms) MUST_CHECK;
int attach_fd(const struct attach *a);

#endif
