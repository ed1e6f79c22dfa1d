/*
 * OpenSSL looks a cipher up by name whenever one is begun with EVP_aes_256_gcm() and its like, which
 * costs as much as sealing a short message. So the five are fetched once, by whoever comes first,
 * and are constants from then on.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "crypto/suite.h"

#define AEAD_NONCE 12
#define AEAD_TAG 16
#define BLOCK 16

enum sealing { SEALING_AEAD, SEALING_MAC };

struct suite {
	uint16_t id;
	const char *name;
	const char *cipher; /* to OpenSSL */
	enum kdf_hash hash;
	enum sealing sealing;
	uint8_t key, iv;
	uint8_t pads; /* rounds up to whole blocks, always adding at least one octet */
};

/* In order of preference. */
static const struct suite suites[SUITE_COUNT] = {
	{ SUITE_ECDHE_CHACHA20_POLY1305_SHA256, "ECDHE-CHACHA20_POLY1305-SHA256",
	    "ChaCha20-Poly1305", KDF_SHA256, SEALING_AEAD, 32, AEAD_NONCE, 0 },
	{ SUITE_ECDHE_AES256_GCM_SHA384, "ECDHE-AES256_GCM-SHA384", "AES-256-GCM", KDF_SHA384,
	    SEALING_AEAD, 32, AEAD_NONCE, 0 },
	{ SUITE_ECDHE_AES256_CTR_SHA384, "ECDHE-AES256_CTR-SHA384", "AES-256-CTR", KDF_SHA384,
	    SEALING_MAC, 32, BLOCK, 0 },
	{ SUITE_ECDHE_AES128_CTR_SHA256, "ECDHE-AES128_CTR-SHA256", "AES-128-CTR", KDF_SHA256,
	    SEALING_MAC, 16, BLOCK, 0 },
	{ SUITE_ECDHE_AES256_CBC_SHA256, "ECDHE-AES256_CBC-SHA256", "AES-256-CBC", KDF_SHA256,
	    SEALING_MAC, 32, BLOCK, 1 },
};

static const uint16_t order[SUITE_COUNT] = { SUITE_ECDHE_CHACHA20_POLY1305_SHA256,
	SUITE_ECDHE_AES256_GCM_SHA384, SUITE_ECDHE_AES256_CTR_SHA384, SUITE_ECDHE_AES128_CTR_SHA256,
	SUITE_ECDHE_AES256_CBC_SHA256 };

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_CIPHER *ciphers[SUITE_COUNT]; /* in the order of suites */

static void
fetch(void)
{
	int i;

	for (i = 0; i < SUITE_COUNT; i++)
		ciphers[i] = EVP_CIPHER_fetch(NULL, suites[i].cipher, NULL);
}

static const struct suite *
suite_find(uint16_t id)
{
	int rank = suite_rank(id);

	return rank < 0 ? NULL : &suites[rank];
}

const uint16_t *
suite_all(void)
{
	return order;
}

int
suite_rank(uint16_t id)
{
	int i;

	for (i = 0; i < SUITE_COUNT; i++)
		if (suites[i].id == id)
			return i;
	return -1;
}

const char *
suite_name(uint16_t id)
{
	const struct suite *s = suite_find(id);

	return s == NULL ? NULL : s->name;
}

int
suite_by_name(const char *name, uint16_t *id)
{
	int i;

	*id = SUITE_NONE;
	for (i = 0; i < SUITE_COUNT; i++)
		if (strcasecmp(suites[i].name, name) == 0) {
			*id = suites[i].id;
			return 0;
		}
	return ERR_SUITE;
}

void
suite_names(char *out, size_t outlen)
{
	size_t n = 0;
	int i;

	for (i = 0; i < SUITE_COUNT && n < outlen; i++)
		n += (size_t)snprintf(
		    out + n, outlen - n, "%s%s", i > 0 ? ", " : "", suites[i].name);
}

bool
suite_list_has(const struct suite_list *l, uint16_t id)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (l->id[i] == id)
			return true;
	return false;
}

void
suite_list_all(struct suite_list *out)
{
	memcpy(out->id, order, sizeof order);
	out->count = SUITE_COUNT;
}

int
suite_list_add(struct suite_list *l, const char *name)
{
	uint16_t id;
	int r = suite_by_name(name, &id);

	if (r != 0)
		return r;
	if (suite_list_has(l, id))
		return ERR_TAKEN;
	l->id[l->count++] = id;
	return 0;
}

