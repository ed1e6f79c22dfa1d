#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/message.h"
#include "core/relay.h"
#include "core/trust.h"
#include "crypto/receipt.h"
#include "crypto/warrant.h"

struct walk {
	struct op *op;
	struct store_message m;
	struct store_person p;
};

static bool
warrant_holds(const struct walk *w, const struct store_trace *t)
{
	struct warrant_deposit d;

	return relay_deposit_holds(w->op->e, t->blob, &d) == 0 &&
	    memcmp(d.mailbox, t->device, STORE_DEVICE) == 0;
}

static bool
receipt_holds(const struct walk *w, const struct store_trace *t)
{
	const struct identity *i = trust_identity(w->op->e->trust, &w->p);
	const struct identity_device *d = i != NULL ? identity_find_device(i, t->device) : NULL;
	Recado__SignedReceipt *sr = NULL;
	struct receipt rc;
	bool holds;

	if (d == NULL || pb_unpack(&recado__signed_receipt__descriptor, t->blob, &sr) != 0)
		return false;
	holds = receipt_verify(sr, d->signing_key, identity_certificate(i), &rc) == 0 &&
	    memcmp(rc.message, w->m.mh, STORE_HASH) == 0 &&
	    memcmp(rc.reader_device, t->device, STORE_DEVICE) == 0 &&
	    identity_has_binding(i, rc.reader_binding);
	pb_free(&sr);
	return holds;
}

static int
state_one(void *arg, const struct store_trace *t)
{
	struct walk *w = arg;
	struct core_event ev = { .kind = CORE_EV_STATE };
	struct core_state_change *s = mem_alloc(sizeof(*s));

	s->id = mem_strdup(w->m.id);
	s->conversation = mem_strdup(w->p.name);
	s->state = (enum core_state)t->state;
	s->at = t->at;
	s->proof = (enum core_proof)t->proof;
	s->verified = t->proof == CORE_PROOF_WARRANT ? warrant_holds(w, t) : receipt_holds(w, t);
	if (t->proof == CORE_PROOF_WARRANT) {
		s->by = mem_strdup("relay");
	} else {
		s->by = mem_alloc(2 * STORE_DEVICE + 1);
		hex_encode(t->device, STORE_DEVICE, s->by);
	}
	ev.state = s;
	op_emit(w->op, &ev);
	return 0;
}

static int
state_first(void *arg, const struct store_message *m)
{
	struct walk *w = arg;
	struct core_event ev = { .kind = CORE_EV_STATE };
	struct core_state_change *s = mem_alloc(sizeof(*s));

	w->m = *m;
	w->m.text = w->m.error = NULL;
	s->id = mem_strdup(m->id);
	s->conversation = mem_strdup(w->p.name);
	s->state = m->outgoing ? CORE_ST_QUEUED : (enum core_state)m->state;
	s->at = m->outgoing ? m->sent_at : m->received_at;
	s->by = mem_strdup(m->outgoing ? w->op->e->account.name : w->p.name);
	s->error = message_held(w->op->e, m);
	ev.state = s;
	op_emit(w->op, &ev);
	if (m->state == CORE_ST_FAILED) {
		ev = (struct core_event){ .kind = CORE_EV_STATE };
		ev.state = mem_alloc(sizeof(*ev.state));
		ev.state->id = mem_strdup(m->id);
		ev.state->conversation = mem_strdup(w->p.name);
		ev.state->state = CORE_ST_FAILED;
		ev.state->error = mem_strdup(m->error != NULL ? m->error : "");
		op_emit(w->op, &ev);
	}
	return 0;
}

int
message_states(struct op *op, int64_t row)
{
	struct engine *e = op->e;
	struct walk w = { .op = op };
	int r = message_fields(e, row, &w.m);

	if (r == 0)
		r = store_person_by_id(e->store, w.m.person, &w.p);
	if (r == 0)
		r = store_message_get(e->store, row, state_first, &w);
	if (r == 0)
		r = store_trace_each(e->store, row, state_one, &w);
	return r;
}
