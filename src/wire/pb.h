/*
 * pb: bounded decoding and plain encoding of recado.proto messages (protobuf-c).
 *
 * Memory of a decode is bounded by a multiple of the input and by PB_MAX_OBJECTS; nesting by
 * PB_MAX_DEPTH. Generated types are used as they are; free with pb_free.
 */
#ifndef RECADO_WIRE_PB_H
#define RECADO_WIRE_PB_H

#include <protobuf-c/protobuf-c.h>
#include "base/buf.h"
#include "wire/recado.pb-c.h"

#define PB_MAX_OBJECTS 4096
#define PB_MAX_DEPTH 8

/* Decode all of in as one message of the type. Unknown fields anywhere inside are ERR_FIELD,
 * malformed or oversized input ERR_FORMAT / ERR_LIMIT; *out is NULL then.
 *     Recado__Binding *b;
 *     if ((r = pb_unpack(&recado__binding__descriptor, body, &b)) != 0) ... */
int pb_unpack(const ProtobufCMessageDescriptor *type, struct bytes in, void *out) MUST_CHECK;
/* As pb_unpack, but unknown fields are skipped (after authentication, outside signed bodies). */
int pb_unpack_lenient(const ProtobufCMessageDescriptor *type, struct bytes in, void *out)
    MUST_CHECK;
/* Wipe nothing, free, set *pmsg NULL; NULL is allowed. pmsg is the address of a message pointer. */
void pb_free(void *pmsg);

/* Append the encoding of msg to out. */
int pb_pack(const void *msg, struct buf *out) MUST_CHECK;

/* Between generated fields and ours. pb_data does not copy. */
static inline struct bytes
pb_view(ProtobufCBinaryData d)
{
	return (struct bytes){ d.data, d.len };
}
static inline ProtobufCBinaryData
pb_data(struct bytes v)
{
	return (ProtobufCBinaryData){ v.n, (uint8_t *)(uintptr_t)v.p };
}
/* Copy a field of exactly n octets; ERR_FORMAT otherwise (out is cleared). */
int pb_fixed(ProtobufCBinaryData d, void *out, size_t n) MUST_CHECK;

#endif
