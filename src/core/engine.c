/*
 * The core thread. It sleeps in libevent; a command queue's eventfd, sockets and timers wake it.
 * Whatever it makes for its own process goes through the event queue. When that is full the event
 * waits in a backlog and the relay's socket is not read until there is room: nothing is dropped
 * and the backlog stays as small as what one command can make.
 */
#include <event2/dns.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/account.h"
#include "core/cards.h"
#include "core/engine.h"
#include "core/idle.h"
#include "core/local.h"
#include "core/record.h"
#include "core/trust.h"
#include "core/relay.h"
#include "core/vault.h"

#define ENGINE_COMMANDS 64
#define ENGINE_EVENTS 512
#define ENGINE_LINGER_MS 6000 /* for other processes that still wait for an answer */

struct backlog {
	STAILQ_ENTRY(backlog) link;
	struct core_event ev;
};

struct engine_thread {
	pthread_t thread;
	struct engine engine;
	struct port caller;
	struct event *commands, *space, *linger;
	STAILQ_HEAD(, backlog) backlog;
	uint64_t closing_at;
};

/* ------------------------------------------------------------------------------ events out */

static void
caller_emit(struct port *p, struct core_event *ev)
{
	struct engine_thread *t = p->arg;
	struct backlog *b;
	int r = STAILQ_EMPTY(&t->backlog) ? queue_push(t->engine.event_queue, ev) : ERR_AGAIN;

	if (r == ERR_AGAIN) {
		b = mem_alloc(sizeof(*b));
		b->ev = *ev;
		STAILQ_INSERT_TAIL(&t->backlog, b, link);
		event_add(t->space, NULL);
		relay_choke(&t->engine, true);
	} else if (r != 0) {
		core_event_clear(ev);
	}
	memset(ev, 0, sizeof(*ev));
}

static void
caller_space(evutil_socket_t fd, short what, void *arg)
{
	struct engine_thread *t = arg;
	struct backlog *b;

	while ((b = STAILQ_FIRST(&t->backlog)) != NULL) {
		int r = queue_push(t->engine.event_queue, &b->ev);

		if (r == ERR_AGAIN) {
			event_add(t->space, NULL);
			return;
		}
		if (r != 0)
			core_event_clear(&b->ev);
		STAILQ_REMOVE_HEAD(&t->backlog, link);
		free(b);
	}
	relay_choke(&t->engine, false);
}

void
engine_publish(struct engine *e, struct core_event *ev)
{
	struct port *p, *last = NULL;
	struct core_event copy;

	LIST_FOREACH(p, &e->ports, link) {
		if (!p->watching && ev->kind != CORE_EV_NOTICE)
			continue;
		if (e->shut && !p->admitted && ev->kind != CORE_EV_LINK)
			continue;
		if (last != NULL) {
			record_copy_event(ev, &copy);
			last->emit(last, &copy);
		}
		last = p;
	}
	if (last != NULL)
		last->emit(last, ev);
	else
		core_event_clear(ev);
}

bool
engine_watched(const struct engine *e)
{
	struct port *p;

	LIST_FOREACH(p, &e->ports, link)
		if (p->watching && (p->admitted || !e->shut))
			return true;
	return false;
}

static bool
has_watcher(const struct engine *e)
{
	struct port *p;

	LIST_FOREACH(p, &e->ports, link)
		if (p->watching)
			return true;
	return false;
}

void
engine_status(struct engine *e, struct op *op)
{
	struct core_event ev = { .kind = CORE_EV_LINK };
	char hex[2 * STORE_DEVICE + 1];

	if (op == NULL && !has_watcher(e))
		return;
	ev.status = mem_alloc(sizeof(*ev.status));
	ev.status->profile = profile_exists(e->profile);
	ev.status->locked = op != NULL ? !port_sees(op->port) : e->store == NULL;
	if (e->store != NULL) {
		hex_encode(e->account.device_id, STORE_DEVICE, hex);
		ev.status->account = mem_strdup(e->account.name);
		ev.status->device = mem_strdup(hex);
		ev.status->relay = mem_strdup(e->account.relay);
		if (store_message_count(e->store, STORE_LIST_UNSENT, 0, &ev.status->outbox) != 0)
			ev.status->outbox = 0;
	}
	relay_status(e, ev.status);
	ev.status->card = cards_summary(e->cards);
	if (op != NULL)
		op_emit(op, &ev);
	else
		engine_publish(e, &ev);
}

