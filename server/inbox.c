#include "server/inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

struct inbox {
	int fd;
	pthread_mutex_t lock;
	struct loop_post *posts, **posts_end;
	struct job *jobs, **jobs_end;
};

struct inbox *
inbox_new(void)
{
	struct inbox *i = mem_alloc(sizeof(*i));

	i->posts_end = &i->posts;
	i->jobs_end = &i->jobs;
	if ((i->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
		free(i);
		return NULL;
	}
	pthread_mutex_init(&i->lock, NULL);
	return i;
}

int
inbox_fd(const struct inbox *i)
{
	return i->fd;
}

static bool
is_empty(const struct inbox *i)
{
	return i->posts == NULL && i->jobs == NULL;
}

static void
wake(struct inbox *i)
{
	uint64_t one = 1;

	/* It can only fail when the counter is full, and then the loop wakes anyway. */
	(void)!write(i->fd, &one, sizeof(one));
}

void
inbox_post(struct inbox *i, const struct loop_post *in)
{
	struct loop_post *p = mem_alloc(sizeof(*p));
	bool first;

	*p = *in;
	p->next = NULL;
	pthread_mutex_lock(&i->lock);
	first = is_empty(i);
	*i->posts_end = p;
	i->posts_end = &p->next;
	pthread_mutex_unlock(&i->lock);
	if (first)
		wake(i);
}

void
inbox_return(struct inbox *i, struct job *list)
{
	bool first;

	pthread_mutex_lock(&i->lock);
	first = is_empty(i);
	*i->jobs_end = list;
	while (*i->jobs_end != NULL)
		i->jobs_end = &(*i->jobs_end)->next;
	pthread_mutex_unlock(&i->lock);
	if (first)
		wake(i);
}

void
inbox_take(struct inbox *i, struct loop_post **posts, struct job **jobs)
{
	uint64_t n;

	/* Before looking, so that what comes after it wakes again. */
	(void)!read(i->fd, &n, sizeof(n));
	pthread_mutex_lock(&i->lock);
	*posts = i->posts;
	*jobs = i->jobs;
	i->posts = NULL;
	i->posts_end = &i->posts;
	i->jobs = NULL;
	i->jobs_end = &i->jobs;
	pthread_mutex_unlock(&i->lock);
}

void
inbox_free(struct inbox **pi)
{
	struct inbox *i = *pi;
	struct loop_post *posts, *p;
	struct job *jobs, *j;

	if (i == NULL)
		return;
	*pi = NULL;
	inbox_take(i, &posts, &jobs);
	while ((j = jobs) != NULL) {
		jobs = j->next;
		j->ops->free(j);
	}
	while ((p = posts) != NULL) {
		posts = p->next;
		if (p->kind == LOOP_SOCKET)
			close(p->fd);
		blob_free(&p->blob);
		free(p);
	}
	close(i->fd);
	pthread_mutex_destroy(&i->lock);
	free(i);
}
