/*
 * HMAC here stands on OpenSSL's SHA-2 contexts, not on EVP. A keyed HMAC is two hash states, one
 * after the inner and one after the outer padded key; as plain values they lie on the stack, are
 * copied for each MAC instead of being set up again, and are wiped when done. An EVP_MAC of the same
 * key costs two allocations and several times the hashing for short inputs, and leaves key-dependent
 * state on OpenSSL's heap. A ratchet does little else than short HMACs; where a hash needs no more
 * than two further blocks, they are padded here and hashed at once.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <endian.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/mem.h"
#include "crypto/kdf.h"

#define BLOCK_MAX 128
#define INNER UINT64_C(0x3636363636363636)
#define OUTER UINT64_C(0x5c5c5c5c5c5c5c5c)
#define SHORT 119 /* octets that end, padded, within two blocks of SHA-256 */
#define SCRYPT_MEMORY_MAX ((UINT64_C(2) << 30) + (UINT64_C(1) << 20))

union state {
	SHA256_CTX sha256;
	SHA512_CTX sha512;
};

struct hash_ops {
	size_t len, block, state;
	void (*init)(union state *s);
	void (*update)(union state *s, const void *p, size_t n);
	void (*final)(union state *s, uint8_t *out);
	void (*first)(union state *s, const uint8_t *block); /* init, then update with one block */
	/* The hash of one block (the key's) and n octets at the start of last, which is padded in
	 * place: n at most SHORT. NULL: there is no such way. */
	void (*after_key)(const union state *key, uint8_t last[BLOCK_MAX], size_t n, uint8_t *out);
};

struct mac {
	const struct hash_ops *ops;
	union state inner, outer;
};

static void
sha256_init(union state *s)
{
	SHA256_Init(&s->sha256);
}

static void
sha256_update(union state *s, const void *p, size_t n)
{
	SHA256_Update(&s->sha256, p, n);
}

static void
sha256_final(union state *s, uint8_t *out)
{
	SHA256_Final(out, &s->sha256);
}

static void
sha256_first(union state *s, const uint8_t *block)
{
	SHA256_Init(&s->sha256);
	SHA256_Transform(&s->sha256, block);
	s->sha256.Nl = 8 * SHA256_CBLOCK;
}

/* FIPS 180-4, 5.1.1: a one bit, zeros, the length in bits. The transformation knows only h. */
static void
sha256_after_key(const union state *key, uint8_t last[BLOCK_MAX], size_t n, uint8_t *out)
{
	size_t end = n <= 55 ? 64 : 128, bits = (64 + n) * 8;
	MEM_UNSET SHA256_CTX c;
	uint32_t word;
	int i;

	memcpy(c.h, key->sha256.h, sizeof c.h);
	memset(last + n, 0, end - n);
	last[n] = 0x80;
	last[end - 2] = (uint8_t)(bits >> 8);
	last[end - 1] = (uint8_t)bits;
	SHA256_Transform(&c, last);
	if (end > 64)
		SHA256_Transform(&c, last + 64);
	for (i = 0; i < 8; i++) {
		word = htobe32(c.h[i]);
		memcpy(out + 4 * i, &word, 4);
	}
	mem_wipe(c.h, sizeof c.h);
}

static void
sha384_init(union state *s)
{
	SHA384_Init(&s->sha512);
}

static void
sha512_init(union state *s)
{
	SHA512_Init(&s->sha512);
}

static void
sha512_update(union state *s, const void *p, size_t n)
{
	SHA512_Update(&s->sha512, p, n);
}

static void
sha384_first(union state *s, const uint8_t *block)
{
	SHA384_Init(&s->sha512);
	SHA512_Update(&s->sha512, block, SHA512_CBLOCK);
}

static void
sha512_first(union state *s, const uint8_t *block)
{
	SHA512_Init(&s->sha512);
	SHA512_Update(&s->sha512, block, SHA512_CBLOCK);
}

