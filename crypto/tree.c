/*
 * A tree is kept as its levels, one after the other: the leaves, then the hashes of each pair, an
 * odd last one moving up unchanged. That gives the same root as RFC 6962's split at the largest
 * power of two below the size, and the sibling of node i on a level is node i ^ 1, where there is
 * one.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/tree.h"

struct tree {
	uint8_t (*nodes)[TREE_HASH];
	size_t start[TREE_DEPTH_MAX + 1]; /* of each level in nodes */
	size_t width[TREE_DEPTH_MAX + 1];
	size_t levels;
};

static int
tree_hash(uint8_t prefix, struct bytes a, struct bytes b, uint8_t out[TREE_HASH])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, &prefix, 1) == 1 && EVP_DigestUpdate(ctx, a.p, a.n) == 1 &&
	    EVP_DigestUpdate(ctx, b.p, b.n) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return ok ? 0 : ERR_BUG;
}

int
tree_leaf_hash(struct bytes data, uint8_t out[TREE_HASH])
{
	return tree_hash(0x00, data, (struct bytes){ data.p, 0 }, out);
}

static int
tree_pair_hash(const uint8_t *left, const uint8_t *right, uint8_t out[TREE_HASH])
{
	return tree_hash(0x01, (struct bytes){ left, TREE_HASH }, (struct bytes){ right, TREE_HASH },
	    out);
}

/* Lay out the levels of count leaves; returns how many nodes there are in all. */
static size_t
tree_lay_out(struct tree *t, size_t count)
{
	size_t total = 0;

	for (t->levels = 0;; t->levels++) {
		t->start[t->levels] = total;
		t->width[t->levels] = count;
		total += count;
		if (count == 1)
			break;
		count = count / 2 + count % 2;
	}
	t->levels++;
	return total;
}

static int
tree_fill(struct tree *t)
{
	int r;

	for (size_t l = 0; l + 1 < t->levels; l++) {
		uint8_t (*from)[TREE_HASH] = t->nodes + t->start[l];
		uint8_t (*to)[TREE_HASH] = t->nodes + t->start[l + 1];

		for (size_t i = 0; i < t->width[l + 1]; i++) {
			if (2 * i + 1 == t->width[l])
				memcpy(to[i], from[2 * i], TREE_HASH);
			else if ((r = tree_pair_hash(from[2 * i], from[2 * i + 1], to[i])) != 0)
				return r;
		}
	}
	return 0;
}

int
tree_new(const uint8_t (*leaves)[TREE_HASH], size_t count, struct tree **out)
{
	struct tree *t;
	int r;

	*out = NULL;
	if (count == 0 || count > (size_t)1 << (TREE_DEPTH_MAX - 1))
		return ERR_LIMIT;
	t = mem_alloc(sizeof(*t));
	t->nodes = mem_array(tree_lay_out(t, count), TREE_HASH);
	memcpy(t->nodes, leaves, count * TREE_HASH);
	if ((r = tree_fill(t)) != 0)
		tree_free(&t);
	*out = t;
	return r;
}

void
tree_free(struct tree **pt)
{
	if (*pt == NULL)
		return;
	free((*pt)->nodes);
	free(*pt);
	*pt = NULL;
}

const uint8_t *
tree_root(const struct tree *t)
{
	return t->nodes[t->start[t->levels - 1]];
}

int
tree_path(const struct tree *t, size_t index, const uint8_t *path[TREE_DEPTH_MAX], size_t *count)
{
	*count = 0;
	if (index >= t->width[0])
		return ERR_NOT_FOUND;
	for (size_t l = 0; l + 1 < t->levels; l++, index /= 2)
		if ((index ^ 1) < t->width[l])
			path[(*count)++] = t->nodes[t->start[l] + (index ^ 1)];
	return 0;
}

int
tree_root_from_path(const uint8_t leaf[TREE_HASH], uint64_t index, uint64_t size,
    const struct bytes *path, size_t count, uint8_t root[TREE_HASH])
{
	uint64_t node = index, last = size - 1;
	size_t used = 0;
	int r;

	memcpy(root, leaf, TREE_HASH);
	if (size == 0 || index >= size)
		return ERR_FORMAT;
	for (; last > 0; node /= 2, last /= 2) {
		if (node % 2 == 0 && node == last)
			continue; /* moved up unchanged */
		if (used == count || path[used].n != TREE_HASH)
			return ERR_FORMAT;
		r = node % 2 ? tree_pair_hash(path[used].p, root, root)
			     : tree_pair_hash(root, path[used].p, root);
		if (r != 0)
			return r;
		used++;
	}
	return used == count ? 0 : ERR_FORMAT;
}
