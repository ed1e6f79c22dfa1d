/*
 * DATA/identity is text, so that a person can see what it is:
 *
 *     recadod identity 1
 *     seed HEX                  of the current key
 *     rotation HEX              SignedRotation, one line each, oldest first
 *
 * It is written beside and linked or renamed into place. Making the first one uses link(2), which
 * fails where a file is already: two processes that start at once end with one key.
 */
#include "server/relaykey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/code.h"
#include "crypto/rotation.h"
#include "wire/pb.h"

#define FILE_NAME "identity"
#define FILE_MAX 65536
#define FIRST_LINE "recadod identity 1"

struct relaykey {
	struct key_sign *sign;
	uint8_t first[KEY_LEN], id[32];
	struct bytes rotation[ROTATION_MAX];
	size_t count;
};

const struct key_sign *
relaykey_sign(const struct relaykey *k)
{
	return k->sign;
}

const uint8_t *
relaykey_first(const struct relaykey *k)
{
	return k->first;
}

const uint8_t *
relaykey_id(const struct relaykey *k)
{
	return k->id;
}

const struct bytes *
relaykey_rotation(const struct relaykey *k, size_t *count)
{
	*count = k->count;
	return k->rotation;
}

void
relaykey_free(struct relaykey **pk)
{
	struct relaykey *k = *pk;

	if (k == NULL)
		return;
	*pk = NULL;
	key_sign_free(&k->sign);
	for (size_t i = 0; i < k->count; i++)
		free((void *)(uintptr_t)k->rotation[i].p);
	free(k);
}

/* ---------------------------------------------------------------------------- writing */

static int
put_hex(struct buf *b, const char *key, const void *p, size_t n)
{
	uint8_t *hex;
	char *text;
	int r;

	if ((r = buf_put(b, key, strlen(key))) != 0 || (r = buf_put(b, " ", 1)) != 0)
		return r;
	text = mem_secret_alloc(2 * n + 1);
	hex_encode(p, n, text);
	if ((r = buf_reserve(b, 2 * n, &hex)) == 0) {
		memcpy(hex, text, 2 * n);
		r = buf_put(b, "\n", 1);
	}
	mem_secret_free(&text);
	return r;
}

static int
make_text(const struct key_sign *sign, const struct bytes *rotation, size_t count, struct buf *out)
{
	uint8_t *seed = mem_secret_alloc(KEY_LEN);
	int r;

	if ((r = key_sign_seed(sign, seed)) == 0 &&
	    (r = buf_put(out, FIRST_LINE "\n", strlen(FIRST_LINE) + 1)) == 0)
		r = put_hex(out, "seed", seed, KEY_LEN);
	for (size_t i = 0; i < count && r == 0; i++)
		r = put_hex(out, "rotation", rotation[i].p, rotation[i].n);
	mem_secret_free(&seed);
	return r;
}

static int
write_all(int fd, struct bytes v)
{
	ssize_t n;

	while (v.n != 0) {
		n = write(fd, v.p, v.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		v.p += n;
		v.n -= (size_t)n;
	}
	return fsync(fd) != 0 ? err_from_errno(errno) : 0;
}

static int
sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return err_from_errno(errno);
	r = fsync(fd) != 0 ? err_from_errno(errno) : 0;
	close(fd);
	return r;
}

/* Put text at path: as its first content (somebody else's first wins), or in place of the old. */
static int
put_file(const char *dir, struct bytes text, bool first)
{
	char *path = mem_format("%s/%s", dir, FILE_NAME);
	char *beside = mem_format("%s/%s.%ld", dir, FILE_NAME, (long)getpid());
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), r;

	r = fd < 0 ? err_from_errno(errno) : write_all(fd, text);
	if (fd >= 0)
		close(fd);
	if (r == 0 && first && link(beside, path) != 0 && errno != EEXIST)
		r = err_from_errno(errno);
	if (r == 0 && !first && rename(beside, path) != 0)
		r = err_from_errno(errno);
	if (r == 0)
		r = sync_dir(dir);
	if (fd >= 0 && (first || r != 0))
		unlink(beside);
	free(path);
	free(beside);
	return r;
}

