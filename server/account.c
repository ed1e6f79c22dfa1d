/*
 * Two trips to the store. The first reads the entry (none for a new account); then the loop
 * verifies, which takes milliseconds and must not hold up the store; the second commits, after
 * comparing the list's head with the one that was verified against.
 */
#include "server/account_change.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "server/authority.h"
#include "server/encode.h"

#define ENTRY_MAX (1u << 20)
#define STALE "the device list has changed meanwhile"

/* Fields of recado.proto written here. */
enum { ENTRY_BINDINGS = 3, ENTRY_EVENTS = 4, ENTRY_RECORDS = 5 };

/* ---------------------------------------------------------------------------- 1: read */

static int
read_run(struct work *k, struct writer *w)
{
	struct change *c = (struct change *)k;

	buf_reset(c->entry);
	return writer_ops(w)->get_entry(writer_store(w), c->before.id, c->entry);
}

/* ---------------------------------------------------------------------------- 2: verify */

static void
note_device(
    struct directory_device *out, const struct identity *id, const struct identity_device *d)
{
	memcpy(out->id, d->id, DEVICE_ID_LEN);
	memcpy(out->user_id, identity_user_id(id), USER_ID_LEN);
	memcpy(out->signing_key, d->signing_key, 32);
	out->live = d->removed_at == 0;
}

static void
note_identity(struct change *c, const struct identity *id)
{
	c->device_count = identity_device_count(id);
	c->devices = mem_array(c->device_count + 1, sizeof(*c->devices));
	for (size_t i = 0; i < c->device_count; i++)
		note_device(&c->devices[i], id, identity_device(id, i));
	memcpy(c->after.id, identity_user_id(id), USER_ID_LEN);
	memcpy(c->after.list_head, identity_list_head(id), HASH_LEN);
	c->after.list_length = identity_list_length(id);
	snprintf(c->after.name, sizeof(c->after.name), "%s", identity_name(id));
	cert_sha256(identity_certificate(id), c->claim.certificate);
}

/* The record of a new device, which the store keeps apart from the entry. */
static int
note_record(struct change *c, const struct identity *id, const Recado__DirectoryEntry *parts)
{
	Recado__DeviceRecord *body = NULL;
	const struct identity_device *d;
	int r;

	if (parts->n_records == 0)
		return 0;
	if ((r = pb_unpack(
		 &recado__device_record__descriptor, pb_view(parts->records[0]->body), &body)) != 0)
		return r;
	d = body->device_id.len == DEVICE_ID_LEN ? identity_find_device(id, body->device_id.data)
						 : NULL;
	if (d == NULL || d->record_number != body->number)
		r = ERR_FORMAT;
	else {
		memcpy(c->record_device, d->id, DEVICE_ID_LEN);
		c->record_number = d->record_number;
		r = pb_pack(parts->records[0], c->record);
	}
	pb_free(&body);
	return r;
}

/* The verified entry without records. */
static int
note_entry(struct change *c, const struct identity *id)
{
	Recado__DirectoryEntry *e = NULL;
	struct buf *whole = buf_new(ENTRY_MAX);
	size_t n;
	int r;

	buf_reset(c->entry);
	if ((r = identity_pack(id, whole)) == 0 &&
	    (r = pb_unpack_lenient(&recado__directory_entry__descriptor, buf_view(whole), &e)) ==
		0) {
		n = e->n_records;
		e->n_records = 0;
		r = pb_pack(e, c->entry);
		e->n_records = n;
	}
	pb_free(&e);
	buf_free(&whole);
	return r;
}

static int
known_identity(struct change *c, struct identity **out)
{
	struct trust *t = loop_server(c->work.loop)->trust;
	int r;

	*out = NULL;
	if (!c->found)
		return 0;
	if ((r = trust_read(t, buf_view(c->entry), loop_wall(c->work.loop), out)) != 0)
		return r;
	memcpy(c->before.list_head, identity_list_head(*out), HASH_LEN);
	return 0;
}

