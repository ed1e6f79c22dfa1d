#include "server/trust.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/lists.h"

#define JUDGE_AGAIN_MS (10u * 60 * 1000) /* a good verdict is looked at again at least so often */

struct trust {
	struct log *log;
	struct cert_store *store;
	char *crls, *kept; /* folders: the operator's and the relay's own */
	uint8_t relay_id[32];
	atomic_uint_least64_t loaded_at;
	trust_chain_fn *on_chain;
	void *on_chain_arg;
};

static int
load(struct trust *t, enum cert_kind kind, const char *path, const char *what, struct fault *f)
{
	size_t count;
	int r;

	if (path == NULL)
		return 0;
	if ((r = cert_store_load(t->store, kind, path, &count, f)) == 0)
		log_info(t->log, "trust", "%zu %s from %s", count, what, path);
	return r;
}

static int
load_all(struct trust *t, const struct config *c, bool alone, struct fault *f)
{
	size_t pinned;
	int r;

	r = c->trust.anchors != NULL ? load(t, CERT_ANCHORS, c->trust.anchors, "anchors", f)
				     : cert_store_load_pinned(t->store, &pinned, f);
	if (r != 0 ||
	    (r = load(t, CERT_INTERMEDIATES, c->trust.intermediates, "intermediates", f)) != 0 ||
	    (r = load(t, CERT_CRLS, c->trust.crls, "revocation lists", f)) != 0)
		return r;
	lists_load(t->kept, t->store, alone, t->log);
	if (cert_store_anchor_count(t->store) == 0)
		log_warn(t->log, "trust",
		    "no trust anchors: no card will be accepted; "
		    "set trust.anchors or install the state's root certificates");
	return 0;
}

int
trust_new(const struct config *c, struct log *log, const uint8_t relay_id[32], struct trust **out,
    struct fault *f)
{
	struct cert_policy policy = c->trust.policy;
	struct trust *t = mem_alloc(sizeof(*t));
	int r;

	*out = NULL;
	t->log = log;
	policy.by_card_authority = policy.required.count == 0 && c->trust.anchors == NULL;
	t->store = cert_store_new(&policy);
	t->crls = c->trust.crls != NULL ? mem_strdup(c->trust.crls) : NULL;
	t->kept = lists_path(c->data);
	memcpy(t->relay_id, relay_id, 32);
	atomic_init(&t->loaded_at, clock_now_ms());
	if ((r = load_all(t, c, log != NULL, f)) != 0)
		trust_free(&t);
	*out = t;
	return r;
}

void
trust_free(struct trust **pt)
{
	struct trust *t = *pt;

	if (t == NULL)
		return;
	*pt = NULL;
	cert_store_free(&t->store);
	free(t->crls);
	free(t->kept);
	free(t);
}

void
trust_reload(struct trust *t, bool *changed)
{
	uint64_t before = cert_store_generation(t->store);
	struct fault f = { 0 };
	char line[512];
	size_t count = 0;

	lists_load(t->kept, t->store, false, t->log);
	if (t->crls != NULL && cert_store_reload_crls(t->store, t->crls, &count, &f) != 0) {
		fault_line(&f, line, sizeof(line));
		log_warn(t->log, "trust", "revocation lists stay as they were: %s", line);
	}
	atomic_store(&t->loaded_at, clock_now_ms());
	*changed = cert_store_generation(t->store) != before;
	if (*changed)
		log_info(t->log, "trust", "revocation lists read again");
}

const char *
trust_directory(const struct trust *t)
{
	return t->crls;
}

struct cert_store *
trust_store(const struct trust *t)
{
	return t->store;
}

uint64_t
trust_generation(const struct trust *t)
{
	/* 0 stands for "never judged". */
	return cert_store_generation(t->store) + 1;
}

uint64_t
trust_loaded_at(const struct trust *t)
{
	return atomic_load(&t->loaded_at);
}

void
trust_on_chain(struct trust *t, trust_chain_fn *fn, void *arg)
{
	t->on_chain = fn;
	t->on_chain_arg = arg;
}

/* ---------------------------------------------------------------------------- judging */

