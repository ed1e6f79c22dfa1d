/*
 * Secrets that are marked, and every path of ours that they take: run under valgrind by constant-time.
 *
 *     marked              all paths
 *     marked --marks      exit 0: the marks are read by somebody
 *     marked --leak KIND  what must be found: compare, branch, index
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/code.h"
#include "crypto/keyfile.h"
#include "crypto/label.h"
#include "ends.h"
#include "talk.h"

/* --- comparisons ----------------------------------------------------------------------------- */

START_TEST(comparisons)
{
	uint8_t x[64], y[64], zero[64] = { 0 };

	for (size_t n = 0; n <= sizeof x; n++) {
		memset(x, 0xa5, sizeof x);
		memset(y, 0xa5, sizeof y);
		mem_secret_mark(x, sizeof x);
		mem_secret_mark(zero, sizeof zero);
		ck_assert(mem_equal_ct(x, y, n));
		ck_assert(mem_is_zero_ct(zero, n));
		if (n == 0)
			continue;
		for (size_t at = 0; at<n; at += n> 8 ? n / 3 : 1) {
			y[at] ^= 1;
			zero[n - 1 - at] ^= 1;
			ck_assert(!mem_equal_ct(x, y, n));
			ck_assert(!mem_is_zero_ct(zero, n));
			y[at] ^= 1;
			zero[n - 1 - at] ^= 1;
		}
	}
}
END_TEST

START_TEST(groups_of_the_code)
{
	uint8_t code[CODE_LEN];

	for (int i = 0; i < CODE_LEN; i++)
		code[i] = (uint8_t)(16 * i + 1);
	mem_secret_mark(code, sizeof code);
	ck_assert(code_group_matches(code, 1, "0111"));
	ck_assert(code_group_matches(code, 2, "21 31"));
	ck_assert(!code_group_matches(code, 1, "0110"));
	ck_assert(!code_group_matches(code, 16, "0111"));
	ck_assert(!code_group_matches(code, 17, "0111"));
}
END_TEST

/* --- suites: MACs, tags ---------------------------------------------------------------------- */

START_TEST(suites)
{
	const uint16_t suite = suite_all()[_i];
	const struct bytes ad = ends_text("associated"), text = ends_text("what is sealed");
	uint8_t material[SUITE_MATERIAL_MAX], forged[256];
	struct buf *out = buf_new(0), *back = buf_new(0);

	for (size_t i = 0; i < sizeof material; i++)
		material[i] = (uint8_t)(i + 1);
	mem_secret_mark(material, sizeof material);
	ck_assert_int_eq(suite_seal(suite, material, ad, text, out), 0);
	ck_assert_int_eq(suite_open(suite, material, ad, buf_view(out), back), 0);
	ck_assert(bytes_equal(buf_view(back), text));
	for (size_t i = 0; i < buf_len(out); i++) {
		memcpy(forged, buf_ptr(out), buf_len(out));
		forged[i] ^= 0x80;
		ck_assert_int_eq(
		    suite_open(suite, material, ad, (struct bytes){ forged, buf_len(out) }, back),
		    ERR_MAC);
	}
	buf_free(&out);
	buf_free(&back);
}
END_TEST

/* --- derivations ----------------------------------------------------------------------------- */

START_TEST(derivations)
{
	static const enum kdf_hash hashes[] = { KDF_SHA256, KDF_SHA384, KDF_SHA512 };
	uint8_t key[KDF_MAX], out[150], long_key[200], prk[KDF_MAX];
	struct bytes data = { long_key, sizeof long_key };

	for (size_t i = 0; i < 3; i++) {
		memset(key, 7, sizeof key);
		memset(long_key, 9, sizeof long_key);
		mem_secret_mark(key, sizeof key);
		mem_secret_mark(long_key, sizeof long_key);
		for (size_t n = 0; n < sizeof out; n += 7)
			ck_assert_int_eq(
			    label_derive(&(struct label_derive){ hashes[i], { key, sizeof key },
					     "test", { long_key, n } },
				out, n),
			    0);
		ck_assert_int_eq(kdf_hmac(hashes[i], data, &data, 1, out), 0);
		ck_assert_int_eq(kdf_extract(hashes[i], data, data, prk), 0);
		ck_assert_int_eq(kdf_digest(hashes[i], &data, 1, out), 0);
	}
}
END_TEST

