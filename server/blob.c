#include "server/blob.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct blob {
	atomic_uint refs;
	size_t n;
	uint8_t p[];
};

struct blob *
blob_new(struct bytes v)
{
	struct blob *b;

	if (v.n > SIZE_MAX - sizeof(*b) || (b = mem_try_alloc(sizeof(*b) + v.n)) == NULL)
		return NULL;
	atomic_init(&b->refs, 1);
	b->n = v.n;
	if (v.n != 0)
		memcpy(b->p, v.p, v.n);
	return b;
}

struct blob *
blob_ref(struct blob *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void
blob_free(struct blob **pb)
{
	struct blob *b = *pb;

	*pb = NULL;
	if (b != NULL && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
		free(b);
}

struct bytes
blob_view(const struct blob *b)
{
	return (struct bytes){ b->p, b->n };
}
