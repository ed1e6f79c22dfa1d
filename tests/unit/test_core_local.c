/*
 * local, attach, engine: one process owns a home, others speak to it; strangers and nonsense get
 * nowhere. The owner and the others are threads of their own here, which is what the sanitizer of
 * threads is to look at.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/core.h"
#include "unit.h"

static char home[128];

static void
setup(void)
{
	char conf[160];
	FILE *f;

	/* Longer than the name of a socket can be. */
	snprintf(home, sizeof(home), "/tmp/recado-local-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(home));
	snprintf(conf, sizeof(conf), "%s/recado.conf", home);
	f = fopen(conf, "w");
	fputs("token = { module = \"/nonexistent.so\"; };\n", f);
	fclose(f);
}

static void
teardown(void)
{
	char cmd[200];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", home);
	ck_assert_int_eq(system(cmd), 0);
}

static struct core *
open_core(bool attach)
{
	struct core_options o = { .home = home, .attach_only = attach, .one_shot = true };
	struct fault f = { 0 };
	struct core *c;

	ck_assert_msg(core_open(&o, &c, &f) == 0, "%s: %s", f.what, f.about);
	return c;
}

/* Send an op and wait for its DONE; its exit status. */
static int
call(struct core *c, enum core_op op, const char *name)
{
	struct core_cmd cmd = core_cmd_new(c, op);
	struct core_event ev;
	uint64_t seq = cmd.seq;
	int exit;

	if (name != NULL)
		cmd.name = mem_strdup(name);
	ck_assert_int_eq(core_send(c, &cmd), 0);
	for (;;) {
		ck_assert_int_eq(core_next(c, &ev, 20000), 0);
		if (ev.kind == CORE_EV_DONE && ev.seq == seq)
			break;
		core_event_clear(&ev);
	}
	exit = ev.exit;
	core_event_clear(&ev);
	return exit;
}

START_TEST(test_owner_and_guest)
{
	struct core *owner = open_core(false), *guest = open_core(false);
	char path[200];
	struct stat st;

	ck_assert(core_is_owner(owner));
	ck_assert(!core_is_owner(guest));
	snprintf(path, sizeof(path), "%s/run/sock", home);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/run", home);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(call(owner, CORE_NOP, NULL), 0);
	ck_assert_int_eq(call(guest, CORE_NOP, NULL), 0);
	ck_assert_int_eq(call(guest, CORE_LIST, NULL), 77); /* no profile */
	ck_assert_int_eq(call(guest, CORE_CREATE, "Not A Name"), 64);
	ck_assert_int_eq(call(guest, CORE_WATCH, NULL), 0);
	core_close(&guest);
	ck_assert_int_eq(call(owner, CORE_NOP, NULL), 0);
	core_close(&owner);
	ck_assert_ptr_null(owner);
}
END_TEST

START_TEST(test_attach_only)
{
	struct core_options o = { .home = home, .attach_only = true };
	struct fault f = { 0 };
	struct core *c;

	ck_assert_int_eq(core_open(&o, &c, &f), ERR_NOT_FOUND);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(test_owner_leaves)
{
	struct core *owner = open_core(false), *guest = open_core(false);
	struct core_event ev;

	ck_assert_int_eq(call(guest, CORE_WATCH, NULL), 0); /* who only watches is not waited for */
	core_close(&owner);
	for (;;) {
		int r = core_next(guest, &ev, 60000);

		if (r == ERR_CLOSED)
			break;
		ck_assert_int_eq(r, 0);
		core_event_clear(&ev);
	}
	core_close(&guest);
	owner = open_core(false);
	ck_assert(core_is_owner(owner));
	core_close(&owner);
}
END_TEST

static int
raw_connect(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.80s/run/sock", home);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

/* Whoever talks nonsense is hung up on; nobody else notices. */
START_TEST(test_nonsense)
{
	static const char *const lines[] = { "hello\n", "{}\n{\"op\":\"send\",\"text\":1}\n",
		"[[[[[[[[\n", "\n" };
	struct core *owner = open_core(false);
	char buf[64], *big;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		fd = raw_connect();
		ck_assert_int_gt(write(fd, lines[i], strlen(lines[i])), 0);
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
		ck_assert_int_eq(call(owner, CORE_NOP, NULL), 0);
	}
	fd = raw_connect();
	big = mem_alloc(64 * 1024);
	memset(big, 'x', 64 * 1024);
	for (i = 0; i < 64 && send(fd, big, 64 * 1024, MSG_NOSIGNAL) > 0; i++)
		;
	ck_assert_int_eq(call(owner, CORE_NOP, NULL), 0);
	free(big);
	close(fd);
	core_close(&owner);
}
END_TEST

static void *
chatter(void *arg)
{
	struct core *c = open_core(false);
	int i;

	for (i = 0; i < 100; i++)
		ck_assert_int_eq(call(c, i % 3 == 0 ? CORE_WATCH : CORE_NOP, NULL), 0);
	core_close(&c);
	return NULL;
}

START_TEST(test_many)
{
	struct core *owner = open_core(false);
	pthread_t t[4];
	int i;

	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, chatter, NULL), 0);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(call(owner, CORE_NOP, NULL), 0);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	core_close(&owner);
}
END_TEST

/* A reader that does not read: nothing is lost, the writer is told to wait. */
START_TEST(test_flood)
{
	struct core *owner = open_core(false);
	struct core_event ev;
	int sent = 0, done = 0, r;

	while (done < 5000) {
		struct core_cmd cmd = core_cmd_new(owner, CORE_NOP);

		r = sent < 5000 ? core_send(owner, &cmd) : ERR_AGAIN;
		if (r == 0) {
			sent++;
			continue;
		}
		ck_assert_int_eq(r, ERR_AGAIN);
		ck_assert_int_eq(core_next(owner, &ev, 60000), 0);
		done += ev.kind == CORE_EV_DONE;
		core_event_clear(&ev);
	}
	ck_assert_int_eq(sent, 5000);
	core_close(&owner);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { test_owner_and_guest, test_attach_only, test_owner_leaves,
		test_nonsense, test_many, test_flood };
	Suite *s = suite_create("local");
	TCase *t = tcase_create("local");
	size_t i;

	tcase_add_checked_fixture(t, setup, teardown);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	return unit_run(s);
}
