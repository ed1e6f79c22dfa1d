/*
 * A batch collects the leaves of the replies that leave together, makes one tree of them, signs its
 * root once, and hands each reply its leaf, path and that signature. A batch of one is a tree of
 * one leaf: there is no second form.
 *
 * Every leaf kind has a label of its own inside the leaf hash, so the kind that a Warrant names
 * outside the signature cannot be changed without breaking it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/label.h"
#include "crypto/tree.h"
#include "crypto/warrant.h"
#include "wire/pb.h"

#define WARRANT_LEAF_MAX 512 /* octets of an encoded leaf */
#define WARRANT_ROOT_LABEL "warrant"

static const char *const warrant_labels[] = {
	[WARRANT_REPLY] = "warrant-reply",
	[WARRANT_DEPOSIT] = "warrant-deposit",
};

struct warrant_slot {
	enum warrant_kind kind;
	struct buf *body;
};

struct warrant_batch {
	struct warrant_slot *slots;
	uint8_t (*leaves)[TREE_HASH];
	size_t count, room;
	struct tree *tree; /* once sealed */
	uint8_t signature[KEY_SIG_LEN];
};

struct warrant_batch *
warrant_batch_new(void)
{
	return mem_alloc(sizeof(struct warrant_batch));
}

void
warrant_batch_free(struct warrant_batch **pb)
{
	struct warrant_batch *b = *pb;

	if (b == NULL)
		return;
	for (size_t i = 0; i < b->count; i++)
		buf_free(&b->slots[i].body);
	free(b->slots);
	free(b->leaves);
	tree_free(&b->tree);
	free(b);
	*pb = NULL;
}

static int
warrant_leaf_hash(enum warrant_kind kind, struct bytes body, uint8_t out[TREE_HASH])
{
	struct buf *wrapped = buf_new(WARRANT_LEAF_MAX + 64);
	int r;

	if ((r = label_wrap(wrapped, warrant_labels[kind], body)) == 0)
		r = tree_leaf_hash(buf_view(wrapped), out);
	buf_free(&wrapped);
	return r;
}

/* Octets covered by the signature: root || u64 size, under its label. */
static void
warrant_root_body(const uint8_t root[TREE_HASH], uint64_t size, uint8_t out[TREE_HASH + 8])
{
	memcpy(out, root, TREE_HASH);
	for (int i = 0; i < 8; i++)
		out[TREE_HASH + i] = (uint8_t)(size >> (56 - 8 * i));
}

static int
warrant_batch_add(struct warrant_batch *b, enum warrant_kind kind, const void *leaf, size_t *slot)
{
	struct warrant_slot s = { kind, NULL };
	int r;

	*slot = 0;
	if (b->tree != NULL)
		return ERR_UNEXPECTED;
	if (b->count == b->room) {
		b->room = b->room ? 2 * b->room : 4;
		b->slots = mem_grow(b->slots, b->room, sizeof(*b->slots));
		b->leaves = mem_grow(b->leaves, b->room, sizeof(*b->leaves));
	}
	s.body = buf_new(WARRANT_LEAF_MAX);
	if ((r = pb_pack(leaf, s.body)) != 0 ||
	    (r = warrant_leaf_hash(kind, buf_view(s.body), b->leaves[b->count])) != 0) {
		buf_free(&s.body);
		return r;
	}
	*slot = b->count;
	b->slots[b->count++] = s;
	return 0;
}

static ProtobufCBinaryData
warrant_data(const uint8_t *p, size_t n)
{
	return pb_data((struct bytes){ p, n });
}

int
warrant_batch_reply(struct warrant_batch *b, const struct warrant_reply *leaf, size_t *slot)
{
	Recado__WarrantLeaf m = RECADO__WARRANT_LEAF__INIT;

	m.relay_id = warrant_data(leaf->relay_id, 32);
	m.transcript = warrant_data(leaf->transcript, leaf->transcript_len);
	m.number = leaf->number;
	m.request_hash = warrant_data(leaf->request_hash, 32);
	m.status = leaf->status;
	m.reply_hash = warrant_data(leaf->reply_hash, 32);
	m.time = leaf->time;
	return warrant_batch_add(b, WARRANT_REPLY, &m, slot);
}

int
warrant_batch_deposit(struct warrant_batch *b, const struct warrant_deposit *leaf, size_t *slot)
{
	Recado__DepositLeaf m = RECADO__DEPOSIT_LEAF__INIT;

	m.relay_id = warrant_data(leaf->relay_id, 32);
	m.mailbox = warrant_data(leaf->mailbox, 16);
	m.index = leaf->index;
	m.envelope_hash = warrant_data(leaf->envelope_hash, 32);
	m.head = warrant_data(leaf->head, 32);
	m.time = leaf->time;
	return warrant_batch_add(b, WARRANT_DEPOSIT, &m, slot);
}

int
warrant_batch_seal(struct warrant_batch *b, const struct key_sign *identity)
{
	uint8_t body[TREE_HASH + 8];
	int r;

	if (b->tree != NULL || b->count == 0)
		return ERR_UNEXPECTED;
	if ((r = tree_new((const uint8_t (*)[TREE_HASH])b->leaves, b->count, &b->tree)) != 0)
		return r;
	warrant_root_body(tree_root(b->tree), b->count, body);
	r = key_sign_label(identity, WARRANT_ROOT_LABEL, (struct bytes){ body, sizeof(body) },
	    b->signature);
	if (r != 0)
		tree_free(&b->tree);
	return r;
}

