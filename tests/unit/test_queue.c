/*
 * The queue on one thread, state by state, and between threads; also built with ThreadSanitizer.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "base/clock.h"
#include "base/queue.h"
#include "unit.h"

static int
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

START_TEST(first_in_first_out)
{
	struct queue *q = queue_new(3, sizeof(int));
	int i, round, got;

	for (round = 0; round < 10; round++) {
		ck_assert_int_eq(queue_pop(q, &got), ERR_AGAIN);
		ck_assert(!readable(queue_fd(q)));
		for (i = 0; i < 3; i++)
			ck_assert_int_eq(queue_push(q, &i), 0);
		ck_assert(readable(queue_fd(q)));
		ck_assert_uint_eq(queue_count(q), 3);
		for (i = 0; i < 1 + round % 3; i++) {
			ck_assert_int_eq(queue_pop(q, &got), 0);
			ck_assert_int_eq(got, i);
		}
		while (queue_pop(q, &got) == 0)
			;
	}
	queue_free(&q, NULL);
	ck_assert_ptr_null(q);
	queue_free(&q, NULL);
}
END_TEST

START_TEST(full_and_then_room)
{
	struct queue *q = queue_new(2, sizeof(int));
	int i = 1;

	ck_assert_int_eq(queue_push(q, &i), 0);
	ck_assert(readable(queue_space_fd(q)));
	ck_assert_int_eq(queue_push(q, &i), 0);
	ck_assert(!readable(queue_space_fd(q)));
	ck_assert_int_eq(queue_push(q, &i), ERR_AGAIN);
	ck_assert(!readable(queue_space_fd(q)));
	ck_assert_int_eq(queue_pop(q, &i), 0);
	ck_assert(readable(queue_space_fd(q)));
	ck_assert_int_eq(queue_push(q, &i), 0);
	ck_assert(!readable(queue_space_fd(q)));
	queue_free(&q, NULL);
}
END_TEST

START_TEST(closed)
{
	struct queue *q = queue_new(2, sizeof(int));
	int i = 5, got = 0;

	ck_assert_int_eq(queue_push(q, &i), 0);
	queue_close(q);
	ck_assert(readable(queue_space_fd(q)));
	ck_assert_int_eq(queue_push(q, &i), ERR_CLOSED);
	ck_assert_int_eq(queue_pop_wait(q, &got, -1), 0);
	ck_assert_int_eq(got, 5);
	ck_assert(readable(queue_fd(q)));
	ck_assert_int_eq(queue_pop(q, &got), ERR_CLOSED);
	ck_assert_int_eq(queue_pop_wait(q, &got, -1), ERR_CLOSED);
	queue_close(q);
	queue_free(&q, NULL);
}
END_TEST

START_TEST(waiting_ends)
{
	struct queue *q = queue_new(2, sizeof(int));
	uint64_t before = clock_mono_ms();
	int got;

	ck_assert_int_eq(queue_pop_wait(q, &got, 0), ERR_TIMEOUT);
	ck_assert_int_eq(queue_pop_wait(q, &got, 30), ERR_TIMEOUT);
	ck_assert_uint_ge(clock_mono_ms() - before, 30);
	queue_free(&q, NULL);
}
END_TEST

static void
drop(void *item)
{
	free(*(char **)item);
}

START_TEST(what_is_left_is_dropped)
{
	struct queue *q = queue_new(4, sizeof(char *));
	char *s;
	int i;

	for (i = 0; i < 3; i++) {
		s = strdup("x");
		ck_assert_int_eq(queue_push(q, &s), 0);
	}
	ck_assert_int_eq(queue_pop(q, &s), 0);
	free(s);
	s = strdup("y");
	ck_assert_int_eq(queue_push(q, &s), 0);
	queue_free(&q, drop);
}
END_TEST

enum { WRITERS = 3, EACH = 20000 };

struct item {
	int writer;
	int number;
};

struct job {
	struct queue *q;
	int writer;
};

/* Push them all; when refused, sleep on the descriptor. */
static void *
writer(void *arg)
{
	struct job *job = arg;
	struct item item = { job->writer, 0 };
	struct pollfd p = { .fd = queue_space_fd(job->q), .events = POLLIN };

	while (item.number < EACH) {
		if (queue_push(job->q, &item) == 0)
			item.number++;
		else if (poll(&p, 1, 60000) != 1)
			return arg;
	}
	return NULL;
}

START_TEST(between_threads)
{
	struct queue *q = queue_new(16, sizeof(struct item));
	int next[WRITERS] = { 0 }, i;
	struct job jobs[WRITERS];
	pthread_t t[WRITERS];
	struct item item;
	void *stuck;

	for (i = 0; i < WRITERS; i++) {
		jobs[i] = (struct job){ q, i };
		ck_assert_int_eq(pthread_create(&t[i], NULL, writer, &jobs[i]), 0);
	}
	for (i = 0; i < WRITERS * EACH; i++) {
		ck_assert_int_eq(queue_pop_wait(q, &item, 60000), 0);
		ck_assert_int_eq(item.number, next[item.writer]++);
	}
	for (i = 0; i < WRITERS; i++) {
		ck_assert_int_eq(pthread_join(t[i], &stuck), 0);
		ck_assert_ptr_null(stuck);
	}
	ck_assert_uint_eq(queue_count(q), 0);
	queue_free(&q, NULL);
}
END_TEST

static void *
closer(void *arg)
{
	sched_yield();
	queue_close(arg);
	return NULL;
}

START_TEST(closing_wakes_the_reader)
{
	struct queue *q = queue_new(1, sizeof(int));
	pthread_t t;
	int got;

	ck_assert_int_eq(pthread_create(&t, NULL, closer, q), 0);
	ck_assert_int_eq(queue_pop_wait(q, &got, -1), ERR_CLOSED);
	pthread_join(t, NULL);
	queue_free(&q, NULL);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { first_in_first_out, full_and_then_room, closed, waiting_ends,
		what_is_left_is_dropped, between_threads, closing_wakes_the_reader, NULL };

	return unit_run(unit_suite("queue", tests));
}
