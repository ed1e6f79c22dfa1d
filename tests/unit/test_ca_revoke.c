/* recadod ca revoke: whose certificate is meant, by a name or the beginning of a serial number. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/cmd.h"
#include "server/store.h"
#include "unit.h"

#define A "aaaaaaaa000000000000000000000001"

static char dir[64];
static struct config *config;
static const struct store_ops *const ops = &store_sqlite;

static void
put(struct store *s, uint8_t first, uint8_t last, const char *name)
{
	uint8_t serial[16] = { first, first, first, first, [15] = last };
	uint8_t request[32] = { first, last, 1 }, sha256[32] = { first, last, 2 };
	struct bytes n = { (const uint8_t *)name, strlen(name) };
	struct store_certificate c = { .serial = serial, .request = request, .sha256 = sha256,
		.made = 1, .expires = 2, .subject = n, .der = { sha256, 32 } };

	ck_assert_int_eq(ops->put_certificate(s, &c), 0);
	ck_assert_int_eq(ops->claim_certificate(s, sha256, n), 0);
}

/* Two that begin with aaaaaaaa, one with bbbbbbbb, and people who are called after them. */
static void
setup(void)
{
	struct store *s = NULL;
	struct fault f = { 0 };

	snprintf(dir, sizeof(dir), "/tmp/recadod-revoke-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(config_parse("enrol = \"open\";", "test", &config, &f), 0);
	ck_assert_int_eq(config_override(config, NULL, dir, &f), 0);
	ck_assert_int_eq(ops->open(dir, false, &s, &f), 0);
	ck_assert_int_eq(ops->begin(s), 0);
	put(s, 0xaa, 1, "ana");
	put(s, 0xaa, 2, "rui");
	put(s, 0xbb, 1, "bea");
	put(s, 0xcc, 1, "bbbbbbbb");
	put(s, 0xdd, 1, A);
	put(s, 0xee, 1, "dddddddddddd");
	ck_assert_int_eq(ops->commit(s), 0);
	ops->close(&s);
}

static void
teardown(void)
{
	char command[96];

	config_free(&config);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static int
call(const char *whom, struct fault *f)
{
	char *args[] = { (char[]){ "revoke" }, strdup(whom), NULL };
	struct cmd_context x = { .config = config, .args = args, .arg_count = 2 };
	int r;

	memset(f, 0, sizeof(*f));
	r = cmd_ca.run(&x, f);
	free(args[1]);
	return r;
}

static int
take_name(const struct store_certificate *c, void *arg)
{
	char *all = arg;

	if (c->revoked != 0)
		snprintf(all + strlen(all), 200 - strlen(all), "%.*s ", (int)c->user_name.n,
		    (const char *)c->user_name.p);
	return 0;
}

static void
revoked_are(const char *expected)
{
	struct store *s = NULL;
	char all[200] = "";

	ck_assert_int_eq(ops->open(dir, true, &s, NULL), 0);
	ck_assert_int_eq(ops->each_certificate(s, take_name, all), 0);
	ops->close(&s);
	ck_assert_str_eq(all, expected);
}

/* Somebody who renewed has several: a number stands for the person. */
START_TEST(one_is_all_of_the_account)
{
	struct store *s = NULL;
	struct fault f;

	ck_assert_int_eq(ops->open(dir, false, &s, &f), 0);
	ck_assert_int_eq(ops->begin(s), 0);
	put(s, 0xf1, 1, "ana");
	put(s, 0xf2, 1, "");
	put(s, 0xf3, 1, "");
	ck_assert_int_eq(ops->commit(s), 0);
	ops->close(&s);
	ck_assert_int_eq(call("f1f1f1f1", &f), 0);
	revoked_are("ana ana ");
	ck_assert_int_eq(call("f2f2f2f2", &f), 0); /* of no account: it alone */
	revoked_are("ana ana  ");
}
END_TEST

START_TEST(a_name_or_a_number)
{
	struct fault f;

	ck_assert_int_eq(call("nobody", &f), ERR_NOT_FOUND);
	ck_assert_int_eq(call("aaaaaaa", &f), ERR_NOT_FOUND); /* too short for a number */
	revoked_are("");
	ck_assert_int_eq(call("rui", &f), 0);
	revoked_are("rui ");
	ck_assert_int_eq(call("EE:EE:EE:EE", &f), 0);
	revoked_are("rui dddddddddddd ");
}
END_TEST

START_TEST(what_may_be_two_is_asked_again)
{
	static const char *const both[] = { "aaaaaaaa", "bbbbbbbb" };
	struct fault f;

	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(call(both[i], &f), ERR_USAGE);
		ck_assert_ptr_nonnull(strstr(f.hint, "whole serial number"));
	}
	revoked_are("");
	ck_assert_int_eq(call("dddddddddddd", &f), 0); /* no number begins so */
	revoked_are("dddddddddddd ");
}
END_TEST

/* Nobody is kept, or taken along, by who is called like a number. */
START_TEST(a_whole_number_is_one)
{
	struct fault f;

	ck_assert_int_eq(call(A, &f), 0);
	revoked_are("ana ");
}
END_TEST

/* What is in the store counts from the relay's next look at it; until it was told, that is said. */
START_TEST(a_relay_that_does_not_answer)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct fault f;
	pid_t pid;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/control", dir);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	if ((pid = fork()) == 0) {
		char line[8];
		int asked = accept(fd, NULL, NULL);

		_exit(read(asked, line, sizeof(line)) == 3 && close(asked) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(call("rui", &f), ERR_IO);
	ck_assert_ptr_nonnull(strstr(f.what, "revoked, but"));
	ck_assert_ptr_nonnull(strstr(f.hint, "again"));
	revoked_are("rui ");
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(fd);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { one_is_all_of_the_account, a_name_or_a_number, what_may_be_two_is_asked_again,
		a_whole_number_is_one, a_relay_that_does_not_answer, NULL };
	Suite *s = suite_create("ca revoke");
	TCase *t = tcase_create("ca revoke");

	tcase_add_checked_fixture(t, setup, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(s, t);
	return unit_run(s);
}
