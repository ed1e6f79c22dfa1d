/* recadod revocation status|fetch|import FILE: the lists that the relay serves. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/cmd_revocation.h"
#include "server/control.h"
#include "server/datadir.h"
#include "server/fetch.h"
#include "server/lists.h"

static const uint8_t
    nobody[32]; /* no binding is judged here, so which relay this is does not matter */

static int
open_trust(const struct config *c, struct trust **t, struct fault *f)
{
	return trust_new(c, NULL, nobody, t, f);
}

static void
load_sources(const struct config *c, struct fetch_sources *s)
{
	char *dir = lists_path(c->data);

	fetch_sources_load(s, dir);
	free(dir);
}

static int
revocation_status(const struct cmd_context *x, struct fault *f)
{
	struct fetch_sources s = { NULL, 0 };
	struct trust *t = NULL;
	int r;

	if ((r = open_trust(x->config, &t, f)) != 0)
		return r;
	load_sources(x->config, &s);
	cmd_revocation_show(t, &s, x->json);
	fetch_sources_clear(&s);
	trust_free(&t);
	return 0;
}

/* ---------------------------------------------------------------------------- fetch */

struct end { /* of fetching everything, told by the fetcher's thread */
	struct job job;
	pthread_mutex_t lock;
	pthread_cond_t told;
	bool over;
};

static void
no_done(struct job *j)
{
	(void)j;
}

static const struct job_ops end_ops = {
	.name = "revocation fetch",
	.done = no_done,
	.free = no_done,
};

static void
on_end(void *home, struct job *list)
{
	struct end *e = (struct end *)list;
	(void)home;

	pthread_mutex_lock(&e->lock);
	e->over = true;
	pthread_cond_signal(&e->told);
	pthread_mutex_unlock(&e->lock);
}

static void
on_changed(void *arg)
{
	(void)arg;
}

static int
fetch_by_ourselves(const struct config *c, struct fault *f)
{
	struct end end = { .job = { .ops = &end_ops },
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.told = PTHREAD_COND_INITIALIZER };
	struct fetch_config fc = {
		.data = c->data, .rules = &c->revocation, .changed = on_changed, .deliver = on_end
	};
	struct trust *t = NULL;
	struct fetch *fetch = NULL;
	int lock = -1, r;
	bool tight;

	if ((r = datadir_open(c->data, &tight, f)) != 0 ||
	    (r = datadir_lock(c->data, &lock, f)) != 0 || (r = open_trust(c, &t, f)) != 0)
		goto out;
	fc.store = trust_store(t);
	if ((r = fetch_open(&fc, &fetch, f)) != 0)
		goto out;
	fetch_all(fetch, &end.job);
	pthread_mutex_lock(&end.lock);
	while (!end.over)
		pthread_cond_wait(&end.told, &end.lock);
	pthread_mutex_unlock(&end.lock);
out:
	fetch_free(&fetch);
	trust_free(&t);
	if (lock >= 0)
		close(lock);
	return r;
}

static int
show_fetched(const struct cmd_context *x, struct fault *f)
{
	struct fetch_sources s = { NULL, 0 };
	struct trust *t = NULL;
	size_t failed = 0;
	int r;

	if ((r = open_trust(x->config, &t, f)) != 0)
		return r;
	load_sources(x->config, &s);
	cmd_revocation_show_fetched(t, &s, x->json, &failed);
	if (s.count == 0)
		fprintf(stderr,
		    "recadod: no address of a list is known yet: the certificates of those who "
		    "register or sign in name them\n");
	if (failed != 0) {
		r = fault_set(
		    f, ERR_IO, NULL, "%zu of %zu lists could not be fetched", failed, s.count);
		fault_hint(f, "What is wrong stands with each of them.");
	}
	fetch_sources_clear(&s);
	trust_free(&t);
	return r;
}

static int
revocation_fetch(const struct cmd_context *x, struct fault *f)
{
	int r;

	if (!x->config->revocation.fetch) {
		fault_set(f, ERR_CONFIG, "revocation.fetch", "fetching lists is switched off");
		return fault_hint(f, "Set revocation.fetch = true in recadod.conf.");
	}
	r = control_ask(x->config->data, "revocation fetch", NULL);
	if (r == ERR_NOT_FOUND)
		r = fetch_by_ourselves(x->config, f);
	else if (r != 0) {
		fault_set(f, r, x->config->data, "the running relay does not fetch lists now");
		fault_hint(f, "%s",
		    x->config->trust.policy.revocation == CERT_REVOCATION_OFF
			? "trust.revocation is \"off\" in recadod.conf: it needs none."
			: "It may have been started with another recadod.conf, or is stopping: start "
			  "it again.");
	}
	return r != 0 ? r : show_fetched(x, f);
}

