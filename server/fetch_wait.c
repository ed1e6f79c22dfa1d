/*
 * Who waits for lists: a job, and the sources that it waits for until they have been tried.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/fetch_state.h"

#define AGAIN_MS 5000u /* who waits does not make a source be asked more often */

void
fetch_wait_return(struct fetch *f, struct job *j)
{
	pthread_mutex_lock(&f->lock);
	f->waits_taken--;
	pthread_mutex_unlock(&f->lock);
	j->next = NULL;
	f->c.deliver(j->home, j);
}

/* The wait that *at leads to is over. */
static void
deliver(struct fetch *f, struct fetch_wait **at)
{
	struct fetch_wait *w = *at;

	*at = w->next;
	for (size_t i = 0; i < w->count; i++)
		w->on[i]->waited--;
	fetch_wait_return(f, w->job);
	free(w->on);
	free(w);
}

static void
wait_on(struct fetch_wait *w, struct fetch_source *s, bool even_if_recent)
{
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < w->count; i++)
		if (w->on[i] == s)
			return;
	if (s->get == NULL && !even_if_recent && s->asked != 0 && now - s->asked < AGAIN_MS)
		return;
	w->on = mem_grow(w->on, w->count + 1, sizeof(struct fetch_source *));
	w->on[w->count++] = s;
	s->waited++;
	s->due = 0;
}

void
fetch_wait_take(struct fetch *f, struct fetch_command *c)
{
	struct fetch_wait *w = mem_alloc(sizeof(*w));
	struct fetch_source *s;

	w->job = c->job;
	c->job = NULL;
	w->until = c->kind == FETCH_ALL ? UINT64_MAX : clock_mono_ms() + FETCH_WAIT_MS;
	for (size_t i = 0; i < c->urls.count; i++)
		if ((s = fetch_run_want(f, c->urls.at[i])) != NULL)
			wait_on(w, s, false);
	for (size_t i = 0; c->kind == FETCH_ALL && i < f->sources.count; i++)
		wait_on(w, f->sources.at[i], true);
	w->next = f->waits;
	f->waits = w;
	if (w->count == 0)
		deliver(f, &f->waits);
}

/* One of those that somebody waits for is settled. */
void
fetch_wait_settle(struct fetch *f, struct fetch_source *s)
{
	struct fetch_wait **at = &f->waits, *w;

	while ((w = *at) != NULL) {
		for (size_t i = w->count; i-- > 0;)
			if (w->on[i] == s) {
				w->on[i] = w->on[--w->count];
				s->waited--;
			}
		if (w->count == 0)
			deliver(f, at);
		else
			at = &w->next;
	}
}

void
fetch_wait_expire(struct fetch *f, uint64_t now)
{
	struct fetch_wait **at = &f->waits;

	while (*at != NULL)
		if ((*at)->until <= now)
			deliver(f, at);
		else
			at = &(*at)->next;
}
