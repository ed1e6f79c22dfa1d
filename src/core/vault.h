/*
 * vault: one sqlite3 database whose file and journal hold nothing but sealed pages. DESIGN 4.
 *
 * Pages of 4 KiB are sealed with AES-256-GCM under the vault key of the key file; nonce and tag
 * stand in the bytes that sqlite leaves free at the end of each page. Whoever changes a byte gets
 * ERR_MAC; an older copy of the whole file is not noticed.
 */
#ifndef RECADO_CORE_VAULT_H
#define RECADO_CORE_VAULT_H

#include <stdint.h>
#include "base/err.h"

#define VAULT_KEY 32
#define VAULT_PAGE 4096

struct sqlite3;
struct vault;

/* Let sqlite take its memory from the secret arena, for the whole process. Before its first use,
 * also by a library; later calls say the same. ERR_UNEXPECTED: it was in use already. */
int vault_init(void) MUST_CHECK;
/* Open the database at path, or make it (0600). The key is copied into the secret arena.
 * ERR_MAC: another key or a changed file; ERR_IO, ERR_DISK_FULL; those of vault_init. */
int vault_open(const char *path, const uint8_t key[VAULT_KEY], struct vault **out,
    struct fault *f) MUST_CHECK;
/* Close the database (its statements must be gone), wipe the key; *pv becomes NULL. */
void vault_close(struct vault **pv);
/* The connection; owned by the vault. */
struct sqlite3 *vault_db(struct vault *v);
/* One of ours for a result code of sqlite3. */
int vault_error(int sqlite_rc);

#endif
