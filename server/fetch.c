#include "server/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/fetch_state.h"
#include "server/lists.h"

#define DAY_MS (24ull * 3600 * 1000)
#define SEEN_MAX 65536
#define ISSUERS_BYTES (CERT_CHAIN_MAX * (CERT_DER_MAX + 4))

/* ---------------------------------------------------------------------------- commands */

void
fetch_urls_clear(struct fetch_urls *u)
{
	while (u->count != 0)
		free(u->at[--u->count]);
}

void
fetch_urls_add(void *arg, struct bytes url)
{
	struct fetch_urls *u = arg;
	struct url parsed;
	const char *why;

	if (u->count == FETCH_URLS_MAX || url_parse((const char *)url.p, url.n, &parsed, &why) != 0)
		return;
	u->at[u->count++] = mem_strndup((const char *)url.p, url.n);
}

void
fetch_command_free(struct fetch_command *c)
{
	fetch_urls_clear(&c->urls);
	buf_free(&c->issuers);
	free(c);
}

static struct fetch_command *
command_new(enum fetch_kind kind)
{
	struct fetch_command *c = mem_alloc(sizeof(*c));

	c->kind = kind;
	return c;
}

/* With a job: false when too many wait. */
static bool
command_push(struct fetch *f, struct fetch_command *c)
{
	const uint64_t one = 1;
	bool ok;

	pthread_mutex_lock(&f->lock);
	ok = !f->stopping && (c->job == NULL || f->waits_taken < FETCH_WAITS_MAX);
	if (ok) {
		f->waits_taken += c->job != NULL;
		*f->commands_end = c;
		f->commands_end = &c->next;
		/* It can only fail when the counter is full, and then the thread wakes anyway. */
		(void)!write(f->fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&f->lock);
	if (!ok)
		fetch_command_free(c);
	return ok;
}

/* ---------------------------------------------------------------------------- chains */

/* The relay's own authority hands its lists in itself. */
static bool
is_fetched_for(const struct cert_verdict *v)
{
	return v != NULL && v->reached_anchor && v->anchor == 'C';
}

struct seen {
	uint8_t sha256[CERT_HASH_LEN];
};

/* Was this certificate's chain learnt today? It is now. */
static bool
was_seen(struct fetch *f, const struct cert_link *leaf)
{
	uint64_t day = clock_now_ms() / DAY_MS;
	struct seen *s;
	bool was = true;

	pthread_mutex_lock(&f->lock);
	if (f->seen_day != day || table_count(f->seen) >= SEEN_MAX) {
		table_free(&f->seen, free);
		f->seen = table_new();
		f->seen_day = day;
	}
	if (table_get(f->seen, (struct bytes){ leaf->sha256, CERT_HASH_LEN }) == NULL) {
		s = mem_alloc(sizeof(*s));
		memcpy(s->sha256, leaf->sha256, CERT_HASH_LEN);
		was = table_put(f->seen, (struct bytes){ s->sha256, CERT_HASH_LEN }, s) != 0;
		if (was)
			free(s);
	}
	pthread_mutex_unlock(&f->lock);
	return was;
}

/* Every link's addresses but the anchor's; with the wanting ones alone if so asked. */
static void
chain_urls(const struct cert_verdict *v, bool unknown_only, struct fetch_urls *out)
{
	for (size_t i = 1; i < v->chain_count; i++) {
		const struct cert_link *l = &v->chain[i];

		if (unknown_only && l->revocation != CERT_UNKNOWN)
			continue;
		if (cert_urls((struct bytes){ l->der, l->der_len }, fetch_urls_add, out) != 0)
			return;
	}
}

void
fetch_learn(struct fetch *f, const struct cert_verdict *v)
{
	struct fetch_command *c;
	int r = 0;

	if (f == NULL || !is_fetched_for(v) || v->chain_count < 2 ||
	    was_seen(f, &v->chain[v->chain_count - 1]))
		return;
	c = command_new(FETCH_LEARN);
	chain_urls(v, false, &c->urls);
	c->issuers = buf_new(ISSUERS_BYTES);
	for (size_t i = 1; i + 1 < v->chain_count && r == 0; i++)
		r = buf_put_string(c->issuers, v->chain[i].der, v->chain[i].der_len);
	(void)!command_push(f, c);
}

bool
fetch_wait(struct fetch *f, const struct cert_verdict *v, struct job *j)
{
	struct fetch_command *c;

	if (f == NULL || !is_fetched_for(v))
		return false;
	c = command_new(FETCH_WAIT);
	chain_urls(v, true, &c->urls);
	if (c->urls.count == 0) {
		fetch_command_free(c);
		return false;
	}
	j->result = 0;
	c->job = j;
	return command_push(f, c);
}

void
fetch_all(struct fetch *f, struct job *j)
{
	struct fetch_command *c = command_new(FETCH_ALL);

	j->result = 0;
	c->job = j;
	if (f != NULL && command_push(f, c))
		return;
	if (f == NULL)
		fetch_command_free(c);
	j->result = ERR_AGAIN;
	j->ops->done(j);
	j->ops->free(j);
}

/* ---------------------------------------------------------------------------- telling */

static const struct cert_link *
unknown_link(const struct cert_verdict *v)
{
	for (size_t i = v->chain_count; i-- > 1;)
		if (v->chain[i].revocation == CERT_UNKNOWN)
			return &v->chain[i];
	return NULL;
}

void
fetch_explain(struct fetch *f, const struct cert_verdict *v, char *out, size_t outlen)
{
	const struct cert_link *l = unknown_link(v);
	const struct fetch_source *s;
	char error[sizeof(s->error)] = "it was not tried yet";

	if (l == NULL || l->crl_url[0] == '\0' || f == NULL) {
		snprintf(out, outlen, "%.160s; the relay's operator has to give it one: %s",
		    v->sentence, "recadod revocation import");
		return;
	}
	pthread_mutex_lock(&f->lock);
	if ((s = fetch_sources_find(&f->sources, l->crl_url)) != NULL && s->tried != 0)
		snprintf(error, sizeof(error), "%s",
		    s->error[0] != '\0' ? s->error : "it is not current");
	pthread_mutex_unlock(&f->lock);
	snprintf(out, outlen,
	    "its revocation list, %.100s, cannot be had (%.80s); the relay's operator can try: %s",
	    l->crl_url, error, "recadod revocation fetch");
}

uint64_t
fetch_time(struct fetch *f, const uint8_t list[REVOCATION_HASH_LEN])
{
	uint64_t at = 0;

	if (f == NULL)
		return 0;
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->sources.count && at == 0; i++)
		if (memcmp(f->sources.at[i]->list, list, REVOCATION_HASH_LEN) == 0)
			at = f->sources.at[i]->fetched;
	pthread_mutex_unlock(&f->lock);
	return at;
}

