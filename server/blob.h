/*
 * blob: octets that do not change, shared between threads by reference count. An envelope on its
 * way to the store and to its recipient at the same time is one.
 */
#ifndef RECADO_SERVER_BLOB_H
#define RECADO_SERVER_BLOB_H

#include "base/buf.h"

struct blob;

/* A copy of v with one reference; NULL when memory is out. */
struct blob *blob_new(struct bytes v) MUST_CHECK;
struct blob *blob_ref(struct blob *b);
/* Drops one reference and sets *pb NULL; NULL is allowed. */
void blob_free(struct blob **pb);
struct bytes blob_view(const struct blob *b);

#endif
