#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/await.h"
#include "core/contact.h"
#include "core/inbox.h"
#include "core/outbox.h"
#include "core/own.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "core/status.h"
#include "core/trust.h"

/* ------------------------------------------------------------------------------ showing */

struct core_person *
contact_show(struct engine *e, const struct store_person *p)
{
	const struct identity *i = trust_identity(e->trust, p);
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;
	const char *why = trust_why(e->trust, p);
	struct core_person *out = mem_alloc(sizeof(*out));
	size_t n;

	out->name = mem_strdup(p->name);
	out->trust = trust_letter(e->trust, p);
	out->civil_name = mem_strdup(v != NULL ? v->civil_name : "");
	out->civil_id = mem_strdup(v != NULL ? v->civil_id : "");
	out->online = p->known && relay_sees(e, p->user_id);
	for (n = 0; i != NULL && n < identity_device_count(i); n++)
		out->devices += identity_device(i, n)->removed_at == 0;
	out->unread = p->unread;
	out->contact = (enum core_contact)p->contact;
	out->last_at = p->last_at;
	out->why = why != NULL ? mem_strdup(why) : NULL;
	out->mixed_scripts = text_mixed_scripts(p->name, strlen(p->name)) ||
	    (v != NULL && text_mixed_scripts(v->civil_name, strlen(v->civil_name)));
	return out;
}

void
contact_emit(struct op *op, const struct store_person *p)
{
	struct core_event ev = { .kind = CORE_EV_PERSON, .person = contact_show(op->e, p) };

	op_emit(op, &ev);
}

void
contact_publish(struct engine *e, int64_t person)
{
	struct core_event ev = { .kind = CORE_EV_PERSON };
	struct store_person p;

	if (!engine_watched(e) || person == e->own || store_person_by_id(e->store, person, &p) != 0)
		return;
	ev.person = contact_show(e, &p);
	engine_publish(e, &ev);
}

static int
rejudge_one(void *arg, const struct store_person *p)
{
	if (p->contact != CORE_CONTACT_NONE)
		contact_publish(arg, p->id);
	return 0;
}

void
contact_rejudge(void *arg)
{
	struct engine *e = arg;

	(void)trust_note_all(e->trust);
	if (engine_watched(e) && store_person_each(e->store, rejudge_one, e) != 0)
		log_warn(e->log, "contact", "people cannot be listed");
	outbox_kick(e);
}

/* ------------------------------------------------------------------------------ finding */

static void
find_end(struct op *op, const struct fault *f)
{
	op_found *found = op->found;
	struct store_person p;
	struct fault own = { 0 };

	op->found = NULL;
	if (f == NULL && store_person_by_id(op->e->store, op->person, &p) != 0) {
		fault_set(&own, ERR_IO, op->cmd.name, "the store cannot be read");
		f = &own;
	}
	found(op, f == NULL ? &p : NULL, f);
}

static void
find_listed(void *arg)
{
	struct op *op = arg;
	struct store_person p;

	if (store_person_by_id(op->e->store, op->person, &p) == 0)
		trust_note(op->e->trust, &p);
	find_end(op, NULL);
}

/* Does judging p want an authority or a list that we do not have, or a newer list? */
static bool
lacks_lists(struct engine *e, const struct store_person *p)
{
	const struct identity *i = trust_identity(e->trust, p);
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;
	size_t n;

	for (n = 0; v != NULL && n < v->need_count; n++)
		if (v->needs[n].missing)
			return true;
	return v != NULL && (v->incomplete || v->code == ERR_CERT_REVOCATION);
}

/* A person comes into the store only with an entry that verifies. */
static int
find_learn(struct op *op, const Recado__DirectoryEntry *entry, struct store_person *p,
    struct fault *f)
{
	struct engine *e = op->e;
	const char *name = op->cmd.name;
	int r = store_begin(e->store);

