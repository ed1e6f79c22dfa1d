#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/contact.h"
#include "core/copies.h"
#include "core/letter.h"
#include "core/mailbox.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/own.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "crypto/content.h"
#include "crypto/receipt.h"

/* ------------------------------------------------------------------------------ messages */

/* Written by this device, to us, in this conversation: nothing that was passed on. */
static int
content_fits(struct engine *e, const struct store_person *p, const struct identity_device *from,
    const struct content *c)
{
	uint8_t conversation[32];
	size_t i;
	int r = content_conversation(e->account.user_id, p->user_id, conversation);

	if (r != 0)
		return r;
	if (memcmp(c->sender_user, p->user_id, USER_ID_LEN) != 0 ||
	    memcmp(c->sender_device, from->id, DEVICE_ID_LEN) != 0 ||
	    memcmp(c->conversation, conversation, sizeof(conversation)) != 0)
		return ERR_UNTRUSTED;
	for (i = 0; i < c->recipient_count; i++)
		if (memcmp(c->recipients[i], e->account.user_id, USER_ID_LEN) == 0)
			return 0;
	return ERR_UNTRUSTED;
}

/* What a stranger becomes with a first message. ERR_AGAIN: nothing more is taken from them. */
static int
contact_decide(struct engine *e, struct store_person *p)
{
	char letter = trust_letter(e->trust, p);
	uint32_t held = 0;
	int r;

	if (p->contact == CORE_CONTACT)
		return 0;
	if (p->contact == CORE_CONTACT_BLOCKED)
		return ERR_AGAIN;
	if (p->contact == CORE_CONTACT_NONE) {
		bool in = e->config->requests == CONFIG_REQUESTS_CARD && (letter == 'C' || letter == 'V');

		p->contact = in ? CORE_CONTACT : CORE_CONTACT_REQUEST;
		return store_person_set(e->store, p);
	}
	r = store_message_count(e->store, STORE_LIST_INBOX, p->id, &held);
	return r != 0 ? r : held >= CONTACT_HELD_MAX ? ERR_AGAIN : 0;
}

static bool
is_longer(const struct content_head *h, const uint8_t *user, const struct identity *i)
{
	return memcmp(h->user_id, user, USER_ID_LEN) == 0 && i != NULL &&
	    h->length > identity_list_length(i);
}

/* What the sender says of their own device list is held against the relay; what anybody knows of
 * another list, theirs or ours, that we do not is a reason to ask. */
int
letter_heads(struct engine *e, struct store_person *p, const struct content *c)
{
	const struct identity *i = trust_identity(e->trust, p), *self = trust_self(e->trust);
	bool theirs = memcmp(c->sender_user, p->user_id, USER_ID_LEN) == 0;
	size_t n;
	int r = 0;

	for (n = 0; n < c->head_count && r == 0; n++) {
		const struct content_head *h = &c->heads[n];

		if (theirs && memcmp(h->user_id, p->user_id, USER_ID_LEN) == 0) {
			r = trust_claim(e->trust, p, c->sender_device, h->length, h->head);
		} else if (is_longer(h, p->user_id, i) && !p->stale) {
			p->stale = true;
			r = store_person_set(e->store, p);
		} else if (is_longer(h, e->account.user_id, self)) {
			r = own_stale(e);
		}
	}
	return r;
}

static int
message_keep(struct engine *e, struct store_person *p, const struct content_opened *o,
    struct bytes encoded, struct letter_news *news)
{
	const struct content *c = content_get(o);
	struct store_message m = { .person = p->id, .sealed = true, .unread = true,
		.sequence = c->sequence, .sent_at = c->written_at, .received_at = clock_now_ms(),
		.state = CORE_ST_DELIVERED };
	char *text = text_clean(c->text.p, c->text.n, TEXT_BLOCK);
	uint8_t last[STORE_HASH];
	uint64_t sequence;
	bool before;
	int r = store_message_last(e->store, p->id, c->sender_device, &sequence, last);

