/*
 * The fetcher's thread. Each source has a time when it is due: a list that came, after the interval
 * or in good time before its next update; one that did not, after a pause that doubles. All of them
 * vary by a quarter, so that many relays do not ask one host at the same moment. Who waits for
 * sources makes them due at once, but not again and again.
 */
#include <event2/dns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/cert.h"
#include "crypto/rand.h"
#include "server/fetch_state.h"
#include "server/lists.h"

#define AT_ONCE_MAX 8       /* downloads */
#define AT_ONCE_HOST_MAX 2  /* of one host, which may be slow */
#define RETRY_MIN_MS 30000u /* after a failure, doubled each time */
#define RETRY_MAX_MS 3600000u
#define SOON_MS 60000u                       /* before the next update, at least */
#define OVERDUE_MS 300000u                   /* when the host has nothing newer, either */
#define TELL_MS 200                          /* several lists make one change */
#define FORGET_MS (30ull * 24 * 3600 * 1000) /* after nobody wanted it */
#define DNS_OPTIONS (DNS_OPTION_NAMESERVERS | DNS_OPTION_MISC | DNS_OPTION_HOSTSFILE)

static void pump(struct fetch *f);

/* ---------------------------------------------------------------------------- when */

static uint64_t
varied(uint64_t ms)
{
	uint32_t most = ms / 4 > UINT32_MAX ? UINT32_MAX : (uint32_t)(ms / 4), less = 0;

	return rand_range(0, most, &less) == 0 ? ms - less : ms;
}

static void
schedule_after_failure(struct fetch_source *s)
{
	unsigned doubled = s->failures > 8 ? 8 : s->failures;
	uint64_t pause = (uint64_t)RETRY_MIN_MS << (doubled > 0 ? doubled - 1 : 0);

	s->due = clock_mono_ms() + varied(pause > RETRY_MAX_MS ? RETRY_MAX_MS : pause);
}

static void
schedule_after_list(struct fetch *f, struct fetch_source *s)
{
	uint64_t now = clock_now_ms(), pause = f->c.rules->interval_min * 60000ull, left;
	struct revocation *list = NULL;
	uint64_t next = 0;

	if (cert_store_crl(f->c.store, s->list, &list) == 0)
		next = revocation_info(list)->next_update;
	revocation_free(&list);
	if (next != 0) {
		left = next > now ? (next - now) * 3 / 4 : OVERDUE_MS;
		if (left < SOON_MS)
			left = SOON_MS;
		if (left < pause)
			pause = left;
	}
	s->due = clock_mono_ms() + varied(pause);
}

/* ---------------------------------------------------------------------------- what came */

static void
source_failed(struct fetch *f, struct fetch_source *s, const char *why)
{
	pthread_mutex_lock(&f->lock);
	s->failures++;
	snprintf(s->error, sizeof(s->error), "%s", why);
	pthread_mutex_unlock(&f->lock);
	log_warn(f->c.log, "fetch", "%s: %s", s->url, why);
	schedule_after_failure(s);
}

static void
source_came(struct fetch *f, struct fetch_source *s, const uint8_t *list)
{
	pthread_mutex_lock(&f->lock);
	if (list != NULL)
		memcpy(s->list, list, sizeof(s->list));
	s->fetched = s->tried;
	s->failures = 0;
	s->error[0] = '\0';
	pthread_mutex_unlock(&f->lock);
	schedule_after_list(f, s);
}

/* A source for an address; NULL: no more of them are kept. */
struct fetch_source *
fetch_run_want(struct fetch *f, const char *url)
{
	struct fetch_source *s;

	pthread_mutex_lock(&f->lock);
	if ((s = fetch_sources_add(&f->sources, url)) != NULL)
		s->wanted = clock_now_ms();
	pthread_mutex_unlock(&f->lock);
	if (s == NULL)
		log_warn(f->c.log, "fetch", "%s: too many addresses of revocation lists", url);
	f->dirty = true;
	return s;
}

/* What the list itself says of its deltas counts only when it is genuine, which it is here. */
static void
want_deltas(struct fetch *f, const uint8_t sha256[REVOCATION_HASH_LEN])
{
	struct revocation *list = NULL;
	struct fetch_urls u = { .count = 0 };

	if (cert_store_crl(f->c.store, sha256, &list) != 0)
		return;
	cert_urls_of_list(list, fetch_urls_add, &u);
	for (size_t i = 0; i < u.count; i++)
		(void)!fetch_run_want(f, u.at[i]);
	fetch_urls_clear(&u);
	revocation_free(&list);
}

