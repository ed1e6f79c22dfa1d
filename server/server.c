#include <config.h>
#include "server/server.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/mem.h"
#include "crypto/code.h"
#include "server/authority.h"
#include "server/control.h"
#include "server/crlwatch.h"
#include "server/datadir.h"
#include "server/fetch.h"
#include "server/listener.h"
#include "server/loop.h"
#include "server/metrics_http.h"

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNAL_COUNT };

struct running { /* what only this file knows of a server */
	struct server s;
	int lock;
	struct listeners *listeners;
	struct control *control;
	struct crlwatch *crlwatch;
	struct metrics_http *http;
	struct event *signals[SIGNAL_COUNT];
	bool addressed;
};

static struct running *
running_of(struct server *s)
{
	return (struct running *)s;
}

static void
tell_manager(const char *state)
{
#ifdef HAVE_SYSTEMD
	sd_notify(0, state);
#else
	(void)state;
#endif
}

/* ---------------------------------------------------------------------------- signals */

static void
on_stop_signal(evutil_socket_t sig, short what, void *arg)
{
	struct running *r = arg;
	(void)what;

	log_info(r->s.log, "server", "%s: draining", sig == SIGINT ? "SIGINT" : "SIGTERM");
	tell_manager("STOPPING=1");
	listener_close(r->listeners);
	server_stop(&r->s);
}

static void
on_reload_signal(evutil_socket_t sig, short what, void *arg)
{
	struct running *r = arg;
	(void)sig;
	(void)what;

	log_info(r->s.log, "server", "SIGHUP: reading revocation lists again");
	crlwatch_now(r->crlwatch);
}

static int
set_signals(struct running *r)
{
	static const struct {
		int signal;
		event_callback_fn on;
	} table[SIGNAL_COUNT] = {
		[SIGNAL_TERM] = { SIGTERM, on_stop_signal },
		[SIGNAL_INT] = { SIGINT, on_stop_signal },
		[SIGNAL_HUP] = { SIGHUP, on_reload_signal },
	};

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		r->signals[i] =
		    evsignal_new(loop_base(r->s.loops[0]), table[i].signal, table[i].on, r);
		if (r->signals[i] == NULL || event_add(r->signals[i], NULL) != 0)
			return ERR_NOMEM;
	}
	return 0;
}

/* ---------------------------------------------------------------------------- parts */

static void
raise_descriptors(struct log *log)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0 || rl.rlim_cur == rl.rlim_max)
		return;
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) != 0)
		log_warn(log, "server", "the limit of open files cannot be raised");
}

static void
notify(struct online_place to, const uint8_t user[USER_ID_LEN], bool online)
{
	struct loop_post p = { .kind = LOOP_PRESENCE, .peer = to.peer, .online = online };

	memcpy(p.user, user, USER_ID_LEN);
	loop_post(to.loop, &p);
}

static void
set_rates(struct server *s)
{
	const struct config_limits *l = &s->config->limits;

	s->rates[RATE_NAME_CHECKS] = limit_map_new(&l->name_checks);
	s->rates[RATE_REGISTRATIONS] = limit_map_new(&l->registrations);
	s->rates[RATE_LOOKUPS] = limit_map_new(&l->lookups);
	s->rates[RATE_BUNDLES] = limit_map_new(&l->bundles);
	s->rates[RATE_DEPOSITS] = limit_map_new(&l->deposits);
	s->rates[RATE_DEVICE_EVENTS] = limit_map_new(&l->device_events);
	s->strangers = limit_map_new(&l->strangers);
	s->large = places_new();
}

static int
open_data(struct running *r, struct fault *f)
{
	const char *dir = r->s.config->data;
	bool tight = false;
	int loose, e;

	if ((e = datadir_open(dir, &tight, f)) != 0 || (e = datadir_lock(dir, &r->lock, f)) != 0)
		return e;
	if (tight)
		log_warn(r->s.log, "server", "the data folder was open to others; now it is not");
	if ((e = relaykey_open(dir, &r->s.key, &loose, f)) != 0)
		return e;
	tight = loose;
	datadir_tighten(dir, &tight);
	if (tight)
		log_warn(r->s.log, "server",
		    "files in the data folder were open to others; now they "
		    "are not");
	return 0;
}

static int
open_store(struct server *s, struct fault *f)
{
	struct writer_config wc = { .ops = &store_sqlite,
		.dir = s->config->data,
		.directory = s->directory,
		.log = s->log,
		.metrics = s->metrics,
		.deliver = loop_return };

	memcpy(wc.mail.relay_id, relaykey_id(s->key), 32);
	wc.mail.max_envelopes = s->config->limits.mailbox_envelopes;
	wc.mail.max_bytes = s->config->limits.mailbox_bytes;
	return writer_start(&wc, &s->writer, f);
}

void
server_lists_changed(struct server *s)
{
	struct loop_post p = { .kind = LOOP_REVOCATION };

	for (size_t i = 0; i < s->loop_count; i++)
		loop_post(s->loops[i], &p);
}

static void
on_lists_changed(void *arg)
{
	server_lists_changed(arg);
}

static void
on_chain(void *arg, const struct cert_verdict *v)
{
	fetch_learn(arg, v);
}

