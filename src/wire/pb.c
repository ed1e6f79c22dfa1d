/*
 * protobuf-c decodes whatever it is given and keeps what it does not know. Here every decode has a
 * budget, in octets and in allocations, proportional to its input; and after it a walk over the
 * message and everything inside looks for fields that the schema does not have. The schema has no
 * recursive types, so its own shape bounds the nesting; the walk checks it all the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/pb.h"

/* An empty message inside another costs two octets on the wire and up to some 160 in memory (its
 * struct, a pointer, protobuf-c's note of it while it scans). */
#define EXPANSION 128
#define ALLOWANCE 4096

struct budget {
	size_t octets, objects;
	int spent; /* something was refused: the failure is a limit, not the input's form */
};

static void *
budget_alloc(void *data, size_t n)
{
	struct budget *b = data;
	void *p;

	if (b->objects == 0 || n > b->octets || (p = mem_try_alloc(n)) == NULL) {
		b->spent = 1;
		return NULL;
	}
	b->objects--;
	b->octets -= n;
	return p;
}

static void
budget_free(void *data, void *p)
{
	(void)data;
	free(p);
}

static const void *
member(const ProtobufCMessage *m, unsigned offset)
{
	return (const uint8_t *)m + offset;
}

/* How many values of a message field there are, and where the pointers to them lie. */
static size_t
children(
    const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, ProtobufCMessage *const **first)
{
	size_t n;
	uint32_t which;

	*first = member(m, f->offset);
	if (f->label == PROTOBUF_C_LABEL_REPEATED) {
		memcpy(&n, member(m, f->quantifier_offset), sizeof n);
		memcpy(first, member(m, f->offset), sizeof *first);
		return n;
	}
	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		memcpy(&which, member(m, f->quantifier_offset), sizeof which);
		if (which != f->id)
			return 0;
	}
	return **first != NULL;
}

static int
check_known(const ProtobufCMessage *m, int depth)
{
	const ProtobufCFieldDescriptor *f;
	ProtobufCMessage *const *child;
	unsigned i;
	size_t k, n;
	int r;

	if (m->n_unknown_fields > 0)
		return ERR_FIELD;
	if (depth >= PB_MAX_DEPTH)
		return ERR_LIMIT;
	for (i = 0; i < m->descriptor->n_fields; i++) {
		f = &m->descriptor->fields[i];
		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		n = children(m, f, &child);
		for (k = 0; k < n; k++)
			if ((r = check_known(child[k], depth + 1)) != 0)
				return r;
	}
	return 0;
}

int
pb_unpack_lenient(const ProtobufCMessageDescriptor *type, struct bytes in, void *out)
{
	struct budget b = { 0, PB_MAX_OBJECTS, 0 };
	ProtobufCAllocator allocator = { budget_alloc, budget_free, &b };
	ProtobufCMessage *m = NULL;

	memcpy(out, &m, sizeof m);
	if (in.n > (SIZE_MAX - ALLOWANCE) / EXPANSION)
		return ERR_LIMIT;
	b.octets = in.n * EXPANSION + ALLOWANCE;
	m = protobuf_c_message_unpack(type, &allocator, in.n, in.p);
	if (m == NULL)
		return b.spent ? ERR_LIMIT : ERR_FORMAT;
	memcpy(out, &m, sizeof m);
	return 0;
}

int
pb_unpack(const ProtobufCMessageDescriptor *type, struct bytes in, void *out)
{
	ProtobufCMessage *m;
	int r;

	if ((r = pb_unpack_lenient(type, in, &m)) == 0 && (r = check_known(m, 0)) != 0)
		pb_free(&m);
	memcpy(out, &m, sizeof m);
	return r;
}

void
pb_free(void *pmsg)
{
	ProtobufCMessage *m;

	memcpy(&m, pmsg, sizeof m);
	if (m != NULL)
		protobuf_c_message_free_unpacked(m, NULL);
	m = NULL;
	memcpy(pmsg, &m, sizeof m);
}

int
pb_pack(const void *msg, struct buf *out)
{
	size_t n = protobuf_c_message_get_packed_size(msg);
	uint8_t *at;
	int r;

	if ((r = buf_reserve(out, n, &at)) != 0)
		return r;
	return protobuf_c_message_pack(msg, at) == n ? 0 : ERR_BUG;
}

int
pb_fixed(ProtobufCBinaryData d, void *out, size_t n)
{
	memset(out, 0, n);
	if (d.len != n)
		return ERR_FORMAT;
	if (n > 0)
		memcpy(out, d.data, n);
	return 0;
}