static void
tell_soon(struct fetch *f)
{
	static const struct timeval soon = { 0, TELL_MS * 1000 };

	if (!event_pending(f->tell, EV_TIMEOUT, NULL))
		event_add(f->tell, &soon);
}

static void
take_list(struct fetch *f, struct fetch_source *s, struct bytes der, const char *date)
{
	uint8_t sha256[REVOCATION_HASH_LEN];
	struct fault fault = { 0 };
	bool changed = false;
	char line[340];

	if (cert_store_update_crl(f->c.store, der, &changed, &fault) != 0) {
		snprintf(line, sizeof(line), "%s%s%s", fault.what,
		    fault.about[0] != '\0' ? ": " : "", fault.about);
		source_failed(f, s, line);
		return;
	}
	cert_sha256(der, sha256);
	if ((changed || memcmp(sha256, s->list, sizeof(sha256)) != 0) &&
	    lists_keep(f->dir, s->url, der, &fault) != 0)
		log_error(f->c.log, "fetch", "%s: the list cannot be kept: %s", s->url, fault.what);
	snprintf(s->date, sizeof(s->date), "%s", date);
	source_came(f, s, sha256);
	log_info(
	    f->c.log, "fetch", "%s: %zu octets, %s", s->url, der.n, changed ? "new" : "as before");
	want_deltas(f, sha256);
	if (changed)
		tell_soon(f);
}

static void
save(struct fetch *f)
{
	if (f->dirty && fetch_sources_save(&f->sources, f->dir) != 0)
		log_error(
		    f->c.log, "fetch", "what is known of the sources cannot be kept in %s", f->dir);
	f->dirty = false;
}

static void
on_done(void *arg, struct httpget *g, struct httpget_result *r)
{
	struct fetch_source *s = arg;
	struct fetch *f = s->owner;
	(void)g;

	if (r->code != 0)
		source_failed(f, s, r->why);
	else if (r->same) {
		source_came(f, s, NULL);
		want_deltas(f, s->list);
	} else
		take_list(f, s, buf_view(r->body), r->date);
	httpget_free(&s->get);
	f->running--;
	f->dirty = true;
	if (s->waited != 0 || f->running == 0)
		save(f);
	fetch_wait_settle(f, s);
	pump(f);
}

/* ---------------------------------------------------------------------------- asking */

/* Whether what it gave last is still in the store and current: then "nothing newer" is an answer. */
static bool
has_list(struct fetch *f, const struct fetch_source *s)
{
	struct revocation *list = NULL;
	bool has = cert_store_crl(f->c.store, s->list, &list) == 0;
	uint64_t next = has ? revocation_info(list)->next_update : 0;

	revocation_free(&list);
	return has && (next == 0 || clock_now_ms() < next);
}

static void
start(struct fetch *f, struct fetch_source *s)
{
	struct httpget_request rq = { .url = s->url,
		.allow = &f->c.rules->allow,
		.max = REVOCATION_LIST_MAX,
		.timeout_s = f->c.rules->timeout_s,
		.since = has_list(f, s) ? s->date : NULL };

	s->owner = f;
	s->asked = clock_mono_ms();
	pthread_mutex_lock(&f->lock);
	s->tried = clock_now_ms();
	pthread_mutex_unlock(&f->lock);
	if (httpget_start(f->base, f->dns, &rq, on_done, s, &s->get) == 0) {
		f->running++;
		return;
	}
	source_failed(f, s, "out of memory");
	fetch_wait_settle(f, s);
}

static bool
host_is_busy(const struct fetch *f, const struct fetch_source *s)
{
	unsigned n = 0;

	for (size_t i = 0; f->running >= AT_ONCE_HOST_MAX && i < f->sources.count; i++)
		n += f->sources.at[i]->get != NULL && strcmp(f->sources.at[i]->host, s->host) == 0;
	return n >= AT_ONCE_HOST_MAX;
}

/* Those that somebody waits for go first. */
static void
pump(struct fetch *f)
{
	uint64_t now = clock_mono_ms();

	for (int waited = 1; waited >= 0; waited--)
		for (size_t i = 0; i < f->sources.count && f->running < AT_ONCE_MAX; i++) {
			struct fetch_source *s = f->sources.at[i];

			if (s->get == NULL && s->due <= now && (s->waited != 0) == waited &&
			    !host_is_busy(f, s))
				start(f, s);
		}
}

