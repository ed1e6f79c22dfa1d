#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/contact.h"
#include "core/devices.h"
#include "core/own.h"
#include "core/trust_state.h"

#define TRUST_ENTRY_MAX (1u << 20)
#define TRUST_VERDICT_MS (60 * 1000)

/* ------------------------------------------------------------------------------ life */

static int
trust_load(struct trust *t, const struct config *c, struct fault *f)
{
	struct log *log = t->engine->log;
	size_t n = 0;
	int r;

	if (c->trust_anchors != NULL)
		r = cert_store_load(t->store, CERT_ANCHORS, c->trust_anchors, &n, f);
	else
		r = cert_store_load_pinned(t->store, &n, f);
	if (r != 0)
		return r;
	log_info(log, "trust", "anchors=%zu", n);
	if (c->trust_intermediates != NULL &&
	    (r = cert_store_load(t->store, CERT_INTERMEDIATES, c->trust_intermediates, NULL, f)) != 0)
		return r;
	return trust_folder_load(t, f);
}

static void
trust_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct trust *t = arg;
	size_t i;

	for (i = 0; i < t->retired_count; i++)
		identity_free(&t->retired[i]);
	t->retired_count = 0;
}

int
trust_new(struct engine *e, struct trust **out, struct fault *f)
{
	struct trust *t = mem_alloc(sizeof(*t));
	struct cert_policy policy = {
		.profile = e->config->profile == CONFIG_PROFILE_STRICT ? CERT_STRICT : CERT_STANDARD,
		.revocation = e->config->revocation == CONFIG_REVOCATION_OFF ? CERT_REVOCATION_OFF
		    : e->config->revocation == CONFIG_REVOCATION_PREFER      ? CERT_REVOCATION_PREFER
		                                                             : CERT_REVOCATION_REQUIRE,
		.max_age_h = (uint32_t)e->config->max_age_h,
	};
	int r;

	*out = NULL;
	policy.required = e->config->policies;
	policy.by_card_authority = policy.required.count == 0 && e->config->trust_anchors == NULL;
	t->engine = e;
	LIST_INIT(&t->cache);
	STAILQ_INIT(&t->waiters);
	STAILQ_INIT(&t->wanted);
	t->issuers = buf_new(TRUST_ENTRY_MAX);
	t->store = cert_store_new(&policy);
	t->sweep = evtimer_new(e->base, trust_sweep, t);
	r = t->sweep != NULL ? trust_news_open(t) : ERR_NOMEM;
	if (r == 0)
		r = trust_load(t, e->config, f);
	if (r != 0) {
		/* whatever is wrong with a configured folder is a wrong configuration */
		if (f != NULL)
			f->code = ERR_CONFIG;
		trust_free(&t);
		return ERR_CONFIG;
	}
	*out = t;
	return 0;
}

void
trust_retire(struct trust *t, struct identity *i)
{
	static const struct timeval now = { 0, 0 };

	if (i == NULL)
		return;
	t->retired = mem_grow(t->retired, t->retired_count + 1, sizeof(struct identity *));
	t->retired[t->retired_count++] = i;
	evtimer_add(t->sweep, &now);
}

static void
cache_drop(struct trust *t, struct trust_cached *c)
{
	LIST_REMOVE(c, link);
	trust_retire(t, c->identity);
	free(c);
}

void
trust_close(struct trust *t)
{
	struct trust_cached *c;

	trust_lists_forget(t);
	while ((c = LIST_FIRST(&t->cache)) != NULL)
		cache_drop(t, c);
	trust_retire(t, t->self);
	t->self = NULL;
	t->has_ca = false;
}

void
trust_free(struct trust **pt)
{
	struct trust *t = *pt;

	if (t == NULL)
		return;
	*pt = NULL;
	trust_close(t);
	trust_sweep(-1, 0, t);
	free(t->retired);
	if (t->sweep != NULL)
		event_free(t->sweep);
	if (t->clock != NULL)
		event_free(t->clock);
	cert_store_free(&t->store);
	buf_free(&t->issuers);
	free(t);
}

/* ------------------------------------------------------------------------------ identities */

struct identity_check
trust_check(struct trust *t)
{
	return (struct identity_check){ .store = t->store, .now = clock_now_ms(),
		.relay_id = t->engine->account.relay_id };
}

struct cert_store *
trust_store(struct trust *t)
{
	return t->store;
}

/* Verify a packed entry again, as everything that comes from a file. (But not whose cards reached an
 * anchor when it was taken: roots are retired, and what is here has to be read all the same.) */
