#include "server/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct metrics {
	_Atomic uint64_t v[METRIC_COUNT];
};

static const struct {
	const char *name, *type, *help;
} about[METRIC_COUNT] = {
#define X(symbol, name, type, help) [symbol] = { name, type, help },
	METRIC_LIST(X)
#undef X
};

struct metrics *
metrics_new(void)
{
	return mem_alloc(sizeof(struct metrics));
}

void
metrics_free(struct metrics **pm)
{
	free(*pm);
	*pm = NULL;
}

void
metrics_add(struct metrics *m, enum metric which, int64_t n)
{
	atomic_fetch_add_explicit(&m->v[which], (uint64_t)n, memory_order_relaxed);
}

void
metrics_set(struct metrics *m, enum metric which, uint64_t v)
{
	atomic_store_explicit(&m->v[which], v, memory_order_relaxed);
}

uint64_t
metrics_get(const struct metrics *m, enum metric which)
{
	return atomic_load_explicit(&m->v[which], memory_order_relaxed);
}

int
metrics_text(const struct metrics *m, struct buf *out)
{
	char line[512];
	int n, r = 0;

	for (int i = 0; i < METRIC_COUNT && r == 0; i++) {
		n = snprintf(line, sizeof(line),
		    "# HELP recadod_%s %s\n# TYPE recadod_%s %s\nrecadod_%s %" PRIu64 "\n",
		    about[i].name, about[i].help, about[i].name, about[i].type, about[i].name,
		    metrics_get(m, (enum metric)i));
		r = buf_put(out, line, (size_t)n);
	}
	return r;
}

int
metrics_lines(const struct metrics *m, struct buf *out)
{
	char line[128];
	int n, r = 0;

	for (int i = 0; i < METRIC_COUNT && r == 0; i++) {
		n = snprintf(line, sizeof(line), "%-22s %" PRIu64 "\n", about[i].name,
		    metrics_get(m, (enum metric)i));
		r = buf_put(out, line, (size_t)n);
	}
	return r;
}