int
suite_list_parse(const char *text, struct suite_list *out, const char **bad)
{
	char name[64];
	size_t n;
	int r;

	memset(out, 0, sizeof *out);
	for (;; text += n + 1) {
		n = strcspn(text, ",");
		*bad = text;
		if (n >= sizeof name)
			return ERR_SUITE;
		memcpy(name, text, n);
		name[n] = '\0';
		if ((r = suite_list_add(out, name)) != 0)
			return r;
		if (text[n] == '\0')
			break;
	}
	*bad = NULL;
	return 0;
}

enum kdf_hash
suite_hash(uint16_t id)
{
	const struct suite *s = suite_find(id);

	return s == NULL ? 0 : s->hash;
}

static size_t
mac_len(const struct suite *s)
{
	return s->sealing == SEALING_MAC ? kdf_len(s->hash) : 0;
}

size_t
suite_material(uint16_t id)
{
	const struct suite *s = suite_find(id);

	return s == NULL ? 0 : (size_t)s->key + s->iv + mac_len(s);
}

int
suite_choose(const uint16_t *ours, size_t n, const uint16_t *theirs, size_t m, uint16_t *id)
{
	size_t i, k;

	*id = SUITE_NONE;
	for (i = 0; i < n; i++)
		for (k = 0; k < m; k++)
			if (ours[i] == theirs[k] && suite_rank(ours[i]) >= 0) {
				*id = ours[i];
				return 0;
			}
	return ERR_SUITE;
}

static size_t
cipher_len(const struct suite *s, size_t n)
{
	return s->pads ? (n / BLOCK + 1) * BLOCK : n;
}

static size_t
tag_len(const struct suite *s)
{
	return s->sealing == SEALING_AEAD ? AEAD_TAG : mac_len(s);
}

size_t
suite_sealed_len(uint16_t id, size_t n)
{
	const struct suite *s = suite_find(id);

	if (s == NULL)
		return 0;
	return cipher_len(s, n) + tag_len(s);
}

struct run {
	const struct suite *suite;
	struct suite_cipher *cipher;
	const uint8_t *material;
	struct bytes ad, in;
	uint8_t *out;
	int encrypt;
};

void
suite_cipher_clear(struct suite_cipher *c)
{
	EVP_CIPHER_CTX_free(c->context);
	c->context = NULL;
}

/* A context that is there has its cipher already; to name it again would set all of it up anew. */
static int
cipher_begin(const struct run *u)
{
	const struct suite *s = u->suite;
	struct suite_cipher *c = u->cipher;
	EVP_CIPHER *cipher = NULL;

	if (u->in.n > INT32_MAX - BLOCK || u->ad.n > INT32_MAX)
		return ERR_BUG;
	if (c->context == NULL) {
		if (pthread_once(&fetched, fetch) != 0 || (cipher = ciphers[s - suites]) == NULL ||
		    (c->context = EVP_CIPHER_CTX_new()) == NULL)
			return ERR_BUG;
		c->encrypts = u->encrypt;
	}
	if (c->encrypts != u->encrypt ||
	    EVP_CipherInit_ex(
		c->context, cipher, NULL, u->material, u->material + s->key, u->encrypt) != 1)
		return ERR_BUG;
	return 0;
}

/* AEAD and plain ciphers alike. tag is written when sealing, compared when opening. */
static int
cipher_run(const struct run *u, uint8_t *tag, size_t *outlen)
{
	int aead = u->suite->sealing == SEALING_AEAD, n = 0, last = 0, r;
	EVP_CIPHER_CTX *c;

	*outlen = 0;
	if ((r = cipher_begin(u)) != 0)
		return r;
	c = u->cipher->context;
	if (aead && !u->encrypt &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, tag) != 1)
		return ERR_BUG;
	if (aead && u->ad.n > 0 && EVP_CipherUpdate(c, NULL, &n, u->ad.p, (int)u->ad.n) != 1)
		return ERR_BUG;
	n = 0;
	if (u->in.n > 0 && EVP_CipherUpdate(c, u->out, &n, u->in.p, (int)u->in.n) != 1)
		return ERR_BUG;
	if (EVP_CipherFinal_ex(c, u->out + n, &last) != 1)
		return u->encrypt ? ERR_BUG : ERR_MAC;
	if (aead && u->encrypt && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, tag) != 1)
		return ERR_BUG;
	*outlen = (size_t)n + (size_t)last;
	return 0;
}