/* ---------------------------------------------------------------------------- life */

int
fetch_open(const struct fetch_config *c, struct fetch **out, struct fault *fault)
{
	struct fetch *f = mem_alloc(sizeof(*f));
	int r;

	*out = NULL;
	f->c = *c;
	f->fd = -1;
	f->commands_end = &f->commands;
	f->seen = table_new();
	pthread_mutex_init(&f->lock, NULL);
	if ((r = lists_open(c->data, &f->dir, fault)) != 0)
		goto out;
	fetch_sources_load(&f->sources, f->dir);
	if ((f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		r = ERR_NOMEM;
	else if ((r = fetch_run_open(f)) == 0 &&
	    pthread_create(&f->thread, NULL, fetch_run_main, f) != 0)
		r = ERR_NOMEM;
	f->started = r == 0;
out:
	if (r != 0)
		fetch_free(&f);
	*out = f;
	return r;
}

void
fetch_free(struct fetch **pf)
{
	const uint64_t one = 1;
	struct fetch *f = *pf;

	if (f == NULL)
		return;
	*pf = NULL;
	pthread_mutex_lock(&f->lock);
	f->stopping = true;
	pthread_mutex_unlock(&f->lock);
	if (f->started) {
		(void)!write(f->fd, &one, sizeof(one));
		pthread_join(f->thread, NULL);
	}
	fetch_run_close(f);
	fetch_sources_clear(&f->sources);
	table_free(&f->seen, free);
	if (f->fd >= 0)
		close(f->fd);
	pthread_mutex_destroy(&f->lock);
	free(f->dir);
	free(f);
}
