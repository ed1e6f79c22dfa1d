/*
 * secrets list DIR: the secrets of the profile whose files `keys` and `store` lie in DIR (a copy: an
 * open store is locked), one a line, NAME HEX. The passphrase is the first line of standard input.
 *
 * secrets find FILE: the names of those on standard input that stand in FILE, as octets. Exit 0: some
 * do; 1: none does.
 *
 * For tests: a scan for secrets has to know them.
 */
#include <err.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/vault.h"
#include "crypto/keyfile.h"
#include "crypto/ratchet_int.h"
#include "crypto/session.h"

#define LINE 4096
/* What stands before the ratchet in a packed session: version, suite, flags, time; two parties;
 * associated data, base key; then the initial part, a string (crypto/session.c). */
#define PACKED_BEFORE (1 + 2 + 1 + 8 + 2 * sizeof(struct session_party) + 32 + 32)

static void
print(const char *name, const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t i;

	printf("%s ", name);
	for (i = 0; i < n; i++)
		printf("%02x", b[i]);
	putchar('\n');
}

static struct keyfile *
open_keys(const char *dir, const char *passphrase)
{
	char *path = mem_format("%s/keys", dir);
	uint8_t file[KEYFILE_MAX];
	struct keyfile *k;
	FILE *in = fopen(path, "rb");
	size_t n = in != NULL ? fread(file, 1, sizeof(file), in) : 0;

	if (n == 0 || keyfile_open((struct bytes){ file, n },
			  (struct bytes){ (const uint8_t *)passphrase, strlen(passphrase) }, &k) != 0)
		errx(2, "%s does not open", path);
	fclose(in);
	free(path);
	return k;
}

static void
print_session(struct bytes in)
{
	struct ratchet *r = NULL;
	struct bytes skip;

	if (bytes_get_view(&in, PACKED_BEFORE, &skip) != 0 ||
	    bytes_get_string(&in, SESSION_PACKED_MAX, &skip) != 0 ||
	    ratchet_unpack(&ratchet_profile_recado, &in, &r) != 0)
		errx(2, "a session that cannot be read");
	print("session-root", r->root, RATCHET_KEY);
	print("session-private", r->own_private, RATCHET_KEY);
	if (r->sending.live)
		print("session-sending", r->sending.key, RATCHET_KEY);
	if (r->receiving.live)
		print("session-receiving", r->receiving.key, RATCHET_KEY);
	if (r->seal.live)
		print("session-header", r->seal.key, RATCHET_KEY);
	if (r->open.live)
		print("session-header", r->open.key, RATCHET_KEY);
	ratchet_free(&r);
}

static void
print_store(const char *dir, const uint8_t *key)
{
	static const char *const sql[] = { "SELECT packed FROM session", "SELECT key FROM prekey" };
	char *path = mem_format("%s/store", dir);
	struct fault f = { 0 };
	struct vault *v;
	sqlite3_stmt *st;
	size_t i;

	if (vault_open(path, key, &v, &f) != 0)
		errx(2, "%s: %s", path, f.what);
	for (i = 0; i < 2; i++) {
		if (sqlite3_prepare_v2(vault_db(v), sql[i], -1, &st, NULL) != SQLITE_OK)
			errx(2, "%s", sql[i]);
		while (sqlite3_step(st) == SQLITE_ROW) {
			struct bytes b = { sqlite3_column_blob(st, 0),
				(size_t)sqlite3_column_bytes(st, 0) };

			if (i == 0)
				print_session(b);
			else
				print("prekey", b.p, b.n);
		}
		sqlite3_finalize(st);
	}
	vault_close(&v);
	free(path);
}

static int
list(const char *dir)
{
	char passphrase[LINE];
	uint8_t key[KEY_LEN];
	struct keyfile *k;

	if (fgets(passphrase, sizeof(passphrase), stdin) == NULL)
		errx(2, "no passphrase");
	passphrase[strcspn(passphrase, "\n")] = '\0';
	k = open_keys(dir, passphrase);
	print("passphrase", passphrase, strlen(passphrase));
	if (key_sign_seed(k->device_sign, key) != 0)
		errx(2, "no seed");
	print("device-seed", key, sizeof(key));
	if (key_dh_private(k->device_dh, key) != 0)
		errx(2, "no private key");
	print("identity-private", key, sizeof(key));
	print("vault-key", k->vault_key, sizeof(k->vault_key));
	print_store(dir, k->vault_key);
	keyfile_free(&k);
	return 0;
}

static int
find(const char *path)
{
	char line[LINE], name[64], hex[LINE];
	uint8_t octets[LINE / 2];
	int fd = open(path, O_RDONLY), found = 0;
	struct stat st;
	void *core;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
		errx(2, "%s cannot be read", path);
	core = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (core == MAP_FAILED)
		err(2, "%s", path);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		const uint8_t *p = core, *end = p + st.st_size, *at;
		size_t n;

		if (sscanf(line, "%63s %4095s", name, hex) != 2 ||
		    hex_decode(hex, strlen(hex), octets, n = strlen(hex) / 2) != 0)
			errx(2, "no secret: %s", line);
		while ((at = memmem(p, (size_t)(end - p), octets, n)) != NULL) {
			printf("%s at %#zx\n", name, (size_t)(at - (const uint8_t *)core));
			p = at + 1;
			found++;
		}
	}
	return found > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "list") == 0)
		return list(argv[2]);
	if (argc == 3 && strcmp(argv[1], "find") == 0)
		return find(argv[2]);
	errx(2, "usage: secrets list DIR | find FILE");
}