void
engine_notice(struct engine *e, const char *name, const char *text)
{
	struct core_event ev = { .kind = CORE_EV_NOTICE };

	bool own = name != NULL && name[0] == '\0';

	log_info(e->log, "core", "%s", text);
	ev.note.name = name != NULL && !own ? mem_strdup(name) : NULL;
	ev.note.text = own ? mem_format("another device of yours: %s", text) : mem_strdup(text);
	ev.note.at = clock_now_ms();
	engine_publish(e, &ev);
}

/* ------------------------------------------------------------------------------ stopping */

/* Other processes may be waiting for an answer of ours: serve them, but not for ever. */
static void
engine_try_stop(evutil_socket_t fd, short what, void *arg)
{
	struct engine_thread *t = arg;
	struct timeval tv = { 0, 20000 };

	if (local_busy(t->engine.local) && clock_mono_ms() - t->closing_at < ENGINE_LINGER_MS)
		evtimer_add(t->linger, &tv);
	else if (relay_goodbye(&t->engine) && clock_mono_ms() - t->closing_at < ENGINE_LINGER_MS + 500)
		evtimer_add(t->linger, &tv);
	else
		event_base_loopbreak(t->engine.base);
}

static void
engine_begin_stop(struct engine_thread *t)
{
	if (t->engine.stopping)
		return;
	t->engine.stopping = true;
	t->closing_at = clock_mono_ms();
	event_del(t->commands);
	port_remove(&t->caller);
	local_stop(t->engine.local);
	engine_try_stop(-1, 0, t);
}

static void
caller_commands(evutil_socket_t fd, short what, void *arg)
{
	struct engine_thread *t = arg;
	struct core_cmd cmd;
	int r, n;

	for (n = 0; n < 16; n++) {
		r = queue_pop(t->engine.cmd_queue, &cmd);
		if (r == ERR_CLOSED)
			engine_begin_stop(t);
		if (r != 0)
			return;
		port_command(&t->caller, &cmd);
	}
}

/* ------------------------------------------------------------------------------ the thread */

static void
engine_modules_free(struct engine *e)
{
	local_free(&e->local);
	idle_free(e);
	account_lock(e);
	cards_free(&e->cards);
	trust_free(&e->trust);
}

static void *
engine_main(void *arg)
{
	struct engine_thread *t = arg;
	struct engine *e = &t->engine;
	/* The C library's words, too: what the core says is translated where it is shown. */
	locale_t english = newlocale(LC_MESSAGES_MASK, "C", duplocale(LC_GLOBAL_LOCALE));

	if (english != (locale_t)0)
		uselocale(english);
	event_base_dispatch(e->base);
	if (!e->stopping)
		port_remove(&t->caller);
	engine_modules_free(e);
	queue_close(e->event_queue);
	if (english != (locale_t)0) {
		uselocale(LC_GLOBAL_LOCALE);
		freelocale(english);
	}
	return NULL;
}

static void
drop_command(void *p)
{
	core_cmd_clear(p);
}

static void
drop_event(void *p)
{
	core_event_clear(p);
}

static void
engine_free(struct engine_thread **pt)
{
	struct engine_thread *t = *pt;
	struct engine *e = &t->engine;
	struct backlog *b;

	*pt = NULL;
	while ((b = STAILQ_FIRST(&t->backlog)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->backlog, link);
		core_event_clear(&b->ev);
		free(b);
	}
	if (t->commands != NULL)
		event_free(t->commands);
	if (t->space != NULL)
		event_free(t->space);
	if (t->linger != NULL)
		event_free(t->linger);
	if (e->dns != NULL)
		evdns_base_free(e->dns, 0);
	if (e->base != NULL) {
		/* Connections that went with a callback pending are freed by their last turn. */
		event_base_loop(e->base, EVLOOP_NONBLOCK);
		event_base_free(e->base);
	}
	queue_free(&e->cmd_queue, drop_command);
	queue_free(&e->event_queue, drop_event);
	profile_free(&e->profile);
	config_free(&e->config);
	log_free(&e->log);
	if (e->log_file != NULL)
		fclose(e->log_file);
	free(t);
}

