/* Values: RFC 4231, RFC 5869 appendix A, RFC 7914 section 12, FIPS 180-4 examples. */
#include <string.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/label.h"
#include "crypto/rand.h"
#include "unit.h"

static struct bytes
text(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

static void
assert_hex(const uint8_t *p, size_t n, const char *want)
{
	char got[2 * 256 + 1];

	hex_encode(p, n, got);
	ck_assert_str_eq(got, want);
}

START_TEST(digests)
{
	struct bytes parts[3] = { text("a"), { NULL, 0 }, text("bc") };
	uint8_t out[KDF_MAX];

	ck_assert_int_eq(kdf_digest(KDF_SHA256, parts, 3, out), 0);
	assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_int_eq(kdf_digest(KDF_SHA384, parts, 3, out), 0);
	assert_hex(out, 48,
	    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	    "8086072ba1e7cc2358baeca134c825a7");
	ck_assert_int_eq(kdf_digest(KDF_SHA512, parts, 3, out), 0);
	assert_hex(out, 64,
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	ck_assert_int_eq(kdf_digest(0, parts, 3, out), ERR_BUG);
	ck_assert_uint_eq(kdf_len(9), 0);
}
END_TEST

START_TEST(macs)
{
	struct bytes data = text("what do ya want for nothing?"), big;
	uint8_t out[KDF_MAX], key[131];

	ck_assert_int_eq(kdf_hmac(KDF_SHA256, text("Jefe"), &data, 1, out), 0);
	assert_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	ck_assert_int_eq(kdf_hmac(KDF_SHA384, text("Jefe"), &data, 1, out), 0);
	assert_hex(out, 48,
	    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	    "8e2240ca5e69e2c78b3239ecfab21649");
	memset(key, 0xaa, sizeof key);
	big = text("Test Using Larger Than Block-Size Key - Hash Key First");
	ck_assert_int_eq(kdf_hmac(KDF_SHA256, (struct bytes){ key, sizeof key }, &big, 1, out), 0);
	assert_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	ck_assert_int_eq(kdf_hmac_each(0, text("key"), &big, 1, out), ERR_BUG);
}
END_TEST

/* Every length around a block's end, in one part and in three, beside OpenSSL's own HMAC. */
START_TEST(macs_of_every_length)
{
	static const struct {
		enum kdf_hash hash;
		const char *name;
	} hashes[] = { { KDF_SHA256, "SHA256" }, { KDF_SHA384, "SHA384" },
		{ KDF_SHA512, "SHA512" } };
	const struct bytes key = text("thirty-two octets make one key..");
	uint8_t data[300], want[KDF_MAX], got[KDF_MAX], each[2 * KDF_MAX];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7 + 1);
	for (int h = 0; h < 3; h++)
		for (size_t n = 0; n <= sizeof data; n++) {
			struct bytes parts[3] = { { data, n / 3 }, { data + n / 3, n / 2 - n / 3 },
				{ data + n / 2, n - n / 2 } };
			struct bytes in[2] = { { data, n }, text("other") };
			size_t len;

			ck_assert_ptr_nonnull(EVP_Q_mac(NULL, "HMAC", NULL, hashes[h].name, NULL,
			    key.p, key.n, data, n, want, sizeof want, &len));
			ck_assert_uint_eq(len, kdf_len(hashes[h].hash));
			ck_assert_int_eq(kdf_hmac(hashes[h].hash, key, parts, 3, got), 0);
			ck_assert_mem_eq(got, want, len);
			ck_assert_int_eq(kdf_hmac_each(hashes[h].hash, key, in, 2, each), 0);
			ck_assert_mem_eq(each, want, len);
			ck_assert_int_eq(kdf_hmac(hashes[h].hash, key, in + 1, 1, got), 0);
			ck_assert_mem_eq(each + len, got, len);
		}
}
END_TEST

START_TEST(hkdf)
{
	uint8_t ikm[22], salt[13], info[10], prk[KDF_MAX], okm[82];
	struct kdf_expand x = { KDF_SHA256, { prk, 32 }, { info, sizeof info } };
	size_t i;

	memset(ikm, 0x0b, sizeof ikm);
	for (i = 0; i < sizeof salt; i++)
		salt[i] = (uint8_t)i;
	for (i = 0; i < sizeof info; i++)
		info[i] = (uint8_t)(0xf0 + i);
	ck_assert_int_eq(kdf_extract(KDF_SHA256, (struct bytes){ salt, sizeof salt },
			     (struct bytes){ ikm, sizeof ikm }, prk),
	    0);
	assert_hex(prk, 32, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
	ck_assert_int_eq(kdf_expand(&x, okm, 42), 0);
	assert_hex(okm, 42,
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865");
	/* A.3: no salt, no info */
	ck_assert_int_eq(kdf_extract(KDF_SHA256, (struct bytes){ NULL, 0 },
			     (struct bytes){ ikm, sizeof ikm }, prk),
	    0);
	x.info = (struct bytes){ NULL, 0 };
	ck_assert_int_eq(kdf_expand(&x, okm, 42), 0);
	assert_hex(okm, 42,
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8");
	ck_assert_int_eq(kdf_expand(&x, okm, 0), 0);
	x.prk.n = 31;
	ck_assert_int_eq(kdf_expand(&x, okm, 42), ERR_BUG);
	ck_assert(mem_is_zero_ct(okm, 42));
}
END_TEST

START_TEST(hkdf_is_bounded)
{
	uint8_t prk[32] = { 1 }, *okm = mem_alloc(255 * 32 + 1);
	struct kdf_expand x = { KDF_SHA256, { prk, 32 }, { NULL, 0 } };

	ck_assert_int_eq(kdf_expand(&x, okm, 255 * 32), 0);
	ck_assert_int_eq(kdf_expand(&x, okm, 255 * 32 + 1), ERR_LIMIT);
	free(okm);
}
END_TEST

START_TEST(scrypt)
{
	struct kdf_scrypt in = { text("password"), text("NaCl"), 1024, 8, 16 };
	uint8_t out[64];

	ck_assert_int_eq(kdf_scrypt(&in, out, 64), 0);
	assert_hex(out, 64,
	    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
	    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
	in.n = 1000;
	ck_assert_int_eq(kdf_scrypt(&in, out, 64), ERR_FORMAT);
	in.n = 1;
	ck_assert_int_eq(kdf_scrypt(&in, out, 64), ERR_FORMAT);
	in.n = UINT64_C(1) << 40;
	ck_assert_int_eq(kdf_scrypt(&in, out, 64), ERR_LIMIT);
	in.n = 1 << 20;
	in.r = 1 << 30;
	ck_assert_int_eq(kdf_scrypt(&in, out, 64), ERR_LIMIT);
}
END_TEST

START_TEST(ranges)
{
	uint32_t v, seen = 0;
	int i;

	for (i = 0; i < 2000; i++) {
		ck_assert_int_eq(rand_range(64, 95, &v), 0);
		ck_assert_uint_ge(v, 64);
		ck_assert_uint_le(v, 95);
		seen |= 1u << (v - 64);
	}
	ck_assert_uint_eq(seen, UINT32_MAX);
	ck_assert_int_eq(rand_range(5, 5, &v), 0);
	ck_assert_uint_eq(v, 5);
	ck_assert_int_eq(rand_range(0, UINT32_MAX, &v), 0);
	ck_assert_int_eq(rand_range(6, 5, &v), ERR_BUG);
}
END_TEST

START_TEST(labels)
{
	static const uint8_t wrapped[] = "recado/1 test\0\0\0\0\x04"
					 "body";
	struct bytes whole = { wrapped, sizeof wrapped - 1 }, parts[2] = { text("bo"), text("dy") };
	uint8_t hash[LABEL_HASH], want[KDF_MAX], key[32] = { 7 }, mac[KDF_MAX];
	struct label_mac m = { KDF_SHA384, { key, 32 }, "test" };
	struct label_derive d = { KDF_SHA256, { key, 32 }, "test", text("body") };
	struct kdf_expand x = { KDF_SHA256, { key, 32 }, whole };
	struct buf *b = buf_new(0);

	ck_assert_int_eq(label_wrap(b, "test", text("body")), 0);
	ck_assert(bytes_equal(buf_view(b), whole));
	ck_assert_int_eq(label_hash("test", parts, 2, hash), 0);
	ck_assert_int_eq(kdf_sha256(whole, want), 0);
	ck_assert_mem_eq(hash, want, 32);
	ck_assert_int_eq(label_mac(&m, parts, 2, mac), 0);
	ck_assert_int_eq(kdf_hmac(KDF_SHA384, (struct bytes){ key, 32 }, &whole, 1, want), 0);
	ck_assert_mem_eq(mac, want, 48);
	ck_assert_int_eq(label_derive(&d, mac, 40), 0);
	ck_assert_int_eq(kdf_expand(&x, want, 40), 0);
	ck_assert_mem_eq(mac, want, 40);
	ck_assert_int_eq(label_wrap(b, "", text("body")), ERR_BUG);
	ck_assert_int_eq(
	    label_hash("a label that is longer than any label may be", NULL, 0, hash), ERR_BUG);
	buf_free(&b);
	b = buf_new(22);
	ck_assert_int_eq(label_wrap(b, "test", text("bodys")), ERR_LIMIT);
	ck_assert_uint_eq(buf_len(b), 0);
	buf_free(&b);
}
END_TEST

/* Chains are stepped in place. */
START_TEST(outputs_over_inputs)
{
	uint8_t here[64], there[64] = { 1, 2, 3 };
	struct bytes at = { here, 32 }, of = { there, 32 };
	struct label_mac m = { KDF_SHA256, of, "test" }, mh = { KDF_SHA256, at, "test" };
	struct label_derive d = { KDF_SHA256, of, "test", { NULL, 0 } },
			    dh = { KDF_SHA256, at, "test", { NULL, 0 } };
	uint8_t want[64];

	memcpy(here, there, sizeof here);
	ck_assert_int_eq(label_hash("test", &of, 1, want), 0);
	ck_assert_int_eq(label_hash("test", &at, 1, here), 0);
	ck_assert_mem_eq(here, want, 32);
	memcpy(here, there, sizeof here);
	ck_assert_int_eq(label_mac(&m, &of, 1, want), 0);
	ck_assert_int_eq(label_mac(&mh, &at, 1, here), 0);
	ck_assert_mem_eq(here, want, 32);
	memcpy(here, there, sizeof here);
	ck_assert_int_eq(label_derive(&d, want, 64), 0);
	ck_assert_int_eq(label_derive(&dh, here, 64), 0);
	ck_assert_mem_eq(here, want, 64);
	memcpy(here, there, sizeof here);
	d.body = dh.body = (struct bytes){ (const uint8_t *)"b", 1 };
	ck_assert_int_eq(label_derive(&d, want, 40), 0);
	ck_assert_int_eq(label_derive(&dh, here, 40), 0);
	ck_assert_mem_eq(here, want, 40);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { digests, macs, macs_of_every_length, hkdf, hkdf_is_bounded,
		scrypt, ranges, labels, outputs_over_inputs, NULL };

	return unit_run(unit_suite("kdf", tests));
}