	if (r != 0)
		return fault_set(f, r, name, "the store cannot be written");
	r = store_person_by_name(e->store, name, p);
	if (r == ERR_NOT_FOUND) {
		memcpy(p->name, name, strlen(name) + 1);
		r = store_person_add(e->store, p);
	}
	if (r == 0 && op->cmd.op == CORE_ACCEPT)
		r = trust_renounce(e->trust, p, entry);
	if (r != 0)
		fault_set(f, r, name, "the store cannot be written");
	else if ((r = trust_learn(e->trust, p, entry, f)) != 0 && p->known)
		return store_commit(e->store) != 0 ? ERR_IO : r; /* keep that it was refused */
	return store_end(e->store, r);
}

static void
find_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct op *op = arg;
	struct engine *e = op->e;
	struct store_person p = { 0 };
	struct fault f = { 0 };

	if (err != 0)
		fault_set(&f, ERR_UNREACHABLE, op->cmd.name, "the relay did not answer");
	else if (status_fault(reply->status, NULL, op->cmd.name, &f) == 0 &&
	    reply->op_case != RECADO__REPLY_BODY__OP_ENTRY)
		fault_set(&f, ERR_UNEXPECTED, op->cmd.name, "the relay answered something else");
	if (f.code == 0)
		(void)!find_learn(op, reply->entry, &p, &f);
	/* who is not who they were is found, and is '!' */
	if (f.code != 0 && !p.changed) {
		find_end(op, &f);
		return;
	}
	op->person = p.id;
	if (lacks_lists(e, &p) || op->cmd.op == CORE_WHOIS)
		trust_refresh(e->trust, find_listed, op);
	else
		find_end(op, NULL);
}

static int
lookup(struct engine *e, const char *name, conn_reply_fn *fn, void *arg)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Lookup look = RECADO__LOOKUP__INIT;

	look.user_name = pb_data((struct bytes){ (const uint8_t *)name, strlen(name) });
	rq.op_case = RECADO__TO_RELAY__OP_LOOKUP;
	rq.lookup = &look;
	return relay_request(e, &rq, fn, arg);
}

static void
find_online(struct op *op, const struct fault *f)
{
	struct fault own = { 0 };

	if (f != NULL) {
		find_end(op, op->person != 0 ? NULL : f);
		return;
	}
	if (lookup(op->e, op->cmd.name, find_came, op) != 0) {
		fault_set(&own, ERR_UNREACHABLE, op->cmd.name, "the relay cannot be asked");
		find_end(op, op->person != 0 ? NULL : &own);
	}
}

void
contact_find(struct op *op, bool fresh, op_found *found)
{
	struct store_person p;
	const char *name = op->cmd.name != NULL ? op->cmd.name : "";
	struct fault f = { 0 };
	int r;

	op->found = found;
	op->person = 0;
	if (text_name_check(name, strlen(name)) != 0)
		r = fault_set(&f, ERR_USAGE, name, "this is no account name");
	else if (strcmp(name, op->e->account.name) == 0)
		r = fault_set(&f, ERR_USAGE, name, "this is your own account");
	else if ((r = store_person_by_name(op->e->store, name, &p)) == ERR_NOT_FOUND)
		r = 0;
	else if (r != 0)
		fault_set(&f, r, name, "the store cannot be read");
	else
		op->person = p.id;
	if (r != 0)
		find_end(op, &f);
	else if (op->person != 0 && p.known && !fresh && !p.stale && !p.changed)
		find_end(op, NULL);
	else
		await_relay(op, find_online);
}

/* ------------------------------------------------------------------------------ without an op */

struct refresh {
	struct engine *e;
	int64_t person;
};

/* Nothing goes out to a list that is not whole, or not theirs: what waits for it says why. */
static void
refresh_learn(struct engine *e, struct store_person *p, const Recado__DirectoryEntry *entry)
{
	char line[sizeof(struct fault)];
	struct fault f = { 0 };
	int r = trust_learn(e->trust, p, entry, &f);

	if (r == 0) {
		trust_refresh(e->trust, contact_rejudge, e);
	} else if (p->known) {
		fault_line(&f, line, sizeof(line));
		outbox_fail_person(e, p->id, r, line);
	}
}

