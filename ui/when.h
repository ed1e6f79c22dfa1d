/*
 * when: times as a person reads them, in the local time zone and the language of the screen.
 */
#ifndef RECADO_UI_WHEN_H
#define RECADO_UI_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEN_MAX 64

/* All take milliseconds since 1970 and write at most WHEN_MAX bytes; they return out. */
const char *when_clock(uint64_t ms, char out[WHEN_MAX]); /* 09:57 */
const char *when_date(uint64_t ms, char out[WHEN_MAX]);  /* 2026-11-21 */
const char *when_exact(uint64_t ms, char out[WHEN_MAX]); /* 2026-11-21 09:57:31Z, always UTC */
const char *when_day(uint64_t ms, char out[WHEN_MAX]);   /* 21 Nov 2026 */
const char *when_long_day(uint64_t ms, bool shorter, char out[WHEN_MAX]); /* Saturday 21 ... */
const char *when_span(uint64_t seconds, char out[WHEN_MAX]);              /* 2 h, 3 d, 4 y */
bool when_same_day(uint64_t a, uint64_t b);
bool when_same_minute(uint64_t a, uint64_t b);

#endif
