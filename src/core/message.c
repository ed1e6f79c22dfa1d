#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/message.h"
#include "core/receipts.h"
#include "core/trust.h"

/* ------------------------------------------------------------------------------ showing */

static char *
hex_text(const uint8_t *p, size_t n)
{
	char *out = mem_alloc(2 * n + 1);

	hex_encode(p, n, out);
	return out;
}

static void
show_holder(struct engine *e, const struct identity *i, struct core_message *out)
{
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];

	if (v == NULL)
		return;
	out->civil_name = mem_strdup(v->civil_name);
	out->civil_id = mem_strdup(v->civil_id);
	if (out->first_contact && v->chain_count > 0) {
		clock_text(v->chain[v->chain_count - 1].not_before, from);
		clock_text(v->chain[v->chain_count - 1].not_after, to);
		out->card_validity = mem_format("%.10s to %.10s", from, to);
	}
}

struct device_states {
	struct core_message *out;
};

static int
show_device(void *arg, const struct store_trace *t)
{
	struct core_message *out = ((struct device_states *)arg)->out;
	char *id = hex_text(t->device, STORE_DEVICE);
	size_t i;

	for (i = 0; i < out->device_count; i++)
		if (strcmp(out->devices[i].device, id) == 0)
			break;
	if (i == out->device_count) {
		out->devices = mem_grow(out->devices, i + 1, sizeof(*out->devices));
		out->devices[i].device = id;
		out->devices[i].state = CORE_ST_NONE;
		out->device_count++;
		id = NULL;
	}
	if (t->verified && (int)out->devices[i].state < t->state)
		out->devices[i].state = (enum core_state)t->state;
	free(id);
	return 0;
}

struct core_message *
message_show(struct engine *e, const struct store_message *m)
{
	struct core_message *out = mem_alloc(sizeof(*out));
	struct device_states ds = { out };
	struct store_person p;
	const struct identity *who = NULL;

	out->id = mem_strdup(m->id);
	out->outgoing = m->outgoing;
	out->unread = m->unread;
	out->first_contact = m->first_contact;
	out->late = m->late;
	out->sent_at = m->sent_at;
	out->received_at = m->received_at;
	out->state = (enum core_state)m->state;
	/* Our own words too: what was pasted may hold anything. */
	out->text = text_clean(m->text != NULL ? m->text : "", m->text != NULL ? strlen(m->text) : 0,
	    TEXT_BLOCK);
	out->error = m->error != NULL ? mem_strdup(m->error) : NULL;
	out->row = (uint64_t)m->row;
	out->device = hex_text(m->device, STORE_DEVICE);
	out->trust = '?';
	if (store_person_by_id(e->store, m->person, &p) == 0) {
		out->conversation = mem_strdup(p.name);
		out->trust = trust_letter(e->trust, &p);
		who = m->outgoing ? trust_self(e->trust) : trust_identity(e->trust, &p);
		out->from = mem_strdup(m->outgoing ? e->account.name : p.name);
	}
	show_holder(e, who, out);
	if (m->outgoing && store_trace_each(e->store, m->row, show_device, &ds) != 0)
		out->device_count = 0;
	return out;
}

char *
message_held(struct engine *e, const struct store_message *m)
{
	char line[sizeof(struct fault)];
	struct store_person p;
	struct fault f = { 0 };

	if (!m->outgoing || m->state != CORE_ST_QUEUED ||
	    store_person_by_id(e->store, m->person, &p) != 0 || trust_may_send(e->trust, &p, &f) == 0)
		return NULL;
	fault_line(&f, line, sizeof(line));
	return mem_strdup(line);
}

struct emission {
	struct engine *e;
	struct op *op;
};

static int
emit_one(void *arg, const struct store_message *m)
{
	struct emission *x = arg;
	struct core_event ev = { .kind = CORE_EV_MESSAGE, .message = message_show(x->e, m) };

	if (x->op != NULL)
		op_emit(x->op, &ev);
	else
		engine_publish(x->e, &ev);
	return 0;
}

int
message_emit(struct engine *e, int64_t row, struct op *op)
{
	struct emission x = { e, op };

	return store_message_get(e->store, row, emit_one, &x);
}

static int
fields_one(void *arg, const struct store_message *m)
{
	struct store_message *out = arg;

	*out = *m;
	out->text = out->error = NULL;
	return 0;
}

int
message_fields(struct engine *e, int64_t row, struct store_message *out)
{
	memset(out, 0, sizeof(*out));
	return store_message_get(e->store, row, fields_one, out);
}

struct load {
	struct store_message *m;
	char **text;
};

static int
load_one(void *arg, const struct store_message *m)
{
	struct load *l = arg;

	*l->text = mem_strdup(m->text != NULL ? m->text : "");
	*l->m = *m;
	l->m->text = *l->text;
	l->m->error = NULL;
	return 0;
}

