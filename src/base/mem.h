/*
 * mem: ordinary allocation that does not fail, and the one allocator that keys come from.
 *
 * Small allocations of our own abort when memory is out; sizes that a peer chose go through
 * mem_try_alloc and fail. Secrets live in one arena: locked in memory, left out of core dumps,
 * with guard pages, wiped on free.
 */
#ifndef RECADO_BASE_MEM_H
#define RECADO_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "base/err.h"

/* Zeroed memory; abort on exhaustion. Free with free(). */
void *mem_alloc(size_t n) __attribute__((returns_nonnull, malloc));
void *mem_array(size_t count, size_t size) __attribute__((returns_nonnull)); /* overflow aborts */
void *mem_grow(void *p, size_t count, size_t size) __attribute__((returns_nonnull)); /* realloc */
char *mem_strdup(const char *s) __attribute__((returns_nonnull));
char *mem_strndup(const char *s, size_t n) __attribute__((returns_nonnull));
char *mem_format(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((returns_nonnull));
/* Zeroed memory of a size somebody else chose; NULL when it cannot be had. */
void *mem_try_alloc(size_t n) MUST_CHECK;

/* For a large variable that is written before it is read, where time counts: it is not zeroed first,
 * as -ftrivial-auto-var-init does with every other. */
#define MEM_UNSET __attribute__((uninitialized))

/* Overwrite in a way the compiler keeps: for all it knows, the asm reads the memory. The length is
 * hidden from it, or it would write "rep stos", which starts slower than a call of memset ends. */
static inline void
mem_wipe(void *p, size_t n)
{
	__asm__("" : "+r"(n));
	if (n > 0)
		memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}
/* Equality in constant time for equal lengths; lengths are not secret. */
bool mem_equal_ct(const void *a, const void *b, size_t n);
bool mem_is_zero_ct(const void *a, size_t n);

/* Marks that valgrind's memcheck reads, where configure found its header (elsewhere they do nothing):
 * a branch or an address that depends on marked octets is an error to it. Secrets are marked where
 * they arise; what may be known of them, a ciphertext or the verdict of a comparison, is unmarked.
 * tests/unit/constant-time watches. */
void mem_secret_mark(const void *p, size_t n);
void mem_secret_unmark(const void *p, size_t n);
bool mem_secret_watched(void); /* is anybody watching? */

/* The secret arena. mem_secret_alloc aborts on exhaustion of the arena (it grows by itself);
 * if pages cannot be locked (RLIMIT_MEMLOCK) it goes on unlocked and mem_secret_locked() says so.
 * All of these are safe from several threads. The memory is zeroed. */
void *mem_secret_alloc(size_t n) __attribute__((returns_nonnull));
/* Wipe and free; *pp becomes NULL; NULL is allowed. The size is remembered by the arena. */
void mem_secret_free(void *pp);
/* The size that p, from mem_secret_alloc, was asked for with. */
size_t mem_secret_size(const void *p);
bool mem_secret_locked(void);
/* Once, at start: no core dumps of secrets (PR_SET_DUMPABLE 0, RLIMIT_CORE 0). */
void mem_harden_process(void);

#endif