/* --- channel: finished MACs, records, new keys ------------------------------------------------- */

START_TEST(channels)
{
	const uint16_t only[1] = { suite_all()[_i] };
	struct ends p;

	ends_init(&p);
	p.client_params.suites = only;
	p.client_params.suite_count = 1;
	p.server_params.rekey = 3;
	ends_open(&p);
	for (int i = 0; i < 8; i++)
		ends_talk(&p, 300);
	ends_clear(&p);
}
END_TEST

/* --- sessions: headers, bodies, skipped keys, the packed form ---------------------------------------- */

static void
through_the_store(struct session **s)
{
	struct buf *p = packed(*s);

	session_free(s);
	ck_assert_int_eq(session_unpack(buf_view(p), s), 0);
	buf_free(&p);
}

START_TEST(sessions)
{
	struct buf *late, *forged;
	uint8_t *p;

	establish(suite_all()[_i]);
	for (int i = 0; i < 3; i++) {
		late = pair_seal(a, "late");
		say(&a, &b, "sooner");
		say(&b, &a, "answer");
		through_the_store(&a);
		through_the_store(&b);
		for (size_t at = 0; at < buf_len(late); at += 29) {
			forged = buf_new(ENVELOPE_MAX);
			ck_assert_int_eq(buf_reserve(forged, buf_len(late), &p), 0);
			memcpy(p, buf_ptr(late), buf_len(late));
			p[at] ^= 1;
			ck_assert_int_lt(pair_open(&b, buf_view(forged), plain), 0);
			buf_free(&forged);
		}
		ck_assert_int_eq(open_text(&b, late, "late"), 0);
		ck_assert_int_eq(open_text(&b, late, "late"), ERR_REPLAY);
		buf_free(&late);
	}
}
END_TEST

/* --- key file: what the passphrase gives ------------------------------------------------------------- */

START_TEST(key_file)
{
	struct buf *file = buf_new(KEYFILE_MAX);
	struct keyfile *k, *again = NULL;

	ck_assert_int_eq(keyfile_new(&k), 0);
	ck_assert_int_eq(keyfile_seal(k, ends_text("passphrase"), file), 0);
	ck_assert_int_eq(keyfile_open(buf_view(file), ends_text("passphrase"), &again), 0);
	keyfile_free(&again);
	ck_assert_int_eq(
	    keyfile_open(buf_view(file), ends_text("another"), &again), ERR_PASSPHRASE);
	keyfile_free(&k);
	buf_free(&file);
}
END_TEST

/* --- leaks ------------------------------------------------------------------------------------------- */

static int
leak(const char *kind)
{
	static const uint8_t table[256] = { 1, 2, 3 };
	volatile uint8_t sink = 0;
	uint8_t secret[32] = { 5 }, guess[32] = { 5 };

	mem_secret_mark(secret, sizeof secret);
	if (strcmp(kind, "compare") == 0)
		sink = memcmp(secret, guess, sizeof secret) == 0;
	else if (strcmp(kind, "branch") == 0)
		for (size_t i = 0; i < sizeof secret && secret[i] == guess[i]; i++)
			sink++;
	else
		sink = table[secret[0]];
	return sink == 0;
}

int
main(int argc, char **argv)
{
	Suite *s = suite_create("marked");
	TCase *c = tcase_create("marked");

	if (argc == 2 && strcmp(argv[1], "--marks") == 0)
		return mem_secret_watched() ? EXIT_SUCCESS : EXIT_FAILURE;
	if (argc == 3 && strcmp(argv[1], "--leak") == 0)
		return leak(argv[2]);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, comparisons);
	tcase_add_test(c, groups_of_the_code);
	tcase_add_test(c, derivations);
	tcase_add_loop_test(c, suites, 0, SUITE_COUNT);
	tcase_add_loop_test(c, channels, 0, SUITE_COUNT);
	tcase_add_loop_test(c, sessions, 0, SUITE_COUNT);
	tcase_add_test(c, key_file);
	suite_add_tcase(s, c);
	return unit_run(s);
}
