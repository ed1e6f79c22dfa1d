#include "server/dispatch.h"

#include <openssl/sha.h>
#include <stdio.h>

#include "wire/frame.h"

static const struct handler *const handlers[] = {
	[RECADO__TO_RELAY__OP_NAME_CHECK] = &handle_name_check,
	[RECADO__TO_RELAY__OP_REGISTER] = &handle_register,
	[RECADO__TO_RELAY__OP_ENROL] = &handle_enrol,
	[RECADO__TO_RELAY__OP_LOOKUP] = &handle_lookup,
	[RECADO__TO_RELAY__OP_PUT_RECORD] = &handle_put_record,
	[RECADO__TO_RELAY__OP_PUT_PREKEYS] = &handle_put_prekeys,
	[RECADO__TO_RELAY__OP_GET_BUNDLES] = &handle_get_bundles,
	[RECADO__TO_RELAY__OP_DEPOSIT] = &handle_deposit,
	[RECADO__TO_RELAY__OP_FETCH] = &handle_fetch,
	[RECADO__TO_RELAY__OP_ACK] = &handle_ack,
	[RECADO__TO_RELAY__OP_WATCH] = &handle_watch,
	[RECADO__TO_RELAY__OP_GET_REVOCATION] = &handle_get_revocation,
	[RECADO__TO_RELAY__OP_GET_BLOB] = &handle_get_blob,
	[RECADO__TO_RELAY__OP_PUT_DEVICE_EVENT] = &handle_put_device_event,
	[RECADO__TO_RELAY__OP_LIST_DIRECTORY] = &handle_list_directory,
	[RECADO__TO_RELAY__OP_PING] = &handle_ping,
	[RECADO__TO_RELAY__OP_GET_CA] = &handle_get_ca,
	[RECADO__TO_RELAY__OP_GET_ISSUERS] = &handle_get_issuers,
	[RECADO__TO_RELAY__OP_RENEW_CERTIFICATE] = &handle_renew,
};

const struct handler *
dispatch_handler(Recado__ToRelay__OpCase op)
{
	size_t i = (size_t)op;

	return i < sizeof(handlers) / sizeof(handlers[0]) ? handlers[i] : NULL;
}

int
dispatch_reply(const struct request *rq, uint32_t status, const char *detail)
{
	struct warrants_reply r = { .status = status, .detail = detail };

	return warrants_add(loop_warrants(rq->loop), &rq->ticket, &r, loop_wall(rq->loop));
}

int
dispatch_reply_op(const struct request *rq, unsigned field, struct bytes op)
{
	struct warrants_reply r = { RECADO__STATUS__STATUS_OK, NULL, field, op };

	peer_owe(rq->peer, op.n);
	return warrants_add(loop_warrants(rq->loop), &rq->ticket, &r, loop_wall(rq->loop));
}

/* Tokens of the handler's rate, by address before sign-in and by device after. */
static bool
within_rate(const struct request *rq, enum server_rate rate)
{
	struct bytes key = { peer_device(rq->peer), DEVICE_ID_LEN };

	if (rate == RATE_NONE)
		return true;
	if (rate == RATE_NAME_CHECKS || rate == RATE_REGISTRATIONS)
		key = peer_address_key(rq->peer);
	if (limit_map_take(rq->srv->rates[rate], key, 1, loop_now(rq->loop)))
		return true;
	metrics_add(rq->srv->metrics, METRIC_LIMITED, 1);
	return false;
}

/* Why the request must not come now; NULL: it may. */
static const char *
misplaced(const struct request *rq, const struct handler *h, size_t length)
{
	if (h == NULL)
		return "request of no kind known here";
	if ((h->states & (unsigned)peer_state(rq->peer)) == 0)
		return peer_state(rq->peer) == PEER_OPEN ? "request needs a sign-in"
							 : "request out of state";
	if (peer_state(rq->peer) == PEER_OPEN && !h->large && length > FRAME_MAX_OPEN)
		return "request too long before sign-in";
	if (!peer_next_number(rq->peer, rq->ticket.number))
		return "request number out of order";
	return NULL;
}

static void
handle(struct request *rq, size_t length)
{
	const struct handler *h = dispatch_handler(rq->msg->op_case);
	const char *why = misplaced(rq, h, length);
	char reason[96];
	int r;

	if (why != NULL) {
		peer_fail(rq->peer, why);
		return;
	}
	r = within_rate(rq, h->rate) ? h->handle(rq)
				     : dispatch_reply(rq, RECADO__STATUS__STATUS_RATE_LIMIT,
					   "too many of these; wait a while");
	if (r != 0) {
		snprintf(reason, sizeof(reason), "%s: %s", h->name, err_text(r));
		peer_fail(rq->peer, reason);
	}
}

void
dispatch_message(struct peer *p, struct bytes message)
{
	struct request rq = { .peer = p, .loop = peer_loop(p) };
	Recado__ToRelay *msg = NULL;
	int r;

	rq.srv = loop_server(rq.loop);
	metrics_add(rq.srv->metrics, METRIC_REQUESTS, 1);
	r = peer_state(p) == PEER_SIGNED_IN
	    ? pb_unpack_lenient(&recado__to_relay__descriptor, message, &msg)
	    : pb_unpack(&recado__to_relay__descriptor, message, &msg);
	if (r != 0) {
		peer_fail(
		    p, r == ERR_FIELD ? "request with an unknown field" : "malformed request");
		return;
	}
	rq.msg = msg;
	rq.ticket.peer = peer_id(p);
	rq.ticket.number = msg->number;
	SHA256(message.p, message.n, rq.ticket.request_hash);
	handle(&rq, message.n);
	pb_free(&msg);
}
