/*
 * The secret arena. Memory comes from the kernel in chunks that lie between two guard pages, locked
 * and left out of core dumps. A chunk is cut from its start into blocks of a few sizes, powers of
 * two; a freed block is wiped and waits in the list of its size, so nothing is ever searched or
 * joined. Blocks beyond the largest size get a mapping of their own and give it back. Each block
 * has a header in front, with the size that was asked for and a mark that tells a block in use
 * from a freed one: freeing anything else is a bug, and ends the process.
 *
 * This is the one place with state for the whole process: there is one address space to lock.
 * AddressSanitizer is told which bytes are in use, and to follow pointers kept in here.
 */
#include "base/mem.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#define POISON(p, n) __asan_poison_memory_region(p, n)
#define UNPOISON(p, n) __asan_unpoison_memory_region(p, n)
#define ROOTS_ADD(p, n) __lsan_register_root_region(p, n)
#define ROOTS_DROP(p, n) __lsan_unregister_root_region(p, n)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define ROOTS_ADD(p, n) ((void)(p), (void)(n))
#define ROOTS_DROP(p, n) ((void)(p), (void)(n))
#endif

#define CHUNK ((size_t)1 << 18)
#define CLASS_MIN_LOG 6  /* 64 bytes, header included */
#define CLASS_MAX_LOG 16 /* 64 KiB */
#define CLASSES (CLASS_MAX_LOG - CLASS_MIN_LOG + 1)

#define IN_USE 0x5ec2e7edu
#define FREED 0xf2eedf2eu

struct block {
	size_t asked;       /* bytes the caller may use */
	uint32_t mark;      /* IN_USE or FREED */
	uint32_t class;     /* CLASSES: a mapping of its own */
	struct block *next; /* in the list of its class, while FREED */
	uint64_t pad;       /* what follows stays aligned to 16 */
};
_Static_assert(sizeof(struct block) == 32, "blocks start aligned");

static struct {
	pthread_mutex_t lock;
	struct block *free[CLASSES];
	uint8_t *fresh; /* what is not yet cut of the current chunk */
	size_t fresh_n;
	bool unlocked; /* some page could not be locked */
} arena = { .lock = PTHREAD_MUTEX_INITIALIZER };

static _Noreturn void
die(const char *why)
{
	fprintf(stderr, "recado: secret memory: %s\n", why);
	abort();
}

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t
round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* n bytes (whole pages) between guard pages; zero. Called with the lock held. */
static void *
map(size_t n)
{
	size_t page = page_size();
	uint8_t *p;

	p = mmap(NULL, n + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die("exhausted");
	p += page;
	if (mprotect(p, n, PROT_READ | PROT_WRITE) != 0)
		die("exhausted");
	if (mlock(p, n) != 0)
		arena.unlocked = true;
	madvise(p, n, MADV_DONTDUMP);
	ROOTS_ADD(p, n);
	return p;
}

static void
unmap(void *p, size_t n)
{
	size_t page = page_size();

	ROOTS_DROP(p, n);
	if (munmap((uint8_t *)p - page, n + 2 * page) != 0)
		die("cannot be returned");
}

/* The smallest class that holds n bytes and the header; CLASSES when none does. */
static uint32_t
class_of(size_t n)
{
	uint32_t class;

	for (class = 0; class < CLASSES; class ++)
		if (n <= ((size_t)1 << (CLASS_MIN_LOG + class)) - sizeof(struct block))
			break;
	return class;
}

/* A block of the class from the current chunk, or from a new one. What is left of the old chunk
 * is smaller than the block and is not used any more. */
static struct block *
cut(uint32_t class)
{
	size_t size = (size_t)1 << (CLASS_MIN_LOG + class);
	struct block *b;

	if (arena.fresh_n < size) {
		arena.fresh = map(CHUNK);
		arena.fresh_n = CHUNK;
		POISON(arena.fresh, CHUNK);
	}
	b = (struct block *)(void *)arena.fresh;
	arena.fresh += size;
	arena.fresh_n -= size;
	return b;
}

static struct block *
take(size_t n)
{
	uint32_t class = class_of(n);
	struct block *b;

	if (class == CLASSES) {
		b = map(round_up(sizeof *b + n, page_size()));
	} else if ((b = arena.free[class]) != NULL) {
		UNPOISON(b, sizeof *b);
		arena.free[class] = b->next;
	} else {
		b = cut(class);
	}
	UNPOISON(b, sizeof *b + n);
	b->asked = n;
	b->mark = IN_USE;
	b->class = class;
	b->next = NULL;
	POISON(b, sizeof *b);
	return b;
}

void *
mem_secret_alloc(size_t n)
{
	struct block *b;

	if (n > SIZE_MAX / 2)
		die("exhausted");
	pthread_mutex_lock(&arena.lock);
	b = take(n);
	pthread_mutex_unlock(&arena.lock);
	return b + 1;
}

/* A wiped block back to where it came from. Called with the lock held. */
static void
give_back(struct block *b)
{
	if (b->class == CLASSES) {
		unmap(b, round_up(sizeof *b + b->asked, page_size()));
		return;
	}
	b->next = arena.free[b->class];
	arena.free[b->class] = b;
	POISON(b, (size_t)1 << (CLASS_MIN_LOG + b->class));
}

void
mem_secret_free(void *pp)
{
	struct block *b;
	void *p;

	/* pp is the address of a pointer of whatever type */
	memcpy(&p, pp, sizeof p);
	if (p == NULL)
		return;
	memset(pp, 0, sizeof p);
	b = (struct block *)p - 1;
	UNPOISON(b, sizeof *b);
	if (b->mark != IN_USE)
		die(b->mark == FREED ? "freed twice" : "freed, but not allocated here");
	mem_wipe(p, b->asked);
	b->mark = FREED;
	pthread_mutex_lock(&arena.lock);
	give_back(b);
	pthread_mutex_unlock(&arena.lock);
}

size_t
mem_secret_size(const void *p)
{
	struct block *b = (struct block *)(uintptr_t)p - 1;
	size_t n;

	UNPOISON(b, sizeof *b);
	if (b->mark != IN_USE)
		die("asked about, but not allocated here");
	n = b->asked;
	POISON(b, sizeof *b);
	return n;
}

bool
mem_secret_locked(void)
{
	bool locked;

	pthread_mutex_lock(&arena.lock);
	locked = !arena.unlocked;
	pthread_mutex_unlock(&arena.lock);
	return locked;
}
