/*
 * record: commands and events as JSON: whole, for the socket between two processes of one home,
 * and in their public form, for --json. Both come from one table of fields a struct.
 */
#ifndef RECADO_CORE_RECORD_H
#define RECADO_CORE_RECORD_H

#include "core/core.h"

#define RECORD_LINE_MAX (1024 * 1024) /* octets of one line, newline included */

/* One line without newline; caller frees (wipe a command's: it may hold a PIN). */
char *record_put_cmd(const struct core_cmd *cmd) __attribute__((returns_nonnull));
char *record_put_event(const struct core_event *ev) __attribute__((returns_nonnull));
/* ERR_FORMAT: not JSON, another kind, a field of another type; *out is cleared then. */
int record_get_cmd(const char *line, size_t n, struct core_cmd *out) MUST_CHECK;
int record_get_event(const char *line, size_t n, struct core_event *out) MUST_CHECK;

/* Deep copy, for an event with several readers. */
void record_copy_event(const struct core_event *ev, struct core_event *out);

#endif
