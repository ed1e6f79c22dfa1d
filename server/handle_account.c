/* Name check and registration: what may be asked before there is an account; and device events. */
#include <string.h>

#include "base/text.h"
#include "server/account.h"
#include "server/encode.h"

#define INVITE_MAX 64

/* What a further device of the account has to name in its binding. */
static int
reply_taken(const struct request *rq, const struct directory_user *u)
{
	struct buf *head = buf_new(0);
	struct warrants_reply r = { .status = RECADO__STATUS__STATUS_NAME_TAKEN,
		.detail = "the name is taken",
		.field = REPLY_LIST_HEAD };
	int rc;

	if ((rc = encode_list_head(head, u->id, u->list_length, u->list_head)) == 0) {
		r.op = buf_view(head);
		rc = warrants_add(loop_warrants(rq->loop), &rq->ticket, &r, loop_wall(rq->loop));
	}
	buf_free(&head);
	return rc;
}

static int
name_check(const struct request *rq)
{
	struct bytes name = pb_view(rq->msg->name_check->user_name);
	struct directory_user u;

	if (text_name_check((const char *)name.p, name.n) != 0)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_BAD_REQUEST, "not a name for an account");
	if (directory_find_name(rq->srv->directory, name, &u) == 0)
		return reply_taken(rq, &u);
	if (rq->srv->config->reg == REGISTER_CLOSED)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_REGISTER_CLOSED, "this relay takes no new accounts");
	return dispatch_reply(rq, RECADO__STATUS__STATUS_OK, NULL);
}

const struct handler handle_name_check = {
	.name = "name check",
	.states = PEER_OPEN,
	.rate = RATE_NAME_CHECKS,
	.handle = name_check,
};

/* The user a binding adds a device to; what it says is verified later. */
static int
bound_user(
    const Recado__SignedBinding *sb, bool *known, bool *renewal, uint8_t user[USER_ID_LEN])
{
	Recado__Binding *b = NULL;
	int r;

	*known = *renewal = false;
	if ((r = pb_unpack(&recado__binding__descriptor, pb_view(sb->body), &b)) != 0)
		return r;
	if (b->purpose != RECADO__BINDING_PURPOSE__BINDING_FIRST) {
		*known = true;
		*renewal = b->purpose == RECADO__BINDING_PURPOSE__BINDING_RENEW;
		r = pb_fixed(b->user_id, user, USER_ID_LEN);
	}
	pb_free(&b);
	return r;
}

static int
register_account(const struct request *rq)
{
	const Recado__Register *reg = rq->msg->register_;
	struct account_parts p = { reg->binding, reg->event, reg->record, { NULL, 0 }, NULL, true };
	uint8_t user[USER_ID_LEN];
	struct directory_user u;
	bool known, renewal;

	/* The record of a device that renews is there already, and a newer one needs its sign-in. */
	if (reg->binding == NULL || reg->event == NULL ||
	    bound_user(reg->binding, &known, &renewal, user) != 0 ||
	    renewal != (reg->record == NULL))
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_BAD_REQUEST, "binding, event and record are needed");
	if (known) {
		p.user = user;
		if (directory_find_user(
			rq->srv->directory, (struct bytes){ user, sizeof(user) }, &u) != 0)
			return dispatch_reply(
			    rq, RECADO__STATUS__STATUS_NO_USER, "no such account here");
		return account_change(rq, &p);
	}
	if (rq->srv->config->reg == REGISTER_CLOSED)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_REGISTER_CLOSED, "this relay takes no new accounts");
	if (rq->srv->config->reg == REGISTER_INVITE) {
		p.invite = pb_view(reg->invite);
		if (p.invite.n == 0 || p.invite.n > INVITE_MAX)
			return dispatch_reply(rq, RECADO__STATUS__STATUS_INVITE_UNKNOWN,
			    "this relay asks for an invitation");
	}
	return account_change(rq, &p);
}

const struct handler handle_register = {
	.name = "register",
	.states = PEER_OPEN,
	.rate = RATE_REGISTRATIONS,
	.large = true,
	.handle = register_account,
};

static int
put_device_event(const struct request *rq)
{
	const Recado__PutDeviceEvent *m = rq->msg->put_device_event;
	struct account_parts p = { m->binding, m->event, NULL, { NULL, 0 }, peer_user(rq->peer),
		m->binding != NULL };

	if (m->event == NULL)
		return dispatch_reply(rq, RECADO__STATUS__STATUS_BAD_REQUEST, "an event is needed");
	return account_change(rq, &p);
}

const struct handler handle_put_device_event = {
	.name = "device event",
	.states = PEER_SIGNED_IN,
	.rate = RATE_DEVICE_EVENTS,
	.handle = put_device_event,
};
