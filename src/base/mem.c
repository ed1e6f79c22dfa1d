#include <config.h>

#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifdef HAVE_VALGRIND
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(p, n) ((void)(p), (void)(n), 0)
#define VALGRIND_MAKE_MEM_DEFINED(p, n) ((void)(p), (void)(n), 0)
#define RUNNING_ON_VALGRIND 0
#endif

static void *
or_abort(void *p)
{
	if (p == NULL) {
		fputs("recado: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
mem_alloc(size_t n)
{
	return or_abort(calloc(1, n > 0 ? n : 1));
}

void *
mem_array(size_t count, size_t size)
{
	if (count == 0 || size == 0)
		return mem_alloc(0);
	return or_abort(calloc(count, size));
}

void *
mem_grow(void *p, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		return or_abort(NULL);
	return or_abort(realloc(p, n > 0 ? n : 1));
}

char *
mem_strdup(const char *s)
{
	return or_abort(strdup(s));
}

char *
mem_strndup(const char *s, size_t n)
{
	return or_abort(strndup(s, n));
}

char *
mem_format(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return or_abort(n < 0 ? NULL : s);
}

void *
mem_try_alloc(size_t n)
{
	return calloc(1, n > 0 ? n : 1);
}

void
mem_secret_mark(const void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}

void
mem_secret_unmark(const void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}

bool
mem_secret_watched(void)
{
	return RUNNING_ON_VALGRIND > 0;
}

/* Keeps the compiler from seeing what v is, and so from leaving the loop early. */
static unsigned
opaque(unsigned v)
{
	__asm__("" : "+r"(v));
	return v;
}

bool
mem_equal_ct(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	unsigned diff = 0;
	size_t i;

	for (i = 0; i < n; i++)
		diff = opaque(diff | (x[i] ^ y[i]));
	mem_secret_unmark(&diff, sizeof(diff));
	return diff == 0;
}

bool
mem_is_zero_ct(const void *a, size_t n)
{
	const uint8_t *x = a;
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < n; i++)
		bits = opaque(bits | x[i]);
	mem_secret_unmark(&bits, sizeof(bits));
	return bits == 0;
}

void
mem_harden_process(void)
{
	struct rlimit none = { 0, 0 }, lock;

	/* LeakSanitizer traces the process at its end and needs it dumpable. */
#ifndef WITH_ASAN
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	setrlimit(RLIMIT_CORE, &none);
	if (getrlimit(RLIMIT_MEMLOCK, &lock) == 0) {
		lock.rlim_cur = lock.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &lock);
	}
}
