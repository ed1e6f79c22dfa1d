/*
 * The seal sits below sqlite, in its file layer. sqlite reads and writes the main file in whole
 * pages (but for two short looks at the first one), and leaves VAULT_RESERVE bytes at the end of
 * each unused because it was told to. Each page write draws a nonce, seals the page with its number
 * as associated data and puts nonce and tag into the free bytes; a read opens the whole page and
 * gives zeros in their place. In the rollback journal a page stands at any offset between two small
 * integers, so there a write of exactly one page is a page, sealed with the kind of file alone;
 * the rest (page numbers, counts, sqlite's checksums) is not content.
 *
 * The file never has a hole: where sqlite writes past the end, the gap is filled with sealed
 * zeros, so that no unsealed page is ever taken for one.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/vault.h"

#define VAULT_NONCE 12
#define VAULT_TAG 16
#define VAULT_RESERVE (VAULT_NONCE + VAULT_TAG)
#define VAULT_USABLE (VAULT_PAGE - VAULT_RESERVE)

enum vault_kind { VAULT_MAIN, VAULT_JOURNAL };

struct vault {
	sqlite3_vfs vfs;
	sqlite3_vfs *below;
	sqlite3 *db;
	uint8_t *key;
	char name[40];
};

/* sqlite allocates szOsFile octets for this and the lower layer's file behind it. */
struct vault_file {
	sqlite3_file base;
	struct vault *vault;
	enum vault_kind kind;
	EVP_CIPHER_CTX *seal, *open;
	sqlite3_file *below;
};

static struct vault_file *
file_of(sqlite3_file *f)
{
	return (struct vault_file *)f;
}

/* ------------------------------------------------------------------------------ sealing */

/* Associated data: what a page must not be exchanged with. */
static size_t
page_context(const struct vault_file *f, uint64_t page, uint8_t out[9])
{
	int i;

	out[0] = f->kind == VAULT_MAIN ? 'M' : 'J';
	if (f->kind == VAULT_JOURNAL)
		return 1;
	for (i = 0; i < 8; i++)
		out[1 + i] = (uint8_t)(page >> (56 - 8 * i));
	return 9;
}

