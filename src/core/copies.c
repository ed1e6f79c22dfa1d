#include "core/copies.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/contact.h"
#include "core/message.h"
#include "core/own.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "crypto/content.h"
#include "crypto/warrant.h"

struct copies {
	struct engine *engine;
	bool asking, again;
	uint8_t asked[STORE_USER]; /* the last one asked about on this connection */
};

/* ------------------------------------------------------------------------------ what came early */

int
copies_early(struct engine *e, int64_t person, const struct receipt *rc,
    const Recado__SignedReceipt *sr)
{
	struct store_early x = { .kind = (int)rc->kind, .person = person,
		.ours = person == e->own, .at = clock_now_ms() };
	struct buf *b = buf_new(0);
	int r = pb_pack(sr, b);

	memcpy(x.about, rc->message, STORE_HASH);
	memcpy(x.device, rc->reader_device, STORE_DEVICE);
	memcpy(x.author, rc->reader_device, STORE_DEVICE);
	x.blob = buf_view(b);
	if (r == 0)
		r = store_early_add(e->store, &x);
	buf_free(&b);
	return r;
}

static int
apply_receipt(struct engine *e, const struct store_early *x)
{
	const struct identity_device *d;
	Recado__SignedReceipt *sr = NULL;
	const struct identity *i;
	struct store_person p;
	int r = store_person_by_id(e->store, x->person, &p);

	if (r != 0)
		return r == ERR_NOT_FOUND ? 0 : r;
	i = trust_identity(e->trust, &p);
	d = i != NULL ? identity_find_device(i, x->device) : NULL;
	if (d == NULL || pb_unpack(&recado__signed_receipt__descriptor, x->blob, &sr) != 0)
		return 0;
	r = own_is(e, &p) ? copies_receipt(e, d, sr) : letter_receipt(e, &p, d, sr);
	pb_free(&sr);
	return r == ERR_AGAIN ? 0 : r;
}

static int
apply_state(struct engine *e, const struct store_early *x)
{
	const struct identity *self = trust_self(e->trust);
	const struct identity_device *d = self != NULL ? identity_find_device(self, x->author) : NULL;
	Recado__CopyState *cs = NULL;
	int r;

	if (d == NULL || pb_unpack(&recado__copy_state__descriptor, x->blob, &cs) != 0)
		return 0;
	r = copies_state(e, d, cs);
	pb_free(&cs);
	return r;
}

static int
apply_one(void *arg, const struct store_early *x)
{
	return x->kind >= STORE_EARLY_SENT ? apply_state(arg, x) : apply_receipt(arg, x);
}

int
copies_apply(struct engine *e, const uint8_t *mh)
{
	int r = store_early_each(e->store, mh, apply_one, e);

	return r != 0 ? r : store_early_drop(e->store, mh);
}

/* ------------------------------------------------------------------------------ copies */

/* Signed by the device it comes from, of our user, to one other person, in that conversation. */
static int
copy_fits(struct engine *e, const struct identity_device *from, const struct content *c)
{
	uint8_t conversation[32];
	int r;

	if (memcmp(c->sender_user, e->account.user_id, USER_ID_LEN) != 0 ||
	    memcmp(c->sender_device, from->id, DEVICE_ID_LEN) != 0 || c->recipient_count != 1 ||
	    memcmp(c->recipients[0], e->account.user_id, USER_ID_LEN) == 0)
		return ERR_UNTRUSTED;
	r = content_conversation(e->account.user_id, c->recipients[0], conversation);
	if (r != 0)
		return r;
	return memcmp(c->conversation, conversation, sizeof(conversation)) == 0 ? 0 : ERR_UNTRUSTED;
}

/* Whoever one of our devices writes to is accepted on all; who was blocked here stays so. */
static int
copy_accepts(struct engine *e, struct store_person *p, struct letter_news *news)
{
	if (p->contact == CORE_CONTACT || p->contact == CORE_CONTACT_BLOCKED)
		return 0;
	p->contact = CORE_CONTACT;
	news->accepted = true;
	return store_person_set(e->store, p);
}

static int
copy_keep(struct engine *e, struct store_person *p, const struct content_opened *o,
    struct bytes encoded, struct letter_news *news)
{
	const struct content *c = content_get(o);
	struct store_message m = { .person = p->id, .sealed = true, .outgoing = true,
		.sequence = c->sequence, .sent_at = c->written_at, .state = CORE_ST_QUEUED };
	char *text = text_clean(c->text.p, c->text.n, TEXT_BLOCK);
	uint8_t last[STORE_HASH];
	uint64_t sequence;
	int r = store_message_last(e->store, p->id, c->sender_device, &sequence, last);