static int
refuse_now(struct work *k, uint32_t status, const char *detail)
{
	struct warrants_reply r = { .status = status, .detail = detail };

	return warrants_add(loop_warrants(k->loop), &k->ticket, &r, loop_wall(k->loop));
}

static size_t
live_devices(const struct identity *id)
{
	size_t n = 0;

	for (size_t i = 0; i < identity_device_count(id); i++)
		n += identity_device(id, i)->removed_at == 0;
	return n;
}

/* Whoever has a lot of devices must still be able to remove them. */
static bool
too_large(const struct change *c, const struct identity *known, const struct identity *id)
{
	if (buf_len(c->record) > ACCOUNT_RECORD_MAX)
		return true;
	return buf_len(c->entry) > ACCOUNT_ENTRY_MAX &&
	    (known == NULL || live_devices(id) >= live_devices(known));
}

static int
verified(struct change *c, const struct identity *known, const struct identity *id,
    const Recado__DirectoryEntry *parts)
{
	int r;

	if (text_name_check(identity_name(id), strlen(identity_name(id))) != 0)
		return refuse_now(
		    &c->work, RECADO__STATUS__STATUS_BAD_REQUEST, "not a name for an account");
	note_identity(c, id);
	if ((r = note_record(c, id, parts)) != 0 || (r = note_entry(c, id)) != 0)
		return r;
	if (too_large(c, known, id))
		return refuse_now(&c->work, RECADO__STATUS__STATUS_TOO_LARGE,
		    "the account would be larger than the relay keeps");
	return account_commit(c);
}

/* Is it refused because the list has moved on? What the event says of its place is not verified,
 * but then it is only told to who sent it. */
static bool
is_stale(const struct identity *known, const Recado__DirectoryEntry *parts)
{
	Recado__DeviceEvent *ev = NULL;
	bool stale = false;

	if (known != NULL && parts->n_events == 1 &&
	    pb_unpack(&recado__device_event__descriptor, pb_view(parts->events[0]->body), &ev) == 0)
		stale = !bytes_equal(pb_view(ev->previous),
		    (struct bytes){ identity_list_head(known), HASH_LEN });
	pb_free(&ev);
	return stale;
}

/* The device that the event is about; does it come under a card by it? */
static int
event_device(const Recado__DirectoryEntry *parts, uint8_t device[DEVICE_ID_LEN], bool *binds)
{
	Recado__DeviceEvent *ev = NULL;
	int r;

	if ((r = pb_unpack(&recado__device_event__descriptor, pb_view(parts->events[0]->body),
		 &ev)) == 0)
		r = pb_fixed(ev->device_id, device, DEVICE_ID_LEN);
	*binds = r == 0 &&
	    (ev->kind == RECADO__DEVICE_EVENT_KIND__DEVICE_ADD ||
		ev->kind == RECADO__DEVICE_EVENT_KIND__DEVICE_RENEW);
	pb_free(&ev);
	return r;
}

static bool
is_ours(const struct authority *a, const struct cert_verdict *v)
{
	const struct cert_link *root = &v->chain[0];

	return bytes_equal(authority_root(a), (struct bytes){ root->der, root->der_len });
}

/* The card that was brought must be good; that of another device, lost with it perhaps, is not what
 * is asked. True: it is answered, or waits for lists. */
