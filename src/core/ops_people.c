#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/await.h"
#include "core/contact.h"
#include "core/ops.h"
#include "core/outbox.h"
#include "core/relay.h"
#include "core/seal.h"
#include "core/status.h"
#include "core/trust.h"
#include "core/whois.h"

/* ------------------------------------------------------------------------------ list */

static bool
matches(const char *filter, const struct core_person *p)
{
	return filter == NULL || filter[0] == '\0' || strcasestr(p->name, filter) != NULL ||
	    strcasestr(p->civil_name, filter) != NULL || strcasestr(p->civil_id, filter) != NULL;
}

static int
list_one(void *arg, const struct store_person *p)
{
	struct op *op = arg;
	struct core_event ev = { .kind = CORE_EV_PERSON, .person = contact_show(op->e, p) };

	if (p->contact != CORE_CONTACT_NONE && matches(op->cmd.text, ev.person))
		op_emit(op, &ev);
	else
		core_event_clear(&ev);
	return 0;
}

static void
directory_ask(struct op *op, struct bytes after);

static void
directory_one(struct op *op, const Recado__DirectoryEntry *entry)
{
	struct core_event ev = { .kind = CORE_EV_PERSON };
	struct store_person p;
	char name[STORE_NAME];

	if (entry->user_name.len >= sizeof(name) ||
	    text_name_check((const char *)entry->user_name.data, entry->user_name.len) != 0)
		return;
	memcpy(name, entry->user_name.data, entry->user_name.len);
	name[entry->user_name.len] = '\0';
	if (store_person_by_name(op->e->store, name, &p) == 0) {
		ev.person = contact_show(op->e, &p);
	} else {
		ev.person = mem_alloc(sizeof(*ev.person));
		ev.person->name = mem_strdup(name);
		ev.person->civil_name = mem_strdup("");
		ev.person->civil_id = mem_strdup("");
		ev.person->trust = '?';
	}
	ev.person->online = entry->online;
	if (matches(op->cmd.text, ev.person))
		op_emit(op, &ev);
	else
		core_event_clear(&ev);
}

static void
directory_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct op *op = arg;
	struct fault f = { 0 };
	const Recado__DirectoryPage *page;
	size_t i;

	if (err != 0) {
		op_fail_with(op, ERR_UNREACHABLE, NULL, "the relay did not answer");
		return;
	}
	if (status_fault(reply->status, NULL, "the relay's directory", &f) != 0) {
		if (reply->status == RECADO__STATUS__STATUS_NOT_ALLOWED)
			fault_hint(&f, "It is closed; `recado add` takes exact names.");
		op_fail(op, &f);
		return;
	}
	page = reply->op_case == RECADO__REPLY_BODY__OP_DIRECTORY_PAGE ? reply->directory_page : NULL;
	for (i = 0; page != NULL && i < page->n_entries; i++)
		directory_one(op, page->entries[i]);
	if (page != NULL && page->more && page->n_entries > 0)
		directory_ask(op, pb_view(page->entries[page->n_entries - 1]->user_name));
	else
		op_done(op, 0);
}

static void
directory_ask(struct op *op, struct bytes after)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__ListDirectory list = RECADO__LIST_DIRECTORY__INIT;

	list.after = pb_data(after);
	rq.op_case = RECADO__TO_RELAY__OP_LIST_DIRECTORY;
	rq.list_directory = &list;
	if (relay_request(op->e, &rq, directory_came, op) != 0)
		op_fail_with(op, ERR_UNREACHABLE, NULL, "the relay cannot be asked");
}

static void
directory_online(struct op *op, const struct fault *f)
{
	if (f != NULL)
		op_fail(op, f);
	else
		directory_ask(op, (struct bytes){ NULL, 0 });
}

void
ops_list(struct op *op)
{
	if ((op->cmd.flags & CORE_F_ALL) != 0)
		await_relay(op, directory_online);
	else
		op_end(op, store_person_each(op->e->store, list_one, op), NULL);
}

/* ------------------------------------------------------------------------------ add, accept, block */

static void
contact_becomes(struct op *op, struct store_person *p, const struct fault *f, int to)
{
	int r;

	if (f != NULL) {
		op_fail(op, f);
		return;
	}
	r = contact_set(op->e, p, (enum core_contact)to);
	if (r == 0)
		contact_emit(op, p);
	op_end(op, r, NULL);
}

/* Somebody refused is shown with the reason and does not become a contact. */
static void
added(struct op *op, struct store_person *p, const struct fault *f)
{
	struct fault why = { 0 };

	if (f == NULL && trust_may_send(op->e->trust, p, &why) != 0) {
		contact_emit(op, p);
		f = &why;
	}
	contact_becomes(op, p, f, CORE_CONTACT);
}

static void
accepted(struct op *op, struct store_person *p, const struct fault *f)
{
	struct fault why = { 0 };

	if (f == NULL && p->changed && trust_may_send(op->e->trust, p, &why) != 0)
		f = &why;
	contact_becomes(op, p, f, CORE_CONTACT);
}

static void
blocked(struct op *op, struct store_person *p, const struct fault *f)
{
	contact_becomes(op, p, f, CORE_CONTACT_BLOCKED);
}

void
ops_add(struct op *op)
{
	contact_find(op, true, added);
}

void
ops_accept(struct op *op)
{
	contact_find(op, false, accepted);
}

void
ops_block(struct op *op)
{
	contact_find(op, false, blocked);
}

/* ------------------------------------------------------------------------------ whois */

static void
shown(struct op *op, struct store_person *p, const struct fault *f)
{
	if (f != NULL) {
		op_fail(op, f);
		return;
	}
	whois_emit(op, p);
	op_done(op, 0);
}

void
ops_whois(struct op *op)
{
	if (op->cmd.name != NULL && strcmp(op->cmd.name, op->e->account.name) == 0) {
		whois_emit_self(op);
		op_done(op, 0);
	} else {
		contact_find(op, (op->cmd.flags & CORE_F_ALL) != 0, shown);
	}
}

/* ------------------------------------------------------------------------------ connect, disconnect */

static void
connected(struct op *op, const struct fault *f)
{
	struct store_person p;

	if (f != NULL) {
		op_fail(op, f);
		return;
	}
	if (store_person_by_id(op->e->store, op->person, &p) != 0) {
		op_fail_with(op, ERR_IO, NULL, "the store cannot be read");
		return;
	}
	whois_emit(op, &p);
	op_done(op, 0);
}

static void
connect_found(struct op *op, struct store_person *p, const struct fault *f)
{
	struct fault why = { 0 };
	int r;

	if (f == NULL && trust_may_send(op->e->trust, p, &why) != 0)
		f = &why;
	if (f == NULL && (r = contact_set(op->e, p, CORE_CONTACT)) != 0) {
		fault_set(&why, r, p->name, "the store cannot be written");
		f = &why;
	}
	if (f != NULL)
		op_fail(op, f);
	else
		outbox_connect(op, p, connected);
}

void
ops_connect(struct op *op)
{
	contact_find(op, true, connect_found);
}

void
ops_disconnect(struct op *op)
{
	struct store_person p;
	int r = store_person_by_name(op->e->store, op->cmd.name != NULL ? op->cmd.name : "", &p);

	if (r == ERR_NOT_FOUND) {
		op_fail_with(op, ERR_NO_USER, op->cmd.name, "there is no such contact");
		return;
	}
	if (r == 0)
		r = seal_disconnect(op->e, &p);
	outbox_kick(op->e);
	op_end(op, r, NULL);
}