static void
refresh_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct refresh *x = arg;
	struct engine *e = x->e;
	struct store_person p;

	outbox_looked_up(e, x->person);
	if (err == 0 && store_person_by_id(e->store, x->person, &p) == 0) {
		if (reply->status == RECADO__STATUS__STATUS_NO_USER && !p.known)
			outbox_fail_person(e, p.id, ERR_NO_USER, "there is no such user");
		else if (reply->status == RECADO__STATUS__STATUS_NO_USER)
			engine_notice(e, p.name, "the relay does not know this person any more: what is "
			    "written to them waits");
		else if (reply->op_case == RECADO__REPLY_BODY__OP_ENTRY)
			refresh_learn(e, &p, reply->entry);
	}
	inbox_looked_up(e, x->person,
	    err == 0 && (reply->status == RECADO__STATUS__STATUS_NO_USER ||
	                    reply->op_case == RECADO__REPLY_BODY__OP_ENTRY));
	receipts_ready(e, x->person);
	/* Asking at once again would get the same answer. */
	if (err == 0 && reply->status == RECADO__STATUS__STATUS_RATE_LIMIT)
		outbox_pause(e->outbox);
	else
		outbox_kick(e);
	free(x);
}

void
contact_refresh(struct engine *e, int64_t person)
{
	struct refresh *x = mem_alloc(sizeof(*x));
	struct store_person p;

	x->e = e;
	x->person = person;
	if (store_person_by_id(e->store, person, &p) != 0 ||
	    lookup(e, own_is(e, &p) ? e->account.name : p.name, refresh_came, x) != 0)
		refresh_came(x, ERR_UNREACHABLE, NULL);
}

struct meeting {
	struct engine *e;
	uint8_t user[STORE_USER];
};

/* A name that was written to before anybody was known by it is theirs: it is the relay that says so. */
static int
meet_learn(struct engine *e, const Recado__DirectoryEntry *entry)
{
	struct store_person p;
	struct fault f = { 0 };
	int r = store_begin(e->store);

	if (r != 0)
		return r;
	if ((r = trust_person(e->trust, entry, &p, &f)) == ERR_AGAIN)
		r = trust_learn(e->trust, &p, entry, &f);
	if (r != 0)
		log_warn(e->log, "contact", "who wrote is not shown: %s %s", err_name(r), f.what);
	return store_end(e->store, r);
}

static void
meet_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct meeting *x = arg;
	struct engine *e = x->e;
	bool entry = err == 0 && reply->op_case == RECADO__REPLY_BODY__OP_ENTRY;

	if (entry &&
	    bytes_equal(pb_view(reply->entry->user_id), (struct bytes){ x->user, STORE_USER }) &&
	    meet_learn(e, reply->entry) == 0)
		trust_refresh(e->trust, contact_rejudge, e);
	inbox_looked_up(
	    e, 0, entry || (err == 0 && reply->status == RECADO__STATUS__STATUS_NO_USER));
	free(x);
}

void
contact_meet(struct engine *e, const uint8_t *user_id)
{
	struct meeting *x = mem_alloc(sizeof(*x));
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Lookup look = RECADO__LOOKUP__INIT;

	x->e = e;
	memcpy(x->user, user_id, STORE_USER);
	look.user_id = pb_data((struct bytes){ x->user, STORE_USER });
	rq.op_case = RECADO__TO_RELAY__OP_LOOKUP;
	rq.lookup = &look;
	if (relay_request(e, &rq, meet_came, x) != 0)
		meet_came(x, ERR_UNREACHABLE, NULL);
}

/* ------------------------------------------------------------------------------ changing */

int
contact_set(struct engine *e, struct store_person *p, enum core_contact to)
{
	int r;

	if (p->contact == (int)to)
		return 0;
	p->contact = (int)to;
	if ((r = store_person_set(e->store, p)) != 0)
		return r;
	contact_publish(e, p->id);
	relay_watch(e);
	receipts_kick(e);
	return 0;
}
