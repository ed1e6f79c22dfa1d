#include "core/idle.h"

#include "core/account.h"

static void
idle_over(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	if (e->store == NULL || e->stopping)
		return;
	account_shut(e);
}

int
idle_new(struct engine *e)
{
	if (e->config->lock_after_min == 0)
		return 0;
	e->idle = evtimer_new(e->base, idle_over, e);
	return e->idle != NULL ? 0 : ERR_NOMEM;
}

void
idle_free(struct engine *e)
{
	if (e->idle != NULL)
		event_free(e->idle);
	e->idle = NULL;
}

void
idle_stir(struct engine *e, enum core_op op)
{
	struct timeval tv = { .tv_sec = 60 * (time_t)e->config->lock_after_min };

	if (e->idle != NULL && op != CORE_READ && op != CORE_WHOIS)
		evtimer_add(e->idle, &tv);
}
