/*
 * buf: bytes that grow up to a hard maximum, and views into bytes (model: OpenSSH sshbuf).
 *
 * A buf owns its memory, appends at the end and consumes at the front. Getting checks bounds by
 * subtraction, clears its output first, and consumes only when it succeeds. Freeing wipes.
 * Integers are big-endian.
 */
#ifndef RECADO_BASE_BUF_H
#define RECADO_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/err.h"

/* A view: somebody else owns the memory. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

struct buf;

#define BUF_MAX_DEFAULT (1u << 20)

/* A new empty buf that never holds more than max bytes (0: BUF_MAX_DEFAULT). Aborts on OOM. */
struct buf *buf_new(size_t max);
/* The same, with its memory in the secret arena. */
struct buf *buf_new_secret(size_t max);
/* Wipe, free, and set *pb NULL; NULL is allowed. */
void buf_free(struct buf **pb);
/* Forget the content (wiped), keep the memory. */
void buf_reset(struct buf *b);

size_t buf_len(const struct buf *b);
size_t buf_space(const struct buf *b); /* bytes that may still be appended */
const uint8_t *buf_ptr(const struct buf *b); /* valid until the next change; not NULL */
struct bytes buf_view(const struct buf *b);

/* Append; ERR_LIMIT when it would exceed the maximum (nothing is appended then). */
int buf_put(struct buf *b, const void *p, size_t n) MUST_CHECK;
int buf_put_bytes(struct buf *b, struct bytes v) MUST_CHECK;
int buf_put_u8(struct buf *b, uint8_t v) MUST_CHECK;
int buf_put_u16(struct buf *b, uint16_t v) MUST_CHECK;
int buf_put_u32(struct buf *b, uint32_t v) MUST_CHECK;
int buf_put_u64(struct buf *b, uint64_t v) MUST_CHECK;
int buf_put_string(struct buf *b, const void *p, size_t n) MUST_CHECK; /* u32 length + bytes */
/* Append n zero bytes and return where they start, to be written in place. */
int buf_reserve(struct buf *b, size_t n, uint8_t **out) MUST_CHECK;

/* Write in place, where room was made; what is returned is behind it. For what is written at every
 * message, in many small pieces of known lengths. */
static inline uint8_t *
bytes_set(uint8_t *at, const void *p, size_t n)
{
	memcpy(at, p, n);
	return at + n;
}

static inline uint8_t *
bytes_set_uint(uint8_t *at, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	return at + n;
}

/* Take from the front; ERR_SHORT when there is less. */
int buf_get(struct buf *b, void *out, size_t n) MUST_CHECK;
int buf_get_u8(struct buf *b, uint8_t *out) MUST_CHECK;
int buf_get_u16(struct buf *b, uint16_t *out) MUST_CHECK;
int buf_get_u32(struct buf *b, uint32_t *out) MUST_CHECK;
int buf_get_u64(struct buf *b, uint64_t *out) MUST_CHECK;
int buf_consume(struct buf *b, size_t n) MUST_CHECK;
int buf_truncate(struct buf *b, size_t n) MUST_CHECK; /* keep the first n bytes */

/* The same cursor over a view: reads and advances *v. Strings are views into the same memory. */
int bytes_get_u8(struct bytes *v, uint8_t *out) MUST_CHECK;
int bytes_get_u16(struct bytes *v, uint16_t *out) MUST_CHECK;
int bytes_get_u32(struct bytes *v, uint32_t *out) MUST_CHECK;
int bytes_get_u64(struct bytes *v, uint64_t *out) MUST_CHECK;
int bytes_get(struct bytes *v, void *out, size_t n) MUST_CHECK;
int bytes_get_view(struct bytes *v, size_t n, struct bytes *out) MUST_CHECK;
int bytes_get_string(struct bytes *v, size_t max, struct bytes *out) MUST_CHECK; /* u32 length */
int bytes_end(const struct bytes *v) MUST_CHECK; /* ERR_TRAILING unless empty */
int bytes_equal(struct bytes a, struct bytes b); /* not constant time */

/* Lower-case hex. hex_encode writes 2n+1 bytes. hex_decode takes exactly n bytes' worth, any case. */
void hex_encode(const void *p, size_t n, char *out);
int hex_decode(const char *hex, size_t hexlen, uint8_t *out, size_t n) MUST_CHECK;

#endif