int
warrant_batch_get(const struct warrant_batch *b, size_t slot, struct buf *out)
{
	Recado__Warrant m = RECADO__WARRANT__INIT;
	ProtobufCBinaryData path[TREE_DEPTH_MAX];
	const uint8_t *nodes[TREE_DEPTH_MAX];
	int r;

	if (b->tree == NULL || slot >= b->count)
		return ERR_UNEXPECTED;
	if ((r = tree_path(b->tree, slot, nodes, &m.n_path)) != 0)
		return r;
	for (size_t i = 0; i < m.n_path; i++)
		path[i] = warrant_data(nodes[i], TREE_HASH);
	m.kind = (Recado__LeafKind)b->slots[slot].kind;
	m.leaf = pb_data(buf_view(b->slots[slot].body));
	m.index = slot;
	m.size = b->count;
	m.path = path;
	m.signature = warrant_data(b->signature, KEY_SIG_LEN);
	return pb_pack(&m, out);
}

/* The signature over the tree that m's leaf is in. */
static int
warrant_check(const Recado__Warrant *m, enum warrant_kind kind, const uint8_t identity[KEY_LEN])
{
	struct bytes path[TREE_DEPTH_MAX];
	uint8_t leaf[TREE_HASH], root[TREE_HASH], body[TREE_HASH + 8];
	int r;

	if (m->kind != (Recado__LeafKind)kind)
		return ERR_UNEXPECTED;
	if (m->n_path > TREE_DEPTH_MAX || m->leaf.len > WARRANT_LEAF_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < m->n_path; i++)
		path[i] = pb_view(m->path[i]);
	if ((r = warrant_leaf_hash(kind, pb_view(m->leaf), leaf)) != 0 ||
	    (r = tree_root_from_path(leaf, m->index, m->size, path, m->n_path, root)) != 0)
		return r;
	warrant_root_body(root, m->size, body);
	return key_verify_label(identity, WARRANT_ROOT_LABEL, (struct bytes){ body, sizeof(body) },
	    pb_view(m->signature));
}

int
warrant_verify_reply(struct bytes warrant, const uint8_t identity[KEY_LEN],
    struct warrant_reply *out)
{
	Recado__Warrant *m = NULL;
	Recado__WarrantLeaf *l = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = pb_unpack(&recado__warrant__descriptor, warrant, &m)) != 0 ||
	    (r = warrant_check(m, WARRANT_REPLY, identity)) != 0 ||
	    (r = pb_unpack(&recado__warrant_leaf__descriptor, pb_view(m->leaf), &l)) != 0 ||
	    (r = pb_fixed(l->relay_id, out->relay_id, 32)) != 0 ||
	    (r = pb_fixed(l->request_hash, out->request_hash, 32)) != 0 ||
	    (r = pb_fixed(l->reply_hash, out->reply_hash, 32)) != 0)
		goto out;
	if (l->transcript.len == 0 || l->transcript.len > sizeof(out->transcript)) {
		r = ERR_FORMAT;
		goto out;
	}
	memcpy(out->transcript, l->transcript.data, l->transcript.len);
	out->transcript_len = l->transcript.len;
	out->number = l->number;
	out->status = l->status;
	out->time = l->time;
out:
	pb_free(&l);
	pb_free(&m);
	if (r != 0)
		memset(out, 0, sizeof(*out));
	return r;
}

int
warrant_verify_deposit(struct bytes warrant, const uint8_t identity[KEY_LEN],
    struct warrant_deposit *out)
{
	Recado__Warrant *m = NULL;
	Recado__DepositLeaf *l = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = pb_unpack(&recado__warrant__descriptor, warrant, &m)) != 0 ||
	    (r = warrant_check(m, WARRANT_DEPOSIT, identity)) != 0 ||
	    (r = pb_unpack(&recado__deposit_leaf__descriptor, pb_view(m->leaf), &l)) != 0 ||
	    (r = pb_fixed(l->relay_id, out->relay_id, 32)) != 0 ||
	    (r = pb_fixed(l->mailbox, out->mailbox, 16)) != 0 ||
	    (r = pb_fixed(l->envelope_hash, out->envelope_hash, 32)) != 0 ||
	    (r = pb_fixed(l->head, out->head, 32)) != 0)
		goto out;
	out->index = l->index;
	out->time = l->time;
out:
	pb_free(&l);
	pb_free(&m);
	if (r != 0)
		memset(out, 0, sizeof(*out));
	return r;
}

int
warrant_chain_start(const uint8_t relay_id[32], const uint8_t device_id[16], uint8_t head[32])
{
	const struct bytes parts[] = { { relay_id, 32 }, { device_id, 16 } };

	return label_hash("mailbox-start", parts, 2, head);
}

int
warrant_chain_step(uint8_t head[32], uint64_t index, const uint8_t envelope_hash[32])
{
	uint8_t number[8];
	const struct bytes parts[] = { { head, 32 }, { number, 8 }, { envelope_hash, 32 } };

	for (int i = 0; i < 8; i++)
		number[i] = (uint8_t)(index >> (56 - 8 * i));
	return label_hash("mailbox", parts, 3, head);
}