int
message_load(struct engine *e, int64_t row, struct store_message *out, char **text)
{
	struct load l = { out, text };

	*text = NULL;
	memset(out, 0, sizeof(*out));
	return store_message_get(e->store, row, load_one, &l);
}

/* One that names another message already would name two. */
int
message_id_unused(struct engine *e, const uint8_t *id)
{
	char hex[STORE_ID_TEXT];
	int64_t row;
	int r;

	hex_encode(id, (STORE_ID_TEXT - 1) / 2, hex);
	r = store_message_find(e->store, 0, hex, &row);
	return r == ERR_NOT_FOUND ? 0 : r == 0 || r == ERR_USAGE ? ERR_TAKEN : r;
}

int
message_find(struct op *op, const char *id, int64_t *row)
{
	int r = store_message_find(op->e->store, 0, id != NULL ? id : "", row);

	if (r == ERR_USAGE)
		op_fail_with(op, r, id, "this is no message id, or not enough of one (8 digits or more)");
	else if (r == ERR_NOT_FOUND)
		op_fail_with(op, r, id, "there is no message with this id");
	else if (r != 0)
		op_fail_with(op, r, id, "the store cannot be read");
	return r;
}

/* ------------------------------------------------------------------------------ changing */

static struct core_state_change *
change_show(struct engine *e, const struct store_message *m, const struct store_trace *t)
{
	struct core_state_change *s = mem_alloc(sizeof(*s));
	struct store_person p;

	s->id = mem_strdup(m->id);
	if (store_person_by_id(e->store, m->person, &p) == 0)
		s->conversation = mem_strdup(p.name);
	s->at = t != NULL ? t->at : clock_now_ms();
	if (t == NULL) {
		s->state = CORE_ST_FAILED;
		return s;
	}
	s->state = (enum core_state)t->state;
	s->proof = (enum core_proof)t->proof;
	s->verified = t->verified;
	s->by = t->proof == CORE_PROOF_WARRANT ? mem_strdup("relay")
	                                       : hex_text(t->device, STORE_DEVICE);
	return s;
}

struct telling {
	struct engine *e;
	int64_t row;
	struct store_trace t; /* without its blob */
	int code;             /* not 0: it failed, because of error */
	char error[sizeof(struct fault)];
};

/* Somebody waits for it, somebody watches. */
static void
tell_now(void *arg)
{
	const struct telling *x = arg;
	struct engine *e = x->e;
	struct core_event ev = { .kind = CORE_EV_STATE };
	struct op_change change = { x->row, x->code, &ev };
	struct store_message m;

	if (message_fields(e, x->row, &m) != 0)
		return;
	ev.state = change_show(e, &m, x->code != 0 ? NULL : &x->t);
	ev.state->error = x->code != 0 ? mem_strdup(x->error) : NULL;
	op_notify_all(e, OP_NEWS_STATE, &change);
	if (ev.state->state <= CORE_ST_SENT)
		engine_status(e, NULL); /* the outbox has one less */
	engine_publish(e, &ev);
}

/* t NULL: it failed with code, because of error. Told when it is on disk. */
static void
tell(struct engine *e, int64_t row, const struct store_trace *t, int code, const char *error)
{
	struct telling *x = mem_alloc(sizeof(*x));

	x->e = e;
	x->row = row;
	x->code = code;
	if (t != NULL)
		x->t = *t;
	x->t.blob = (struct bytes){ NULL, 0 };
	if (error != NULL)
		snprintf(x->error, sizeof(x->error), "%s", error);
	store_after(e->store, tell_now, x);
}

int
message_prove(struct engine *e, int64_t row, const struct store_trace *t)
{
	struct store_message m;
	bool up;
	int r = store_begin(e->store);

	if (r != 0)
		return r;
	if ((r = message_fields(e, row, &m)) == 0)
		r = store_trace_add(e->store, row, t);
	up = r == 0 && t->verified && t->state > m.state;
	if (up)
		r = store_message_state(e->store, row, t->state, NULL);
	r = store_end(e->store, r);
	if (r == 0 && (up || !t->verified))
		tell(e, row, t, 0, NULL);
	return r;
}

int
message_fail(struct engine *e, int64_t row, int code, const char *why)
{
	struct store_message m;
	int r = message_fields(e, row, &m);

	if (r != 0 || m.state >= CORE_ST_SENT || m.state == CORE_ST_FAILED)
		return r; /* a device of theirs has it: a state never goes down */
	r = store_message_state(e->store, row, CORE_ST_FAILED, why);
	if (r == 0)
		r = receipts_echo(e, row, false);
	if (r == 0)
		tell(e, row, NULL, code, why);
	return r;
}
