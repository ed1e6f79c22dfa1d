/*
 * Which PKCS#11 modules are found, in folders made for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/card.h"
#include "tests/unit/unit.h"

static char root[] = "/tmp/recado-find-XXXXXX";
static char **paths;
static size_t count;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void
teardown(void)
{
	char *cmd = mem_format("rm -r %s", root);

	card_modules_free(&paths, &count);
	ck_assert_int_eq(system(cmd), 0);
	free(cmd);
}

static void
put(const char *path, const char *text)
{
	char *full = mem_format("%s%s", root, path);
	FILE *f;

	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		(void)mkdir(full, 0755);
		*p = '/';
	}
	ck_assert_ptr_nonnull(f = fopen(full, "w"));
	fputs(text, f);
	fclose(f);
	free(full);
}

static void
find(void)
{
	card_modules_free(&paths, &count);
	card_modules(root, &paths, &count);
}

static void
is(size_t i, const char *path)
{
	ck_assert_uint_lt(i, count);
	ck_assert_str_eq(paths[i] + strlen(root), path);
}

START_TEST(nothing_is_found_in_nothing)
{
	find();
	ck_assert_uint_eq(count, 0);
	ck_assert_ptr_nonnull(paths);
}
END_TEST

START_TEST(known_ones_in_their_order)
{
	put("/usr/lib/softhsm/libsofthsm2.so", "");
	put("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "");
	put("/usr/lib/libpteidpkcs11.so", "");
	find();
	ck_assert_uint_eq(count, 3);
	is(0, "/usr/lib/libpteidpkcs11.so");
	is(1, "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so");
	is(2, "/usr/lib/softhsm/libsofthsm2.so");
	put("/usr/local/lib/libpteidpkcs11.so", "");
	find();
	ck_assert_uint_eq(count, 4);
	is(0, "/usr/local/lib/libpteidpkcs11.so");
	is(1, "/usr/lib/libpteidpkcs11.so");
}
END_TEST

START_TEST(what_p11_kit_lists)
{
	put("/opt/eid/a.so", "");
	put("/usr/lib/x86_64-linux-gnu/pkcs11/b.so", "");
	put("/usr/share/p11-kit/modules/a.module", "# a card\nmodule: /opt/eid/a.so\n");
	put("/usr/share/p11-kit/modules/b.module", "module :  b.so \r\npriority: 3\n");
	put("/usr/share/p11-kit/modules/gone.module", "module: /opt/eid/gone.so\n");
	put("/usr/share/p11-kit/modules/notes.txt", "module: /opt/eid/a.so\n");
	find();
	ck_assert_uint_eq(count, 2);
	is(0, "/opt/eid/a.so");
	is(1, "/usr/lib/x86_64-linux-gnu/pkcs11/b.so");
}
END_TEST

START_TEST(what_is_no_card_or_not_for_us)
{
	put("/l/t.so", "");
	put("/usr/share/p11-kit/modules/1.module", "module: /l/t.so\ntrust-policy: yes\n");
	put("/usr/share/p11-kit/modules/2.module", "module: /l/t.so\nenable-in: firefox, ssh\n");
	put("/usr/share/p11-kit/modules/3.module", "module: /l/t.so\ndisable-in: ssh recado\n");
	put("/usr/share/p11-kit/modules/4.module", "remote: |ssh host p11\nmodule: /l/t.so\n");
	put("/l/p11-kit-proxy.so", "");
	put("/usr/share/p11-kit/modules/5.module", "module: /l/p11-kit-proxy.so\n");
	put("/usr/share/p11-kit/modules/6.module", "module:\n");
	find();
	ck_assert_uint_eq(count, 0);
	put("/usr/share/p11-kit/modules/7.module", "enable-in: ssh, recado\nmodule: /l/t.so\n");
	find();
	ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(the_administrator_overrides)
{
	put("/l/one.so", "");
	put("/l/two.so", "");
	put("/usr/share/p11-kit/modules/x.module", "module: /l/one.so\n");
	put("/etc/pkcs11/modules/x.module", "module: /l/two.so\n");
	put("/etc/pkcs11/modules/y.module", "module: /l/one.so\nenable-in: none\n");
	find();
	ck_assert_uint_eq(count, 1);
	is(0, "/l/two.so");
}
END_TEST

START_TEST(each_once_whatever_it_is_called)
{
	char *from = mem_format("%s/usr/lib/softhsm/libsofthsm2.so", root),
	     *to = mem_format("%s/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", root);

	put("/usr/lib/softhsm/libsofthsm2.so", "");
	put("/usr/lib/x86_64-linux-gnu/softhsm/other.so", "");
	ck_assert_int_eq(symlink(from, to), 0);
	put("/l/card.so", "");
	put("/usr/share/p11-kit/modules/a.module",
	    "module: /usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so\n");
	put("/usr/share/p11-kit/modules/b.module", "module: /l/card.so\n");
	find();
	ck_assert_uint_eq(count, 2);
	is(0, "/l/card.so"); /* SoftHSM comes last, whoever lists it */
	free(from);
	free(to);
}
END_TEST

START_TEST(many_are_bounded)
{
	for (int i = 0; i < 2 * CARD_MODULES_MAX; i++) {
		char *so = mem_format("/l/%d.so", i),
		     *list = mem_format("/etc/pkcs11/modules/%d.module", i),
		     *line = mem_format("module: %s\n", so);

		put(so, "");
		put(list, line);
		free(so);
		free(list);
		free(line);
	}
	find();
	ck_assert_uint_eq(count, CARD_MODULES_MAX);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("card_find");
	TCase *t = tcase_create("modules");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_is_found_in_nothing);
	tcase_add_test(t, known_ones_in_their_order);
	tcase_add_test(t, what_p11_kit_lists);
	tcase_add_test(t, what_is_no_card_or_not_for_us);
	tcase_add_test(t, the_administrator_overrides);
	tcase_add_test(t, each_once_whatever_it_is_called);
	tcase_add_test(t, many_are_bounded);
	suite_add_tcase(s, t);
	return unit_run(s);
}
