#include <string.h>

#include "crypto/tree.h"
#include "unit.h"

/* Certificate Transparency's reference leaves and the roots of the first n of them. */
static const char *const leaves[] = { "", "00", "10", "2021", "3031", "40414243",
	"5051525354555657", "606162636465666768696a6b6c6d6e6f" };
static const char *const roots[] = {
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void
make_leaves(uint8_t (*out)[TREE_HASH], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t data[32];
		size_t len = strlen(leaves[i]) / 2;

		ck_assert_int_eq(hex_decode(leaves[i], 2 * len, data, len), 0);
		ck_assert_int_eq(tree_leaf_hash((struct bytes){ data, len }, out[i]), 0);
	}
}

START_TEST(reference_roots)
{
	uint8_t hashes[8][TREE_HASH];
	char hex[2 * TREE_HASH + 1];
	struct tree *t;

	make_leaves(hashes, 8);
	for (size_t n = 1; n <= 8; n++) {
		ck_assert_int_eq(tree_new((const uint8_t (*)[TREE_HASH])hashes, n, &t), 0);
		hex_encode(tree_root(t), TREE_HASH, hex);
		ck_assert_str_eq(hex, roots[n - 1]);
		tree_free(&t);
	}
}
END_TEST

/* Every leaf of every size up to 70 is proven by its path, and by no other index or size. */
START_TEST(paths)
{
	uint8_t hashes[70][TREE_HASH], root[TREE_HASH];
	const uint8_t *nodes[TREE_DEPTH_MAX];
	struct bytes path[TREE_DEPTH_MAX];
	size_t count;
	struct tree *t;

	for (size_t i = 0; i < 70; i++)
		memset(hashes[i], (int)i + 1, TREE_HASH);
	for (size_t n = 1; n <= 70; n++) {
		ck_assert_int_eq(tree_new((const uint8_t (*)[TREE_HASH])hashes, n, &t), 0);
		for (size_t i = 0; i < n; i++) {
			ck_assert_int_eq(tree_path(t, i, nodes, &count), 0);
			for (size_t k = 0; k < count; k++)
				path[k] = (struct bytes){ nodes[k], TREE_HASH };
			ck_assert_int_eq(tree_root_from_path(hashes[i], i, n, path, count, root), 0);
			ck_assert_mem_eq(root, tree_root(t), TREE_HASH);
			for (size_t other = 0; other < n; other++)
				if (other != i &&
				    tree_root_from_path(hashes[i], other, n, path, count, root) == 0)
					ck_assert_mem_ne(root, tree_root(t), TREE_HASH);
			if (count > 0)
				ck_assert_int_eq(
				    tree_root_from_path(hashes[i], i, n, path, count - 1, root),
				    ERR_FORMAT);
		}
		tree_free(&t);
	}
}
END_TEST

START_TEST(bounds)
{
	uint8_t leaf[1][TREE_HASH] = { { 1 } }, root[TREE_HASH];
	const uint8_t *nodes[TREE_DEPTH_MAX];
	size_t count;
	struct tree *t;

	ck_assert_int_eq(tree_new((const uint8_t (*)[TREE_HASH])leaf, 0, &t), ERR_LIMIT);
	ck_assert_ptr_null(t);
	ck_assert_int_eq(tree_new((const uint8_t (*)[TREE_HASH])leaf, 1, &t), 0);
	ck_assert_int_eq(tree_path(t, 1, nodes, &count), ERR_NOT_FOUND);
	tree_free(&t);
	tree_free(&t);
	ck_assert_int_eq(tree_root_from_path(leaf[0], 0, 0, NULL, 0, root), ERR_FORMAT);
	ck_assert_int_eq(tree_root_from_path(leaf[0], 1, 1, NULL, 0, root), ERR_FORMAT);
	ck_assert_int_eq(tree_root_from_path(leaf[0], UINT64_MAX, UINT64_MAX, NULL, 0, root),
	    ERR_FORMAT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { reference_roots, paths, bounds, NULL };

	return unit_run(unit_suite("tree", tests));
}
