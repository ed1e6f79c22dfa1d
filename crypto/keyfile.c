/*
 * The file, all of it authenticated:
 *
 *     "recado key file\n"  u32 version = 1
 *     u32 log2 N  u32 r  u32 p  salt (32)
 *     sealed: DSK seed (32) || DIK private (32) || vault key (32) || u32 length || PKCS#8
 *
 * scrypt over the passphrase gives the key material of one AES-256-GCM sealing, nonce included; the
 * salt is new for every file, so the material seals nothing else. Everything before the sealed part
 * is its associated data. The parameters are bounded before scrypt runs, since they say how much
 * memory and time it takes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/keyfile.h"
#include "crypto/label.h"
#include "crypto/rand.h"
#include "crypto/suite.h"

#define KEYFILE_MAGIC "recado key file\n"
#define KEYFILE_MAGIC_LEN 16
#define KEYFILE_VERSION 1
#define KEYFILE_SALT 32
#define KEYFILE_HEADER (KEYFILE_MAGIC_LEN + 4 * 4 + KEYFILE_SALT)
#define KEYFILE_SUITE SUITE_ECDHE_AES256_GCM_SHA384
#define KEYFILE_MATERIAL 44 /* key (32) and nonce (12) */
#define KEYFILE_LABEL "key-file"

#define KEYFILE_LOG2N 17
#define KEYFILE_LOG2N_MIN 14
#define KEYFILE_LOG2N_MAX 20
#define KEYFILE_R 8
#define KEYFILE_R_MAX 16
#define KEYFILE_P 1
#define KEYFILE_P_MAX 4

struct keyfile_params {
	uint32_t log2n, r, p;
	uint8_t salt[KEYFILE_SALT];
};

int
keyfile_new(struct keyfile **out)
{
	struct keyfile *k = mem_secret_alloc(sizeof(*k));
	int r;

	*out = NULL;
	if ((r = key_sign_new(&k->device_sign)) != 0 || (r = key_dh_new(&k->device_dh)) != 0 ||
	    (r = rand_secret(k->vault_key, sizeof(k->vault_key))) != 0)
		keyfile_free(&k);
	*out = k;
	return r;
}

void
keyfile_free(struct keyfile **pk)
{
	struct keyfile *k = *pk;
	uint8_t *soft;

	if (k == NULL)
		return;
	key_sign_free(&k->device_sign);
	key_dh_free(&k->device_dh);
	soft = (uint8_t *)(uintptr_t)k->soft_card.p;
	mem_secret_free(&soft);
	mem_secret_free(pk);
}

static int
keyfile_put_header(const struct keyfile_params *p, struct buf *out)
{
	int r;

	if ((r = buf_put(out, KEYFILE_MAGIC, KEYFILE_MAGIC_LEN)) != 0 ||
	    (r = buf_put_u32(out, KEYFILE_VERSION)) != 0 || (r = buf_put_u32(out, p->log2n)) != 0 ||
	    (r = buf_put_u32(out, p->r)) != 0 || (r = buf_put_u32(out, p->p)) != 0)
		return r;
	return buf_put(out, p->salt, sizeof(p->salt));
}

static int
keyfile_get_header(struct bytes *in, struct keyfile_params *p)
{
	uint8_t magic[KEYFILE_MAGIC_LEN];
	uint32_t version;
	int r;

	memset(p, 0, sizeof(*p));
	if (bytes_get(in, magic, sizeof(magic)) != 0 ||
	    memcmp(magic, KEYFILE_MAGIC, KEYFILE_MAGIC_LEN) != 0)
		return ERR_FORMAT;
	if ((r = bytes_get_u32(in, &version)) != 0)
		return r;
	if (version != KEYFILE_VERSION)
		return ERR_VERSION;
	if ((r = bytes_get_u32(in, &p->log2n)) != 0 || (r = bytes_get_u32(in, &p->r)) != 0 ||
	    (r = bytes_get_u32(in, &p->p)) != 0 ||
	    (r = bytes_get(in, p->salt, sizeof(p->salt))) != 0)
		return r;
	if (p->log2n < KEYFILE_LOG2N_MIN || p->log2n > KEYFILE_LOG2N_MAX || p->r < KEYFILE_R ||
	    p->r > KEYFILE_R_MAX || p->p < 1 || p->p > KEYFILE_P_MAX)
		return ERR_LIMIT;
	return 0;
}

