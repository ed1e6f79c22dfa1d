/*
 * queue: a bounded queue of fixed-size items between two threads.
 *
 * Items are copied in and out. The reader sleeps on an eventfd (queue_fd is readable while items
 * wait, and for good after queue_close). Nothing is dropped: a full queue says ERR_AGAIN and the
 * writer keeps what it had; a writer that must go on later watches queue_space_fd, readable while
 * there is room (and after queue_close), so it is watched from a refusal to the next success only.
 * Nobody but the queue reads or writes these descriptors.
 */
#ifndef RECADO_BASE_QUEUE_H
#define RECADO_BASE_QUEUE_H

#include <stddef.h>
#include "base/err.h"

struct queue;

/* capacity items of size bytes each. NULL only when descriptors are out (errno says). */
struct queue *queue_new(size_t capacity, size_t size) MUST_CHECK;
/* drop, when not NULL, is called for each item still inside. Sets *pq NULL. */
void queue_free(struct queue **pq, void (*drop)(void *item));
/* Copy an item in; ERR_AGAIN when full, ERR_CLOSED after queue_close. Any thread. */
int queue_push(struct queue *q, const void *item) MUST_CHECK;
/* Copy an item out; ERR_AGAIN when empty (after close: ERR_CLOSED). One reader. */
int queue_pop(struct queue *q, void *item) MUST_CHECK;
/* Wait up to timeout_ms (-1: for ever) for an item. ERR_TIMEOUT, ERR_CLOSED. */
int queue_pop_wait(struct queue *q, void *item, int timeout_ms) MUST_CHECK;
/* No more pushes; what is inside can still be popped. */
void queue_close(struct queue *q);
size_t queue_count(struct queue *q);
int queue_fd(const struct queue *q);
int queue_space_fd(const struct queue *q);

#endif
