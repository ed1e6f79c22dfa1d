/*
 * The list's number is the time in milliseconds, or one more than the last if that is higher: so it
 * rises even when the store comes from a backup that is older than lists clients have seen.
 */
#include "server/authority.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "server/loop.h"

#define VALUE_KEY "ca.key"
#define VALUE_ROOT "ca.root"
#define VALUE_NUMBER "ca.number"
#define HOUR_MS (3600ull * 1000)
#define DAY_MS (24 * HOUR_MS)
#define SKEW_MS HOUR_MS /* clocks of others may be behind */
#define LIST_SKEW_MS (5ull * 60 * 1000) /* a list of the future would not be believed */
#define LOOK_S 30
#define CLIENT_AGE_H 48 /* their trust.max_age_h, unless they changed it */

struct authority {
	struct server *srv;
	struct ca *ca;
	struct event *look;
	uint64_t again; /* wall ms: when the list is issued again */
	bool running;   /* a refresh is on its way */
};

/* A list in the making. */
struct next_list {
	uint64_t number, now;
	struct ca_revoked *revoked;
	size_t count;
};

/* ---------------------------------------------------------------------------- the list */

static int
collect_one(const struct store_certificate *c, void *arg)
{
	struct next_list *n = arg;

	/* RFC 5280 3.3: it stays for one list after its end */
	if (c->revoked == 0 || c->expires + DAY_MS * 90 < n->now)
		return 0;
	n->revoked = mem_grow(n->revoked, n->count + 1, sizeof(*n->revoked));
	memcpy(n->revoked[n->count].serial, c->serial, CA_SERIAL_LEN);
	n->revoked[n->count++].at = c->revoked;
	return 0;
}

/* In a transaction: who is revoked, and the number that this list will have. */
static int
collect(const struct store_ops *ops, struct store *s, struct next_list *n)
{
	struct buf *b = buf_new(8);
	uint64_t last = 0;
	int r;

	n->count = 0;
	n->now = clock_now_ms();
	if ((r = ops->get_value(s, VALUE_NUMBER, b)) == 0)
		r = buf_get_u64(b, &last) != 0 ? ERR_IO : 0;
	if (r != 0 && r != ERR_NOT_FOUND)
		goto out;
	n->number = n->now > last ? n->now : last + 1;
	buf_reset(b);
	if ((r = buf_put_u64(b, n->number)) == 0 &&
	    (r = ops->put_value(s, VALUE_NUMBER, buf_view(b))) == 0)
		r = ops->each_certificate(s, collect_one, n);
out:
	buf_free(&b);
	return r;
}

uint64_t
authority_interval(const struct config *c)
{
	uint64_t hours = c->ca.list_hours, age = c->trust.policy.max_age_h;

	if (hours > CLIENT_AGE_H)
		hours = CLIENT_AGE_H;
	if (age != 0 && hours > age)
		hours = age;
	return hours * HOUR_MS / 4;
}

static int
publish(struct authority *a, const struct next_list *n)
{
	uint64_t good = a->srv->config->ca.list_hours * HOUR_MS;
	struct ca_list list = { n->number, n->now - LIST_SKEW_MS, n->now + good, n->revoked,
		n->count };
	struct buf *der = buf_new(REVOCATION_LIST_MAX);
	struct fault f = { 0 };
	int r;

	if ((r = ca_crl(a->ca, &list, der)) == 0)
		r = cert_store_update_crl(trust_store(a->srv->trust), buf_view(der), NULL, &f);
	if (r == 0)
		a->again = n->now + authority_interval(a->srv->config);
	else
		log_error(a->srv->log, "ca", "the revocation list cannot be issued: %s (%s)",
		    err_text(r), f.what);
	buf_free(&der);
	return r;
}

/* ---------------------------------------------------------------------------- key and root */

static int
root_name(const struct config *c, char out[CA_NAME_MAX + 1])
{
	const char *name = c->ca.name != NULL ? c->ca.name : c->host;
	char host[CA_NAME_MAX + 1] = "recado";

	if (name == NULL && gethostname(host, sizeof(host) - 1) == 0)
		name = host;
	if (name == NULL)
		name = "recado";
	return text_clean_to(out, CA_NAME_MAX + 1, name, strlen(name), TEXT_NAME) == 0 ? ERR_CONFIG
										       : 0;
}

static int
keep(const struct store_ops *ops, struct store *s, const struct ca *ca)
{
	struct buf *key = buf_new_secret(CA_KEY_MAX);
	int r;

	if ((r = ca_pack_key(ca, key)) == 0 &&
	    (r = ops->put_value(s, VALUE_KEY, buf_view(key))) == 0)
		r = ops->put_value(s, VALUE_ROOT, ca_root_der(ca));
	buf_free(&key);
	return r;
}

static int
make(struct authority *a, const struct store_ops *ops, struct store *s)
{
	const struct config *c = a->srv->config;
	uint64_t now = clock_now_ms();
	char name[CA_NAME_MAX + 1];
	struct ca_root root = { name, relaykey_id(a->srv->key), now - DAY_MS,
		now + c->ca.root_years * 365ull * DAY_MS };
	int r;

	if ((r = root_name(c, name)) != 0 || (r = ca_new(&root, &a->ca)) != 0)
		return r;
	if ((r = keep(ops, s, a->ca)) == 0)
		log_info(a->srv->log, "ca", "made the root of this relay's own CA: %s", name);
	return r;
}