/* The passphrase enters under its label, so that the code's scrypt and this one never meet. */
static int
keyfile_material(const struct keyfile_params *p, struct bytes passphrase,
    uint8_t material[KEYFILE_MATERIAL])
{
	struct buf *secret = buf_new_secret(passphrase.n + 64);
	int r = label_wrap(secret, KEYFILE_LABEL, passphrase);

	if (r == 0) {
		const struct kdf_scrypt in = {
			.secret = buf_view(secret),
			.salt = { p->salt, sizeof(p->salt) },
			.n = 1ull << p->log2n,
			.r = p->r,
			.p = p->p,
		};

		r = kdf_scrypt(&in, material, KEYFILE_MATERIAL);
		mem_secret_mark(material, KEYFILE_MATERIAL);
	}
	buf_free(&secret);
	return r;
}

static int
keyfile_put_keys(const struct keyfile *k, struct buf *out)
{
	uint8_t sign[KEY_LEN], dh[KEY_LEN];
	int r;

	if ((r = key_sign_seed(k->device_sign, sign)) == 0 &&
	    (r = key_dh_private(k->device_dh, dh)) == 0 &&
	    (r = buf_put(out, sign, sizeof(sign))) == 0 && (r = buf_put(out, dh, sizeof(dh))) == 0 &&
	    (r = buf_put(out, k->vault_key, sizeof(k->vault_key))) == 0)
		r = buf_put_string(out, k->soft_card.p, k->soft_card.n);
	mem_wipe(sign, sizeof(sign));
	mem_wipe(dh, sizeof(dh));
	return r;
}

static int
keyfile_get_keys(struct bytes in, struct keyfile *k)
{
	struct bytes sign, dh, soft;
	int r;

	if ((r = bytes_get_view(&in, KEY_LEN, &sign)) != 0 ||
	    (r = bytes_get_view(&in, KEY_LEN, &dh)) != 0 ||
	    (r = bytes_get(&in, k->vault_key, sizeof(k->vault_key))) != 0 ||
	    (r = bytes_get_string(&in, KEYFILE_MAX, &soft)) != 0 || (r = bytes_end(&in)) != 0 ||
	    (r = key_sign_from_seed(sign.p, &k->device_sign)) != 0 ||
	    (r = key_dh_from_private(dh.p, &k->device_dh)) != 0)
		return r;
	if (soft.n > 0) {
		uint8_t *copy = mem_secret_alloc(soft.n);

		memcpy(copy, soft.p, soft.n);
		k->soft_card = (struct bytes){ copy, soft.n };
	}
	return 0;
}

int
keyfile_seal(const struct keyfile *k, struct bytes passphrase, struct buf *out)
{
	struct keyfile_params p = { KEYFILE_LOG2N, KEYFILE_R, KEYFILE_P, { 0 } };
	struct buf *header = buf_new(KEYFILE_HEADER), *keys = buf_new_secret(KEYFILE_MAX);
	uint8_t *material = mem_secret_alloc(KEYFILE_MATERIAL);
	int r;

	if (passphrase.n == 0)
		r = ERR_PASSPHRASE;
	else if ((r = rand_bytes(p.salt, sizeof(p.salt))) == 0 &&
	    (r = keyfile_put_header(&p, header)) == 0 && (r = keyfile_put_keys(k, keys)) == 0 &&
	    (r = keyfile_material(&p, passphrase, material)) == 0 &&
	    (r = buf_put_bytes(out, buf_view(header))) == 0)
		r = suite_seal(KEYFILE_SUITE, material, buf_view(header), buf_view(keys), out);
	mem_secret_free(&material);
	buf_free(&keys);
	buf_free(&header);
	return r;
}

int
keyfile_open(struct bytes file, struct bytes passphrase, struct keyfile **out)
{
	struct bytes rest = file, header = { file.p, KEYFILE_HEADER };
	struct keyfile_params p;
	struct buf *keys = NULL;
	uint8_t *material = NULL;
	struct keyfile *k = NULL;
	int r;

	*out = NULL;
	if (file.n > KEYFILE_MAX)
		return ERR_LIMIT;
	if ((r = keyfile_get_header(&rest, &p)) != 0)
		return r;
	if (passphrase.n == 0)
		return ERR_PASSPHRASE;
	keys = buf_new_secret(KEYFILE_MAX);
	material = mem_secret_alloc(KEYFILE_MATERIAL);
	k = mem_secret_alloc(sizeof(*k));
	if ((r = keyfile_material(&p, passphrase, material)) != 0)
		goto out;
	if ((r = suite_open(KEYFILE_SUITE, material, header, rest, keys)) != 0) {
		r = ERR_PASSPHRASE; /* or the file was changed: the two cannot be told apart */
		goto out;
	}
	if ((r = keyfile_get_keys(buf_view(keys), k)) != 0)
		goto out;
	*out = k;
	k = NULL;
out:
	keyfile_free(&k);
	mem_secret_free(&material);
	buf_free(&keys);
	return r;
}