	hex_encode(c->id, CONTENT_ID_LEN, m.id);
	memcpy(m.mh, content_hash(o), STORE_HASH);
	memcpy(m.device, c->sender_device, STORE_DEVICE);
	m.late = c->sequence <= sequence;
	m.text = text;
	if (r == 0 && (r = letter_heads(e, p, c)) == 0 && (r = copy_accepts(e, p, news)) == 0 &&
	    (r = store_message_add(e->store, &m, encoded)) == 0)
		r = copies_apply(e, m.mh);
	news->row = m.row;
	news->person = p->id;
	free(text);
	return r;
}

/* To somebody we never heard of: it waits until the relay has said who that is. */
static int
copy_waits(struct engine *e, const struct content_opened *o, struct bytes encoded)
{
	const struct content *c = content_get(o);
	struct store_early x = { .kind = STORE_EARLY_CONTENT, .user = c->recipients[0],
		.person = e->own, .ours = true, .at = clock_now_ms(), .blob = encoded };

	memcpy(x.about, content_hash(o), STORE_HASH);
	memcpy(x.device, c->sender_device, STORE_DEVICE);
	memcpy(x.author, c->sender_device, STORE_DEVICE);
	return store_early_add(e->store, &x);
}

/* What our other device says of our own list is held against the relay. */
static int
copy_heads(struct engine *e, const struct content *c)
{
	struct store_person self;
	size_t n;
	int r = own_person(e, &self);

	for (n = 0; n < c->head_count && r == 0; n++)
		if (memcmp(c->heads[n].user_id, e->account.user_id, USER_ID_LEN) == 0)
			r = trust_claim(e->trust, &self, c->sender_device, c->heads[n].length, c->heads[n].head);
	return r;
}

int
copies_content(struct engine *e, const struct identity_device *from, Recado__SignedContent *sc,
    struct letter_news *news)
{
	struct content_opened *o = NULL;
	struct buf *b = buf_new(0);
	struct store_person p;
	int64_t row;
	int r;

	if ((r = content_verify(sc, from->signing_key, &o)) != 0 ||
	    (r = copy_fits(e, from, content_get(o))) != 0)
		goto out;
	if (store_message_by_hash(e->store, content_hash(o), &row) == 0)
		goto out; /* sealed again after a session was lost */
	if ((r = message_id_unused(e, content_get(o)->id)) != 0 || (r = pb_pack(sc, b)) != 0 ||
	    (r = copy_heads(e, content_get(o))) != 0)
		goto out;
	r = store_person_by_user(e->store, content_get(o)->recipients[0], &p);
	if (r == 0) {
		r = copy_keep(e, &p, o, buf_view(b), news);
	} else if (r == ERR_NOT_FOUND) {
		r = copy_waits(e, o, buf_view(b));
		news->strangers = true;
	}
out:
	content_free(&o);
	buf_free(&b);
	return r;
}

/* ------------------------------------------------------------------------------ states */

static int
state_early(struct engine *e, const struct identity_device *from, const Recado__CopyState *cs,
    const struct store_early *what)
{
	struct store_early x = *what;
	struct buf *b = buf_new(0);
	int r = pb_pack(cs, b);

	memcpy(x.author, from->id, STORE_DEVICE);
	x.person = e->own;
	x.ours = true;
	x.at = clock_now_ms();
	x.blob = buf_view(b);
	if (r == 0)
		r = store_early_add(e->store, &x);
	buf_free(&b);
	return r;
}

static int
state_sent(struct engine *e, int64_t row, const struct warrant_deposit *w, struct bytes proof)
{
	struct store_trace t = { .state = CORE_ST_SENT, .proof = CORE_PROOF_WARRANT, .at = w->time,
		.verified = true, .blob = proof };

	memcpy(t.device, w->mailbox, STORE_DEVICE);
	return message_prove(e, row, &t);
}

static int
state_failed(struct engine *e, int64_t row, const Recado__CopyState *cs)
{
	char *why = text_clean(cs->reason.data, cs->reason.len, TEXT_LINE);
	int r = message_fail(e, row, ERR_UNEXPECTED, why);

	free(why);
	return r;
}

