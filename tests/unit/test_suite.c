#include <string.h>

#include "base/mem.h"
#include "crypto/rand.h"
#include "crypto/suite.h"
#include "unit.h"

static const char ad_text[] = "associated";
static const struct bytes ad = { (const uint8_t *)ad_text, sizeof ad_text - 1 };

START_TEST(the_table)
{
	static const char *const names[SUITE_COUNT] = { "ECDHE-CHACHA20_POLY1305-SHA256",
		"ECDHE-AES256_GCM-SHA384", "ECDHE-AES256_CTR-SHA384", "ECDHE-AES128_CTR-SHA256",
		"ECDHE-AES256_CBC-SHA256" };
	static const size_t material[SUITE_COUNT] = { 44, 44, 96, 64, 80 };
	uint16_t id;
	int i;

	for (i = 0; i < SUITE_COUNT; i++) {
		ck_assert_uint_eq(suite_all()[i], i + 1);
		ck_assert_str_eq(suite_name(suite_all()[i]), names[i]);
		ck_assert_int_eq(suite_rank(suite_all()[i]), i);
		ck_assert_uint_eq(suite_material(suite_all()[i]), material[i]);
		ck_assert_uint_le(material[i], SUITE_MATERIAL_MAX);
		ck_assert_int_eq(suite_by_name(names[i], &id), 0);
		ck_assert_uint_eq(id, i + 1);
	}
	ck_assert_int_eq(suite_by_name("ecdhe-aes256_gcm-sha384", &id), 0);
	ck_assert_uint_eq(id, SUITE_ECDHE_AES256_GCM_SHA384);
	ck_assert_int_eq(suite_by_name("NULL", &id), ERR_SUITE);
	ck_assert_ptr_null(suite_name(0));
	ck_assert_ptr_null(suite_name(6));
	ck_assert_int_eq(suite_rank(0), -1);
}
END_TEST

START_TEST(choosing)
{
	static const uint16_t ours[] = { 3, 1 }, theirs[] = { 77, 1, 3 }, alien[] = { 77, 0 };
	uint16_t id;

	ck_assert_int_eq(suite_choose(ours, 2, theirs, 3, &id), 0);
	ck_assert_uint_eq(id, 3);
	ck_assert_int_eq(suite_choose(ours, 2, alien, 2, &id), ERR_SUITE);
	ck_assert_int_eq(suite_choose(alien, 2, alien, 2, &id), ERR_SUITE);
	ck_assert_int_eq(suite_choose(ours, 2, NULL, 0, &id), ERR_SUITE);
	ck_assert_uint_eq(id, 0);
}
END_TEST

static void
round_trip(uint16_t id, size_t n)
{
	uint8_t material[SUITE_MATERIAL_MAX], *plain = mem_alloc(n + 1);
	struct buf *sealed = buf_new(0), *opened = buf_new_secret(0);

	ck_assert_int_eq(rand_bytes(material, sizeof material), 0);
	ck_assert_int_eq(rand_bytes(plain, n), 0);
	ck_assert_int_eq(suite_seal(id, material, ad, (struct bytes){ plain, n }, sealed), 0);
	ck_assert_uint_eq(buf_len(sealed), suite_sealed_len(id, n));
	ck_assert_uint_le(buf_len(sealed), n + SUITE_OVERHEAD_MAX);
	ck_assert_int_eq(suite_open(id, material, ad, buf_view(sealed), opened), 0);
	ck_assert(bytes_equal(buf_view(opened), (struct bytes){ plain, n }));
	buf_free(&sealed);
	buf_free(&opened);
	free(plain);
}