/* After the loops, to which it posts. */
static int
open_fetch(struct server *s, struct fault *f)
{
	struct fetch_config fc = { .store = trust_store(s->trust),
		.log = s->log,
		.data = s->config->data,
		.rules = &s->config->revocation,
		.changed = on_lists_changed,
		.arg = s,
		.deliver = loop_return };
	int r;

	if (!s->config->revocation.fetch ||
	    s->config->trust.policy.revocation == CERT_REVOCATION_OFF)
		return 0;
	if ((r = fetch_open(&fc, &s->fetch, f)) == 0)
		trust_on_chain(s->trust, on_chain, s->fetch);
	return r;
}

static int
open_loops(struct server *s)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = s->config->loops != 0 ? s->config->loops : cores > 0 ? (size_t)cores : 1;
	int r = 0;

	s->loops = mem_array(n, sizeof(struct loop *));
	for (; s->loop_count < n && r == 0; s->loop_count++)
		if ((r = loop_new(s, s->loop_count, &s->loops[s->loop_count])) != 0)
			break;
	return r;
}

static void
announce(struct running *r)
{
	uint8_t code[CODE_LEN];
	char text[CODE_TEXT];
	const char *a;

	if (code_derive(relaykey_first(r->s.key), code) == 0) {
		code_text(code, text);
		log_info(r->s.log, "server", "code %s", text);
	}
	for (size_t i = 0; (a = listener_address_at(r->listeners, i)) != NULL; i++)
		log_info(r->s.log, "server", "listening on %s", a);
	log_info(r->s.log, "server", "%zu accounts, %zu loops", directory_count(r->s.directory),
	    r->s.loop_count);
	tell_manager("READY=1");
}

static int
start_parts(struct running *r, const int *fds, size_t fd_count, struct fault *f)
{
	struct server *s = &r->s;
	int e;

	raise_descriptors(s->log);
	if ((e = open_data(r, f)) != 0 ||
	    (e = trust_new(s->config, s->log, relaykey_id(s->key), &s->trust, f)) != 0 ||
	    (e = authority_open(s, &store_sqlite, &s->authority, f)) != 0 ||
	    (e = open_loops(s)) != 0 || (e = authority_start(s->authority)) != 0 ||
	    (e = open_fetch(s, f)) != 0 ||
	    (e = open_store(s, f)) != 0 ||
	    (e = listener_open(s, fds, fd_count, &r->listeners, f)) != 0 ||
	    (e = crlwatch_open(s, &r->crlwatch)) != 0 ||
	    (e = control_open(s, s->config->data, r->crlwatch, &r->control)) != 0 ||
	    (e = metrics_http_open(s, &r->http, f)) != 0)
		return e;
	r->addressed = true;
	return datadir_write_address(s->config->data, listener_address(r->listeners));
}

int
server_start(const struct config *c, struct log *log, const int *fds, size_t fd_count,
    struct server **out, struct fault *f)
{
	struct running *r = mem_alloc(sizeof(*r));
	struct server *s = &r->s;
	int e;

	*out = NULL;
	r->lock = -1;
	s->config = c;
	s->log = log;
	s->metrics = metrics_new();
	s->directory = directory_new();
	s->online = online_new(notify);
	set_rates(s);
	if ((e = start_parts(r, fds, fd_count, f)) != 0) {
		if (f != NULL && f->code == 0)
			fault_set(f, e, c->data, "the relay cannot be started (%s)", err_text(e));
		server_free(&s);
		return e;
	}
	announce(r);
	*out = s;
	return 0;
}

/* ---------------------------------------------------------------------------- running */

int
server_run(struct server *s)
{
	int r;

	if ((r = set_signals(running_of(s))) != 0)
		return r;
	for (size_t i = 1; i < s->loop_count && r == 0; i++)
		r = loop_start(s->loops[i]);
	if (r != 0)
		server_stop(s);
	loop_run(s->loops[0]);
	for (size_t i = 1; i < s->loop_count; i++)
		loop_join(s->loops[i]);
	writer_stop(&s->writer);
	log_info(s->log, "server", "stopped");
	return r;
}

void
server_stop(struct server *s)
{
	struct loop_post p = { .kind = LOOP_STOP };

	for (size_t i = 0; i < s->loop_count; i++)
		loop_post(s->loops[i], &p);
}

const char *
server_address(const struct server *s)
{
	return listener_address(((const struct running *)s)->listeners);
}

static void
free_signals(struct running *r)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (r->signals[i] != NULL)
			event_free(r->signals[i]);
}

void
server_free(struct server **ps)
{
	struct server *s = *ps;
	struct running *r;

	if (s == NULL)
		return;
	*ps = NULL;
	r = running_of(s);
	writer_stop(&s->writer);
	fetch_free(&s->fetch);
	free_signals(r);
	if (r->addressed)
		datadir_remove_address(s->config->data);
	listener_free(&r->listeners);
	control_free(&r->control);
	crlwatch_free(&r->crlwatch);
	metrics_http_free(&r->http);
	authority_free(&s->authority);
	for (size_t i = 0; i < s->loop_count; i++)
		loop_free(&s->loops[i]);
	free(s->loops);
	for (int i = 0; i < RATE_COUNT; i++)
		limit_map_free(&s->rates[i]);
	limit_map_free(&s->strangers);
	places_free(&s->large);
	online_free(&s->online);
	directory_free(&s->directory);
	trust_free(&s->trust);
	relaykey_free(&s->key);
	metrics_free(&s->metrics);
	if (r->lock >= 0)
		close(r->lock);
	free(r);
}
