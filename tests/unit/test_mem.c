#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "unit.h"

START_TEST(allocation_is_zeroed)
{
	uint8_t *p = mem_alloc(100);
	int *a = mem_array(10, sizeof *a);
	char *s = mem_format("%s-%d", "x", 7), *t = mem_strdup(s), *u = mem_strndup(s, 1);

	ck_assert(mem_is_zero_ct(p, 100));
	ck_assert(mem_is_zero_ct(a, 10 * sizeof *a));
	a = mem_grow(a, 20, sizeof *a);
	a[19] = 1;
	ck_assert_str_eq(s, "x-7");
	ck_assert_str_eq(t, "x-7");
	ck_assert_str_eq(u, "x");
	free(p);
	free(a);
	free(s);
	free(t);
	free(u);
	p = mem_alloc(0);
	free(p);
	p = mem_array(0, 8);
	free(p);
	p = mem_try_alloc(0);
	ck_assert_ptr_nonnull(p);
	free(p);
}
END_TEST

START_TEST(array_overflow_aborts)
{
	volatile size_t many = SIZE_MAX / 4;

	free(mem_grow(NULL, many, 16));
}
END_TEST

START_TEST(equality)
{
	uint8_t a[33], b[33];
	size_t i;

	memset(a, 0xa5, sizeof a);
	memcpy(b, a, sizeof b);
	ck_assert(mem_equal_ct(a, b, sizeof a));
	ck_assert(mem_equal_ct(a, b, 0));
	for (i = 0; i < sizeof a; i++) {
		b[i] ^= 0x80;
		ck_assert(!mem_equal_ct(a, b, sizeof a));
		b[i] ^= 0x80;
	}
	memset(a, 0, sizeof a);
	ck_assert(mem_is_zero_ct(a, sizeof a));
	a[32] = 1;
	ck_assert(!mem_is_zero_ct(a, sizeof a));
	mem_wipe(a, sizeof a);
	ck_assert(mem_is_zero_ct(a, sizeof a));
}
END_TEST

START_TEST(secret_of_every_size)
{
	static const size_t sizes[] = { 0, 1, 16, 31, 32, 33, 64, 96, 97, 1000, 4064, 4096, 32768,
		65504, 65505, 100000, 300000 };
	uint8_t *p[sizeof sizes / sizeof sizes[0]];
	size_t i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			p[i] = mem_secret_alloc(sizes[i]);
			ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
			ck_assert(mem_is_zero_ct(p[i], sizes[i]));
			memset(p[i], 0x55, sizes[i]);
		}
		for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			mem_secret_free(&p[i]);
			ck_assert_ptr_null(p[i]);
			mem_secret_free(&p[i]);
		}
	}
}
END_TEST

START_TEST(secret_memory_is_used_again)
{
	uint8_t *first = mem_secret_alloc(32), *again;
	uintptr_t where = (uintptr_t)first;

	mem_secret_free(&first);
	again = mem_secret_alloc(30);
	ck_assert_uint_eq((uintptr_t)again, where);
	mem_secret_free(&again);
}
END_TEST

/* More than one chunk, each block with its own pattern. */
START_TEST(secrets_do_not_overlap)
{
	enum { N = 3000 };
	uint32_t *p[N];
	uint32_t i, k;

	for (i = 0; i < N; i++) {
		p[i] = mem_secret_alloc(256);
		for (k = 0; k < 64; k++)
			p[i][k] = i;
	}
	for (i = 0; i < N; i++) {
		for (k = 0; k < 64; k++)
			ck_assert_uint_eq(p[i][k], i);
		mem_secret_free(&p[i]);
	}
}
END_TEST

START_TEST(secret_freed_twice_aborts)
{
	uint8_t *p = mem_secret_alloc(32), *q = p;

	mem_secret_free(&p);
	mem_secret_free(&q);
}
END_TEST

static void *
churn(void *arg)
{
	unsigned seed = *(unsigned *)arg, i;
	uint8_t *p[16] = { 0 };

	for (i = 0; i < 20000; i++) {
		unsigned k = (seed = seed * 1103515245u + 12345u) >> 16 & 15;
		size_t n = 1u << (seed >> 20 & 9);

		if (p[k] != NULL) {
			mem_secret_free(&p[k]);
		} else {
			p[k] = mem_secret_alloc(n);
			if (!mem_is_zero_ct(p[k], n))
				return arg;
			memset(p[k], (int)k + 1, n);
		}
	}
	for (i = 0; i < 16; i++)
		mem_secret_free(&p[i]);
	return NULL;
}

START_TEST(secrets_from_several_threads)
{
	pthread_t t[4];
	unsigned seed[4];
	void *complaint;
	unsigned i;

	for (i = 0; i < 4; i++) {
		seed[i] = i;
		ck_assert_int_eq(pthread_create(&t[i], NULL, churn, &seed[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(t[i], &complaint), 0);
		ck_assert_ptr_null(complaint);
	}
	(void)mem_secret_locked();
}
END_TEST

/* What lies behind a large secret is a guard page. */
START_TEST(guard_page)
{
	volatile uint8_t *p = mem_secret_alloc(100000);
	size_t page = 4096, whole = (100000 + 32 + page - 1) / page * page;

	p[whole - 32] = 1;
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { allocation_is_zeroed, equality, secret_of_every_size,
		secret_memory_is_used_again, secrets_do_not_overlap, secrets_from_several_threads,
		NULL };
	Suite *s = unit_suite("mem", tests);
	TCase *c = tcase_create("ends the process");

	tcase_add_test_raise_signal(c, array_overflow_aborts, SIGABRT);
	tcase_add_test_raise_signal(c, secret_freed_twice_aborts, SIGABRT);
#if !defined(WITH_ASAN) && !defined(WITH_TSAN)
	tcase_add_test_raise_signal(c, guard_page, SIGSEGV);
#else
	(void)guard_page;
#endif
	suite_add_tcase(s, c);
	return unit_run(s);
}
