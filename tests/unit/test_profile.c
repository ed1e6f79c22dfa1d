/*
 * profile: one owner each, wherever a process thinks that the runtime folder is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/profile.h"
#include "unit.h"

static char dir[64];

/* The environment a process has: data under dir/DATA, runtime folder dir/RUN (NULL: none). */
static struct profile *
open_in(const char *data, const char *run)
{
	struct fault f = { 0 };
	struct profile *p;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, data);
	setenv("XDG_DATA_HOME", path, 1);
	setenv("XDG_CONFIG_HOME", path, 1);
	snprintf(path, sizeof(path), "%s/%s", dir, run != NULL ? run : "");
	if (run != NULL)
		setenv("XDG_RUNTIME_DIR", path, 1);
	else
		unsetenv("XDG_RUNTIME_DIR");
	ck_assert_msg(profile_open(NULL, &p, &f) == 0, "%s: %s", f.what, f.about);
	return p;
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/recado-profile-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
teardown(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(two_profiles_of_one_user_are_two)
{
	struct profile *a = open_in("a", "run"), *b = open_in("b", "run");

	ck_assert_str_ne(profile_socket(a), profile_socket(b));
	ck_assert_int_eq(profile_lock(a, NULL), 0);
	ck_assert_int_eq(profile_lock(b, NULL), 0);
	profile_free(&a);
	profile_free(&b);
}
END_TEST

/* A job of cron's has no runtime folder. */
START_TEST(a_profile_has_one_owner)
{
	struct profile *a = open_in("a", "run"), *same = open_in("a", "run");
	struct profile *bare = open_in("a", NULL);

	ck_assert_str_eq(profile_socket(a), profile_socket(same));
	ck_assert_int_eq(profile_lock(a, NULL), 0);
	ck_assert_int_eq(profile_lock(same, NULL), ERR_LOCKED);
	ck_assert_int_eq(profile_lock(bare, NULL), ERR_LOCKED);
	profile_free(&a);
	ck_assert_int_eq(profile_lock(bare, NULL), 0);
	profile_free(&same);
	profile_free(&bare);
}
END_TEST

START_TEST(a_home_keeps_its_socket)
{
	struct fault f = { 0 };
	struct profile *p;
	char sock[96];

	snprintf(sock, sizeof(sock), "%s/run/sock", dir);
	ck_assert_int_eq(profile_open(dir, &p, &f), 0);
	ck_assert_str_eq(profile_socket(p), sock);
	profile_free(&p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("profile");
	TCase *c = tcase_create("profile");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, two_profiles_of_one_user_are_two);
	tcase_add_test(c, a_profile_has_one_owner);
	tcase_add_test(c, a_home_keeps_its_socket);
	suite_add_tcase(s, c);
	return unit_run(s);
}