START_TEST(lists)
{
	static const struct {
		const char *text, *bad;
		int r;
	} wrong[] = {
		{ "", "", ERR_SUITE },
		{ ",", ",", ERR_SUITE },
		{ "ECDHE-AES256_GCM-SHA384,", "", ERR_SUITE },
		{ "ECDHE-AES256_GCM-SHA384,NULL", "NULL", ERR_SUITE },
		{ "ECDHE-AES256_GCM-SHA384, ECDHE-AES256_CTR-SHA384", " ECDHE-AES256_CTR-SHA384", ERR_SUITE },
		{ "ECDHE-AES256_GCM-SHA384,ecdhe-aes256_gcm-sha384", "ecdhe-aes256_gcm-sha384", ERR_TAKEN },
		{ "ECDHE-AES256_GCM-SHA384ECDHE-AES256_GCM-SHA384ECDHE-AES256_GCM-SHA384", "ECDHE", ERR_SUITE },
	};
	char names[SUITE_NAMES_MAX];
	struct suite_list l;
	const char *bad;
	size_t i;

	ck_assert_int_eq(suite_list_parse("ecdhe-AES256_CBC-sha256,ECDHE-AES256_GCM-SHA384", &l, &bad), 0);
	ck_assert_uint_eq(l.count, 2);
	ck_assert_uint_eq(l.id[0], SUITE_ECDHE_AES256_CBC_SHA256);
	ck_assert_uint_eq(l.id[1], SUITE_ECDHE_AES256_GCM_SHA384);
	ck_assert(suite_list_has(&l, 5) && !suite_list_has(&l, 1));
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ck_assert_int_eq(suite_list_parse(wrong[i].text, &l, &bad), wrong[i].r);
		ck_assert_msg(strncmp(bad, wrong[i].bad, strlen(wrong[i].bad)) == 0, "%s: %s",
		    wrong[i].text, bad);
	}
	suite_list_all(&l);
	ck_assert_uint_eq(l.count, SUITE_COUNT);
	suite_names(names, sizeof names);
	for (i = 0; i < SUITE_COUNT; i++)
		ck_assert_ptr_nonnull(strstr(names, suite_name(l.id[i])));
	suite_names(names, 10); /* as far as they fit */
	ck_assert_uint_eq(strlen(names), 9);
}
END_TEST

START_TEST(all_lengths)
{
	size_t n;

	for (n = 0; n < 70; n++)
		round_trip((uint16_t)_i, n);
	round_trip((uint16_t)_i, 16384);
}
END_TEST

static void
assert_refused(uint16_t id, const uint8_t *material, struct bytes a, struct bytes sealed)
{
	struct buf *out = buf_new(0);

	ck_assert_int_eq(buf_put(out, "kept", 4), 0);
	ck_assert_int_eq(suite_open(id, material, a, sealed, out), ERR_MAC);
	ck_assert_uint_eq(buf_len(out), 4);
	buf_free(&out);
}

START_TEST(whatever_is_changed_is_refused)
{
	uint16_t id = (uint16_t)_i;
	uint8_t material[SUITE_MATERIAL_MAX], *copy;
	struct buf *sealed = buf_new(0);
	size_t i, n;

	ck_assert_int_eq(rand_bytes(material, sizeof material), 0);
	ck_assert_int_eq(suite_seal(id, material, ad,
			     (struct bytes){ (const uint8_t *)"0123456789abcdefX", 17 }, sealed),
	    0);
	n = buf_len(sealed);
	copy = mem_alloc(n + 1);
	for (i = 0; i < n * 8; i++) {
		memcpy(copy, buf_ptr(sealed), n);
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_refused(id, material, ad, (struct bytes){ copy, n });
	}
	memcpy(copy, buf_ptr(sealed), n);
	for (i = 0; i < n; i++)
		assert_refused(id, material, ad, (struct bytes){ copy, i });
	assert_refused(id, material, ad, (struct bytes){ copy, n + 1 });
	assert_refused(id, material, (struct bytes){ ad.p, ad.n - 1 }, buf_view(sealed));
	material[0] ^= 1;
	if (suite_material(id) == 44) /* the cipher key is under the tag of an AEAD */
		assert_refused(id, material, ad, buf_view(sealed));
	material[suite_material(id) - 1] ^= 1;
	assert_refused(id, material, ad, buf_view(sealed));
	free(copy);
	buf_free(&sealed);
}
END_TEST

