#include <string.h>

#include "base/mem.h"
#include "crypto/keyfile.h"
#include "unit.h"

static struct bytes
text(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

START_TEST(what_was_sealed_opens)
{
	struct keyfile *k, *again;
	struct buf *file = buf_new(KEYFILE_MAX), *second = buf_new(KEYFILE_MAX);
	uint8_t *soft = mem_secret_alloc(5);

	memcpy(soft, "PKCS8", 5);
	ck_assert_int_eq(keyfile_new(&k), 0);
	k->soft_card = (struct bytes){ soft, 5 };
	ck_assert_int_eq(keyfile_seal(k, text("correcto cavalo"), file), 0);
	ck_assert_int_eq(keyfile_open(buf_view(file), text("correcto cavalo"), &again), 0);
	ck_assert_mem_eq(key_sign_public(k->device_sign), key_sign_public(again->device_sign), KEY_LEN);
	ck_assert_mem_eq(key_dh_public(k->device_dh), key_dh_public(again->device_dh), KEY_LEN);
	ck_assert_mem_eq(k->vault_key, again->vault_key, KEYFILE_VAULT_KEY);
	ck_assert_uint_eq(again->soft_card.n, 5);
	ck_assert_mem_eq(again->soft_card.p, "PKCS8", 5);
	ck_assert_int_eq(keyfile_seal(k, text("correcto cavalo"), second), 0);
	ck_assert_mem_ne(buf_ptr(file) + 36, buf_ptr(second) + 36, 28); /* salt */
	keyfile_free(&again);
	keyfile_free(&k);
	keyfile_free(&k);
	buf_free(&file);
	buf_free(&second);
}
END_TEST

START_TEST(wrong_passphrase_and_no_passphrase)
{
	struct keyfile *k, *again;
	struct buf *file = buf_new(KEYFILE_MAX);

	ck_assert_int_eq(keyfile_new(&k), 0);
	ck_assert_int_eq(keyfile_seal(k, text(""), file), ERR_PASSPHRASE);
	ck_assert_int_eq(keyfile_seal(k, text("a"), file), 0);
	ck_assert_int_eq(keyfile_open(buf_view(file), text("b"), &again), ERR_PASSPHRASE);
	ck_assert_ptr_null(again);
	ck_assert_int_eq(keyfile_open(buf_view(file), text(""), &again), ERR_PASSPHRASE);
	keyfile_free(&k);
	buf_free(&file);
}
END_TEST

/* Every part of the file matters: a flipped octet of the header, salt or sealed keys is refused,
 * parameters out of bounds before any work is done. */
START_TEST(changed_files)
{
	static const size_t places[] = { 0, 15, 19, 33, 40, 63, 64, 100, 163 };
	struct keyfile *k, *again;
	struct buf *file = buf_new(KEYFILE_MAX);
	uint8_t copy[KEYFILE_MAX + 1];
	size_t n;

	ck_assert_int_eq(keyfile_new(&k), 0);
	ck_assert_int_eq(keyfile_seal(k, text("a"), file), 0);
	n = buf_len(file);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		memcpy(copy, buf_ptr(file), n);
		copy[places[i]] ^= 1;
		ck_assert_int_ne(keyfile_open((struct bytes){ copy, n }, text("a"), &again), 0);
		ck_assert_ptr_null(again);
	}
	for (size_t cut = 0; cut < 64; cut++)
		ck_assert_int_ne(keyfile_open((struct bytes){ buf_ptr(file), cut }, text("a"), &again), 0);
	ck_assert_int_ne(keyfile_open((struct bytes){ buf_ptr(file), n - 1 }, text("a"), &again), 0);
	memcpy(copy, buf_ptr(file), n);
	copy[23] = 21; /* log2 N */
	ck_assert_int_eq(keyfile_open((struct bytes){ copy, n }, text("a"), &again), ERR_LIMIT);
	copy[23] = 17;
	copy[27] = 17; /* r */
	ck_assert_int_eq(keyfile_open((struct bytes){ copy, n }, text("a"), &again), ERR_LIMIT);
	ck_assert_int_eq(keyfile_open((struct bytes){ copy, sizeof(copy) }, text("a"), &again),
	    ERR_LIMIT);
	keyfile_free(&k);
	buf_free(&file);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { what_was_sealed_opens, wrong_passphrase_and_no_passphrase,
		changed_files, NULL };

	return unit_run(unit_suite("keyfile", tests));
}