/* ---------------------------------------------------------------------------- import */

static int
read_whole(const char *path, struct buf *out, struct fault *f)
{
	FILE *in = fopen(path, "re");
	uint8_t part[65536];
	size_t n;
	int r = 0;

	if (in == NULL)
		return fault_set(f, ERR_IO, path, "the list cannot be read");
	while (r == 0 && (n = fread(part, 1, sizeof(part), in)) > 0)
		r = buf_put(out, part, n);
	if (ferror(in))
		r = ERR_IO;
	fclose(in);
	if (r == ERR_LIMIT)
		return fault_set(f, r, path, "a revocation list of more than %u MiB",
		    REVOCATION_LIST_MAX >> 20);
	return r == 0 ? 0 : fault_set(f, r, path, "the list cannot be read");
}

/* What lies in the operator's folder counts as seen, so that nothing older comes in beside it. */
static void
note_seen(struct cert_store *s)
{
	struct revocation **lists = NULL;
	size_t n = 0;

	cert_store_crls(s, &lists, &n);
	for (size_t i = 0; i < n; i++) {
		(void)!cert_store_update_crl(s, revocation_der(lists[i]), NULL, NULL);
		revocation_free(&lists[i]);
	}
	free(lists);
}

/* Whether it is genuine is asked here, and again each time it is relied on, by every client too. */
static int
check(struct cert_store *s, struct bytes der, struct fault *f)
{
	int r;

	note_seen(s);
	if ((r = cert_store_update_crl(s, der, NULL, f)) == ERR_CERT_CHAIN)
		fault_hint(f,
		    "Put its issuer's certificate into trust.intermediates, if you trust it; "
		    "or wait until somebody signs in whose card it issued.");
	else if (r == ERR_REPLAY)
		fault_hint(f, "`recadod revocation status` shows the newer one.");
	else if (r == ERR_SIGNATURE)
		fault_hint(f, "Fetch it again, from its issuer.");
	return r;
}

static int
import(const struct cmd_context *x, struct bytes der, struct fault *f)
{
	struct revocation *list = NULL;
	struct trust *t = NULL;
	char *dir = NULL;
	bool tight;
	int r;

	if ((r = revocation_parse(der, x->args[1], &list, f)) != 0)
		fault_hint(f, "A list is one DER object: openssl crl -outform der.");
	else if ((r = datadir_open(x->config->data, &tight, f)) == 0 &&
	    (r = open_trust(x->config, &t, f)) == 0 && (r = check(trust_store(t), der, f)) == 0 &&
	    (r = lists_open(x->config->data, &dir, f)) == 0 &&
	    (r = lists_keep(dir, NULL, der, f)) == 0)
		cmd_revocation_show_list(list, x->json);
	if (r == 0 && control_ask(x->config->data, "revocation reload", NULL) == ERR_IO)
		fprintf(stderr, "recadod: the running relay did not answer; send it SIGHUP\n");
	free(dir);
	trust_free(&t);
	revocation_free(&list);
	return r;
}

static int
revocation_import(const struct cmd_context *x, struct fault *f)
{
	struct buf *der = buf_new(REVOCATION_LIST_MAX);
	int r;

	if ((r = read_whole(x->args[1], der, f)) == 0)
		r = import(x, buf_view(der), f);
	buf_free(&der);
	return r;
}

/* ---------------------------------------------------------------------------- the command */

static const struct {
	const char *name;
	int args;
	int (*run)(const struct cmd_context *x, struct fault *f);
} parts[] = {
	{ "status", 1, revocation_status },
	{ "fetch", 1, revocation_fetch },
	{ "import", 2, revocation_import },
};

static int
revocation(const struct cmd_context *x, struct fault *f)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(parts[i].name, x->args[0]) == 0 && parts[i].args == x->arg_count)
			return parts[i].run(x, f);
	fault_set(f, ERR_USAGE, x->args[0], "not a command for revocation lists");
	return fault_hint(f, "It is `revocation status`, `fetch` or `import FILE`.");
}

const struct cmd cmd_revocation = {
	.name = "revocation",
	.usage = "status | fetch | import FILE",
	.summary = "Shows the revocation lists, fetches them now, or adds one (DER).",
	.args_min = 1,
	.args_max = 2,
	.run = revocation,
};