static int
page_seal(struct vault_file *f, uint64_t page, const uint8_t *plain, uint8_t out[VAULT_PAGE])
{
	uint8_t ad[9], *nonce = out + VAULT_USABLE, *tag = nonce + VAULT_NONCE;
	size_t n = page_context(f, page, ad);
	int len;

	if (RAND_bytes(nonce, VAULT_NONCE) != 1 ||
	    EVP_EncryptInit_ex(f->seal, NULL, NULL, NULL, nonce) != 1 ||
	    EVP_EncryptUpdate(f->seal, NULL, &len, ad, (int)n) != 1 ||
	    EVP_EncryptUpdate(f->seal, out, &len, plain, VAULT_USABLE) != 1 ||
	    EVP_EncryptFinal_ex(f->seal, out + len, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(f->seal, EVP_CTRL_GCM_GET_TAG, VAULT_TAG, tag) != 1)
		return SQLITE_IOERR_WRITE;
	return SQLITE_OK;
}

/* In place; the reserved bytes become zeros. */
static int
page_open(struct vault_file *f, uint64_t page, uint8_t buf[VAULT_PAGE])
{
	uint8_t ad[9], *nonce = buf + VAULT_USABLE, *tag = nonce + VAULT_NONCE;
	size_t n = page_context(f, page, ad);
	int len;

	if (EVP_DecryptInit_ex(f->open, NULL, NULL, NULL, nonce) != 1 ||
	    EVP_DecryptUpdate(f->open, NULL, &len, ad, (int)n) != 1 ||
	    EVP_DecryptUpdate(f->open, buf, &len, buf, VAULT_USABLE) != 1 ||
	    EVP_CIPHER_CTX_ctrl(f->open, EVP_CTRL_GCM_SET_TAG, VAULT_TAG, tag) != 1 ||
	    EVP_DecryptFinal_ex(f->open, buf + len, &len) != 1) {
		mem_wipe(buf, VAULT_PAGE);
		return SQLITE_IOERR_DATA;
	}
	memset(buf + VAULT_USABLE, 0, VAULT_RESERVE);
	return SQLITE_OK;
}

/* ------------------------------------------------------------------------------ file methods */

static int
file_close(sqlite3_file *sf)
{
	struct vault_file *f = file_of(sf);

	EVP_CIPHER_CTX_free(f->seal);
	EVP_CIPHER_CTX_free(f->open);
	f->seal = f->open = NULL;
	return f->below->pMethods == NULL ? SQLITE_OK : f->below->pMethods->xClose(f->below);
}

/* The page that holds offset at, opened; beyond the end it is zeros and SHORT_READ. */
static int
main_page(struct vault_file *f, sqlite3_int64 page, uint8_t buf[VAULT_PAGE])
{
	int rc = f->below->pMethods->xRead(f->below, buf, VAULT_PAGE, page * VAULT_PAGE);

	if (rc == SQLITE_IOERR_SHORT_READ) {
		memset(buf, 0, VAULT_PAGE);
		return rc;
	}
	return rc != SQLITE_OK ? rc : page_open(f, (uint64_t)page, buf);
}

static int
main_read(struct vault_file *f, uint8_t *out, sqlite3_int64 n, sqlite3_int64 at)
{
	uint8_t buf[VAULT_PAGE];
	int rc = SQLITE_OK;

	while (n > 0 && rc == SQLITE_OK) {
		sqlite3_int64 skip = at % VAULT_PAGE;
		sqlite3_int64 part = n < VAULT_PAGE - skip ? n : VAULT_PAGE - skip;

		rc = main_page(f, at / VAULT_PAGE, buf);
		if (rc == SQLITE_IOERR_SHORT_READ)
			memset(out, 0, (size_t)n);
		else if (rc == SQLITE_OK)
			memcpy(out, buf + skip, (size_t)part);
		out += part;
		at += part;
		n -= part;
	}
	mem_wipe(buf, sizeof(buf));
	return rc;
}

static int
file_read(sqlite3_file *sf, void *out, int n, sqlite3_int64 at)
{
	struct vault_file *f = file_of(sf);
	int rc;

	if (f->kind == VAULT_MAIN)
		return main_read(f, out, n, at);
	rc = f->below->pMethods->xRead(f->below, out, n, at);
	if (rc == SQLITE_OK && n == VAULT_PAGE)
		rc = page_open(f, 0, out);
	return rc;
}

static int
main_fill(struct vault_file *f, sqlite3_int64 upto)
{
	static const uint8_t zero[VAULT_PAGE];
	uint8_t buf[VAULT_PAGE];
	sqlite3_int64 size;
	int rc = f->below->pMethods->xFileSize(f->below, &size);

	for (; rc == SQLITE_OK && size < upto; size += VAULT_PAGE) {
		rc = page_seal(f, (uint64_t)(size / VAULT_PAGE), zero, buf);
		if (rc == SQLITE_OK)
			rc = f->below->pMethods->xWrite(f->below, buf, VAULT_PAGE, size);
	}
	return rc;
}

static int
file_write(sqlite3_file *sf, const void *in, int n, sqlite3_int64 at)
{
	struct vault_file *f = file_of(sf);
	uint8_t buf[VAULT_PAGE];
	int rc;

	if (f->kind == VAULT_MAIN && (n != VAULT_PAGE || at % VAULT_PAGE != 0))
		return SQLITE_IOERR_WRITE;
	if (n != VAULT_PAGE)
		return f->below->pMethods->xWrite(f->below, in, n, at);
	rc = f->kind == VAULT_MAIN ? main_fill(f, at) : SQLITE_OK;
	if (rc == SQLITE_OK)
		rc = page_seal(f, (uint64_t)(at / VAULT_PAGE), in, buf);
	if (rc == SQLITE_OK)
		rc = f->below->pMethods->xWrite(f->below, buf, VAULT_PAGE, at);
	return rc;
}

static int
file_truncate(sqlite3_file *sf, sqlite3_int64 size)
{
	return file_of(sf)->below->pMethods->xTruncate(file_of(sf)->below, size);
}

static int
file_sync(sqlite3_file *sf, int flags)
{
	return file_of(sf)->below->pMethods->xSync(file_of(sf)->below, flags);
}

static int
file_size(sqlite3_file *sf, sqlite3_int64 *size)
{
	return file_of(sf)->below->pMethods->xFileSize(file_of(sf)->below, size);
}

static int
file_lock(sqlite3_file *sf, int level)
{
	return file_of(sf)->below->pMethods->xLock(file_of(sf)->below, level);
}

static int
file_unlock(sqlite3_file *sf, int level)
{
	return file_of(sf)->below->pMethods->xUnlock(file_of(sf)->below, level);
}

static int
file_reserved(sqlite3_file *sf, int *out)
{
	return file_of(sf)->below->pMethods->xCheckReservedLock(file_of(sf)->below, out);
}

/* Size hints and chunks would make holes; nothing else is ours to answer. */
static int
file_control(sqlite3_file *sf, int op, void *arg)
{
	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_NOTFOUND;
	return file_of(sf)->below->pMethods->xFileControl(file_of(sf)->below, op, arg);
}

/* Smaller than a page, so that no journal header is as long as one. */
static int
file_sector(sqlite3_file *sf)
{
	return 512;
}

static int
file_traits(sqlite3_file *sf)
{
	struct vault_file *f = file_of(sf);

	return f->below->pMethods->xDeviceCharacteristics(f->below) &
	    SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Version 1: no shared memory, hence no WAL; no mapped pages. */
static const sqlite3_io_methods file_methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
};

static int
file_keys(struct vault_file *f)
{
	f->seal = EVP_CIPHER_CTX_new();
	f->open = EVP_CIPHER_CTX_new();
	if (f->seal == NULL || f->open == NULL ||
	    EVP_EncryptInit_ex(f->seal, EVP_aes_256_gcm(), NULL, f->vault->key, NULL) != 1 ||
	    EVP_DecryptInit_ex(f->open, EVP_aes_256_gcm(), NULL, f->vault->key, NULL) != 1)
		return SQLITE_NOMEM;
	return SQLITE_OK;
}

static int
vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *sf, int flags, int *out_flags)
{
	struct vault_file *f = file_of(sf);
	struct vault *v = vfs->pAppData;
	int rc;

	memset(f, 0, sizeof(*f));
	if ((flags & SQLITE_OPEN_MAIN_DB) != 0)
		f->kind = VAULT_MAIN;
	else if ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0)
		f->kind = VAULT_JOURNAL;
	else
		return SQLITE_CANTOPEN; /* no other kind of file has a seal */
	f->vault = v;
	f->below = (sqlite3_file *)(f + 1);
	memset(f->below, 0, (size_t)v->below->szOsFile);
	rc = v->below->xOpen(v->below, name, f->below, flags, out_flags);
	if (f->below->pMethods != NULL)
		f->base.pMethods = &file_methods;
	return rc != SQLITE_OK ? rc : file_keys(f);
}

