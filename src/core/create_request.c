/*
 * What an invitation is spent on: the key that plays the card's part, and the request for a certificate
 * that it signed. Both are on disk, under the passphrase, before the relay sees the request; whoever
 * runs create again asks for the same, and under another name, too, while none is registered.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/create.h"

#define REQUEST "create.request" /* Enrol, as it is sent */
#define RELAY "create.relay"     /* whom: the first key */

static int
keep(struct create *c)
{
	Recado__Enrol en = RECADO__ENROL__INIT;
	struct buf *b = buf_new(0);
	int r;

	en.csr = pb_data(buf_view(c->request));
	if (c->invite != NULL)
		en.invite = pb_data((struct bytes){ (const uint8_t *)c->invite, strlen(c->invite) });
	if ((r = pb_pack(&en, b)) == 0 && (r = store_begin(c->store)) == 0) {
		if ((r = store_value_set(c->store, REQUEST, buf_view(b))) == 0)
			r = store_value_set(c->store, RELAY, (struct bytes){ c->first, KEY_LEN });
		r = store_end(c->store, r);
	}
	buf_free(&b);
	return r;
}

int
create_request_make(struct create *c, struct fault *f)
{
	struct csr_subject subject;
	int r;

	if ((r = csr_subject_parse(c->op->cmd.subject, c->op->cmd.name, &subject, f)) != 0)
		return r;
	if ((r = keyfile_new(&c->keys)) == 0 &&
	    (r = csr_make(&subject, &c->keys->soft_card, c->request)) == 0 &&
	    (r = create_stage(c, f)) == 0 && (r = keep(c)) == 0)
		c->requested = true;
	if (r != 0 && f->code == 0)
		fault_set(f, r, NULL, "the request for a certificate cannot be made");
	return r;
}

/* ------------------------------------------------------------------------------ an earlier one */

/* What is asked for now is not what was; the certificate may be there already. */
static void
tell_subject(struct create *c)
{
	struct csr_subject now;
	struct csr was;

	if (c->op->cmd.subject != NULL &&
	    csr_subject_parse(c->op->cmd.subject, c->op->cmd.name, &now, NULL) == 0 &&
	    csr_parse(buf_view(c->request), &was, NULL) == 0 &&
	    memcmp(&now, &was.subject, sizeof(now)) != 0)
		op_progress(c->op, "the certificate keeps the subject that was asked for before");
}

static int
take(struct create *c, const Recado__Enrol *en)
{
	if (en->csr.len == 0 || c->keys->soft_card.n == 0)
		return ERR_FORMAT;
	if (en->invite.len > 0) { /* what it may be spent on is this */
		free(c->invite);
		c->invite = mem_strndup((const char *)en->invite.data, en->invite.len);
	}
	return buf_put_bytes(c->request, pb_view(en->csr));
}

int
create_request_open(struct create *c, struct fault *f)
{
	struct buf *b = buf_new(0);
	Recado__Enrol *en = NULL;
	uint8_t first[KEY_LEN];
	int r;

	if ((r = create_staged_open(c, f)) != 0)
		goto out;
	if ((r = store_value_get(c->store, REQUEST, b)) != 0 ||
	    (r = pb_unpack(&recado__enrol__descriptor, buf_view(b), &en)) != 0 ||
	    (r = take(c, en)) != 0 ||
	    (r = store_fixed_get(c->store, RELAY, first, sizeof(first))) != 0 ||
	    (en->invite.len == 0 && c->invite != NULL && (r = keep(c)) != 0))
		create_damaged(c, r, f);
	else if ((r = create_same_relay(c, first, NULL, f)) == 0)
		tell_subject(c);
out:
	pb_free(&en);
	buf_free(&b);
	return r;
}
