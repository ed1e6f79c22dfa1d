#include "core/self.h"

#include "core/relay.h"
#include "core/status.h"
#include "core/trust.h"

int
self_ask(struct engine *e, conn_reply_fn *fn, void *arg)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Lookup look = RECADO__LOOKUP__INIT;

	/* The whole list: so it shows when the relay has fewer events than it had. */
	look.user_id = pb_data((struct bytes){ e->account.user_id, STORE_USER });
	rq.op_case = RECADO__TO_RELAY__OP_LOOKUP;
	rq.lookup = &look;
	return relay_request(e, &rq, fn, arg);
}

int
self_take(struct engine *e, int err, const Recado__ReplyBody *reply, struct fault *f)
{
	int r;

	if (err != 0)
		return fault_set(f, ERR_UNREACHABLE, e->account.name, "the relay did not answer");
	if ((r = status_fault(reply->status, NULL, e->account.name, f)) != 0)
		return r;
	if (reply->op_case != RECADO__REPLY_BODY__OP_ENTRY)
		return fault_set(f, ERR_UNEXPECTED, e->account.name, "the relay answered something else");
	return trust_learn_self(e->trust, reply->entry, f);
}
