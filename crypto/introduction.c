#include "crypto/introduction.h"

#include <stdlib.h>

#include "base/mem.h"

static int
copy(Recado__SignedBinding *const *in, size_t n, struct introduction *out)
{
	*out = (struct introduction){ 0 };
	if (n > INTRODUCTION_BINDINGS_MAX)
		return ERR_LIMIT;
	out->bindings = mem_array(n + 1, sizeof(*out->bindings));
	out->list = mem_array(n + 1, sizeof(*out->list));
	for (; out->count < n; out->count++) {
		out->bindings[out->count] = *in[out->count];
		out->list[out->count] = &out->bindings[out->count];
	}
	return 0;
}

int
introduction_lean(Recado__SignedBinding *const *in, size_t n, struct introduction *out)
{
	const Recado__SignedBinding *shown = NULL;
	int r = copy(in, n, out);

	for (size_t i = 0; i < out->count; i++) {
		Recado__SignedBinding *b = &out->bindings[i];

		if (shown == NULL || !bytes_equal(pb_view(b->certificate), pb_view(shown->certificate))) {
			shown = in[i];
			continue;
		}
		b->certificate = pb_data((struct bytes){ NULL, 0 });
		b->intermediates = NULL;
		b->n_intermediates = 0;
	}
	return r;
}

int
introduction_full(Recado__SignedBinding *const *in, size_t n, struct introduction *out)
{
	const Recado__SignedBinding *shown = NULL;
	int r = copy(in, n, out);

	for (size_t i = 0; i < out->count && r == 0; i++) {
		Recado__SignedBinding *b = &out->bindings[i];

		if (b->certificate.len > 0) {
			shown = in[i];
		} else if (shown == NULL || b->n_intermediates > 0) {
			r = ERR_FORMAT;
		} else {
			b->certificate = shown->certificate;
			b->intermediates = shown->intermediates;
			b->n_intermediates = shown->n_intermediates;
		}
	}
	if (r != 0)
		introduction_clear(out);
	return r;
}

void
introduction_clear(struct introduction *x)
{
	free(x->bindings);
	free(x->list);
	*x = (struct introduction){ 0 };
}
