#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/await.h"
#include "core/create.h"
#include "core/prekeys.h"
#include "core/relay.h"
#include "core/status.h"
#include "core/trust.h"
#include "crypto/identity.h"

#define CREATE_SETTLE_MS 5000
#define CREATE_CONFIRM_MS 1000 /* a relay that fell has to come back */

static void
register_fail(struct create *c, int r, const char *what)
{
	struct fault f = c->why;

	if (f.code == 0)
		fault_set(&f, r, c->op->cmd.name, "%s", what);
	op_fail(c->op, &f);
}

/* ------------------------------------------------------------------------------ settling */

static void
settled(struct op *op, const struct fault *f)
{
	/* The account is there; what the relay did not answer yet it will another time. */
	op_done(op, 0);
}

static void
settle_online(struct op *op, const struct fault *f)
{
	if (f != NULL)
		op_done(op, 0);
	else
		await_idle(op, CREATE_SETTLE_MS, settled);
}

void
create_settle(struct op *op)
{
	struct create *c = op->state;
	struct engine *e = c->e;
	struct fault f = { 0 };
	int r;

	conn_free(&c->conn);
	store_close(&c->store);
	account_clear(&e->account);
	e->keys = NULL;
	c->staged = false; /* from here on it is a profile: the relay knows it */
	profile_note_remove(e->profile, "pin");
	r = profile_commit(e->profile, &f);
	if (r == 0)
		r = account_admit(c->op->port, c->passphrase, &f);
	if (r != 0) {
		op_fail(op, &f);
		return;
	}
	await_relay(op, settle_online);
}

/* ------------------------------------------------------------------------------ registering */

static void
register_refused(struct op *op)
{
	struct create *c = op->state;

	register_fail(c, ERR_UNEXPECTED, "the relay refused");
}

/* What a refusal means here; nothing was done then, and only where it may be done later is what was
 * made kept for that. */
static int
refusal(struct create *c, const Recado__ReplyBody *reply)
{
	struct fault *f = &c->why;
	int r = status_reply(reply, c->op->cmd.name, f);

	c->kept = r == 0 || r == ERR_RATE || r == ERR_UNREACHABLE;
	if (c->requested && !c->kept && r != ERR_CERT_REVOKED && r != ERR_CERT_TIME) {
		profile_unpromise(c->e->profile); /* the certificate is good for another account yet */
		c->kept = true;
	}
	if (r == ERR_TAKEN && c->requested) {
		fault_hint(f, "Run create with another name: the certificate is kept for it.");
	} else if (r == ERR_TAKEN && c->adding) {
		fault_set(f, r, c->op->cmd.name, "the name is taken, and its account is not this card's");
		fault_hint(f, "Choose another name, or use the card that made the account.");
	} else if (r == ERR_AGAIN) {
		fault_set(f, r, c->op->cmd.name,
		    "a device was added or removed meanwhile, and the card signed for the list before that");
		fault_hint(f, "Run the command again: the card signs once more.");
	} else if (r != 0) {
		create_hint_kept(c, f);
	}
	return r;
}

static void
registered(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct create *c = arg;

	if (err != 0)
		return; /* the closed connection tells */
	c->unsure = false;
	if (refusal(c, reply) == 0 &&
	    (reply->op_case != RECADO__REPLY_BODY__OP_REGISTERED ||
	        !bytes_equal(pb_view(reply->registered->user_id),
	            (struct bytes){ c->binding.user_id, USER_ID_LEN })))
		fault_set(&c->why, ERR_UNEXPECTED, c->address, "the relay registered somebody else");
	create_next(c,
	    c->why.code != 0 ? register_refused
	        : c->adding  ? create_join
	                     : create_settle);
}

int
create_parts(const struct create *c, Recado__Register *rg)
{
	int r;

	if ((r = pb_unpack(&recado__signed_binding__descriptor, buf_view(c->signed_binding),
	         &rg->binding)) != 0 ||
	    (r = pb_unpack(&recado__signed_device_event__descriptor, buf_view(c->event),
	         &rg->event)) != 0)
		return r;
	return pb_unpack(&recado__signed_device_record__descriptor, buf_view(c->record), &rg->record);
}

void
create_parts_clear(Recado__Register *rg)
{
	pb_free(&rg->binding);
	pb_free(&rg->event);
	pb_free(&rg->record);
}

static void
register_ask(void *arg, const struct channel_event *welcome)
{
	struct create *c = arg;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Register rg = RECADO__REGISTER__INIT;
	int r = create_parts(c, &rg);

	if (c->invite != NULL)
		rg.invite = pb_data((struct bytes){ (const uint8_t *)c->invite, strlen(c->invite) });
	rq.op_case = RECADO__TO_RELAY__OP_REGISTER;
	rq.register_ = &rg;
	c->e->account.relay_keys = c->relay_keys;
	if (r == 0)
		r = account_save_relay(&c->e->account, c->store);
	if (r == 0 && (r = profile_promise(c->e->profile, c->op->cmd.name)) == 0) {
		c->kept = true;
		r = conn_request(c->conn, &rq, registered, c);
	}
	c->unsure = r == 0;
	if (r != 0) {
		fault_set(&c->why, r, c->address, "the registration cannot be sent");
		create_next(c, register_refused);
	}
	create_parts_clear(&rg);
}