static void
forget_unwanted(struct fetch *f, uint64_t now)
{
	for (size_t i = f->sources.count; i-- > 0;) {
		struct fetch_source *s = f->sources.at[i];

		if (s->get != NULL || s->waited != 0 || now < s->wanted ||
		    now - s->wanted < FORGET_MS)
			continue;
		log_info(f->c.log, "fetch", "%s: wanted by nobody any more", s->url);
		lists_drop(f->dir, s->url);
		pthread_mutex_lock(&f->lock);
		fetch_sources_remove(&f->sources, i);
		pthread_mutex_unlock(&f->lock);
		f->dirty = true;
	}
}

/* ---------------------------------------------------------------------------- events */

static void
take_chain(struct fetch *f, struct fetch_command *c)
{
	struct bytes rest = buf_view(c->issuers), der;

	for (size_t i = 0; i < c->urls.count; i++)
		(void)!fetch_run_want(f, c->urls.at[i]);
	while (rest.n != 0 && bytes_get_string(&rest, rest.n, &der) == 0)
		if (lists_keep_issuer(f->dir, der) != 0)
			log_warn(f->c.log, "fetch", "an authority cannot be kept in %s", f->dir);
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *f = arg;
	struct fetch_command *c, *next;
	uint64_t n;
	bool stop;
	(void)what;

	(void)!read(fd, &n, sizeof(n));
	pthread_mutex_lock(&f->lock);
	c = f->commands;
	f->commands = NULL;
	f->commands_end = &f->commands;
	stop = f->stopping;
	pthread_mutex_unlock(&f->lock);
	for (; c != NULL; c = next) {
		next = c->next;
		if (c->kind == FETCH_LEARN)
			take_chain(f, c);
		else
			fetch_wait_take(f, c);
		fetch_command_free(c);
	}
	if (stop)
		event_base_loopbreak(f->base);
	else
		pump(f);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *f = arg;
	(void)fd;
	(void)what;

	fetch_wait_expire(f, clock_mono_ms());
	forget_unwanted(f, clock_now_ms());
	save(f);
	pump(f);
}

static void
on_tell(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *f = arg;
	(void)fd;
	(void)what;

	f->c.changed(f->c.arg);
}

/* ---------------------------------------------------------------------------- the thread */

void *
fetch_run_main(void *arg)
{
	struct fetch *f = arg;

	event_base_dispatch(f->base);
	if (event_pending(f->tell, EV_TIMEOUT, NULL))
		f->c.changed(f->c.arg);
	save(f);
	return NULL;
}

static void
set_due(struct fetch *f)
{
	for (size_t i = 0; i < f->sources.count; i++) {
		struct fetch_source *s = f->sources.at[i];

		if (!has_list(f, s))
			s->due = clock_mono_ms();
		else
			schedule_after_list(f, s);
	}
}

int
fetch_run_open(struct fetch *f)
{
	static const struct timeval second = { 1, 0 };
	struct event_config *c = event_config_new();

	if (c != NULL && event_config_set_flag(c, EVENT_BASE_FLAG_NOLOCK) == 0)
		f->base = event_base_new_with_config(c);
	if (c != NULL)
		event_config_free(c);
	if (f->base == NULL ||
	    (f->dns = evdns_base_new(f->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE)) == NULL)
		return ERR_NOMEM;
	/* Without name servers addresses are still addresses. No search list: a name is whole. */
	(void)!evdns_base_resolv_conf_parse(f->dns, DNS_OPTIONS, "/etc/resolv.conf");
	f->wake = event_new(f->base, f->fd, EV_READ | EV_PERSIST, on_wake, f);
	f->tick = event_new(f->base, -1, EV_PERSIST, on_tick, f);
	f->tell = event_new(f->base, -1, 0, on_tell, f);
	if (f->wake == NULL || f->tick == NULL || f->tell == NULL ||
	    event_add(f->wake, NULL) != 0 || event_add(f->tick, &second) != 0)
		return ERR_NOMEM;
	set_due(f);
	return 0;
}

static void
end_commands(struct fetch *f)
{
	struct fetch_command *c;

	while ((c = f->commands) != NULL) {
		f->commands = c->next;
		if (c->job != NULL)
			fetch_wait_return(f, c->job);
		fetch_command_free(c);
	}
	fetch_wait_expire(f, UINT64_MAX);
}

void
fetch_run_close(struct fetch *f)
{
	end_commands(f);
	for (size_t i = 0; i < f->sources.count; i++)
		httpget_free(&f->sources.at[i]->get);
	if (f->wake != NULL)
		event_free(f->wake);
	if (f->tick != NULL)
		event_free(f->tick);
	if (f->tell != NULL)
		event_free(f->tell);
	httpget_end_dns(f->base, f->dns);
	if (f->base != NULL)
		event_base_free(f->base);
}
