/*
 * clock: the two clocks, and times as text. Everything else is handed the time.
 */
#ifndef RECADO_BASE_CLOCK_H
#define RECADO_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

uint64_t clock_now_ms(void);  /* wall clock, milliseconds since 1970-01-01 UTC */
uint64_t clock_mono_ms(void); /* monotonic milliseconds, for deadlines */

#define CLOCK_TEXT_MAX 32
/* RFC 3339 UTC with milliseconds: 2026-11-21T12:41:07.123Z */
void clock_text(uint64_t ms, char out[CLOCK_TEXT_MAX]);
/* The inverse; ERR_FORMAT. */
int clock_parse(const char *text, uint64_t *ms) MUST_CHECK;
/* "2 h", "3 d", "38 s": the largest unit that fits. */
void clock_age(uint64_t seconds, char out[CLOCK_TEXT_MAX]);

#endif
