#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/create.h"
#include "core/relay.h"
#include "core/status.h"
#include "core/trust.h"
#include "crypto/rand.h"

/* ------------------------------------------------------------------------------ life */

static void
create_drop(void *state)
{
	struct create *c = state;

	conn_free(&c->conn);
	if (c->staged) {
		/* A failure: what was made of a profile goes. */
		store_close(&c->store);
		if (c->kept)
			profile_leave(c->e->profile);
		else
			profile_abort(c->e->profile);
		c->e->keys = NULL;
		account_clear(&c->e->account);
	}
	keyfile_free(&c->keys);
	mem_secret_free(&c->passphrase);
	buf_free(&c->body);
	buf_free(&c->to_sign);
	buf_free(&c->certificate);
	buf_free(&c->relay_ca);
	buf_free(&c->request);
	buf_free(&c->signed_binding);
	buf_free(&c->event);
	buf_free(&c->record);
	chain_clear(&c->chain);
	free(c->invite);
	free(c);
}

struct create *
create_new(struct op *op)
{
	struct create *c = mem_alloc(sizeof(*c));

	c->op = op;
	c->e = op->e;
	c->body = buf_new(0);
	c->to_sign = buf_new(0);
	c->certificate = buf_new(CERT_DER_MAX);
	c->relay_ca = buf_new(CERT_DER_MAX);
	c->request = buf_new(CSR_MAX);
	c->signed_binding = buf_new(0);
	c->event = buf_new(0);
	c->record = buf_new(0);
	if (op->cmd.invite != NULL)
		c->invite = mem_strdup(op->cmd.invite);
	op->state = c;
	op->drop = create_drop;
	return c;
}

/* ------------------------------------------------------------------------------ connections */

static int
pinned_identity(void *arg, const struct rotation_chain *shown, struct fault *f)
{
	struct create *c = arg;
	int r = relay_pin_check(c->first, rotation_first(shown), c->address, f);

	if (r == 0 && (r = relay_keys_check(&c->relay_keys, shown, c->address, f)) == 0)
		c->relay_keys = *shown;
	return r;
}

static void
pinned_closed(void *arg, const struct fault *why)
{
	struct create *c = arg;
	struct fault f = c->why.code != 0 ? c->why : *why;

	conn_free(&c->conn);
	if (c->unsure && c->why.code == 0) {
		create_confirm(c, &f);
		return;
	}
	if (c->confirming && f.code == ERR_NO_DEVICE && !c->asked_again) {
		c->confirming = false;
		c->asked_again = true; /* it was not done, and can be */
		create_next(c, create_send);
		return;
	}
	if ((f.code == ERR_NO_DEVICE && !c->requested) || f.code == ERR_REMOVED)
		c->kept = false; /* nothing comes of it any more */
	create_hint_kept(c, &f);
	if (c->enrolling && c->why.code == 0 && f.code != ERR_RELAY_KEY)
		create_enrol_again(c, &f);
	else
		op_fail(c->op, &f);
}

void
create_connect(struct create *c, void (*opened)(void *arg, const struct channel_event *ev))
{
	struct conn_hooks hooks = { c, pinned_identity, opened, NULL, pinned_closed };
	struct channel_client who = { 0 };
	int r;

	if (c->confirming) {
		who.device_key = c->keys->device_sign;
		who.user_id = c->binding.user_id;
		who.device_id = c->binding.device_id;
	}
	r = conn_new(c->e, &c->to, &who, &hooks, &c->conn);

	if (r != 0)
		op_fail_with(c->op, r, c->address, "the connection cannot be tried");
}

void
create_next(struct create *c, void (*fn)(struct op *op))
{
	if (c->conn != NULL)
		(void)!conn_goodbye(c->conn);
	op_alarm(c->op, 0, fn);
}

/* ------------------------------------------------------------------------------ the card */

void
create_hint_kept(const struct create *c, struct fault *f)
{
	if (c->kept && c->requested)
		fault_hint(f, "Run the same command again: it goes on from here.");
	else if (c->kept)
		fault_hint(f, "Run the same command again: it goes on from here, without the card.");
}

void
create_failed(struct op *op)
{
	struct create *c = op->state;
	struct fault f = c->why;

	op_fail(op, &f);
}

static void
signed_by_card(struct op *op, const struct cards_answer *a)
{
	struct create *c = op->state;

	if (a->code != 0) {
		op_fail(op, a->fault);
		return;
	}
	c->scheme = (uint32_t)a->signature->scheme;
	create_register(c, (struct bytes){ a->signature->octets, a->signature->len });
}

bool
create_passphrase(struct create *c, const char *text)
{
	if (text == NULL || text[0] == '\0') {
		op_fail_with(c->op, text == NULL ? ERR_CANCELED : ERR_USAGE, NULL,
		    "no passphrase was given");
		return false;
	}
	c->passphrase = mem_secret_alloc(strlen(text) + 1);
	memcpy(c->passphrase, text, strlen(text) + 1);
	return true;
}

/* The passphrase is known; what is left is the signature, and only for that the PIN. */
static void
passphrase_given(struct op *op, const char *text)
{
	struct create *c = op->state;
	struct cards_order order;

	if (!create_passphrase(c, text))
		return;
	order = (struct cards_order){ op->cmd.token, c->binding.certificate_sha256,
		buf_view(c->to_sign) };
	op_progress(op, "the card signs");
	cards_sign(c->e->cards, op, &order, signed_by_card);
}

