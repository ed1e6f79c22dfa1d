/*
 * A renewal goes over a connection of its own, without a sign-in, as a registration does: a device
 * whose card has expired could not sign in, and binding and event prove themselves.
 *
 *     head       the relay says where our list stands; it must be where ours does
 *     card       its certificate, its chain made whole, and that it is the same person's under the same
 *                class of anchor
 *     sign       PIN; no connection is open meanwhile, not the signed-in one either
 *     register   binding and event; then they are part of our own list
 */
#include "core/renew.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/await.h"
#include "core/cards.h"
#include "core/conn.h"
#include "core/relay.h"
#include "core/renewal.h"
#include "core/status.h"
#include "core/trust.h"
#include "crypto/keyfile.h"

struct renew {
	struct op *op;
	struct engine *e;
	struct link_address to;
	struct conn *conn;
	struct fault why;
	struct renewal new;
	bool sent;
};

static void
renew_drop(void *state)
{
	struct renew *w = state;

	conn_free(&w->conn);
	relay_pause(w->e, false);
	renewal_clear(&w->new);
	free(w);
}

/* ------------------------------------------------------------------------------ connections */

static int
renew_identity(void *arg, const struct rotation_chain *shown, struct fault *f)
{
	const struct account *a = &((struct renew *)arg)->e->account;

	return relay_keys_check(&a->relay_keys, shown, a->relay, f);
}

static void
renew_closed(void *arg, const struct fault *why)
{
	struct renew *w = arg;
	struct fault f = w->why.code != 0 ? w->why : *why;

	conn_free(&w->conn);
	if (w->sent && w->why.code == 0)
		fault_hint(&f, "Whether it was taken shows with `recado devices` and in whois; "
		    "if not, run the command again.");
	op_fail(w->op, &f);
}

static void
renew_connect(struct renew *w, void (*opened)(void *arg, const struct channel_event *ev))
{
	struct conn_hooks hooks = { w, renew_identity, opened, NULL, renew_closed };
	struct channel_client who = { 0 };
	int r = conn_new(w->e, &w->to, &who, &hooks, &w->conn);

	if (r != 0)
		op_fail_with(w->op, r, w->e->account.relay, "the connection cannot be tried");
}

/* Go on in a new turn of the loop, the connection closed. */
static void
renew_next(struct renew *w, void (*fn)(struct op *op))
{
	if (w->conn != NULL)
		(void)!conn_goodbye(w->conn);
	op_alarm(w->op, 0, fn);
}

static void
renew_failed(struct op *op)
{
	struct renew *w = op->state;
	struct fault f = w->why;

	op_fail(op, &f);
}

/* ------------------------------------------------------------------------------ registering */

/* What the relay took is part of our own list. */
static void
renew_done(struct op *op)
{
	struct renew *w = op->state;
	struct fault f = { 0 };
	int r = renewal_learn(w->e, &w->new, &f);

	if (r == 0)
		op_progress(op, "this card speaks for all your devices now");
	op_end(op, r, &f);
}

static void
renew_registered(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct renew *w = arg;
	int r;

	if (err != 0)
		return; /* the closed connection tells */
	r = status_fault(reply->status, NULL, w->e->account.name, &w->why);
	if (r == ERR_TAKEN)
		fault_set(&w->why, ERR_CERT, w->e->account.name,
		    "the relay says that this card is another person's");
	else if (r == ERR_AGAIN)
		fault_hint(&w->why, "Run the command again: the card signs once more.");
	renew_next(w, r == 0 ? renew_done : renew_failed);
}

static void
renew_register(void *arg, const struct channel_event *welcome)
{
	struct renew *w = arg;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Register rg = RECADO__REGISTER__INIT;
	int r = renewal_parts(&w->new, &rg.binding, &rg.event);

	rq.op_case = RECADO__TO_RELAY__OP_REGISTER;
	rq.register_ = &rg;
	if (r == 0)
		r = conn_request(w->conn, &rq, renew_registered, w);
	w->sent = r == 0;
	pb_free(&rg.binding);
	pb_free(&rg.event);
	if (r != 0) {
		fault_set(&w->why, r, w->e->account.relay, "the renewal cannot be sent");
		renew_next(w, renew_failed);
	}
}

/* ------------------------------------------------------------------------------ signing */

static void
renew_signed(struct op *op, const struct cards_answer *a)
{
	struct renew *w = op->state;
	int r;

	if (a->code != 0) {
		op_fail(op, a->fault);
		return;
	}
	r = renewal_finish(w->e, &w->new, (uint32_t)a->signature->scheme,
	    (struct bytes){ a->signature->octets, a->signature->len });
	if (r != 0) {
		op_fail_with(op, r, NULL, "the renewal cannot be made");
		return;
	}
	op_progress(op, "telling the relay");
	renew_connect(w, renew_register);
}

/* ------------------------------------------------------------------------------ the card */

static void issuers_ask(void *arg, const struct channel_event *welcome);

