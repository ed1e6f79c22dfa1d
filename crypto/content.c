#include "crypto/content.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/label.h"
#include "wire/pb.h"

#define LABEL_CONTENT "content"
#define LABEL_CONVERSATION "conversation"
#define CONTENT_BODY_MAX (64 * 1024)

struct content_opened {
	struct content c;
	uint8_t mh[HASH_LEN];
	uint8_t (*recipients)[USER_ID_LEN];
	struct content_head *heads;
	uint8_t *text;
};

int
content_conversation(const uint8_t a[USER_ID_LEN], const uint8_t b[USER_ID_LEN], uint8_t out[32])
{
	bool swap = memcmp(a, b, USER_ID_LEN) > 0;
	struct bytes parts[] = {
		{ swap ? b : a, USER_ID_LEN },
		{ swap ? a : b, USER_ID_LEN },
	};

	return label_hash(LABEL_CONVERSATION, parts, 2, out);
}

/* What holds of every content, written or read. */
static int
check_fields(const struct content *c)
{
	if (c->recipient_count == 0 || c->recipient_count > CONTENT_RECIPIENTS_MAX ||
	    c->head_count > CONTENT_RECIPIENTS_MAX + 1 || c->text.n > CONTENT_TEXT_MAX)
		return ERR_LIMIT;
	if (c->sequence == 0 || c->has_previous != (c->sequence > 1))
		return ERR_FORMAT;
	if (!text_is_utf8(c->text.p, c->text.n))
		return ERR_FORMAT;
	return 0;
}

/* --- put ------------------------------------------------------------------------------------- */

/* The repeated fields of the encoding, which protobuf-c wants as arrays of its own. */
struct lists {
	ProtobufCBinaryData *recipients;
	Recado__ListHead *heads, **head_ptrs;
};

static void
make_lists(const struct content *c, struct lists *l)
{
	l->recipients = mem_array(c->recipient_count, sizeof(*l->recipients));
	for (size_t i = 0; i < c->recipient_count; i++)
		l->recipients[i] = pb_data((struct bytes){ c->recipients[i], USER_ID_LEN });
	l->heads = mem_array(c->head_count + 1, sizeof(*l->heads));
	l->head_ptrs = mem_array(c->head_count + 1, sizeof(*l->head_ptrs));
	for (size_t i = 0; i < c->head_count; i++) {
		recado__list_head__init(&l->heads[i]);
		l->heads[i].user_id = pb_data((struct bytes){ c->heads[i].user_id, USER_ID_LEN });
		l->heads[i].length = c->heads[i].length;
		l->heads[i].head = pb_data((struct bytes){ c->heads[i].head, HASH_LEN });
		l->head_ptrs[i] = &l->heads[i];
	}
}

static void
free_lists(struct lists *l)
{
	free(l->recipients);
	free(l->heads);
	free(l->head_ptrs);
}

static int
put_body(const struct content *c, struct buf *body)
{
	Recado__Content m = RECADO__CONTENT__INIT;
	Recado__Text text = RECADO__TEXT__INIT;
	struct lists l;
	int r;

	make_lists(c, &l);
	m.id = pb_data((struct bytes){ c->id, CONTENT_ID_LEN });
	m.sender_user = pb_data((struct bytes){ c->sender_user, USER_ID_LEN });
	m.sender_device = pb_data((struct bytes){ c->sender_device, DEVICE_ID_LEN });
	m.sender_binding = pb_data((struct bytes){ c->sender_binding, HASH_LEN });
	m.conversation = pb_data((struct bytes){ c->conversation, sizeof(c->conversation) });
	m.recipients = l.recipients;
	m.n_recipients = c->recipient_count;
	m.sequence = c->sequence;
	m.previous = pb_data((struct bytes){ c->previous, c->has_previous ? HASH_LEN : 0 });
	m.nonce = pb_data((struct bytes){ c->nonce, sizeof(c->nonce) });
	m.written_at = c->written_at;
	m.expires_after = c->expires_after;
	m.list_heads = l.head_ptrs;
	m.n_list_heads = c->head_count;
	text.text = pb_data(c->text);
	m.body_case = RECADO__CONTENT__BODY_TEXT;
	m.text = &text;
	r = pb_pack(&m, body);
	free_lists(&l);
	return r;
}

int
content_sign(
    const struct content *c, const struct key_sign *device, struct buf *out, uint8_t mh[HASH_LEN])
{
	Recado__SignedContent m = RECADO__SIGNED_CONTENT__INIT;
	uint8_t sig[KEY_SIG_LEN];
	struct buf *body;
	int r;

	buf_reset(out);
	memset(mh, 0, HASH_LEN);
	if ((r = check_fields(c)) != 0)
		return r;
	body = buf_new(CONTENT_BODY_MAX);
	if ((r = put_body(c, body)) != 0 ||
	    (r = key_sign_label(device, LABEL_CONTENT, buf_view(body), sig)) != 0)
		goto out;
	m.body = pb_data(buf_view(body));
	m.signature = pb_data((struct bytes){ sig, sizeof(sig) });
	if ((r = pb_pack(&m, out)) != 0)
		goto out;
	r = kdf_sha256(buf_view(body), mh);
out:
	buf_free(&body);
	return r;
}

