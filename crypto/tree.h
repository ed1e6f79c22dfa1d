/*
 * tree: Merkle hash trees with audit paths. RFC 6962 section 2.1.
 */
#ifndef RECADO_CRYPTO_TREE_H
#define RECADO_CRYPTO_TREE_H

#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

#define TREE_HASH 32
#define TREE_DEPTH_MAX 32

/* SHA-256(0x00 || data). */
int tree_leaf_hash(struct bytes data, uint8_t out[TREE_HASH]) MUST_CHECK;

/* All levels of a tree of count leaf hashes (count > 0), for its root and paths. */
struct tree;
int tree_new(const uint8_t (*leaves)[TREE_HASH], size_t count, struct tree **out) MUST_CHECK;
void tree_free(struct tree **pt);
const uint8_t *tree_root(const struct tree *t); /* TREE_HASH octets */
/* The audit path of leaf index, leaf to root: at most TREE_DEPTH_MAX hashes are written, *count
 * says how many. They stay valid as long as the tree. */
int tree_path(const struct tree *t, size_t index, const uint8_t *path[TREE_DEPTH_MAX],
    size_t *count) MUST_CHECK;

/* The root that a leaf hash and its path lead to (RFC 9162 section 2.1.3.2). ERR_FORMAT when the
 * path does not have the length that index and size demand. */
int tree_root_from_path(const uint8_t leaf[TREE_HASH], uint64_t index, uint64_t size,
    const struct bytes *path, size_t count, uint8_t root[TREE_HASH]) MUST_CHECK;

#endif