/* ------------------------------------------------------------------------------ no answer */

static void
confirm_opened(void *arg, const struct channel_event *welcome)
{
	struct create *c = arg;

	if (c->adding)
		create_joined(c, welcome);
	else
		create_next(c, create_settle);
}

static void
confirm_try(struct op *op)
{
	create_connect(op->state, confirm_opened);
}

void
create_confirm(struct create *c, const struct fault *why)
{
	c->unsure = false;
	c->confirming = true;
	if (why != NULL) {
		log_warn(c->e->log, "create", "no answer to the registration: %s", why->what);
		op_progress(c->op, "no answer: looking whether it was done");
	}
	op_alarm(c->op, why != NULL ? CREATE_CONFIRM_MS : 0, confirm_try);
}

/* ------------------------------------------------------------------------------ the new profile */

/* What others will see of us, as we keep it. */
static int
self_keep(struct create *c)
{
	Recado__DirectoryEntry entry = RECADO__DIRECTORY_ENTRY__INIT;
	Recado__Register rg = RECADO__REGISTER__INIT;
	struct buf *b = buf_new(0);
	int r = create_parts(c, &rg);

	entry.user_name = pb_data((struct bytes){ (const uint8_t *)c->binding.user_name,
	    strlen(c->binding.user_name) });
	entry.user_id = pb_data((struct bytes){ c->binding.user_id, USER_ID_LEN });
	entry.bindings = &rg.binding;
	entry.events = &rg.event;
	entry.records = &rg.record;
	entry.n_bindings = entry.n_events = entry.n_records = 1;
	if (r == 0 && (r = pb_pack(&entry, b)) == 0)
		r = store_value_set(c->store, "self", buf_view(b));
	create_parts_clear(&rg);
	buf_free(&b);
	return r;
}

static int
event_make(struct create *c)
{
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;

	ev.user_id = pb_data((struct bytes){ c->binding.user_id, USER_ID_LEN });
	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_ADD;
	ev.device_id = pb_data((struct bytes){ c->binding.device_id, DEVICE_ID_LEN });
	ev.binding_hash = pb_data((struct bytes){ c->binding.hash, HASH_LEN });
	ev.time = clock_now_ms();
	if (c->adding) {
		ev.number = c->list_length;
		ev.previous = pb_data((struct bytes){ c->binding.list_head, HASH_LEN });
		return identity_join_event(&ev, c->keys->device_sign, c->binding.device_id, c->event);
	}
	return identity_make_event(NULL, &ev, c->keys->device_sign, c->binding.device_id, c->event);
}

static void
account_fill(struct create *c)
{
	struct account *a = &c->e->account;

	memcpy(a->name, c->binding.user_name, sizeof(a->name));
	memcpy(a->device_name, c->binding.device_name, sizeof(a->device_name));
	memcpy(a->user_id, c->binding.user_id, USER_ID_LEN);
	memcpy(a->device_id, c->binding.device_id, DEVICE_ID_LEN);
	memcpy(a->binding_hash, c->binding.hash, HASH_LEN);
	a->relay_keys = c->relay_keys;
	memcpy(a->relay_id, c->binding.relay_id, 32);
	a->relay = mem_strdup(c->address);
}

int
create_stage(struct create *c, struct fault *f)
{
	struct engine *e = c->e;
	int r = profile_stage(e->profile, f);

	if (r != 0)
		return r;
	c->staged = true;
	e->keys = c->keys;
	if ((r = account_keys_write(e, c->keys, c->passphrase, f)) != 0)
		return r;
	return store_open(profile_store(e->profile), c->keys->vault_key, &c->store, f);
}

static int
profile_build(struct create *c, struct fault *f)
{
	struct engine *e = c->e;
	int r = c->requested ? 0 : create_stage(c, f);

	if (r != 0)
		return r;
	account_fill(c);
	if ((r = store_begin(c->store)) == 0) {
		if ((r = account_save(&e->account, c->store)) == 0 &&
		    (buf_len(c->relay_ca) == 0 ||
		        (r = store_value_set(c->store, TRUST_CA_VALUE, buf_view(c->relay_ca))) == 0) &&
		    (r = trust_issuers_keep(e->trust, c->store)) == 0 && (r = event_make(c)) == 0 &&
		    (r = prekeys_record(e, c->store, c->record)) == 0 &&
		    (r = create_remember(c)) == 0 && !c->adding)
			r = self_keep(c);
		r = store_end(c->store, r);
	}
	return r == 0 ? 0 : fault_set(f, r, NULL, "the profile cannot be made: %s", err_text(r));
}

void
create_register(struct create *c, struct bytes signature)
{
	struct bytes links[CERT_INTERMEDIATES_MAX];
	size_t n = chain_view(&c->chain, links);
	struct fault f = { 0 };
	int r;

	r = binding_finish(buf_view(c->body), c->scheme, signature, buf_view(c->certificate), links, n,
	    c->signed_binding);
	if (r != 0)
		fault_set(&f, r, NULL, "the binding cannot be finished: %s", err_text(r));
	else
		r = profile_build(c, &f);
	if (r != 0) {
		op_fail(c->op, &f);
		return;
	}
	create_send(c->op);
}

void
create_send(struct op *op)
{
	op_progress(op, "registering");
	create_connect(op->state, register_ask);
}