/* --- get ------------------------------------------------------------------------------------- */

static int
get_recipients(const Recado__Content *m, struct content_opened *o)
{
	int r;

	if (m->n_recipients == 0 || m->n_recipients > CONTENT_RECIPIENTS_MAX)
		return ERR_LIMIT;
	o->recipients = mem_array(m->n_recipients, USER_ID_LEN);
	for (size_t i = 0; i < m->n_recipients; i++)
		if ((r = pb_fixed(m->recipients[i], o->recipients[i], USER_ID_LEN)) != 0)
			return r;
	o->c.recipients = (const uint8_t(*)[USER_ID_LEN])o->recipients;
	o->c.recipient_count = m->n_recipients;
	return 0;
}

static int
get_heads(const Recado__Content *m, struct content_opened *o)
{
	int r;

	if (m->n_list_heads > CONTENT_RECIPIENTS_MAX + 1)
		return ERR_LIMIT;
	o->heads = mem_array(m->n_list_heads + 1, sizeof(*o->heads));
	for (size_t i = 0; i < m->n_list_heads; i++) {
		const Recado__ListHead *h = m->list_heads[i];

		o->heads[i].length = h->length;
		if ((r = pb_fixed(h->user_id, o->heads[i].user_id, USER_ID_LEN)) != 0 ||
		    (r = pb_fixed(h->head, o->heads[i].head, HASH_LEN)) != 0)
			return r;
	}
	o->c.heads = o->heads;
	o->c.head_count = m->n_list_heads;
	return 0;
}

static int
get_text(const Recado__Content *m, struct content_opened *o)
{
	if (m->body_case != RECADO__CONTENT__BODY_TEXT || m->group_head.len != 0)
		return ERR_FORMAT;
	if (m->text->text.len > CONTENT_TEXT_MAX)
		return ERR_LIMIT;
	o->text = mem_alloc(m->text->text.len + 1);
	if (m->text->text.len > 0)
		memcpy(o->text, m->text->text.data, m->text->text.len);
	o->c.text = (struct bytes){ o->text, m->text->text.len };
	return 0;
}

static int
get_body(const Recado__Content *m, struct content_opened *o)
{
	struct content *c = &o->c;
	int r;

	if ((r = pb_fixed(m->id, c->id, CONTENT_ID_LEN)) != 0 ||
	    (r = pb_fixed(m->sender_user, c->sender_user, USER_ID_LEN)) != 0 ||
	    (r = pb_fixed(m->sender_device, c->sender_device, DEVICE_ID_LEN)) != 0 ||
	    (r = pb_fixed(m->sender_binding, c->sender_binding, HASH_LEN)) != 0 ||
	    (r = pb_fixed(m->conversation, c->conversation, sizeof(c->conversation))) != 0 ||
	    (r = pb_fixed(m->nonce, c->nonce, sizeof(c->nonce))) != 0)
		return r;
	c->has_previous = m->previous.len != 0;
	if (c->has_previous && (r = pb_fixed(m->previous, c->previous, HASH_LEN)) != 0)
		return r;
	c->sequence = m->sequence;
	c->written_at = m->written_at;
	c->expires_after = m->expires_after;
	if ((r = get_recipients(m, o)) != 0 || (r = get_heads(m, o)) != 0 ||
	    (r = get_text(m, o)) != 0)
		return r;
	return check_fields(c);
}

int
content_verify(const Recado__SignedContent *sc, const uint8_t device_signing_key[32],
    struct content_opened **out)
{
	struct content_opened *o = NULL;
	Recado__Content *m = NULL;
	int r;

	*out = NULL;
	if (sc->body.len > CONTENT_BODY_MAX)
		return ERR_LIMIT;
	if ((r = key_verify_label(device_signing_key, LABEL_CONTENT, pb_view(sc->body),
		 pb_view(sc->signature))) != 0)
		return r;
	if ((r = pb_unpack(&recado__content__descriptor, pb_view(sc->body), &m)) != 0)
		return r;
	o = mem_alloc(sizeof(*o));
	if ((r = get_body(m, o)) == 0 && (r = kdf_sha256(pb_view(sc->body), o->mh)) == 0) {
		*out = o;
		o = NULL;
	}
	content_free(&o);
	pb_free(&m);
	return r;
}

const struct content *
content_get(const struct content_opened *o)
{
	return &o->c;
}

const uint8_t *
content_hash(const struct content_opened *o)
{
	return o->mh;
}

void
content_free(struct content_opened **po)
{
	struct content_opened *o = *po;

	if (o == NULL)
		return;
	*po = NULL;
	if (o->text != NULL)
		mem_wipe(o->text, o->c.text.n);
	free(o->text);
	free(o->recipients);
	free(o->heads);
	mem_wipe(o, sizeof(*o));
	free(o);
}
