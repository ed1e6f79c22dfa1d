/* Values: RFC 8032 7.1, RFC 7748 6.1. */
#include <string.h>

#include "base/mem.h"
#include "crypto/key.h"
#include "crypto/label.h"
#include "unit.h"

static void
octets(const char *hex, uint8_t out[KEY_LEN])
{
	ck_assert_int_eq(hex_decode(hex, 2 * KEY_LEN, out, KEY_LEN), 0);
}

START_TEST(signing)
{
	struct bytes body = { (const uint8_t *)"body", 4 }, other = { (const uint8_t *)"bodz", 4 };
	struct key_sign *k, *again;
	uint8_t sig[KEY_SIG_LEN], seed[KEY_LEN];
	struct bytes s = { sig, sizeof sig };
	size_t i;

	ck_assert_int_eq(key_sign_new(&k), 0);
	ck_assert_int_eq(key_sign_label(k, "test", body, sig), 0);
	ck_assert_int_eq(key_verify_label(key_sign_public(k), "test", body, s), 0);
	ck_assert_int_eq(key_verify_label(key_sign_public(k), "test2", body, s), ERR_SIGNATURE);
	ck_assert_int_eq(key_verify_label(key_sign_public(k), "test", other, s), ERR_SIGNATURE);
	s.n--;
	ck_assert_int_eq(key_verify_label(key_sign_public(k), "test", body, s), ERR_SIGNATURE);
	s.n++;
	for (i = 0; i < KEY_SIG_LEN; i++) {
		sig[i] ^= 0x40;
		ck_assert_int_eq(
		    key_verify_label(key_sign_public(k), "test", body, s), ERR_SIGNATURE);
		sig[i] ^= 0x40;
	}
	ck_assert_int_eq(key_sign_seed(k, seed), 0);
	ck_assert_int_eq(key_sign_from_seed(seed, &again), 0);
	ck_assert_mem_eq(key_sign_public(k), key_sign_public(again), KEY_LEN);
	key_sign_free(&k);
	key_sign_free(&k);
	key_sign_free(&again);
}
END_TEST

START_TEST(rfc8032)
{
	uint8_t seed[KEY_LEN], public[KEY_LEN];
	struct key_sign *k;

	octets("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", seed);
	octets("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", public);
	ck_assert_int_eq(key_sign_from_seed(seed, &k), 0);
	ck_assert_mem_eq(key_sign_public(k), public, KEY_LEN);
	key_sign_free(&k);
}
END_TEST

/* With a key of small order one signature, R of small order and S = 0, holds for many messages. */
START_TEST(keys_without_strength_are_refused)
{
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	};
	uint8_t public[KEY_LEN], sig[KEY_SIG_LEN] = { 1 };
	struct bytes body = { (const uint8_t *)"body", 4 };
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		octets(bad[i], public);
		ck_assert_int_eq(key_check_sign(public), ERR_KEY);
		ck_assert_int_eq(
		    key_verify_label(public, "test", body, (struct bytes){ sig, sizeof sig }),
		    ERR_KEY);
	}
	octets("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", public);
	ck_assert_int_eq(key_check_sign(public), 0);
}
END_TEST

START_TEST(rfc7748)
{
	uint8_t scalar[KEY_LEN], u[KEY_LEN], want[KEY_LEN], got[KEY_LEN];
	struct key_dh *k;

	octets("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", scalar);
	octets("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", u);
	octets("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552", want);
	ck_assert_int_eq(key_dh_from_private(scalar, &k), 0);
	ck_assert_int_eq(key_dh_agree(k, u, got), 0);
	ck_assert_mem_eq(want, got, KEY_LEN);
	key_dh_free(&k);
}
END_TEST

START_TEST(agreement)
{
	uint8_t want[KEY_LEN], got[KEY_LEN], private[KEY_LEN];
	struct key_dh *ka, *kb, *again;

	ck_assert_int_eq(key_dh_new(&ka), 0);
	ck_assert_int_eq(key_dh_new(&kb), 0);
	ck_assert_int_eq(key_dh_agree(ka, key_dh_public(kb), want), 0);
	ck_assert_int_eq(key_dh_agree(kb, key_dh_public(ka), got), 0);
	ck_assert_mem_eq(want, got, KEY_LEN);
	ck_assert_int_eq(key_dh_private(ka, private), 0);
	ck_assert_int_eq(key_dh_from_pair(private, key_dh_public(ka), &again), 0);
	ck_assert_mem_eq(key_dh_public(again), key_dh_public(ka), KEY_LEN);
	ck_assert_int_eq(key_dh_agree(again, key_dh_public(kb), got), 0);
	ck_assert_mem_eq(want, got, KEY_LEN);
	key_dh_free(&ka);
	key_dh_free(&ka);
	key_dh_free(&kb);
	key_dh_free(&again);
}
END_TEST

START_TEST(zero_shares_are_refused)
{
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	uint8_t peer[KEY_LEN], shared[KEY_LEN];
	struct key_dh *k;
	size_t i;

	ck_assert_int_eq(key_dh_new(&k), 0);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		octets(bad[i], peer);
		ck_assert_int_eq(key_check_dh(peer), ERR_KEY);
		memset(shared, 1, sizeof shared);
		ck_assert_int_eq(key_dh_agree(k, peer, shared), ERR_KEY);
		ck_assert(mem_is_zero_ct(shared, KEY_LEN));
	}
	ck_assert_int_eq(key_check_dh(key_dh_public(k)), 0);
	key_dh_free(&k);
}
END_TEST

/* Private keys live in locked memory once the process asked for it. */
START_TEST(secure_heap)
{
	struct key_dh *k;

	ck_assert_int_eq(key_init(), 0);
	ck_assert_int_eq(key_init(), 0);
	ck_assert_int_eq(key_dh_new(&k), 0);
	key_dh_free(&k);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { signing, rfc8032, keys_without_strength_are_refused, rfc7748,
		agreement, zero_shares_are_refused, secure_heap, NULL };

	return unit_run(unit_suite("key", tests));
}