/* ------------------------------------------------------------------------------ the vault */

int
vault_error(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return ERR_DISK_FULL;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_LOCKED;
	case SQLITE_CONSTRAINT:
		return ERR_TAKEN;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return ERR_DAMAGED;
	case SQLITE_MISUSE:
	case SQLITE_ERROR:
	case SQLITE_RANGE:
		return ERR_BUG;
	default:
		return rc == SQLITE_IOERR_DATA ? ERR_DAMAGED : ERR_IO;
	}
}

static int
vault_register(struct vault *v)
{
	v->below = sqlite3_vfs_find(NULL);
	if (v->below == NULL)
		return SQLITE_ERROR;
	v->vfs = *v->below;
	snprintf(v->name, sizeof(v->name), "recado-vault-%p", (void *)v);
	v->vfs.zName = v->name;
	v->vfs.pNext = NULL;
	v->vfs.pAppData = v;
	v->vfs.szOsFile = (int)sizeof(struct vault_file) + v->below->szOsFile;
	v->vfs.xOpen = vfs_open;
	return sqlite3_vfs_register(&v->vfs, 0);
}

static int
vault_settle(struct vault *v)
{
	int rc, reserve = VAULT_RESERVE;

	sqlite3_extended_result_codes(v->db, 1);
	rc = sqlite3_file_control(v->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(v->db,
		    "PRAGMA page_size=4096; PRAGMA temp_store=MEMORY;"
		    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=TRUNCATE;"
		    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
		    "SELECT count(*) FROM sqlite_master;",
		    NULL, NULL, NULL);
	return rc;
}

/* The journal takes its mode from the database file. */
static int
vault_touch(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return -1;
	r = fchmod(fd, 0600);
	close(fd);
	return r;
}

int
vault_open(const char *path, const uint8_t key[VAULT_KEY], struct vault **out, struct fault *f)
{
	struct vault *v = mem_alloc(sizeof(*v));
	int rc = SQLITE_CANTOPEN;

	*out = NULL;
	if (vault_init() != 0) {
		free(v);
		return fault_set(f, ERR_UNEXPECTED, path, "sqlite was in use before the store");
	}
	v->key = mem_secret_alloc(VAULT_KEY);
	memcpy(v->key, key, VAULT_KEY);
	if (vault_touch(path) == 0)
		rc = vault_register(v);
	if (rc == SQLITE_OK)
		rc = sqlite3_open_v2(path, &v->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
		        SQLITE_OPEN_EXRESCODE,
		    v->name);
	if (rc == SQLITE_OK)
		rc = vault_settle(v);
	if (rc != SQLITE_OK) {
		vault_close(&v);
		return fault_set(f, vault_error(rc), path, "the store cannot be opened (%s)",
		    sqlite3_errstr(rc));
	}
	*out = v;
	return 0;
}

void
vault_close(struct vault **pv)
{
	struct vault *v = *pv;

	if (v == NULL)
		return;
	*pv = NULL;
	if (v->db != NULL)
		sqlite3_close(v->db);
	sqlite3_vfs_unregister(&v->vfs);
	mem_secret_free(&v->key);
	free(v);
}

struct sqlite3 *
vault_db(struct vault *v)
{
	return v->db;
}