int
copies_state(struct engine *e, const struct identity_device *from, const Recado__CopyState *cs)
{
	bool sent = cs->state == RECADO__COPY_STANDING__COPY_SENT;
	struct store_early x = { .kind = sent ? STORE_EARLY_SENT : STORE_EARLY_FAILED };
	struct buf *proof = buf_new(0);
	struct warrant_deposit w;
	struct store_message m;
	int64_t row;
	int r = pb_fixed(cs->message, x.about, STORE_HASH);

	if (r == 0 && sent) {
		r = cs->proof == NULL ? ERR_SIGNATURE : pb_pack(cs->proof, proof);
		if (r == 0)
			r = relay_deposit_holds(e, buf_view(proof), &w);
	}
	if (r != 0 || (!sent && cs->state != RECADO__COPY_STANDING__COPY_FAILED)) {
		log_warn(e->log, "copies", "a state without proof: %s", err_name(r));
		r = 0; /* it says nothing; what else is in the letter may be good */
		goto out;
	}
	memcpy(x.device, sent ? w.mailbox : from->id, STORE_DEVICE);
	r = store_message_by_hash(e->store, x.about, &row);
	if (r == ERR_NOT_FOUND) {
		r = state_early(e, from, cs, &x);
		goto out;
	}
	if (r != 0 || (r = message_fields(e, row, &m)) != 0 || !m.outgoing ||
	    memcmp(m.device, from->id, STORE_DEVICE) != 0)
		goto out; /* the author's word, nobody else's */
	r = sent ? state_sent(e, row, &w, buf_view(proof)) : state_failed(e, row, cs);
out:
	buf_free(&proof);
	return r;
}

/* ------------------------------------------------------------------------------ receipts */

/* Signed by somebody else's device and passed on: that device's key decides. */
static int
receipt_passed_on(struct engine *e, const Recado__SignedReceipt *sr)
{
	const struct identity_device *d = NULL;
	uint8_t user[STORE_USER], device[STORE_DEVICE];
	Recado__Receipt *body = NULL;
	const struct identity *i;
	struct store_person p;
	int r = pb_unpack(&recado__receipt__descriptor, pb_view(sr->body), &body);

	if (r == 0 && (r = pb_fixed(body->reader_user, user, STORE_USER)) == 0 &&
	    (r = pb_fixed(body->reader_device, device, STORE_DEVICE)) == 0 &&
	    (r = store_person_by_user(e->store, user, &p)) == 0 && !own_is(e, &p)) {
		i = trust_identity(e->trust, &p);
		d = i != NULL ? identity_find_device(i, device) : NULL;
	}
	pb_free(&body);
	r = d != NULL ? letter_receipt(e, &p, d, sr) : 0;
	return r == ERR_AGAIN ? 0 : r;
}

int
copies_receipt(struct engine *e, const struct identity_device *from,
    const Recado__SignedReceipt *sr)
{
	const struct identity *self = trust_self(e->trust);
	struct store_message m;
	struct receipt rc;
	int64_t row;
	int r = receipt_verify(sr, from->signing_key, identity_certificate(self), &rc);

	if (r == ERR_SIGNATURE)
		return receipt_passed_on(e, sr);
	if (r != 0 || memcmp(rc.reader_user, e->account.user_id, USER_ID_LEN) != 0 ||
	    memcmp(rc.reader_device, from->id, DEVICE_ID_LEN) != 0 ||
	    !identity_has_binding(self, rc.reader_binding) || rc.kind == RECEIPT_KIND_DELIVERED)
		return 0;
	r = store_message_by_hash(e->store, rc.message, &row);
	if (r == ERR_NOT_FOUND)
		return copies_early(e, e->own, &rc, sr);
	if (r != 0 || (r = message_fields(e, row, &m)) != 0 || m.outgoing)
		return r;
	return receipts_elsewhere(e, row,
	    rc.kind == RECEIPT_KIND_NOTARISED ? CORE_ST_NOTARISED : CORE_ST_READ);
}

/* ------------------------------------------------------------------------------ strangers */