static int
identity_load(struct trust *t, struct bytes packed, struct identity **out)
{
	struct identity_check chk = trust_check(t);
	Recado__DirectoryEntry *entry = NULL;
	struct identity *i = identity_new();
	int r = pb_unpack(&recado__directory_entry__descriptor, packed, &entry);

	*out = NULL;
	chk.kept = true;
	if (r == 0)
		r = identity_update(i, entry, &chk, NULL);
	if (r == 0) {
		*out = i;
		i = NULL;
	}
	identity_free(&i);
	pb_free(&entry);
	return r;
}

int
trust_open(struct trust *t, struct fault *f)
{
	struct buf *b = buf_new(TRUST_ENTRY_MAX);
	int r = trust_ca_load(t);

	if (r == 0)
		r = trust_issuers_load(t);
	if (r == 0)
		r = trust_lists_load(t);
	if (r == 0)
		r = store_value_get(t->engine->store, "self", b);
	if (r == 0)
		r = identity_load(t, buf_view(b), &t->self);
	buf_free(&b);
	if (r != 0)
		return fault_set(f, r, t->engine->account.name, "the account in the store does not verify");
	return 0;
}

/* A verdict of now: lists may have changed since, a date passed, or the ages it names grown. */
static void
identity_fresh(struct trust *t, struct identity *i)
{
	const struct cert_verdict *v = identity_verdict(i);
	struct identity_check chk = trust_check(t);

	if (v != NULL && v->generation == cert_store_generation(t->store) && chk.now < v->valid_until &&
	    chk.now >= v->judged_at && chk.now - v->judged_at < TRUST_VERDICT_MS)
		return;
	trust_retire(t, identity_copy(i));
	if (identity_recheck(i, &chk) != 0)
		log_warn(t->engine->log, "trust", "an identity cannot be judged again");
}

const struct identity *
trust_self(struct trust *t)
{
	if (t->self != NULL)
		identity_fresh(t, t->self);
	return t->self;
}

struct trust_cached *
trust_cached(struct trust *t, int64_t person)
{
	struct trust_cached *c;

	LIST_FOREACH(c, &t->cache, link)
		if (c->person == person)
			return c;
	return NULL;
}

static struct trust_cached *
cache_put(struct trust *t, int64_t person, struct identity *i)
{
	struct trust_cached *c = trust_cached(t, person);

	if (c == NULL) {
		c = mem_alloc(sizeof(*c));
		c->person = person;
		LIST_INSERT_HEAD(&t->cache, c, link);
	}
	trust_retire(t, c->identity);
	c->identity = i;
	c->safety[0] = '\0';
	return c;
}

const struct identity *
trust_identity(struct trust *t, const struct store_person *p)
{
	struct trust_cached *c = trust_cached(t, p->id);
	struct identity *i;
	struct buf *b;
	int r;

	if (!p->known)
		return NULL;
	if (own_is(t->engine, p))
		return trust_self(t);
	/* A person whose making was rolled back leaves an entry under an id that is free again. */
	if (c != NULL && memcmp(identity_user_id(c->identity), p->user_id, STORE_USER) != 0) {
		cache_drop(t, c);
		c = NULL;
	}
	if (c == NULL) {
		b = buf_new(TRUST_ENTRY_MAX);
		r = store_entry_get(t->engine->store, p->id, b);
		if (r == 0)
			r = identity_load(t, buf_view(b), &i);
		buf_free(&b);
		if (r != 0) {
			log_error(t->engine->log, "trust", "what is kept of %s does not verify: %s", p->name,
			    err_text(r));
			return NULL;
		}
		c = cache_put(t, p->id, i);
	}
	identity_fresh(t, c->identity);
	return c->identity;
}

/* ------------------------------------------------------------------------------ learning */

static int
learn_keep(struct trust *t, struct store_person *p, const struct identity *old,
    const struct identity *new, bool shown)
{
	struct store *s = t->engine->store;
	struct buf *b = buf_new(TRUST_ENTRY_MAX);
	int r = store_begin(s);

	if (r != 0)
		goto out;
	memcpy(p->user_id, identity_user_id(new), STORE_USER);
	p->known = true;
	p->stale = p->stale && !shown;
	if ((r = identity_pack(new, b)) == 0 && (r = store_person_set(s, p)) == 0 &&
	    (r = store_entry_set(s, p->id, buf_view(b))) == 0 &&
	    (r = devices_changed(t->engine, p, old, new)) == 0 && shown)
		r = trust_claim_settle(t, p, old, new);
	r = store_end(s, r);
out:
	buf_free(&b);
	return r;
}

/* The name leads to another user now. What is known stays; nothing is sent until that is settled. */
static int
learn_changed(struct trust *t, struct store_person *p, struct fault *f)
{
	if (trust_doubt_set(t, p, TRUST_OTHER_USER) != 0)
		return fault_set(f, ERR_IO, p->name, "the store cannot be written");
	return fault_set(f, ERR_CHAIN, p->name, TRUST_OTHER_USER);
}

