/*
 * frame: u32 big-endian length + that many octets, and nothing of what is inside.
 */
#ifndef RECADO_WIRE_FRAME_H
#define RECADO_WIRE_FRAME_H

#include "base/buf.h"

#define FRAME_HEADER 4
#define FRAME_MAX_OPEN 4096             /* before the channel is sealed */
#define FRAME_MAX (16 * 1024 + 256)     /* a sealed record of 16 KiB */

/* Is a whole frame at the front of in? 0: *body is a view of its content inside in and *used is
 * how much to consume afterwards. ERR_AGAIN: more octets are needed. ERR_LIMIT: announced longer
 * than max (decided from the length alone); an empty frame is ERR_FORMAT. */
int frame_peek(struct bytes in, size_t max, struct bytes *body, size_t *used) MUST_CHECK;
int frame_put(struct buf *out, const void *body, size_t n) MUST_CHECK;

#endif
