/*
 * bench: rows measured in interleaved rounds, so that a drift of the machine's speed falls on all of
 * them alike, and in CPU time of the thread, so that a busy neighbour does not count. ROUNDS (9) and
 * SLICE_MS (60) of the environment.
 */
#ifndef RECADO_TESTS_BENCH_BENCH_H
#define RECADO_TESTS_BENCH_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_ROWS 32
#define BENCH_ROUNDS 31

#define bench_must(x)                                                                              \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

struct bench_row {
	const char *name;
	void (*run)(long n);
	long n;
	double ns[BENCH_ROUNDS]; /* sorted afterwards */
};

struct bench {
	struct bench_row row[BENCH_ROWS];
	int count, rounds;
};

static inline double
bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline double
bench_time(const struct bench_row *r)
{
	double t = bench_now();

	r->run(r->n);
	return bench_now() - t;
}

static inline int
bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double
bench_number(const char *name, double otherwise)
{
	const char *s = getenv(name);

	return s != NULL ? atof(s) : otherwise;
}

static inline void
bench_add(struct bench *b, const char *name, void (*run)(long n))
{
	bench_must(b->count < BENCH_ROWS);
	b->row[b->count++] = (struct bench_row){ .name = name, .run = run, .n = 1 };
}

static inline void
bench_run(struct bench *b)
{
	double slice = bench_number("SLICE_MS", 60) * 1e6, t;

	b->rounds = (int)bench_number("ROUNDS", 9);
	if (b->rounds < 1 || b->rounds > BENCH_ROUNDS)
		b->rounds = 9;
	for (int i = 0; i < b->count; i++) {
		while ((t = bench_time(&b->row[i])) < slice / 4)
			b->row[i].n *= t < slice / 64 ? 8 : 2;
		b->row[i].n = (long)((double)b->row[i].n * slice / t) + 1;
	}
	for (int k = 0; k < b->rounds; k++)
		for (int i = 0; i < b->count; i++)
			b->row[i].ns[k] = bench_time(&b->row[i]) / (double)b->row[i].n;
	for (int i = 0; i < b->count; i++)
		qsort(b->row[i].ns, (size_t)b->rounds, sizeof(double), bench_compare);
}

/* Median, fastest and slowest ns of a row. */
static inline double
bench_median(const struct bench *b, int i)
{
	return b->row[i].ns[b->rounds / 2];
}

static inline double
bench_min(const struct bench *b, int i)
{
	return b->row[i].ns[0];
}

static inline double
bench_max(const struct bench *b, int i)
{
	return b->row[i].ns[b->rounds - 1];
}

#endif
