/*
 * A ring under a mutex, with two eventfds that mirror its state: `ready` is readable while there
 * is something to pop, `space` while there is room, both once the queue is closed. Each descriptor
 * is written and drained only under the mutex and only on a change, so a push or pop on a queue
 * that is neither empty nor full makes no system call.
 */
#include "base/queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct signal {
	int fd;
	bool on;
};

struct queue {
	pthread_mutex_t lock;
	struct signal ready;
	struct signal space;
	bool closed;
	size_t size;
	size_t capacity;
	size_t first;
	size_t count;
	uint8_t *items;
};

static void
signal_set(struct signal *s, bool on)
{
	uint64_t v = 1;
	ssize_t n;

	if (s->on == on)
		return;
	/* The counter is 0 or 1: neither call can block, nor fail on a descriptor of ours. */
	n = on ? write(s->fd, &v, sizeof v) : read(s->fd, &v, sizeof v);
	if (n != (ssize_t)sizeof v)
		abort();
	s->on = on;
}

/* Let the descriptors say what the ring says. Called with the lock held after every change. */
static void
mirror(struct queue *q)
{
	signal_set(&q->ready, q->count > 0 || q->closed);
	signal_set(&q->space, q->count < q->capacity || q->closed);
}

struct queue *
queue_new(size_t capacity, size_t size)
{
	struct queue *q = mem_alloc(sizeof *q);
	int saved;

	q->ready.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	q->space.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->ready.fd < 0 || q->space.fd < 0) {
		saved = errno;
		if (q->ready.fd >= 0)
			close(q->ready.fd);
		free(q);
		errno = saved;
		return NULL;
	}
	pthread_mutex_init(&q->lock, NULL);
	q->size = size;
	q->capacity = capacity;
	q->items = mem_array(capacity, size);
	mirror(q);
	return q;
}

static void *
slot(struct queue *q, size_t i)
{
	return q->items + (q->first + i) % q->capacity * q->size;
}

void
queue_free(struct queue **pq, void (*drop)(void *item))
{
	struct queue *q = *pq;
	size_t i;

	*pq = NULL;
	if (q == NULL)
		return;
	for (i = 0; drop != NULL && i < q->count; i++)
		drop(slot(q, i));
	close(q->ready.fd);
	close(q->space.fd);
	pthread_mutex_destroy(&q->lock);
	mem_wipe(q->items, q->capacity * q->size);
	free(q->items);
	free(q);
}

int
queue_push(struct queue *q, const void *item)
{
	int r = 0;

	pthread_mutex_lock(&q->lock);
	if (q->closed) {
		r = ERR_CLOSED;
	} else if (q->count == q->capacity) {
		r = ERR_AGAIN;
	} else {
		memcpy(slot(q, q->count), item, q->size);
		q->count++;
	}
	mirror(q);
	pthread_mutex_unlock(&q->lock);
	return r;
}

int
queue_pop(struct queue *q, void *item)
{
	int r = 0;

	pthread_mutex_lock(&q->lock);
	if (q->count == 0) {
		r = q->closed ? ERR_CLOSED : ERR_AGAIN;
	} else {
		memcpy(item, slot(q, 0), q->size);
		mem_wipe(slot(q, 0), q->size);
		q->first = (q->first + 1) % q->capacity;
		q->count--;
	}
	mirror(q);
	pthread_mutex_unlock(&q->lock);
	return r;
}

/* Milliseconds for poll until the deadline; -1 when there is none. */
static int
left(uint64_t deadline)
{
	uint64_t now = clock_mono_ms();

	if (deadline == UINT64_MAX)
		return -1;
	return now >= deadline ? 0 : (int)(deadline - now);
}

int
queue_pop_wait(struct queue *q, void *item, int timeout_ms)
{
	uint64_t deadline = timeout_ms < 0 ? UINT64_MAX : clock_mono_ms() + (uint64_t)timeout_ms;
	struct pollfd p = { .fd = q->ready.fd, .events = POLLIN };
	int r, wait;

	for (;;) {
		if ((r = queue_pop(q, item)) != ERR_AGAIN)
			return r;
		if ((wait = left(deadline)) == 0)
			return ERR_TIMEOUT;
		if (poll(&p, 1, wait) < 0 && errno != EINTR)
			return err_from_errno(errno);
	}
}

void
queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	mirror(q);
	pthread_mutex_unlock(&q->lock);
}

size_t
queue_count(struct queue *q)
{
	size_t n;

	pthread_mutex_lock(&q->lock);
	n = q->count;
	pthread_mutex_unlock(&q->lock);
	return n;
}

int
queue_fd(const struct queue *q)
{
	return q->ready.fd;
}

int
queue_space_fd(const struct queue *q)
{
	return q->space.fd;
}