/* ERR_NOT_FOUND: there is none. */
static int
load(struct authority *a, const struct store_ops *ops, struct store *s)
{
	struct buf *key = buf_new_secret(CA_KEY_MAX), *root = buf_new(CERT_DER_MAX);
	int r;

	if ((r = ops->get_value(s, VALUE_KEY, key)) == 0 &&
	    (r = ops->get_value(s, VALUE_ROOT, root)) == 0 &&
	    (r = ca_load(buf_view(key), buf_view(root), &a->ca)) == 0)
		r = ca_root_check(buf_view(root), relaykey_id(a->srv->key), NULL);
	buf_free(&key);
	buf_free(&root);
	return r;
}

static int
open_in(struct authority *a, const struct store_ops *ops, struct store *s, struct next_list *n)
{
	int r = load(a, ops, s);

	if (r == ERR_NOT_FOUND) {
		if (a->srv->config->enrol == ENROL_CLOSED)
			return 0;
		r = make(a, ops, s);
	}
	return r != 0 ? r : collect(ops, s, n);
}

int
authority_open(
    struct server *srv, const struct store_ops *ops, struct authority **out, struct fault *f)
{
	struct authority *a = mem_alloc(sizeof(*a));
	struct next_list n = { 0 };
	struct store *s = NULL;
	int r;

	*out = NULL;
	a->srv = srv;
	if ((r = ops->open(srv->config->data, false, &s, f)) != 0)
		goto out;
	if ((r = ops->begin(s)) == 0 && (r = open_in(a, ops, s, &n)) == 0)
		r = ops->commit(s);
	if (r == 0 && a->ca != NULL &&
	    (r = cert_store_add(
		 trust_store(srv->trust), CERT_RELAY_ANCHORS, ca_root_der(a->ca), NULL)) == 0)
		r = publish(a, &n);
	if (r != 0)
		fault_set(f, r, srv->config->data, "the relay's own CA cannot be used (%s)",
		    err_text(r));
out:
	ops->close(&s);
	free(n.revoked);
	if (r != 0)
		authority_free(&a);
	*out = a;
	return r;
}

void
authority_free(struct authority **pa)
{
	struct authority *a = *pa;

	if (a == NULL)
		return;
	*pa = NULL;
	if (a->look != NULL)
		event_free(a->look);
	ca_free(&a->ca);
	free(a);
}

struct bytes
authority_root(const struct authority *a)
{
	return a->ca != NULL ? ca_root_der(a->ca) : (struct bytes){ NULL, 0 };
}

/* ---------------------------------------------------------------------------- certificates */

int
authority_issue(
    const struct authority *a, const struct csr *who, uint64_t now, struct authority_leaf *out)
{
	struct ca_validity v = { now - SKEW_MS, now + a->srv->config->ca.days * DAY_MS };
	struct cert_link l;
	int r;

	memset(out, 0, sizeof(*out));
	if (a->ca == NULL)
		return ERR_NOT_FOUND;
	out->der = buf_new(CERT_DER_MAX);
	if ((r = ca_issue(a->ca, who, &v, out->serial, out->der)) != 0 ||
	    (r = cert_describe(buf_view(out->der), &l)) != 0) {
		authority_leaf_clear(out);
		return r;
	}
	out->made = now;
	out->expires = l.not_after;
	out->subject = mem_strdup(l.subject);
	memcpy(out->sha256, l.sha256, 32);
	cert_link_clear(&l);
	return 0;
}

void
authority_leaf_clear(struct authority_leaf *l)
{
	buf_free(&l->der);
	free(l->subject);
	memset(l, 0, sizeof(*l));
}

/* ---------------------------------------------------------------------------- again */

struct refresh {
	struct job job;
	struct authority *a;
	struct next_list list;
	authority_done_fn *done;
	void *arg;
};

static int
refresh_run(struct job *j, struct writer *w)
{
	return collect(writer_ops(w), writer_store(w), &((struct refresh *)j)->list);
}

static void
refresh_done(struct job *j)
{
	struct refresh *x = (struct refresh *)j;
	int r = j->result;

	x->a->running = false;
	if (r == 0 && (r = publish(x->a, &x->list)) == 0)
		server_lists_changed(x->a->srv);
	if (r != 0)
		x->a->again = 0;
	if (x->done != NULL)
		x->done(x->arg, r);
}

static void
refresh_free(struct job *j)
{
	struct refresh *x = (struct refresh *)j;

	free(x->list.revoked);
	free(x);
}

static const struct job_ops refresh_ops = {
	.name = "revocation list",
	.run = refresh_run,
	.done = refresh_done,
	.free = refresh_free,
};

void
authority_refresh(struct authority *a, authority_done_fn *done, void *arg)
{
	struct refresh *x;

	if (a->ca == NULL) {
		if (done != NULL)
			done(arg, 0);
		return;
	}
	x = mem_alloc(sizeof(*x));
	x->job.ops = &refresh_ops;
	x->job.home = a->srv->loops[0];
	x->a = a;
	x->done = done;
	x->arg = arg;
	a->running = true;
	writer_push(a->srv->writer, &x->job);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct authority *a = arg;
	(void)fd;
	(void)what;

	if (!a->running && clock_now_ms() >= a->again)
		authority_refresh(a, NULL, NULL);
}

int
authority_start(struct authority *a)
{
	static const struct timeval every = { LOOK_S, 0 };

	if (a->ca == NULL)
		return 0;
	a->look = event_new(loop_base(a->srv->loops[0]), -1, EV_PERSIST, on_look, a);
	return a->look != NULL && event_add(a->look, &every) == 0 ? 0 : ERR_NOMEM;
}
