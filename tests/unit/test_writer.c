/*
 * The store's thread over the real store, with faults put between them: a job that fails does not
 * fail others, a commit that fails acknowledges nothing, and afterwards all is as the store says.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/kdf.h"
#include "server/writer.h"
#include "unit.h"

#define SIZE 256
#define POISON 0xdead

static char dir[64];
static struct store_ops ops; /* the store's, with faults */
static atomic_int commits_to_fail, commits;
static atomic_bool held; /* commits do not end */
static struct directory *directory;
static struct metrics *metrics;
static struct writer *writer;

/* ---------------------------------------------------------------------------- faults */

static int
faulty_commit(struct store *s)
{
	atomic_fetch_add(&commits, 1);
	while (atomic_load(&held))
		usleep(1000);
	if (atomic_load(&commits_to_fail) > 0) {
		atomic_fetch_sub(&commits_to_fail, 1);
		return ERR_DISK_FULL;
	}
	return store_sqlite.commit(s);
}

static int
faulty_put_entry(struct store *s, const struct store_entry *e)
{
	return e->number == POISON ? ERR_IO : store_sqlite.put_entry(s, e);
}

/* ---------------------------------------------------------------------------- jobs */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned count;
} back = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };

struct put {
	struct job job;
	uint64_t number;
	int refused;
	struct mailbox_place place;
	atomic_bool committed;
};

static int
put_run(struct job *j, struct writer *w)
{
	static const uint8_t from[16] = { 1 }, to[16] = { 2 };
	struct put *p = (struct put *)j;
	uint8_t octets[SIZE] = { 0 }, hash[32];
	struct mailbox_deposit d = { from, to, p->number, hash, NULL, 1 };
	int r;

	memcpy(octets, &p->number, sizeof(p->number));
	if (kdf_sha256((struct bytes){ octets, SIZE }, hash) != 0)
		return ERR_BUG;
	d.envelope = blob_new((struct bytes){ octets, SIZE });
	r = mailbox_deposit(writer_mailboxes(w), &d, &p->place);
	blob_free(&d.envelope);
	p->refused = r == ERR_BOX_FULL || r == ERR_TAKEN ? r : 0;
	return p->refused != 0 ? 0 : r;
}

static void
put_committed(struct job *j, struct writer *w)
{
	(void)w;
	atomic_store(&((struct put *)j)->committed, true);
}

static const struct job_ops put_ops = { "put", put_run, put_committed, NULL, NULL };

static void
deliver(void *home, struct job *list)
{
	(void)home;
	pthread_mutex_lock(&back.lock);
	for (; list != NULL; list = list->next)
		back.count++;
	pthread_cond_signal(&back.wake);
	pthread_mutex_unlock(&back.lock);
}

static void
wait_for(unsigned n)
{
	pthread_mutex_lock(&back.lock);
	while (back.count < n)
		pthread_cond_wait(&back.wake, &back.lock);
	back.count = 0;
	pthread_mutex_unlock(&back.lock);
}

static void
push(struct put *p, uint64_t number)
{
	memset(p, 0, sizeof(*p));
	p->job.ops = &put_ops;
	p->number = number;
	writer_push(writer, &p->job);
}

/* ---------------------------------------------------------------------------- tests */

static void
start(void)
{
	struct writer_config c = { .ops = &ops,
		.dir = dir,
		.directory = directory,
		.metrics = metrics,
		.deliver = deliver };
	struct fault f = { 0 };

	c.mail.max_envelopes = 100000;
	c.mail.max_bytes = 1u << 30;
	ck_assert_int_eq(writer_start(&c, &writer, &f), 0);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/recadod-writer-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ops = store_sqlite;
	ops.commit = faulty_commit;
	ops.put_entry = faulty_put_entry;
	directory = directory_new();
	metrics = metrics_new();
	start();
}

static void
teardown(void)
{
	char command[96];

	writer_stop(&writer);
	directory_free(&directory);
	metrics_free(&metrics);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

/* What arrives during a commit shares the next one. */
START_TEST(commits_in_groups)
{
	struct put *puts = mem_array(1000, sizeof(*puts));

	atomic_store(&held, true);
	for (unsigned i = 0; i < 1000; i++)
		push(&puts[i], i + 1);
	atomic_store(&held, false);
	wait_for(1000);
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_int_eq(puts[i].job.result, 0);
		ck_assert(puts[i].committed);
		ck_assert_uint_eq(puts[i].place.index, i + 1);
	}
	ck_assert_int_lt(atomic_load(&commits), 500);
	ck_assert_uint_eq(metrics_get(metrics, METRIC_JOBS), 1000);
	free(puts);
}
END_TEST

START_TEST(a_failing_job_fails_alone)
{
	struct put puts[20];

	for (unsigned i = 0; i < 20; i++)
		push(&puts[i], i == 7 ? POISON : i + 1);
	wait_for(20);
	for (unsigned i = 0; i < 20; i++) {
		ck_assert_int_eq(puts[i].job.result, i == 7 ? ERR_IO : 0);
		ck_assert(puts[i].committed == (i != 7));
		if (i != 7)
			ck_assert_uint_eq(puts[i].place.index, i < 7 ? i + 1 : i);
	}
}
END_TEST

START_TEST(a_failing_commit_acknowledges_nothing)
{
	struct put p;

	atomic_store(&commits_to_fail, 1);
	push(&p, 1);
	wait_for(1);
	ck_assert_int_eq(p.job.result, ERR_DISK_FULL);
	ck_assert(!p.committed);
	push(&p, 1);
	wait_for(1);
	ck_assert_int_eq(p.job.result, 0);
	ck_assert(!p.place.repeat);
	ck_assert_uint_eq(p.place.index, 1);
	writer_stop(&writer);
	start();
	push(&p, 1);
	wait_for(1);
	ck_assert(p.place.repeat);
	ck_assert_uint_eq(p.place.index, 1);
}
END_TEST

START_TEST(what_waits_is_done_before_it_stops)
{
	struct put *puts = mem_array(200, sizeof(*puts));

	for (unsigned i = 0; i < 200; i++)
		push(&puts[i], i + 1);
	writer_stop(&writer);
	for (unsigned i = 0; i < 200; i++)
		ck_assert(puts[i].committed);
	start();
	free(puts);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { commits_in_groups, a_failing_job_fails_alone,
		a_failing_commit_acknowledges_nothing, what_waits_is_done_before_it_stops, NULL };
	Suite *s = suite_create("writer");
	TCase *t = tcase_create("writer");

	tcase_add_checked_fixture(t, setup, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(s, t);
	return unit_run(s);
}
