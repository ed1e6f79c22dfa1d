/*
 * record_walk: what can be done with any struct that has a table in record_fields.
 */
#ifndef RECADO_CORE_RECORD_WALK_H
#define RECADO_CORE_RECORD_WALK_H

#include <jansson.h>
#include "core/record_fields.h"

/* A new object of the fields of p; public: only what --json shows, with times as text. */
json_t *record_put(const struct record_struct *rs, const void *p, bool public);
/* Fill *p (zeroed here) from an object; missing fields stay zero. ERR_FORMAT, nothing owned then. */
int record_get(const struct record_struct *rs, const json_t *o, void *p) MUST_CHECK;
/* Free what p owns, wipe it and zero it. */
void record_clear(const struct record_struct *rs, void *p);
/* out becomes a deep copy of p. */
void record_copy(const struct record_struct *rs, const void *p, void *out);

#endif