	if (r == 0)
		r = store_message_any(e->store, p->id, &before);
	if (r != 0)
		goto out;
	hex_encode(c->id, CONTENT_ID_LEN, m.id);
	memcpy(m.mh, content_hash(o), STORE_HASH);
	memcpy(m.device, c->sender_device, STORE_DEVICE);
	m.late = c->sequence <= sequence;
	m.first_contact = news->first_contact = !before;
	m.text = text;
	if (c->sequence == sequence + 1 && sequence > 0 &&
	    (!c->has_previous || memcmp(c->previous, last, STORE_HASH) != 0))
		m.late = true;
	r = store_message_add(e->store, &m, encoded);
	if (r == 0)
		r = receipts_note(e, m.row, RECEIPT_KIND_DELIVERED);
	if (r == 0)
		r = copies_apply(e, m.mh); /* another device of ours has shown it already */
	news->row = m.row;
out:
	free(text);
	return r;
}

/* Sent again after a session was lost, and what we had said about it with that. */
static int
confirm_again(struct engine *e, int64_t row)
{
	struct store_message m;
	int r = message_fields(e, row, &m);

	if (r != 0 || m.outgoing)
		return r;
	r = receipts_note(e, row, RECEIPT_KIND_DELIVERED);
	if (r == 0 && !m.unread)
		r = receipts_note(e, row, RECEIPT_KIND_READ);
	return r;
}

static int
content_read(struct engine *e, struct store_person *p, const struct identity_device *from,
    Recado__SignedContent *sc, struct letter_news *news)
{
	struct content_opened *o = NULL;
	struct buf *b = buf_new(0);
	int64_t row;
	int r;

	if ((r = content_verify(sc, from->signing_key, &o)) != 0 ||
	    (r = content_fits(e, p, from, content_get(o))) != 0)
		goto out;
	if (store_message_by_hash(e->store, content_hash(o), &row) == 0) {
		r = confirm_again(e, row);
		goto out;
	}
	if ((r = contact_decide(e, p)) != 0) {
		r = r == ERR_AGAIN ? 0 : r;
		goto out;
	}
	if ((r = message_id_unused(e, content_get(o)->id)) != 0)
		goto out;
	if ((r = letter_heads(e, p, content_get(o))) == 0 && (r = pb_pack(sc, b)) == 0)
		r = message_keep(e, p, o, buf_view(b), news);
out:
	content_free(&o);
	buf_free(&b);
	return r;
}

/* ------------------------------------------------------------------------------ receipts */

static int
state_of(enum receipt_kind kind)
{
	return kind == RECEIPT_KIND_NOTARISED ? CORE_ST_NOTARISED
	    : kind == RECEIPT_KIND_READ       ? CORE_ST_READ
	                                      : CORE_ST_DELIVERED;
}

/* A receipt that does not verify still tells about which message somebody tried to lie. */
static int
receipt_false(struct engine *e, const struct store_person *p, const struct identity_device *from,
    const Recado__SignedReceipt *sr)
{
	struct store_trace t = { .proof = CORE_PROOF_RECEIPT, .at = clock_now_ms() };
	Recado__Receipt *body = NULL;
	struct store_message m;
	uint8_t mh[STORE_HASH];
	int64_t row;
	int r = 0;

	if (pb_unpack(&recado__receipt__descriptor, pb_view(sr->body), &body) == 0 &&
	    pb_fixed(body->message, mh, STORE_HASH) == 0 &&
	    store_message_by_hash(e->store, mh, &row) == 0 && message_fields(e, row, &m) == 0 &&
	    m.outgoing && m.person == p->id) {
		memcpy(t.device, from->id, STORE_DEVICE);
		t.state = state_of((enum receipt_kind)body->kind);
		r = message_prove(e, row, &t);
	}
	pb_free(&body);
	return r;
}