/* The relay's word about somebody known does not hold: nothing of it is taken, and it is said once. */
static void
learn_refused(struct trust *t, const struct store_person *p, const struct fault *f)
{
	char key[40], what[sizeof(f->what) + 32], *last;
	struct store *s = t->engine->store;

	snprintf(key, sizeof(key), "refused.%lld", (long long)p->id);
	snprintf(what, sizeof(what), "refused from the relay: %s", f->what);
	last = store_text_get(s, key);
	if ((last == NULL || strcmp(last, what) != 0) && store_text_set(s, key, what) == 0 &&
	    store_past_add(s, p->id, clock_now_ms(), what) == 0)
		engine_notice(t->engine, p->name, what);
	free(last);
}

/* shown: the relay shows the list, and answers for it. Otherwise it is a record alone, or what somebody
 * else knew of the list. */
static int
learn(struct trust *t, struct store_person *p, const Recado__DirectoryEntry *entry, bool shown,
    struct fault *f)
{
	const struct identity *old = trust_identity(t, p);
	struct identity_check chk = trust_check(t);
	struct identity *new;
	struct fault own = { 0 };
	int r;

	if (own_is(t->engine, p)) {
		r = trust_self_take(t, entry, shown, f);
		return r != 0 ? r : own_person(t->engine, p);
	}
	if (p->known && entry->user_id.len > 0 &&
	    !bytes_equal(pb_view(entry->user_id), (struct bytes){ p->user_id, STORE_USER }))
		return learn_changed(t, p, f);
	new = old != NULL ? identity_copy(old) : identity_new();
	r = identity_update(new, entry, &chk, &own);
	if (r == 0 && strcmp(identity_name(new), p->name) != 0)
		r = fault_set(&own, ERR_CHAIN, p->name, "the relay answered with somebody else");
	if (r == 0)
		r = learn_keep(t, p, old, new, shown);
	if (r != 0) {
		log_warn(t->engine->log, "trust", "an entry is refused: user=%s error=%s", p->name,
		    err_name(r));
		identity_free(&new);
		if (own.code == 0)
			fault_set(&own, r, p->name, "%s", err_text(r));
		fault_hint(&own, "Nothing of it was taken: the relay, or who stands behind it, does not show"
		    " what the card signed.");
		if (p->known)
			learn_refused(t, p, &own);
		if (f != NULL)
			*f = own;
		return r;
	}
	cache_put(t, p->id, new);
	trust_note(t, p);
	contact_publish(t->engine, p->id);
	op_notify_all(t->engine, OP_NEWS_PERSON, &p->id);
	return 0;
}

int
trust_learn(struct trust *t, struct store_person *p, const Recado__DirectoryEntry *entry,
    struct fault *f)
{
	return learn(t, p, entry, entry->n_events > 0, f);
}

/* Who is this entry about, judged by itself: a signed name and user id. */
static int
entry_names(struct trust *t, const Recado__DirectoryEntry *entry, struct store_person *out,
    struct fault *f)
{
	struct identity_check chk = trust_check(t);
	struct identity *i = identity_new();
	int r = identity_update(i, entry, &chk, f);

	memset(out, 0, sizeof(*out));
	if (r == 0) {
		memcpy(out->user_id, identity_user_id(i), STORE_USER);
		memcpy(out->name, identity_name(i), strlen(identity_name(i)) + 1);
	}
	identity_free(&i);
	return r;
}

int
trust_person(struct trust *t, const Recado__DirectoryEntry *entry, struct store_person *out,
    struct fault *f)
{
	struct store *s = t->engine->store;
	struct store_person named;
	int r = entry_names(t, entry, out, f);

	if (r != 0)
		return r;
	r = store_person_by_user(s, out->user_id, &named);
	if (r == ERR_NOT_FOUND) {
		r = store_person_by_name(s, out->name, &named);
		/* A card can sign any name, so a stranger's word never touches somebody known. */
		if (r == 0 && named.known)
			return fault_set(f, ERR_CHAIN, out->name, "a stranger uses the name of a contact");
		/* Nor does it become somebody we wrote to by name alone: who that is, the relay says. */
		if (r == 0) {
			*out = named;
			return fault_set(f, ERR_AGAIN, out->name, "the relay has not said who this is");
		}
		if (r == ERR_NOT_FOUND) {
			named = *out;
			named.known = false;
			r = store_person_add(s, &named);
		}
	}
	if (r != 0)
		return fault_set(f, r, out->name, "the store cannot be used");
	*out = named;
	return learn(t, out, entry, false, f);
}
