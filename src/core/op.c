#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/cards.h"
#include "core/engine.h"
#include "core/relay.h"
#include "core/trust.h"

void
op_free(struct op *op)
{
	struct engine *e = op->e;

	TAILQ_REMOVE(&e->ops, op, link);
	relay_cancel(e, op);
	trust_cancel(e->trust, op);
	cards_cancel(e->cards, op);
	if (op->timer != NULL)
		event_free(op->timer);
	if (op->drop != NULL)
		op->drop(op->state);
	core_cmd_clear(&op->cmd);
	free(op);
}

void
op_emit(struct op *op, struct core_event *ev)
{
	ev->seq = op->cmd.seq;
	op->port->emit(op->port, ev);
}

void
op_progress(struct op *op, const char *text)
{
	struct core_event ev = { .kind = CORE_EV_PROGRESS, .note.text = mem_strdup(text) };

	op_emit(op, &ev);
}

void
op_done(struct op *op, int exit)
{
	struct core_event ev = { .kind = CORE_EV_DONE, .exit = exit };

	op_emit(op, &ev);
	op_free(op);
}

void
op_fail(struct op *op, const struct fault *f)
{
	struct core_event ev = { .kind = CORE_EV_ERROR };
	int exit = err_exit(f->code);

	ev.fault = mem_alloc(sizeof(*f));
	*ev.fault = *f;
	op_emit(op, &ev);
	op_done(op, exit);
}

void
op_fail_with(struct op *op, int code, const char *about, const char *what)
{
	struct fault f = { 0 };

	fault_set(&f, code, about, "%s", what);
	op_fail(op, &f);
}

void
op_end(struct op *op, int r, const struct fault *f)
{
	if (r == 0)
		op_done(op, 0);
	else if (f != NULL && f->code != 0)
		op_fail(op, f);
	else
		op_fail_with(op, r, NULL, err_text(r));
}

void
op_ask(struct op *op, struct core_ask *ask, void (*answer)(struct op *op, const char *text))
{
	struct core_event ev = { .kind = CORE_EV_ASK };

	ask->number = ++op->e->asks;
	op->ask = answer != NULL ? ask->number : 0;
	op->answer = answer;
	ev.ask = mem_alloc(sizeof(*ask));
	*ev.ask = *ask;
	op_emit(op, &ev);
}

static void
alarm_rang(evutil_socket_t fd, short what, void *arg)
{
	struct op *op = arg;

	op->alarm(op);
}

void
op_alarm(struct op *op, int64_t ms, void (*alarm)(struct op *op))
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	op->alarm = alarm;
	if (op->timer == NULL)
		op->timer = evtimer_new(op->e->base, alarm_rang, op);
	evtimer_add(op->timer, &tv);
}

void
op_notify_all(struct engine *e, enum op_news news, const void *what)
{
	struct op *op, *next;

	for (op = TAILQ_FIRST(&e->ops); op != NULL; op = next) {
		next = TAILQ_NEXT(op, link);
		if (op->notify != NULL)
			op->notify(op, news, what);
	}
}