static int
make_first(const char *dir, struct fault *f)
{
	struct buf *text = buf_new_secret(FILE_MAX);
	struct key_sign *sign = NULL;
	int r;

	if ((r = key_sign_new(&sign)) == 0 && (r = make_text(sign, NULL, 0, text)) == 0)
		r = put_file(dir, buf_view(text), true);
	if (r != 0)
		fault_set(f, r, dir, "the relay's key cannot be written");
	key_sign_free(&sign);
	buf_free(&text);
	return r;
}

/* ---------------------------------------------------------------------------- reading */

/* The file's text, or ERR_NOT_FOUND. */
static int
read_file(const char *dir, struct buf *out, int *tightened)
{
	char *path = mem_format("%s/%s", dir, FILE_NAME);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = 0;
	struct stat st;
	uint8_t *p;

	if (fd < 0) {
		r = errno == ENOENT ? ERR_NOT_FOUND : err_from_errno(errno);
		goto out;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		r = ERR_FORMAT;
		goto out;
	}
	if ((st.st_mode & 077) != 0) {
		*tightened = 1;
		if (fchmod(fd, 0600) != 0) {
			r = err_from_errno(errno);
			goto out;
		}
	}
	if ((r = buf_reserve(out, (size_t)st.st_size, &p)) == 0 &&
	    read(fd, p, (size_t)st.st_size) != st.st_size)
		r = ERR_IO;
out:
	if (fd >= 0)
		close(fd);
	free(path);
	return r;
}

/* The next line without its newline. */
static int
next_line(struct bytes *text, struct bytes *line)
{
	const uint8_t *end = text->n != 0 ? memchr(text->p, '\n', text->n) : NULL;

	if (end == NULL)
		return ERR_FORMAT;
	*line = (struct bytes){ text->p, (size_t)(end - text->p) };
	text->n -= line->n + 1;
	text->p = end + 1;
	return 0;
}

static bool
line_has(struct bytes *line, const char *key)
{
	size_t n = strlen(key);

	if (line->n < n || memcmp(line->p, key, n) != 0)
		return false;
	line->p += n;
	line->n -= n;
	return true;
}

static int
parse_seed(struct bytes line, struct relaykey *k)
{
	uint8_t *seed;
	int r;

	if (!line_has(&line, "seed ") || line.n != 2 * KEY_LEN)
		return ERR_FORMAT;
	seed = mem_secret_alloc(KEY_LEN);
	if ((r = hex_decode((const char *)line.p, line.n, seed, KEY_LEN)) == 0)
		r = key_sign_from_seed(seed, &k->sign);
	mem_secret_free(&seed);
	return r;
}

static int
parse_rotation(struct bytes line, struct relaykey *k)
{
	uint8_t *p;
	int r;

	if (!line_has(&line, "rotation ") || line.n % 2 != 0 || k->count == ROTATION_MAX)
		return ERR_FORMAT;
	p = mem_alloc(line.n / 2 + 1);
	if ((r = hex_decode((const char *)line.p, line.n, p, line.n / 2)) != 0)
		free(p);
	else
		k->rotation[k->count++] = (struct bytes){ p, line.n / 2 };
	return r;
}

/* From the chain of statements to the first key. */
static int
find_first(struct relaykey *k)
{
	Recado__SignedRotation *sr[ROTATION_MAX] = { NULL };
	struct rotation_statement chain[ROTATION_MAX];
	struct rotation_chain keys;
	int r = 0;

	for (size_t i = 0; i < k->count && r == 0; i++)
		if ((r = pb_unpack(&recado__signed_rotation__descriptor, k->rotation[i], &sr[i])) ==
		    0)
			chain[i] = (struct rotation_statement){ pb_view(sr[i]->body),
				pb_view(sr[i]->signature) };
	if (r == 0)
		r = rotation_verify(chain, k->count, key_sign_public(k->sign), &keys);
	if (r == 0)
		memcpy(k->first, rotation_first(&keys), KEY_LEN);
	for (size_t i = 0; i < k->count; i++)
		pb_free(&sr[i]);
	return r != 0 ? r : code_relay_id(k->first, k->id);
}

