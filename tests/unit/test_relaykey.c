#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/rotation.h"
#include "server/datadir.h"
#include "server/relaykey.h"
#include "unit.h"

static char dir[64];
static struct fault f;

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/recadod-key-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
teardown(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void
write_file(const char *text)
{
	char path[96];
	FILE *out;

	snprintf(path, sizeof(path), "%s/identity", dir);
	ck_assert_ptr_nonnull(out = fopen(path, "w"));
	fputs(text, out);
	fclose(out);
}

START_TEST(is_made_once)
{
	struct relaykey *a = NULL, *b = NULL;
	char path[96];
	struct stat st;
	int tightened;

	ck_assert_int_eq(relaykey_open(dir, &a, &tightened, &f), 0);
	ck_assert_int_eq(tightened, 0);
	ck_assert_int_eq(relaykey_open(dir, &b, &tightened, &f), 0);
	ck_assert_mem_eq(relaykey_first(a), relaykey_first(b), KEY_LEN);
	ck_assert_mem_eq(key_sign_public(relaykey_sign(a)), relaykey_first(a), KEY_LEN);
	relaykey_free(&b);
	snprintf(path, sizeof(path), "%s/identity", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(relaykey_open(dir, &b, &tightened, &f), 0);
	ck_assert_int_eq(tightened, 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	relaykey_free(&a);
	relaykey_free(&b);
}
END_TEST

/* The code stays, the key changes, and the statements lead from one to the other. */
START_TEST(changes_with_a_statement)
{
	struct relaykey *a = NULL, *b = NULL;
	size_t count;

	ck_assert_int_eq(relaykey_open(dir, &a, NULL, &f), 0);
	for (unsigned i = 1; i <= ROTATION_MAX; i++) {
		ck_assert_int_eq(relaykey_rotate(dir, i, &f), 0);
		ck_assert_int_eq(relaykey_open(dir, &b, NULL, &f), 0);
		ck_assert_mem_eq(relaykey_first(a), relaykey_first(b), KEY_LEN);
		ck_assert_mem_eq(relaykey_id(a), relaykey_id(b), 32);
		ck_assert_mem_ne(key_sign_public(relaykey_sign(b)), relaykey_first(a), KEY_LEN);
		relaykey_rotation(b, &count);
		ck_assert_uint_eq(count, i);
		relaykey_free(&b);
	}
	ck_assert_int_eq(relaykey_rotate(dir, 99, &f), ERR_LIMIT);
	relaykey_free(&a);
}
END_TEST

START_TEST(refuses_what_it_did_not_write)
{
	static const char *const bad[] = { "", "recadod identity 1\n",
		"recadod identity 2\nseed 00\n", "recadod identity 1\nseed 00\n",
		"recadod identity 1\nseed "
		"0011223344556677889900112233445566778899001122334455667788990x"
		"\n",
		"recadod identity 1\nseed "
		"00112233445566778899001122334455667788990011223344556677889900"
		"11",
		"recadod identity 1\nseed "
		"00112233445566778899001122334455667788990011223344556677889900"
		"11\nrotation 00\n",
		"recadod identity 1\nseed "
		"00112233445566778899001122334455667788990011223344556677889900"
		"11\nmore\n" };
	struct relaykey *k = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&f, 0, sizeof(f));
		write_file(bad[i]);
		ck_assert_msg(relaykey_open(dir, &k, NULL, &f) != 0, "%zu", i);
		ck_assert_ptr_null(k);
		ck_assert_int_ne(f.code, 0);
	}
}
END_TEST

START_TEST(goes_into_a_backup_and_back)
{
	struct buf *text = buf_new_secret(65536);
	struct relaykey *a = NULL, *b = NULL;
	char path[96];

	ck_assert_int_eq(relaykey_open(dir, &a, NULL, &f), 0);
	ck_assert_int_eq(relaykey_export(dir, text, &f), 0);
	ck_assert_int_eq(relaykey_import(dir, buf_view(text), &f), ERR_TAKEN);
	snprintf(path, sizeof(path), "%s/identity", dir);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_ne(relaykey_import(dir, (struct bytes){ buf_ptr(text), 20 }, &f), 0);
	ck_assert_int_eq(relaykey_import(dir, buf_view(text), &f), 0);
	ck_assert_int_eq(relaykey_open(dir, &b, NULL, &f), 0);
	ck_assert_mem_eq(relaykey_first(a), relaykey_first(b), KEY_LEN);
	relaykey_free(&a);
	relaykey_free(&b);
	buf_free(&text);
}
END_TEST

START_TEST(one_relay_a_folder)
{
	char inner[96], address[80];
	int first, second;
	bool tightened;
	struct stat st;

	snprintf(inner, sizeof(inner), "%s/a/b", dir);
	ck_assert_int_eq(datadir_open(inner, &tightened, &f), 0);
	ck_assert(!tightened);
	ck_assert_int_eq(chmod(inner, 0755), 0);
	ck_assert_int_eq(datadir_open(inner, &tightened, &f), 0);
	ck_assert(tightened);
	ck_assert_int_eq(stat(inner, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(datadir_write_address(inner, "127.0.0.1:5"), 0);
	ck_assert_int_eq(datadir_read_address(inner, address, sizeof(address)), ERR_NOT_FOUND);
	ck_assert_int_eq(datadir_lock(inner, &first, &f), 0);
	ck_assert_int_eq(datadir_lock(inner, &second, &f), ERR_LOCKED);
	ck_assert_int_eq(datadir_read_address(inner, address, sizeof(address)), 0);
	ck_assert_str_eq(address, "127.0.0.1:5");
	close(first);
	ck_assert_int_eq(datadir_lock(inner, &first, &f), 0);
	close(first);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { is_made_once, changes_with_a_statement,
		refuses_what_it_did_not_write, goes_into_a_backup_and_back, one_relay_a_folder,
		NULL };
	Suite *s = suite_create("relaykey");
	TCase *t = tcase_create("relaykey");

	tcase_add_checked_fixture(t, setup, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(s, t);
	return unit_run(s);
}
