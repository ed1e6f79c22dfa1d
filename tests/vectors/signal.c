#include "signal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "crypto/kdf.h"

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}
const struct ratchet_profile signal_profile = {
	.root_info = TEXT("WhisperRatchet"),
	.message_input = TEXT("\x01"),
	.chain_input = TEXT("\x02"),
};

/* --- values out of JSON ---------------------------------------------------------------------- */

struct buf *
signal_hex_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	struct buf *b = buf_new(0);
	size_t n = s != NULL ? strlen(s) : 0;
	uint8_t *p;

	if (buf_reserve(b, n / 2, &p) != 0 || hex_decode(s != NULL ? s : "", n, p, n / 2) != 0)
		abort();
	return b;
}

bool
signal_fixed_of(const json_t *o, const char *key, uint8_t *out, size_t n)
{
	struct buf *b = signal_hex_of(o, key);
	bool ok = buf_len(b) == n;

	if (ok)
		memcpy(out, buf_ptr(b), n);
	buf_free(&b);
	return ok;
}

struct key_dh *
signal_pair_of(const json_t *o, const char *key)
{
	struct key_dh *k = NULL;
	uint8_t private[32];

	if (!signal_fixed_of(o, key, private, 32) || key_dh_from_private(private, &k) != 0)
		return NULL;
	return k;
}

void
signal_serialise(const struct key_dh *k, uint8_t out[33])
{
	out[0] = SIGNAL_KEY_PREFIX;
	memcpy(out + 1, key_dh_public(k), 32);
}

/* --- Signal's framing ------------------------------------------------------------------------ */

static void
put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		if (buf_put_u8(b, (uint8_t)(v | 0x80)) != 0)
			abort();
	if (buf_put_u8(b, (uint8_t)v) != 0)
		abort();
}

void
signal_put_number(struct buf *b, unsigned field, uint64_t v)
{
	put_varint(b, field << 3);
	put_varint(b, v);
}

void
signal_put_octets(struct buf *b, unsigned field, const void *p, size_t n)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, n);
	if (buf_put(b, p, n) != 0)
		abort();
}

static bool
get_varint(struct bytes *in, uint64_t *v)
{
	uint8_t c = 0x80;

	*v = 0;
	for (unsigned shift = 0; (c & 0x80) != 0; shift += 7)
		if (shift > 56 || bytes_get_u8(in, &c) != 0)
			return false;
		else
			*v |= (uint64_t)(c & 0x7f) << shift;
	return true;
}

bool
signal_get_fields(struct bytes in, struct signal_field out[8])
{
	uint64_t tag, n;

	memset(out, 0, 8 * sizeof(*out));
	while (in.n > 0) {
		if (!get_varint(&in, &tag) || tag >> 3 > 7 || !get_varint(&in, &n))
			return false;
		if ((tag & 7) == 0)
			out[tag >> 3].number = n;
		else if ((tag & 7) != 2 || bytes_get_view(&in, n, &out[tag >> 3].octets) != 0)
			return false;
	}
	return true;
}

/* --- message keys and the cipher ------------------------------------------------------------- */

void
signal_expand(const uint8_t message_key[32], struct signal_keys *k)
{
	uint8_t prk[32];

	if (kdf_extract(KDF_SHA256, (struct bytes){ NULL, 0 }, (struct bytes){ message_key, 32 },
		prk) != 0 ||
	    kdf_expand(
		&(struct kdf_expand){
		    .hash = KDF_SHA256, .prk = { prk, 32 }, .info = TEXT("WhisperMessageKeys") },
		(uint8_t *)k, sizeof(*k)) != 0)
		abort();
}

struct buf *
signal_cbc(const struct signal_keys *k, struct bytes in, int encrypt)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	struct buf *out = buf_new(0);
	int n = 0, m = 0;
	uint8_t *p;

	if (buf_reserve(out, in.n + 16, &p) != 0 ||
	    EVP_CipherInit_ex(c, EVP_aes_256_cbc(), NULL, k->cipher, k->iv, encrypt) != 1 ||
	    EVP_CipherUpdate(c, p, &n, in.p, (int)in.n) != 1 ||
	    EVP_CipherFinal_ex(c, p + n, &m) != 1 || buf_truncate(out, (size_t)(n + m)) != 0)
		buf_free(&out);
	EVP_CIPHER_CTX_free(c);
	return out;
}

void
signal_mac(const struct signal_keys *k, const uint8_t *sender, const uint8_t *receiver,
    struct bytes message, uint8_t out[32])
{
	struct bytes parts[] = { { sender, 33 }, { receiver, 33 }, message };

	if (kdf_hmac(KDF_SHA256, (struct bytes){ k->mac, 32 }, parts, 3, out) != 0)
		abort();
}
