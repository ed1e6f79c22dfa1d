#include "core/await.h"

#include <stddef.h>

#include "core/outbox.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "core/trust.h"

static void
await_end(struct op *op, const struct fault *f)
{
	op_then *then = op->then;

	op->notify = NULL;
	op->then = NULL;
	then(op, f);
}

static void
relay_news(struct op *op, enum op_news news, const void *what)
{
	if (news != OP_NEWS_LINK)
		return;
	if (relay_online(op->e))
		await_end(op, NULL);
	else if (!relay_trying(op->e))
		await_end(op, relay_fault(op->e));
}

void
await_relay(struct op *op, op_then *then)
{
	op->then = then;
	relay_start(op->e);
	if (relay_online(op->e)) {
		await_end(op, NULL);
	} else if (!relay_trying(op->e)) {
		await_end(op, relay_fault(op->e));
	} else {
		op->notify = relay_news;
	}
}

/* ------------------------------------------------------------------------------ idle */

static bool
idle(struct engine *e)
{
	return relay_synced(e) && !trust_refreshing(e->trust) && outbox_idle(e) && receipts_idle(e) && !relay_busy(e);
}

static void
idle_news(struct op *op, enum op_news news, const void *what)
{
	if (!relay_online(op->e))
		await_end(op, relay_fault(op->e));
	else if (news == OP_NEWS_IDLE && idle(op->e))
		await_end(op, NULL);
}

static void
idle_late(struct op *op)
{
	if (op->then != NULL)
		await_end(op, NULL);
}

void
await_idle(struct op *op, int64_t ms, op_then *then)
{
	op->then = then;
	if (!relay_online(op->e)) {
		await_end(op, relay_fault(op->e));
		return;
	}
	if (idle(op->e)) {
		await_end(op, NULL);
		return;
	}
	op_alarm(op, ms, idle_late);
	op->notify = idle_news;
}