/* Serves SHA-384 too: the context knows its length. */
static void
sha512_final(union state *s, uint8_t *out)
{
	SHA512_Final(out, &s->sha512);
}

static const struct hash_ops hashes[] = {
	[KDF_SHA256] = { 32, 64, sizeof(SHA256_CTX), sha256_init, sha256_update, sha256_final,
	    sha256_first, sha256_after_key },
	[KDF_SHA384] = { 48, 128, sizeof(SHA512_CTX), sha384_init, sha512_update, sha512_final,
	    sha384_first, NULL },
	[KDF_SHA512] = { 64, 128, sizeof(SHA512_CTX), sha512_init, sha512_update, sha512_final,
	    sha512_first, NULL },
};

static const struct hash_ops *
hash_find(enum kdf_hash h)
{
	return h >= KDF_SHA256 && h <= KDF_SHA512 ? &hashes[h] : NULL;
}

size_t
kdf_len(enum kdf_hash h)
{
	const struct hash_ops *ops = hash_find(h);

	return ops == NULL ? 0 : ops->len;
}

static void
update_parts(const struct hash_ops *ops, union state *s, const struct bytes *parts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (parts[i].n > 0)
			ops->update(s, parts[i].p, parts[i].n);
}

int
kdf_digest(enum kdf_hash h, const struct bytes *parts, size_t n, uint8_t *out)
{
	const struct hash_ops *ops = hash_find(h);
	MEM_UNSET union state s;

	if (ops == NULL)
		return ERR_BUG;
	ops->init(&s);
	update_parts(ops, &s, parts, n);
	ops->final(&s, out);
	mem_wipe(&s, sizeof s);
	return 0;
}

int
kdf_sha256(struct bytes in, uint8_t out[32])
{
	return kdf_digest(KDF_SHA256, &in, 1, out);
}

/* Both states of the padded key (RFC 2104 section 2). */
static void
mac_setup(struct mac *m, const struct hash_ops *ops, struct bytes key)
{
	uint64_t words[BLOCK_MAX / 8] = { 0 };
	uint8_t *pad = (uint8_t *)words;
	size_t i, n = ops->block / 8;

	m->ops = ops;
	if (key.n > ops->block) {
		ops->init(&m->inner);
		ops->update(&m->inner, key.p, key.n);
		ops->final(&m->inner, pad);
	} else if (key.n > 0) {
		memcpy(pad, key.p, key.n);
	}
	for (i = 0; i < n; i++)
		words[i] ^= INNER;
	ops->first(&m->inner, pad);
	for (i = 0; i < n; i++)
		words[i] ^= INNER ^ OUTER;
	ops->first(&m->outer, pad);
	mem_wipe(words, sizeof words);
}

static void
mac_clear(struct mac *m)
{
	mem_wipe(&m->inner, m->ops->state);
	mem_wipe(&m->outer, m->ops->state);
}