/* Certificate and chain are there. */
static void
renew_judge(struct op *op)
{
	struct renew *w = op->state;
	struct bytes cert = buf_view(w->new.certificate);
	struct cards_order order;
	struct fault f = { 0 };
	int r;

	conn_free(&w->conn);
	r = trust_own_card(w->e->trust, cert, &w->new.chain, &f);
	if (w->new.chain.lacks) {
		renew_connect(w, issuers_ask);
		return;
	}
	if (r == 0)
		r = trust_same_holder(w->e->trust, cert, &w->new.chain, &f);
	if (r == 0)
		r = renewal_bind(w->e, &w->new, &f);
	if (r != 0) {
		op_fail(op, &f);
		return;
	}
	op_progress(op, "the card signs for all your devices");
	order = (struct cards_order){ op->cmd.token, w->new.binding.certificate_sha256,
		buf_view(w->new.to_sign) };
	cards_sign(w->e->cards, op, &order, renew_signed);
}

static void
issuers_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct renew *w = arg;

	if (err != 0)
		return; /* the closed connection tells */
	trust_issuers_take(w->e->trust, reply);
	renew_next(w, renew_judge);
}

static void
issuers_ask(void *arg, const struct channel_event *welcome)
{
	struct renew *w = arg;
	int r = chain_ask(&w->new.chain, w->conn, issuers_came, w);

	if (r != 0) {
		fault_set(&w->why, r, w->e->account.relay, "the relay cannot be asked");
		renew_next(w, renew_failed);
	}
}

static void
renew_card(struct op *op, const struct cards_answer *a)
{
	struct renew *w = op->state;
	int r = a->code;

	if (r == 0)
		r = buf_put(w->new.certificate, a->holder->cert, a->holder->cert_len);
	if (r == 0)
		r = chain_of_card(&w->new.chain, a->holder);
	if (a->code != 0)
		op_fail(op, a->fault);
	else if (r != 0)
		op_fail_with(op, r, NULL, "the card's certificates cannot be used");
	else
		renew_judge(op);
}

static void
renew_read(struct op *op)
{
	struct renew *w = op->state;

	conn_free(&w->conn);
	if (op->cmd.token == NULL && w->e->config->token_label != NULL)
		op->cmd.token = mem_strdup(w->e->config->token_label);
	op_progress(op, "reading the card");
	cards_holder(w->e->cards, op, op->cmd.token, renew_card);
}

/* ------------------------------------------------------------------------------ the list's head */

static void
renew_head(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct renew *w = arg;
	const struct identity *self = trust_self(w->e->trust);
	const Recado__ListHead *h;

	if (err != 0)
		return; /* the closed connection tells */
	h = reply->status == RECADO__STATUS__STATUS_NAME_TAKEN &&
	        reply->op_case == RECADO__REPLY_BODY__OP_LIST_HEAD
	    ? reply->list_head
	    : NULL;
	if (reply->status == RECADO__STATUS__STATUS_OK)
		fault_set(&w->why, ERR_NO_USER, w->e->account.name, "the relay has no such account");
	else if (h == NULL && status_fault(reply->status, NULL, w->e->account.name, &w->why) != 0)
		;
	else if (h == NULL ||
	    !bytes_equal(pb_view(h->user_id), (struct bytes){ w->e->account.user_id, STORE_USER }))
		fault_set(&w->why, ERR_CHAIN, w->e->account.name,
		    "the relay has somebody else under this name");
	else if (!bytes_equal(pb_view(h->head), (struct bytes){ identity_list_head(self), HASH_LEN })) {
		fault_set(&w->why, ERR_AGAIN, w->e->account.name,
		    "your device list at the relay is not the one known here");
		fault_hint(&w->why, "Renew on the device that changed it last, or connect with this one first.");
	}
	renew_next(w, w->why.code == 0 ? renew_read : renew_failed);
}

static void
renew_ask(void *arg, const struct channel_event *welcome)
{
	struct renew *w = arg;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__NameCheck check = RECADO__NAME_CHECK__INIT;
	const char *name = w->e->account.name;
	int r;

	check.user_name = pb_data((struct bytes){ (const uint8_t *)name, strlen(name) });
	rq.op_case = RECADO__TO_RELAY__OP_NAME_CHECK;
	rq.name_check = &check;
	if ((r = conn_request(w->conn, &rq, renew_head, w)) != 0) {
		fault_set(&w->why, r, w->e->account.relay, "the relay cannot be asked");
		renew_next(w, renew_failed);
	}
}

void
renew_begin(struct op *op)
{
	struct renew *w = mem_alloc(sizeof(*w));

	w->op = op;
	w->e = op->e;
	renewal_init(&w->new);
	op->state = w;
	op->drop = renew_drop;
	if (link_address_parse(op->e->account.relay, &w->to) != 0) {
		op_fail_with(op, ERR_CONFIG, op->e->account.relay, "this is no HOST:PORT");
		return;
	}
	relay_pause(op->e, true);
	op_progress(op, "asking the relay where the device list stands");
	renew_connect(w, renew_ask);
}