/* Nothing may move between ad and ciphertext under the MAC of the encrypt-then-MAC suites. */
START_TEST(the_border_of_ad_is_fixed)
{
	uint8_t material[SUITE_MATERIAL_MAX] = { 1 };
	struct buf *sealed = buf_new(0), *moved = buf_new(0);
	struct bytes v;

	ck_assert_int_eq(suite_seal((uint16_t)_i, material, ad, ad, sealed), 0);
	v = buf_view(sealed);
	ck_assert_int_eq(buf_put_bytes(moved, ad), 0);
	ck_assert_int_eq(buf_put(moved, v.p, 1), 0);
	assert_refused((uint16_t)_i, material, buf_view(moved), (struct bytes){ v.p + 1, v.n - 1 });
	buf_free(&sealed);
	buf_free(&moved);
}
END_TEST

/* One context for many keys, sealing in place and after a refusal: the same as one for each. */
START_TEST(a_kept_context_is_as_good)
{
	struct suite_cipher seals = { .suite = (uint16_t)_i }, opens = { .suite = (uint16_t)_i };
	uint8_t material[SUITE_MATERIAL_MAX], text[100 + SUITE_OVERHEAD_MAX], back[sizeof text];
	struct buf *want = buf_new(0);
	struct bytes sealed = { text, 0 };
	size_t n, len;

	for (n = 0; n <= 100; n++) {
		ck_assert_int_eq(rand_bytes(material, sizeof material), 0);
		memset(text, (int)n, sizeof text);
		buf_reset(want);
		ck_assert_int_eq(
		    suite_seal((uint16_t)_i, material, ad, (struct bytes){ text, n }, want), 0);
		ck_assert_int_eq(
		    suite_seal_at(&seals, material, ad, (struct bytes){ text, n }, text), 0);
		sealed.n = suite_sealed_len((uint16_t)_i, n);
		ck_assert(bytes_equal(sealed, buf_view(want)));
		text[0] ^= 1;
		ck_assert_int_eq(suite_open_at(&opens, material, ad, sealed, back, &len), ERR_MAC);
		ck_assert_uint_eq(len, 0);
		text[0] ^= 1;
		ck_assert_int_eq(suite_open_at(&opens, material, ad, sealed, back, &len), 0);
		ck_assert_uint_eq(len, n);
		memset(text, (int)n, n);
		ck_assert_mem_eq(back, text, n);
	}
	ck_assert_int_eq(suite_seal_at(&opens, material, ad, sealed, back), ERR_BUG);
	suite_cipher_clear(&seals);
	suite_cipher_clear(&opens);
	suite_cipher_clear(&opens);
	buf_free(&want);
}
END_TEST

START_TEST(a_full_buf_is_no_error_of_the_peer)
{
	uint8_t material[SUITE_MATERIAL_MAX] = { 1 };
	struct buf *small = buf_new(20);

	ck_assert_int_eq(suite_seal((uint16_t)_i, material, ad, ad, small), ERR_LIMIT);
	ck_assert_uint_eq(buf_len(small), 0);
	ck_assert_int_eq(suite_seal(0, material, ad, ad, small), ERR_SUITE);
	ck_assert_int_eq(suite_open(6, material, ad, ad, small), ERR_SUITE);
	buf_free(&small);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("suite");
	TCase *c = tcase_create("suite");

	tcase_add_test(c, the_table);
	tcase_add_test(c, choosing);
	tcase_add_test(c, lists);
	tcase_add_loop_test(c, all_lengths, 1, SUITE_COUNT + 1);
	tcase_add_loop_test(c, whatever_is_changed_is_refused, 1, SUITE_COUNT + 1);
	tcase_add_loop_test(c, the_border_of_ad_is_fixed, 1, SUITE_COUNT + 1);
	tcase_add_loop_test(c, a_kept_context_is_as_good, 1, SUITE_COUNT + 1);
	tcase_add_loop_test(c, a_full_buf_is_no_error_of_the_peer, 1, SUITE_COUNT + 1);
	suite_add_tcase(s, c);
	return unit_run(s);
}
