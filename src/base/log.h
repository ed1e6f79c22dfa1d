/*
 * log: one line an event to a stream, `TIME LEVEL module: text key=value`, sanitised.
 *
 * A log is a context, not a global. A NULL log is silent, so libraries can be handed none.
 * Lines never hold message text, keys, PINs or passphrases.
 */
#ifndef RECADO_BASE_LOG_H
#define RECADO_BASE_LOG_H

#include <stdio.h>
#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log;

/* stream is borrowed. With journal nonzero lines carry <N> priorities in place of time and level. */
struct log *log_new(FILE *stream, enum log_level level, int journal);
void log_free(struct log **pl);
void log_write(struct log *l, enum log_level level, const char *module, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* "error" | "warn" | "info" | "debug" */
int log_level_parse(const char *text, enum log_level *out) MUST_CHECK;

#define log_error(l, m, ...) log_write(l, LOG_LEVEL_ERROR, m, __VA_ARGS__)
#define log_warn(l, m, ...) log_write(l, LOG_LEVEL_WARN, m, __VA_ARGS__)
#define log_info(l, m, ...) log_write(l, LOG_LEVEL_INFO, m, __VA_ARGS__)
#define log_debug(l, m, ...) log_write(l, LOG_LEVEL_DEBUG, m, __VA_ARGS__)

#endif