static uint32_t
status_of(int code)
{
	switch (code) {
	case 0:
		return RECADO__STATUS__STATUS_OK;
	case ERR_CERT_REVOKED:
		return RECADO__STATUS__STATUS_CERT_REVOKED;
	case ERR_CERT_TIME:
		return RECADO__STATUS__STATUS_CERT_EXPIRED;
	default:
		return RECADO__STATUS__STATUS_CERT_REFUSED;
	}
}

/* Why an entry is no extension of what is known, to who brought it. */
static uint32_t
status_of_refusal(int code)
{
	switch (code) {
	case ERR_UNTRUSTED:
		return RECADO__STATUS__STATUS_NAME_TAKEN; /* by somebody with another card */
	case ERR_CERT_CHAIN:
		return RECADO__STATUS__STATUS_CERT_REFUSED;
	default:
		return RECADO__STATUS__STATUS_BAD_REQUEST;
	}
}

static void
answer(const struct cert_verdict *v, uint64_t generation, uint64_t now, struct trust_answer *a)
{
	a->generation = generation;
	if (v == NULL) {
		a->status = RECADO__STATUS__STATUS_CERT_REFUSED;
		snprintf(a->detail, sizeof(a->detail), "no certificate");
		return;
	}
	a->status = status_of(v->code);
	if (v->code != 0)
		snprintf(a->detail, sizeof(a->detail), "%s", v->sentence);
	a->lacks_list = v->code == ERR_CERT_REVOCATION && v->reached_anchor;
	a->until = now + JUDGE_AGAIN_MS;
	/* In the past where a list that is too old will do: another one is another generation. */
	if (v->valid_until > now && v->valid_until < a->until)
		a->until = v->valid_until;
}

static void
show_chain(const struct trust *t, const struct cert_verdict *v)
{
	if (t->on_chain != NULL && v != NULL)
		t->on_chain(t->on_chain_arg, v);
}

int
trust_read(struct trust *t, struct bytes entry, uint64_t now, struct identity **out)
{
	struct identity_check chk = { .store = t->store,
		.now = now,
		.relay_id = t->relay_id,
		.kept = true };
	struct identity *id = identity_new();
	Recado__DirectoryEntry *e = NULL;
	struct fault f = { 0 };
	int r;

	*out = NULL;
	if ((r = pb_unpack_lenient(&recado__directory_entry__descriptor, entry, &e)) == 0)
		r = identity_update(id, e, &chk, &f);
	pb_free(&e);
	if (r != 0) {
		log_error(t->log, "trust", "an account in the store does not verify: %s", f.what);
		identity_free(&id);
		return r;
	}
	show_chain(t, identity_verdict(id));
	*out = id;
	return 0;
}

void
trust_verify(struct trust *t, const struct identity *known, const Recado__DirectoryEntry *entry,
    uint64_t now, struct identity **out, struct trust_answer *a)
{
	struct identity_check chk = { .store = t->store, .now = now, .relay_id = t->relay_id };
	struct identity *id = known != NULL ? identity_copy(known) : identity_new();
	struct fault f = { 0 };
	int r;

	*out = NULL;
	memset(a, 0, sizeof(*a));
	if ((r = identity_update(id, entry, &chk, &f)) != 0) {
		a->status = status_of_refusal(r);
		fault_line(&f, a->detail, sizeof(a->detail));
		identity_free(&id);
		return;
	}
	show_chain(t, identity_verdict(id));
	*out = id;
}

void
trust_judge(struct trust *t, const struct identity *id, const uint8_t device[DEVICE_ID_LEN],
    uint64_t now, const struct cert_verdict **v, struct trust_answer *a)
{
	struct identity_check chk = { .store = t->store, .now = now, .relay_id = t->relay_id };
	uint64_t generation = trust_generation(t);

	memset(a, 0, sizeof(*a));
	if (identity_judge_device(id, device, &chk, v) != 0)
		log_warn(t->log, "trust", "no certificate of a device of %s can be judged",
		    identity_name(id));
	answer(*v, generation, now, a);
	show_chain(t, *v);
}