static int
device_name(struct create *c, struct fault *f)
{
	const char *given = c->op->cmd.device_name;
	char host[64] = "device";

	if (given == NULL)
		given = c->e->config->device;
	if (given == NULL && gethostname(host, sizeof(host) - 1) == 0)
		given = host;
	if (given == NULL)
		given = host;
	if (text_clean_to(c->binding.device_name, 64, given, strlen(given), TEXT_NAME) == 0)
		return fault_set(f, ERR_USAGE, given, "this is no name for a device");
	return 0;
}

int
create_binding(struct create *c, struct fault *f)
{
	struct binding *b = &c->binding;
	int r = device_name(c, f);

	if (r != 0)
		return r;
	if ((c->keys == NULL && (r = keyfile_new(&c->keys)) != 0) ||
	    (r = rand_bytes(b->device_id, sizeof(b->device_id))) != 0 ||
	    (r = code_relay_id(c->first, b->relay_id)) != 0)
		return fault_set(f, r, NULL, "the device's keys cannot be made");
	memcpy(b->user_name, c->op->cmd.name, strlen(c->op->cmd.name) + 1);
	memcpy(b->device_signing_key, key_sign_public(c->keys->device_sign), KEY_LEN);
	memcpy(b->device_identity_key, key_dh_public(c->keys->device_dh), KEY_LEN);
	cert_sha256(buf_view(c->certificate), b->certificate_sha256);
	b->purpose = c->adding ? BINDING_PURPOSE_ADD : BINDING_PURPOSE_FIRST;
	b->created = clock_now_ms();
	if ((r = binding_prepare(b, c->body, c->to_sign)) != 0)
		return fault_set(f, r, NULL, "the binding cannot be made: %s", err_text(r));
	return 0;
}

static void issuers_ask(void *arg, const struct channel_event *welcome);

/* Certificate and chain are there. What a relay would refuse, and others, is refused here. */
static void
certificate_there(struct op *op)
{
	struct core_ask ask = { .kind = CORE_ASK_NEW_PASSPHRASE };
	struct create *c = op->state;
	struct fault f = { 0 };
	int r;

	conn_free(&c->conn);
	r = trust_own_card(c->e->trust, buf_view(c->certificate), &c->chain, &f);
	if (c->chain.lacks) {
		create_connect(c, issuers_ask);
		return;
	}
	if (r == 0)
		r = create_binding(c, &f);
	if (r != 0)
		op_fail(op, &f);
	else
		op_ask(op, &ask, passphrase_given);
}

static void
issuers_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct create *c = arg;

	if (err != 0)
		return; /* the closed connection tells */
	trust_issuers_take(c->e->trust, reply);
	create_next(c, certificate_there);
}

static void
issuers_ask(void *arg, const struct channel_event *welcome)
{
	struct create *c = arg;
	int r = chain_ask(&c->chain, c->conn, issuers_came, c);

	if (r != 0) {
		fault_set(&c->why, r, c->address, "the relay cannot be asked");
		create_next(c, create_failed);
	}
}

static void
holder_read(struct op *op, const struct cards_answer *a)
{
	struct create *c = op->state;
	int r = a->code;

	if (r == 0)
		r = buf_put(c->certificate, a->holder->cert, a->holder->cert_len);
	if (r == 0)
		r = chain_of_card(&c->chain, a->holder);
	if (a->code != 0)
		op_fail(op, a->fault);
	else if (r != 0)
		op_fail_with(op, r, NULL, "the card's certificates cannot be used");
	else
		certificate_there(op);
}

static void
card_step(struct op *op)
{
	struct create *c = op->state;
	const char *which = op->cmd.token != NULL ? op->cmd.token : c->e->config->token_label;

	conn_free(&c->conn);
	if (op->cmd.token == NULL && which != NULL)
		op->cmd.token = mem_strdup(which);
	op_progress(op, "reading the card");
	cards_holder(c->e->cards, op, op->cmd.token, holder_read);
}

/* ------------------------------------------------------------------------------ the name */

static void
name_checked(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct create *c = arg;

	if (err != 0)
		return;
	if (reply->status == RECADO__STATUS__STATUS_NAME_TAKEN)
		create_next(c, create_may_join(c, reply, &c->why) == 0 ? card_step : create_failed);
	else if (status_fault(reply->status, NULL, c->op->cmd.name, &c->why) != 0)
		create_next(c, create_failed);
	else if ((c->op->cmd.flags & CORE_F_ENROL) != 0)
		create_enrol(c);
	else
		create_next(c, card_step);
}

static void
name_ask(void *arg, const struct channel_event *welcome)
{
	struct create *c = arg;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__NameCheck check = RECADO__NAME_CHECK__INIT;
	const char *name = c->op->cmd.name;
	int r;

	check.user_name = pb_data((struct bytes){ (const uint8_t *)name, strlen(name) });
	rq.op_case = RECADO__TO_RELAY__OP_NAME_CHECK;
	rq.name_check = &check;
	if ((r = conn_request(c->conn, &rq, name_checked, c)) != 0) {
		fault_set(&c->why, r, c->address, "the relay cannot be asked");
		create_next(c, create_failed);
	}
}

void
create_check(struct op *op, const struct fault *f)
{
	struct create *c = op->state;
	struct fault why = { 0 };

	c->requested = profile_requested(c->e->profile);
	if (create_resume(c))
		return;
	if (c->requested && (op->cmd.flags & CORE_F_ENROL) == 0) {
		fault_set(&why, ERR_TAKEN, profile_data(c->e->profile),
		    "a certificate was asked for here, for an account without a card");
		fault_hint(&why, "Finish it with --enrol, or remove the folder profile.new.");
		op_fail(op, &why);
		return;
	}
	op_progress(op, "asking whether the name is free");
	create_connect(op->state, name_ask);
}