/* Timers count from when they are set, not from when their callback was entered: what is computed in
 * one (scrypt) may take longer on a slow machine than a connection may. */
static struct event_base *
engine_base(void)
{
	struct event_config *c = event_config_new();
	struct event_base *base = NULL;

	if (c != NULL && event_config_set_flag(c, EVENT_BASE_FLAG_NO_CACHE_TIME) == 0)
		base = event_base_new_with_config(c);
	if (c != NULL)
		event_config_free(c);
	return base;
}

static int
engine_loop(struct engine_thread *t)
{
	struct engine *e = &t->engine;

	e->cmd_queue = queue_new(ENGINE_COMMANDS, sizeof(struct core_cmd));
	e->event_queue = queue_new(ENGINE_EVENTS, sizeof(struct core_event));
	e->base = engine_base();
	if (e->cmd_queue == NULL || e->event_queue == NULL || e->base == NULL)
		return ERR_NOMEM;
	e->dns = evdns_base_new(e->base,
	    EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	t->commands = event_new(e->base, queue_fd(e->cmd_queue), EV_READ | EV_PERSIST,
	    caller_commands, t);
	t->space = event_new(e->base, queue_space_fd(e->event_queue), EV_READ, caller_space, t);
	t->linger = evtimer_new(e->base, engine_try_stop, t);
	if (t->commands == NULL || t->space == NULL || t->linger == NULL)
		return ERR_NOMEM;
	event_add(t->commands, NULL);
	return 0;
}

static int
engine_spawn(struct engine_thread *t)
{
	sigset_t all, old;
	int n;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	n = pthread_create(&t->thread, NULL, engine_main, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return n == 0 ? 0 : ERR_NOMEM;
}

int
engine_start(const struct engine_options *o, struct engine_thread **out, struct fault *f)
{
	struct engine_thread *t = mem_alloc(sizeof(*t));
	struct engine *e = &t->engine;
	int r;

	*out = NULL;
	STAILQ_INIT(&t->backlog);
	TAILQ_INIT(&e->ops);
	LIST_INIT(&e->ports);
	e->profile = o->profile;
	e->config = o->config;
	e->one_shot = o->one_shot;
	e->shut = true;
	t->caller.emit = caller_emit;
	t->caller.arg = t;
	if ((r = engine_loop(t)) != 0) {
		fault_set(f, r, NULL, "the engine cannot start");
		goto out;
	}
	port_add(e, &t->caller);
	if (e->config->log_level != CONFIG_LOG_NONE &&
	    (e->log_file = profile_log(e->profile)) != NULL)
		e->log = log_new(e->log_file, (enum log_level)e->config->log_level, 0);
	if ((r = vault_init()) != 0) {
		fault_set(f, r, NULL, "sqlite was in use before the engine");
		goto out;
	}
	if ((r = trust_new(e, &e->trust, f)) != 0 || (r = cards_new(e, &e->cards, f)) != 0 ||
	    (r = local_new(e, &e->local, f)) != 0)
		goto out;
	if ((r = idle_new(e)) != 0) {
		fault_set(f, r, NULL, "the engine cannot start");
		goto out;
	}
	if ((r = engine_spawn(t)) != 0) {
		fault_set(f, r, NULL, "the engine's thread cannot start");
		goto out;
	}
	*out = t;
	t = NULL;
out:
	if (t != NULL) {
		engine_modules_free(&t->engine);
		engine_free(&t);
	}
	return r;
}

void
engine_stop(struct engine_thread **pt)
{
	struct engine_thread *t = *pt;

	if (t == NULL)
		return;
	queue_close(t->engine.cmd_queue);
	pthread_join(t->thread, NULL);
	engine_free(pt);
}

struct queue *
engine_commands(struct engine_thread *t)
{
	return t->engine.cmd_queue;
}

struct queue *
engine_events(struct engine_thread *t)
{
	return t->engine.event_queue;
}
