#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/mem.h"
#include "crypto/key.h"
#include "crypto/label.h"

#define SECURE_HEAP (1u << 20)

struct pair {
	EVP_PKEY *pkey;
	uint8_t public[KEY_LEN];
};

struct key_sign {
	struct pair pair;
};

struct key_dh {
	struct pair pair;
};

int
key_init(void)
{
	if (CRYPTO_secure_malloc_initialized())
		return 0;
	return CRYPTO_secure_malloc_init(SECURE_HEAP, 32) > 0 ? 0 : ERR_NOMEM;
}

static int
pair_public(struct pair *k)
{
	size_t n = KEY_LEN;

	if (EVP_PKEY_get_raw_public_key(k->pkey, k->public, &n) != 1 || n != KEY_LEN)
		return ERR_BUG;
	return 0;
}

static int
pair_generate(struct pair *k, const char *type)
{
	if ((k->pkey = EVP_PKEY_Q_keygen(NULL, NULL, type)) == NULL)
		return ERR_BUG;
	return pair_public(k);
}

static int
pair_from_private(struct pair *k, int type, const uint8_t private[KEY_LEN])
{
	if ((k->pkey = EVP_PKEY_new_raw_private_key(type, NULL, private, KEY_LEN)) == NULL)
		return ERR_BUG;
	return pair_public(k);
}

static int
pair_private(const struct pair *k, uint8_t private[KEY_LEN])
{
	size_t n = KEY_LEN;

	memset(private, 0, KEY_LEN);
	if (EVP_PKEY_get_raw_private_key(k->pkey, private, &n) != 1 || n != KEY_LEN) {
		mem_wipe(private, KEY_LEN);
		return ERR_BUG;
	}
	return 0;
}

static void
pair_clear(struct pair *k)
{
	EVP_PKEY_free(k->pkey);
	mem_wipe(k, sizeof *k);
}

/* --- Ed25519 -------------------------------------------------------------------- */

int
key_sign_new(struct key_sign **out)
{
	struct key_sign *k = mem_alloc(sizeof *k);
	int r;

	*out = NULL;
	if ((r = pair_generate(&k->pair, "ED25519")) != 0) {
		key_sign_free(&k);
		return r;
	}
	*out = k;
	return 0;
}

int
key_sign_from_seed(const uint8_t seed[KEY_LEN], struct key_sign **out)
{
	struct key_sign *k = mem_alloc(sizeof *k);
	int r;

	*out = NULL;
	if ((r = pair_from_private(&k->pair, EVP_PKEY_ED25519, seed)) != 0) {
		key_sign_free(&k);
		return r;
	}
	*out = k;
	return 0;
}

void
key_sign_free(struct key_sign **pk)
{
	if (*pk == NULL)
		return;
	pair_clear(&(*pk)->pair);
	free(*pk);
	*pk = NULL;
}

const uint8_t *
key_sign_public(const struct key_sign *k)
{
	return k->pair.public;
}

int
key_sign_seed(const struct key_sign *k, uint8_t seed[KEY_LEN])
{
	return pair_private(&k->pair, seed);
}

int
key_sign_label(
    const struct key_sign *k, const char *label, struct bytes body, uint8_t sig[KEY_SIG_LEN])
{
	struct buf *whole = buf_new(0);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = KEY_SIG_LEN;
	int r;

	memset(sig, 0, KEY_SIG_LEN);
	if ((r = label_wrap(whole, label, body)) != 0)
		goto out;
	r = ERR_BUG;
	if (c == NULL || EVP_DigestSignInit(c, NULL, NULL, NULL, k->pair.pkey) != 1)
		goto out;
	if (EVP_DigestSign(c, sig, &n, buf_ptr(whole), buf_len(whole)) != 1 || n != KEY_SIG_LEN)
		goto out;
	r = 0;
out:
	EVP_MD_CTX_free(c);
	buf_free(&whole);
	return r;
}

/* y coordinates of the points whose order divides 8: 0, 1, -1 and the two of order 8. */
static const uint8_t small_order_y[][KEY_LEN] = {
	{ 0 },
	{ 1 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0x7f },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
	    0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d,
	    0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
	    0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92,
	    0xac, 0x03, 0x7a },
};

/* u coordinates of small order, modulo p: 0, 1, the two of order 8, -1; and p, p + 1 as written. */
static const uint8_t small_order_u[][KEY_LEN] = {
	{ 0 },
	{ 1 },
	{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
	    0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f,
	    0x49, 0xb8, 0x00 },
	{ 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
	    0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0,
	    0x9f, 0x11, 0x57 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0x7f },
	{ 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0x7f },
	{ 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0x7f },
};

/* Is it in the list, whatever its top bit? */
static int
listed(const uint8_t key[KEY_LEN], const uint8_t (*list)[KEY_LEN], size_t n)
{
	uint8_t masked[KEY_LEN];
	size_t i;

	memcpy(masked, key, KEY_LEN);
	masked[KEY_LEN - 1] &= 0x7f;
	for (i = 0; i < n; i++)
		if (memcmp(masked, list[i], KEY_LEN) == 0)
			return 1;
	return 0;
}

/* y < 2^255 - 19? (RFC 8032 5.1.3) */
static int
y_is_canonical(const uint8_t key[KEY_LEN])
{
	size_t i;

	if ((key[KEY_LEN - 1] & 0x7f) != 0x7f)
		return 1;
	for (i = KEY_LEN - 2; i > 0; i--)
		if (key[i] != 0xff)
			return 1;
	return key[0] < 0xed;
}