static int
parse(struct bytes text, struct relaykey *k)
{
	struct bytes line;
	int r;

	if ((r = next_line(&text, &line)) != 0 || !line_has(&line, FIRST_LINE) || line.n != 0)
		return r != 0 ? r : ERR_FORMAT;
	if ((r = next_line(&text, &line)) != 0 || (r = parse_seed(line, k)) != 0)
		return r;
	while (text.n != 0)
		if ((r = next_line(&text, &line)) != 0 || (r = parse_rotation(line, k)) != 0)
			return r;
	return find_first(k);
}

int
relaykey_open(const char *dir, struct relaykey **out, int *tightened, struct fault *f)
{
	struct relaykey *k = mem_alloc(sizeof(*k));
	struct buf *text = buf_new_secret(FILE_MAX);
	int loose = 0, r;

	*out = NULL;
	if ((r = read_file(dir, text, &loose)) == ERR_NOT_FOUND && (r = make_first(dir, f)) == 0)
		r = read_file(dir, text, &loose);
	if (r == 0)
		r = parse(buf_view(text), k);
	if (tightened != NULL)
		*tightened = loose;
	buf_free(&text);
	if (r != 0) {
		relaykey_free(&k);
		if (f == NULL || f->code == 0)
			fault_set(f, r, dir, "the relay's key file `identity` cannot be used (%s)",
			    err_text(r));
	}
	*out = k;
	return r;
}

/* ---------------------------------------------------------------------------- backup */

int
relaykey_export(const char *dir, struct buf *text, struct fault *f)
{
	int loose = 0, r;

	if ((r = read_file(dir, text, &loose)) != 0)
		fault_set(f, r, dir, "the relay's key file `identity` cannot be read");
	return r;
}

int
relaykey_import(const char *dir, struct bytes text, struct fault *f)
{
	struct relaykey *k = mem_alloc(sizeof(*k));
	struct buf *there = buf_new_secret(FILE_MAX);
	int loose = 0, r;

	if (read_file(dir, there, &loose) != ERR_NOT_FOUND)
		r = fault_set(f, ERR_TAKEN, dir, "the data folder has a key already");
	else if ((r = parse(text, k)) != 0 || (r = put_file(dir, text, true)) != 0)
		fault_set(f, r, dir, "the relay's key cannot be restored (%s)", err_text(r));
	relaykey_free(&k);
	buf_free(&there);
	return r;
}

/* ---------------------------------------------------------------------------- rotation */

int
relaykey_rotate(const char *dir, uint64_t now, struct fault *f)
{
	struct buf *text = buf_new_secret(FILE_MAX), *statement = buf_new(0);
	struct bytes chain[ROTATION_MAX];
	struct key_sign *fresh = NULL;
	struct relaykey *k = NULL;
	struct rotation rot;
	int r;

	if ((r = relaykey_open(dir, &k, NULL, f)) != 0)
		goto out;
	if (k->count == ROTATION_MAX) {
		r = fault_set(f, ERR_LIMIT, dir, "the key was changed %d times, the most there is",
		    ROTATION_MAX);
		goto out;
	}
	if ((r = key_sign_new(&fresh)) != 0)
		goto out;
	rot = (struct rotation){ k->sign, key_sign_public(fresh), (uint32_t)k->count + 1, now };
	if ((r = rotation_sign(&rot, statement)) != 0)
		goto out;
	memcpy(chain, k->rotation, k->count * sizeof(chain[0]));
	chain[k->count] = buf_view(statement);
	if ((r = make_text(fresh, chain, k->count + 1, text)) == 0)
		r = put_file(dir, buf_view(text), false);
	if (r != 0)
		fault_set(f, r, dir, "the new key cannot be written");
out:
	key_sign_free(&fresh);
	relaykey_free(&k);
	buf_free(&statement);
	buf_free(&text);
	return r;
}
