/*
 * encode: protobuf written field by field, for what the relay sends in bulk. A reply's parts are
 * often encoded already (entries, records, warrants); here they are put together without a detour
 * through structs. Fields of value zero are left out, as proto3 does.
 */
#ifndef RECADO_SERVER_ENCODE_H
#define RECADO_SERVER_ENCODE_H

#include "base/buf.h"

int encode_uint(struct buf *b, unsigned field, uint64_t v) MUST_CHECK;
/* bytes, or an encoded message. Empty bytes are left out; encode_message writes them all the same,
 * since an empty message says that it is there. */
int encode_bytes(struct buf *b, unsigned field, struct bytes v) MUST_CHECK;
int encode_message(struct buf *b, unsigned field, struct bytes v) MUST_CHECK;
/* A ListHead's fields; ids and hashes of 32 octets. */
int encode_list_head(struct buf *b, const uint8_t *user_id, uint32_t length, const uint8_t *head)
    MUST_CHECK;
int encode_text(struct buf *b, unsigned field, const char *s) MUST_CHECK;

#endif