/* The parts one after the other, if that is short; their length, or SIZE_MAX. */
static size_t
join_short(const struct bytes *parts, size_t n, uint8_t out[SHORT])
{
	size_t at = 0, i;

	for (i = 0; i < n; i++) {
		if (parts[i].n > SHORT - at)
			return SIZE_MAX;
		if (parts[i].n > 0)
			memcpy(out + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	return at;
}

static void
mac_long(const struct mac *m, const struct bytes *parts, size_t n, uint8_t *out)
{
	MEM_UNSET uint8_t digest[KDF_MAX];
	MEM_UNSET union state s;

	s = m->inner;
	update_parts(m->ops, &s, parts, n);
	m->ops->final(&s, digest);
	s = m->outer;
	m->ops->update(&s, digest, m->ops->len);
	m->ops->final(&s, out);
	mem_wipe(&s, sizeof s);
	mem_wipe(digest, sizeof digest);
}

static void
mac_run(const struct mac *m, const struct bytes *parts, size_t n, uint8_t *out)
{
	MEM_UNSET uint8_t last[BLOCK_MAX];
	size_t joined;

	if (m->ops->after_key == NULL || (joined = join_short(parts, n, last)) == SIZE_MAX) {
		mac_long(m, parts, n, out);
	} else {
		m->ops->after_key(&m->inner, last, joined, last);
		m->ops->after_key(&m->outer, last, m->ops->len, out);
	}
	mem_wipe(last, sizeof last);
}

int
kdf_hmac(enum kdf_hash h, struct bytes key, const struct bytes *parts, size_t n, uint8_t *out)
{
	const struct hash_ops *ops = hash_find(h);
	MEM_UNSET struct mac m;

	if (ops == NULL)
		return ERR_BUG;
	mac_setup(&m, ops, key);
	mac_run(&m, parts, n, out);
	mac_clear(&m);
	return 0;
}

int
kdf_hmac_each(enum kdf_hash h, struct bytes key, const struct bytes *in, size_t n, uint8_t *out)
{
	const struct hash_ops *ops = hash_find(h);
	MEM_UNSET struct mac m;
	size_t i;

	if (ops == NULL)
		return ERR_BUG;
	mac_setup(&m, ops, key);
	for (i = 0; i < n; i++)
		mac_run(&m, &in[i], 1, out + i * ops->len);
	mac_clear(&m);
	return 0;
}

int
kdf_extract(enum kdf_hash h, struct bytes salt, struct bytes ikm, uint8_t *prk)
{
	/* An empty HMAC key is padded with zeros, so it needs no case of its own. */
	return kdf_hmac(h, salt, &ikm, 1, prk);
}

/* T(i) = HMAC(prk, T(i-1) || info || i) */
int
kdf_expand(const struct kdf_expand *p, uint8_t *out, size_t n)
{
	const struct hash_ops *ops = hash_find(p->hash);
	MEM_UNSET uint8_t block[KDF_MAX];
	uint8_t counter = 0;
	struct bytes parts[3] = { { block, 0 }, p->info, { &counter, 1 } };
	MEM_UNSET struct mac m;
	size_t take;

	if (ops == NULL || p->prk.n < ops->len || n > 255 * ops->len) {
		memset(out, 0, n);
		return ops != NULL && p->prk.n >= ops->len ? ERR_LIMIT : ERR_BUG;
	}
	mac_setup(&m, ops, p->prk);
	while (n > 0) {
		counter++;
		mac_run(&m, parts, 3, block);
		parts[0].n = ops->len;
		take = n < ops->len ? n : ops->len;
		memcpy(out, block, take);
		out += take;
		n -= take;
	}
	mac_clear(&m);
	mem_wipe(block, sizeof block);
	return 0;
}

/* RFC 7914 section 2: N a power of two above 1, p at most (2^32-1) * 32 / (128 * r). */
static int
scrypt_check(const struct kdf_scrypt *in)
{
	if (in->n < 2 || (in->n & (in->n - 1)) != 0 || in->r == 0 || in->p == 0)
		return ERR_FORMAT;
	if (in->n > UINT32_MAX || in->r > 1024 || in->p > 1024 ||
	    128 * (in->n + in->p) * in->r > SCRYPT_MEMORY_MAX)
		return ERR_LIMIT;
	return 0;
}

int
kdf_scrypt(const struct kdf_scrypt *in, uint8_t *out, size_t len)
{
	int r;

	memset(out, 0, len);
	if ((r = scrypt_check(in)) != 0)
		return r;
	if (EVP_PBE_scrypt((const char *)in->secret.p, in->secret.n, in->salt.p, in->salt.n, in->n,
		in->r, in->p, SCRYPT_MEMORY_MAX + (1 << 20), out, len) != 1) {
		mem_wipe(out, len);
		return ERR_NOMEM;
	}
	return 0;
}