/* HMAC over u64 length of ad || ad || ciphertext. */
static int
mac_compute(const struct run *u, struct bytes ciphertext, uint8_t *mac)
{
	const struct suite *s = u->suite;
	uint8_t length[8];
	struct bytes parts[3] = { { length, sizeof length }, u->ad, ciphertext };
	int i;

	for (i = 0; i < 8; i++)
		length[i] = (uint8_t)((uint64_t)u->ad.n >> 8 * (7 - i));
	return kdf_hmac(
	    s->hash, (struct bytes){ u->material + s->key + s->iv, mac_len(s) }, parts, 3, mac);
}

int
suite_seal_at(struct suite_cipher *c, const uint8_t *material, struct bytes ad,
    struct bytes plaintext, uint8_t *out)
{
	struct run u = { suite_find(c->suite), c, material, ad, plaintext, out, 1 };
	size_t n, body;
	int r;

	if (u.suite == NULL)
		return ERR_SUITE;
	body = cipher_len(u.suite, plaintext.n);
	r = cipher_run(&u, out + body, &n);
	if (r == 0 && n != body)
		r = ERR_BUG;
	if (r == 0 && u.suite->sealing == SEALING_MAC)
		r = mac_compute(&u, (struct bytes){ out, body }, out + body);
	mem_secret_unmark(out, suite_sealed_len(c->suite, plaintext.n));
	return r;
}

int
suite_open_at(struct suite_cipher *c, const uint8_t *material, struct bytes ad, struct bytes sealed,
    uint8_t *out, size_t *n)
{
	struct run u = { suite_find(c->suite), c, material, ad, sealed, out, 0 };
	MEM_UNSET uint8_t tag[KDF_MAX], mac[KDF_MAX];
	size_t over;
	int r;

	*n = 0;
	if (u.suite == NULL)
		return ERR_SUITE;
	over = tag_len(u.suite);
	if (sealed.n < over)
		return ERR_MAC;
	u.in.n -= over;
	memcpy(tag, sealed.p + u.in.n, over);
	if (u.suite->sealing == SEALING_MAC) {
		if ((r = mac_compute(&u, u.in, mac)) != 0)
			return r;
		if (!mem_equal_ct(mac, tag, over))
			return ERR_MAC;
	}
	r = cipher_run(&u, tag, n);
	mem_secret_unmark(out, u.in.n);   /* what was authentic is its reader's business, */
	mem_secret_unmark(n, sizeof(*n)); /* and so is how long it is */
	if (r != 0)
		mem_wipe(out, u.in.n);
	return r;
}

int
suite_seal(
    uint16_t id, const uint8_t *material, struct bytes ad, struct bytes plaintext, struct buf *out)
{
	struct suite_cipher c = { .suite = id };
	size_t before = buf_len(out);
	uint8_t *at;
	int r;

	if (suite_find(id) == NULL)
		return ERR_SUITE;
	if ((r = buf_reserve(out, suite_sealed_len(id, plaintext.n), &at)) != 0)
		return r;
	r = suite_seal_at(&c, material, ad, plaintext, at);
	suite_cipher_clear(&c);
	if (r != 0 && buf_truncate(out, before) != 0)
		return ERR_BUG;
	return r;
}

int
suite_open_with(struct suite_cipher *c, const uint8_t *material, struct bytes ad,
    struct bytes sealed, struct buf *out)
{
	const struct suite *s = suite_find(c->suite);
	size_t before = buf_len(out), n;
	uint8_t *at;
	int r;

	if (s == NULL)
		return ERR_SUITE;
	if (sealed.n < tag_len(s))
		return ERR_MAC;
	if ((r = buf_reserve(out, sealed.n - tag_len(s), &at)) != 0)
		return r;
	r = suite_open_at(c, material, ad, sealed, at, &n);
	return buf_truncate(out, before + n) == 0 ? r : ERR_BUG;
}

int
suite_open(
    uint16_t id, const uint8_t *material, struct bytes ad, struct bytes sealed, struct buf *out)
{
	struct suite_cipher c = { .suite = id };
	int r = suite_open_with(&c, material, ad, sealed, out);

	suite_cipher_clear(&c);
	return r;
}