int
key_check_sign(const uint8_t public[KEY_LEN])
{
	if (!y_is_canonical(public) ||
	    listed(public, small_order_y, sizeof small_order_y / sizeof *small_order_y))
		return ERR_KEY;
	return 0;
}

/* OpenSSL refuses S >= L and compares the encoding of R, so neither can be altered. */
int
key_verify_raw(struct bytes public, struct bytes message, struct bytes sig)
{
	EVP_MD_CTX *c = NULL;
	EVP_PKEY *pkey = NULL;
	int r;

	if (public.n != KEY_LEN)
		return ERR_KEY;
	if ((r = key_check_sign(public.p)) != 0)
		return r;
	if (sig.n != KEY_SIG_LEN)
		return ERR_SIGNATURE;
	pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public.p, public.n);
	c = EVP_MD_CTX_new();
	r = ERR_BUG;
	if (pkey == NULL || c == NULL || EVP_DigestVerifyInit(c, NULL, NULL, NULL, pkey) != 1)
		goto out;
	r = EVP_DigestVerify(c, sig.p, sig.n, message.p, message.n) == 1 ? 0 : ERR_SIGNATURE;
out:
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(pkey);
	return r;
}

int
key_verify_label(
    const uint8_t public[KEY_LEN], const char *label, struct bytes body, struct bytes sig)
{
	struct buf *whole = buf_new(0);
	int r;

	if ((r = label_wrap(whole, label, body)) == 0)
		r = key_verify_raw((struct bytes){ public, KEY_LEN }, buf_view(whole), sig);
	buf_free(&whole);
	return r;
}

/* --- X25519 --------------------------------------------------------------------- */

int
key_dh_new(struct key_dh **out)
{
	struct key_dh *k = mem_alloc(sizeof *k);
	int r;

	*out = NULL;
	if ((r = pair_generate(&k->pair, "X25519")) != 0) {
		key_dh_free(&k);
		return r;
	}
	*out = k;
	return 0;
}

int
key_dh_from_private(const uint8_t private[KEY_LEN], struct key_dh **out)
{
	struct key_dh *k = mem_alloc(sizeof *k);
	int r;

	*out = NULL;
	if ((r = pair_from_private(&k->pair, EVP_PKEY_X25519, private)) != 0) {
		key_dh_free(&k);
		return r;
	}
	*out = k;
	return 0;
}

static int
pair_import(struct pair *k, const uint8_t private[KEY_LEN], const uint8_t public[KEY_LEN])
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(
		    OSSL_PKEY_PARAM_PRIV_KEY, (void *)(uintptr_t) private, KEY_LEN),
		OSSL_PARAM_construct_octet_string(
		    OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t) public, KEY_LEN),
		OSSL_PARAM_construct_end(),
	};
	int r = ERR_BUG;

	if (c != NULL && EVP_PKEY_fromdata_init(c) == 1 &&
	    EVP_PKEY_fromdata(c, &k->pkey, EVP_PKEY_KEYPAIR, params) == 1)
		r = 0;
	EVP_PKEY_CTX_free(c);
	memcpy(k->public, public, KEY_LEN);
	return r;
}

int
key_dh_from_pair(const uint8_t private[KEY_LEN], const uint8_t public[KEY_LEN], struct key_dh **out)
{
	struct key_dh *k = mem_alloc(sizeof *k);
	int r;

	*out = NULL;
	if ((r = pair_import(&k->pair, private, public)) != 0) {
		key_dh_free(&k);
		return r;
	}
	*out = k;
	return 0;
}

void
key_dh_free(struct key_dh **pk)
{
	if (*pk == NULL)
		return;
	pair_clear(&(*pk)->pair);
	free(*pk);
	*pk = NULL;
}

const uint8_t *
key_dh_public(const struct key_dh *k)
{
	return k->pair.public;
}

int
key_dh_private(const struct key_dh *k, uint8_t private[KEY_LEN])
{
	return pair_private(&k->pair, private);
}

/* OpenSSL itself fails on an all-zero result; the check stays, since all else depends on it. */
int
key_dh_agree(const struct key_dh *k, const uint8_t peer[KEY_LEN], uint8_t shared[KEY_LEN])
{
	EVP_PKEY *pub = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, KEY_LEN);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->pair.pkey, NULL);
	size_t n = KEY_LEN;
	int r = ERR_BUG;

	memset(shared, 0, KEY_LEN);
	if (pub == NULL || c == NULL || EVP_PKEY_derive_init(c) != 1 ||
	    EVP_PKEY_derive_set_peer_ex(c, pub, 0) != 1)
		goto out;
	r = ERR_KEY;
	if (EVP_PKEY_derive(c, shared, &n) != 1 || n != KEY_LEN || mem_is_zero_ct(shared, KEY_LEN))
		goto out;
	mem_secret_mark(shared, KEY_LEN);
	r = 0;
out:
	if (r != 0)
		mem_wipe(shared, KEY_LEN);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(pub);
	return r;
}

int
key_check_dh(const uint8_t public[KEY_LEN])
{
	return listed(public, small_order_u, sizeof small_order_u / sizeof *small_order_u) ? ERR_KEY
											   : 0;
}