/* One copy that waited for p. ERR_NOT_FOUND: none is left. */
static int
met_one(struct engine *e, struct store_person *p)
{
	const struct identity *self = trust_self(e->trust);
	uint8_t about[STORE_HASH], author[STORE_DEVICE];
	struct letter_news news = { .person = p->id };
	const struct identity_device *d;
	Recado__SignedContent *sc = NULL;
	struct buf *b = buf_new(0);
	bool found = false;
	int r = store_begin(e->store);

	if (r == 0) {
		r = store_early_content(e->store, p->user_id, about, author, b);
		found = r == 0;
		if (r == 0 && (r = store_early_drop_content(e->store, about)) == 0 && self != NULL &&
		    (d = identity_find_device(self, author)) != NULL &&
		    pb_unpack(&recado__signed_content__descriptor, buf_view(b), &sc) == 0)
			r = copies_content(e, d, sc, &news);
		r = store_end(e->store, r);
	}
	if (r == 0)
		letter_tell(e, &news);
	else if (found && (r == ERR_TAKEN || r == ERR_UNTRUSTED || r == ERR_SIGNATURE))
		r = store_early_drop_content(e->store, about); /* it will never be a message */
	letter_clear(&news);
	pb_free(&sc);
	buf_free(&b);
	return r;
}

/* By the name that the relay and the binding agree on. A name that is somebody else's already stays
 * theirs: the copy goes on waiting. */
static int
stranger_learn(struct engine *e, const uint8_t *user, Recado__DirectoryEntry *entry,
    struct store_person *p)
{
	struct fault f = { 0 };
	int r = store_person_by_user(e->store, user, p);

	if (r != ERR_NOT_FOUND)
		return r;
	if (!bytes_equal(pb_view(entry->user_id), (struct bytes){ user, STORE_USER }) ||
	    entry->user_name.len >= STORE_NAME ||
	    text_name_check((const char *)entry->user_name.data, entry->user_name.len) != 0)
		return ERR_UNEXPECTED;
	if ((r = store_begin(e->store)) != 0)
		return r;
	memset(p, 0, sizeof(*p));
	memcpy(p->name, entry->user_name.data, entry->user_name.len);
	r = store_person_by_name(e->store, p->name, p);
	if (r == ERR_NOT_FOUND) {
		memcpy(p->name, entry->user_name.data, entry->user_name.len);
		r = store_person_add(e->store, p);
	} else if (r == 0 && p->known) {
		r = ERR_CHAIN;
	}
	if (r == 0)
		r = trust_learn(e->trust, p, entry, &f);
	return store_end(e->store, r);
}

static void copies_kick(struct engine *e);

static void
stranger_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct copies *c = arg;
	struct engine *e = c->engine;
	struct store_person p;
	uint8_t user[STORE_USER];
	int r = ERR_NOT_FOUND;

	memcpy(user, c->asked, sizeof(user));
	c->asking = false;
	if (c->again)
		memset(c->asked, 0, sizeof(c->asked));
	if (err != 0)
		return; /* the next connection asks again */
	if (reply->op_case == RECADO__REPLY_BODY__OP_ENTRY)
		r = stranger_learn(e, user, reply->entry, &p);
	if (r != 0)
		log_warn(e->log, "copies", "a copy is to somebody unknown: %s", err_name(r));
	while (r == 0)
		r = met_one(e, &p);
	copies_kick(e);
	op_notify_all(e, OP_NEWS_IDLE, NULL);
}

static void
copies_kick(struct engine *e)
{
	struct copies *c = e->copies;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Lookup look = RECADO__LOOKUP__INIT;
	uint8_t user[STORE_USER];

	if (c == NULL || c->asking || !relay_listed(e) ||
	    store_early_user(e->store, c->asked, user) != 0)
		return;
	memcpy(c->asked, user, STORE_USER);
	c->again = false;
	look.user_id = pb_data((struct bytes){ c->asked, STORE_USER });
	rq.op_case = RECADO__TO_RELAY__OP_LOOKUP;
	rq.lookup = &look;
	c->asking = relay_request(e, &rq, stranger_came, c) == 0;
}

void
copies_strangers(struct engine *e)
{
	struct copies *c = e->copies;

	if (c == NULL)
		return;
	c->again = c->asking;
	if (!c->asking)
		memset(c->asked, 0, sizeof(c->asked));
	copies_kick(e);
}

/* ------------------------------------------------------------------------------ life */

void
copies_online(struct engine *e)
{
	if (e->copies == NULL)
		return;
	memset(e->copies->asked, 0, sizeof(e->copies->asked));
	if (e->own != 0)
		contact_refresh(e, e->own);
	copies_kick(e);
}

int
copies_open(struct engine *e)
{
	e->copies = mem_alloc(sizeof(*e->copies));
	e->copies->engine = e;
	return 0;
}

void
copies_close(struct engine *e)
{
	free(e->copies);
	e->copies = NULL;
}