int
letter_receipt(struct engine *e, const struct store_person *p, const struct identity_device *from,
    const Recado__SignedReceipt *sr)
{
	struct store_trace t = { .verified = true };
	struct bytes cert = identity_certificate(trust_identity(e->trust, p));
	struct store_message m;
	struct receipt rc;
	struct buf *b;
	int64_t row;
	bool early;
	int r = receipt_verify(sr, from->signing_key, cert, &rc);

	if (r == ERR_SIGNATURE)
		return receipt_false(e, p, from, sr);
	if (r != 0 || memcmp(rc.reader_user, p->user_id, USER_ID_LEN) != 0 ||
	    memcmp(rc.reader_device, from->id, DEVICE_ID_LEN) != 0)
		return 0;
	r = store_message_by_hash(e->store, rc.message, &row);
	early = r == ERR_NOT_FOUND && own_others(e); /* of what another device of ours sent */
	if (!early &&
	    (r != 0 || message_fields(e, row, &m) != 0 || !m.outgoing || m.person != p->id))
		return 0; /* about nothing that we sent them */
	/* Under a binding we do not know: the card was renewed, or it is made up. The relay is asked. */
	if (!identity_has_binding(trust_identity(e->trust, p), rc.reader_binding))
		return !early || p->contact == CORE_CONTACT ? ERR_AGAIN : 0;
	if (early)
		return copies_early(e, p->id, &rc, sr);
	b = buf_new(0);
	memcpy(t.device, rc.reader_device, STORE_DEVICE);
	t.state = state_of(rc.kind);
	t.proof = rc.kind == RECEIPT_KIND_NOTARISED ? CORE_PROOF_CARD : CORE_PROOF_RECEIPT;
	t.at = rc.time;
	if ((r = pb_pack(sr, b)) == 0) {
		t.blob = buf_view(b);
		r = message_prove(e, row, &t);
	}
	buf_free(&b);
	return r;
}

/* ------------------------------------------------------------------------------ control */

static int
control_read(struct engine *e, struct store_person *p, const struct identity_device *from,
    const Recado__Control *c, struct letter_news *news)
{
	uint8_t hash[STORE_HASH];
	int r;

	switch (c->op_case) {
	case RECADO__CONTROL__OP_DISCONNECT:
		news->notice = mem_strdup("they ended the session; the next message opens a new one");
		news->sealed_again = true;
		news->ended = true;
		return outbox_retry_person(e, p->id, from->id);
	case RECADO__CONTROL__OP_RETRY_REQUEST:
		if ((r = pb_fixed(c->retry_request->envelope_hash, hash, STORE_HASH)) != 0)
			return r;
		r = outbox_retry(e, p->id, from->id, hash, &news->sealed_again);
		if (r == 0 && news->sealed_again)
			news->notice = mem_strdup("their session was lost; what they could not open is sent again");
		return r;
	default:
		return 0;
	}
}

/* ------------------------------------------------------------------------------ all of it */

int
letter_read(struct engine *e, struct store_person *p, const struct identity_device *from,
    const Recado__Plaintext *pt, struct letter_news *news)
{
	bool own = own_is(e, p);
	struct store_person self;
	size_t i;
	int r = 0;

	news->person = p->id;
	if (pt->content != NULL)
		r = own ? copies_content(e, from, pt->content, news)
		        : content_read(e, p, from, pt->content, news);
	news->behind = r == 0 && pt->content != NULL && own_person(e, &self) == 0 && self.stale;
	for (i = 0; r == 0 && i < pt->n_receipts; i++)
		r = own ? copies_receipt(e, from, pt->receipts[i])
		        : letter_receipt(e, p, from, pt->receipts[i]);
	for (i = 0; r == 0 && own && i < pt->n_copy_states; i++)
		r = copies_state(e, from, pt->copy_states[i]);
	if (r == 0 && pt->control != NULL)
		r = control_read(e, p, from, pt->control, news);
	if (r == 0 && pt->last_deposit != NULL)
		r = mailbox_compare(e, pt->last_deposit);
	return r;
}

void
letter_tell(struct engine *e, const struct letter_news *news)
{
	struct store_person p;

	if (news->notice != NULL && store_person_by_id(e->store, news->person, &p) == 0 &&
	    p.contact != CORE_CONTACT_BLOCKED)
		engine_notice(e, p.name, news->notice);
	if (news->sealed_again)
		outbox_kick(e);
	receipts_kick(e);
	if (news->strangers)
		copies_strangers(e);
	if (news->behind)
		outbox_ask_who(e, e->own);
	if (news->accepted)
		relay_watch(e);
	if (news->row == 0)
		return;
	if (news->first_contact) {
		contact_refresh(e, news->person); /* does the relay know them by that name? */
		relay_watch(e);
	}
	if (message_emit(e, news->row, NULL) != 0)
		log_error(e->log, "inbox", "a message cannot be shown");
	op_notify_all(e, OP_NEWS_MESSAGE, &news->row);
	contact_publish(e, news->person);
}

void
letter_clear(struct letter_news *news)
{
	free(news->notice);
	news->notice = NULL;
}
