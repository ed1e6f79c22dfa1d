/*
 * sqlite keeps pages, bound values and copies of cells, and with them session and prekey secrets,
 * in memory of its own. All of it comes from the secret arena here: locked, left out of core dumps,
 * wiped when it is freed or moved. The page cache takes its pages from the same methods.
 *
 * The methods are sqlite's for the whole process and can only be set before its first use. Card
 * modules may bring in sqlite too, so the engine sets them before it loads one.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "core/vault.h"

static void *
secret_malloc(int n)
{
	return mem_secret_alloc((size_t)n);
}

static void
secret_free(void *p)
{
	mem_secret_free(&p);
}

static int
secret_size(void *p)
{
	return p == NULL ? 0 : (int)mem_secret_size(p);
}

static void *
secret_realloc(void *p, int n)
{
	size_t old = mem_secret_size(p), want = (size_t)n;
	void *moved = mem_secret_alloc(want);

	memcpy(moved, p, old < want ? old : want);
	mem_secret_free(&p);
	return moved;
}

/* sqlite asks for multiples of 8. */
static int
secret_roundup(int n)
{
	return (n + 7) & ~7;
}

static int
secret_init(void *unused)
{
	return SQLITE_OK;
}

static void
secret_shutdown(void *unused)
{
}

static struct {
	pthread_once_t once;
	int result;
} setting = { PTHREAD_ONCE_INIT, SQLITE_MISUSE };

static void
methods_set(void)
{
	static const struct sqlite3_mem_methods methods = {
		.xMalloc = secret_malloc,
		.xFree = secret_free,
		.xRealloc = secret_realloc,
		.xSize = secret_size,
		.xRoundup = secret_roundup,
		.xInit = secret_init,
		.xShutdown = secret_shutdown,
	};

	setting.result = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

int
vault_init(void)
{
	pthread_once(&setting.once, methods_set);
	return setting.result == SQLITE_OK ? 0 : ERR_UNEXPECTED;
}