static bool
is_refused(struct change *c, const struct identity *id, const Recado__DirectoryEntry *parts, int *r)
{
	struct server *srv = loop_server(c->work.loop);
	const struct cert_verdict *v = NULL;
	uint8_t device[DEVICE_ID_LEN];
	struct trust_answer a;
	bool refused, binds;

	*r = event_device(parts, device, &binds);
	if (*r != 0 || !c->must_be_good)
		return *r != 0;
	if (!binds) { /* else a device whose own card is refused could remove others here */
		*r = refuse_now(&c->work, RECADO__STATUS__STATUS_BAD_REQUEST,
		    "a card is brought to add or renew a device");
		return true;
	}
	trust_judge(srv->trust, id, device, loop_wall(c->work.loop), &v, &a);
	c->claim.enrolled = v != NULL && v->anchor == 'R';
	c->claim.own = c->claim.enrolled && is_ours(srv->authority, v);
	refused = a.status != RECADO__STATUS__STATUS_OK;
	if (refused && !work_wait(&c->work, sizeof(*c), v, &a)) {
		log_info(srv->log, "account", "refused: %s", a.detail);
		*r = refuse_now(&c->work, a.status, a.detail);
	}
	cert_verdict_free(&v);
	return refused;
}

static int
judge(struct change *c, const struct identity *known)
{
	struct server *srv = loop_server(c->work.loop);
	Recado__DirectoryEntry *parts = NULL;
	struct identity *id = NULL;
	struct trust_answer a;
	int r;

	r = pb_unpack(&recado__directory_entry__descriptor, buf_view(c->parts), &parts);
	if (r != 0)
		return r;
	trust_verify(srv->trust, known, parts, loop_wall(c->work.loop), &id, &a);
	if (id == NULL && is_stale(known, parts))
		r = refuse_now(&c->work, RECADO__STATUS__STATUS_STALE_LIST, STALE);
	else if (id == NULL) {
		log_info(srv->log, "account", "refused: %s", a.detail);
		r = refuse_now(&c->work, a.status, a.detail);
	} else if (!is_refused(c, id, parts, &r))
		r = verified(c, known, id, parts);
	identity_free(&id);
	pb_free(&parts);
	return r;
}

static int
verify(struct change *c)
{
	struct identity *known = NULL;
	int r;

	if ((r = known_identity(c, &known)) == 0)
		r = judge(c, known);
	else
		r = refuse_now(
		    &c->work, RECADO__STATUS__STATUS_UNAVAILABLE, "the account cannot be read now");
	identity_free(&known);
	return r;
}

static int
read_finish(struct work *k)
{
	return verify((struct change *)k);
}

static const struct work_kind read_kind = {
	.name = "account-read",
	.run = read_run,
	.finish = read_finish,
	.clear = account_change_clear,
};

/* ---------------------------------------------------------------------------- start */

static int
put_part(struct buf *out, unsigned field, const void *msg)
{
	struct buf *one;
	int r;

	if (msg == NULL)
		return 0;
	one = buf_new(ENTRY_MAX);
	if ((r = pb_pack(msg, one)) == 0)
		r = encode_message(out, field, buf_view(one));
	buf_free(&one);
	return r;
}

static int
fill(struct change *c, const struct account_parts *p)
{
	int r;

	c->parts = buf_new(ENTRY_MAX);
	c->entry = buf_new(ENTRY_MAX);
	c->record = buf_new(ENTRY_MAX);
	c->wants_id = p->binding != NULL;
	c->must_be_good = p->must_be_good;
	c->found = p->user != NULL;
	if (c->found)
		memcpy(c->before.id, p->user, USER_ID_LEN);
	c->claim.has_invite = p->invite.n != 0;
	if (c->claim.has_invite)
		SHA256(p->invite.p, p->invite.n, c->claim.invite);
	if ((r = put_part(c->parts, ENTRY_BINDINGS, p->binding)) != 0 ||
	    (r = put_part(c->parts, ENTRY_EVENTS, p->event)) != 0)
		return r;
	return put_part(c->parts, ENTRY_RECORDS, p->record);
}

int
account_change(const struct request *rq, const struct account_parts *parts)
{
	struct change *c = work_new(sizeof(*c), &read_kind, rq);
	int r;

	if ((r = fill(c, parts)) == 0 && c->found) {
		work_submit(&c->work);
		return 0;
	}
	if (r == 0)
		r = verify(c);
	work_free(&c->work);
	return r;
}
