#include "core/ops.h"

#include <stddef.h>

#include "core/account.h"

struct entry {
	ops_fn *run;
	bool store; /* needs an open profile: it is unlocked first */
};

static const struct entry table[CORE_OP_COUNT] = {
	[CORE_UNLOCK] = { ops_unlock, false },
	[CORE_MEET] = { ops_meet, false },
	[CORE_CREATE] = { ops_create, false },
	[CORE_WATCH] = { ops_watch, false },
	[CORE_SYNC] = { ops_sync, true },
	[CORE_LINK] = { ops_link, false },
	[CORE_LIST] = { ops_list, true },
	[CORE_ADD] = { ops_add, true },
	[CORE_ACCEPT] = { ops_accept, true },
	[CORE_BLOCK] = { ops_block, true },
	[CORE_CONNECT] = { ops_connect, true },
	[CORE_DISCONNECT] = { ops_disconnect, true },
	[CORE_WHOIS] = { ops_whois, true },
	[CORE_SEND] = { ops_send, true },
	[CORE_RECV] = { ops_recv, true },
	[CORE_ALL] = { ops_all, true },
	[CORE_HISTORY] = { ops_history, true },
	[CORE_STATUS] = { ops_status, true },
	[CORE_RECEIPT] = { ops_receipt, true },
	[CORE_READ] = { ops_read, true },
	[CORE_DRAFT] = { ops_draft, true },
	[CORE_VERIFY] = { ops_verify, true },
	[CORE_OUTBOX] = { ops_outbox, true },
	[CORE_CARD] = { ops_card, false },
	[CORE_DEVICES] = { ops_devices, true },
	[CORE_PASSPHRASE] = { ops_passphrase, false },
	[CORE_LOCK] = { ops_lock, false },
};

/* ------------------------------------------------------------------------------ unlocking */

static void
unlock_answered(struct op *op, const char *text)
{
	const struct entry *e = &table[op->cmd.op];
	struct fault f = { 0 };
	int r;

	if (text == NULL) {
		op_fail_with(op, ERR_CANCELED, NULL, "no passphrase was given");
		return;
	}
	if ((r = account_admit(op->port, text, &f)) != 0)
		op_fail(op, &f);
	else
		e->run(op);
}

static void
unlock_ask(struct op *op)
{
	struct core_ask ask = { .kind = CORE_ASK_PASSPHRASE };

	if (!profile_exists(op->e->profile)) {
		struct fault f = { 0 };

		fault_set(&f, ERR_NO_PROFILE, profile_data(op->e->profile), "there is no profile here");
		fault_hint(&f, "Make one with `recado create`.");
		op_fail(op, &f);
		return;
	}
	op_ask(op, &ask, unlock_answered);
}

void
ops_unlock(struct op *op)
{
	if (port_sees(op->port))
		op_done(op, 0);
	else
		unlock_ask(op);
}

void
ops_lock(struct op *op)
{
	if (op->e->store != NULL) /* a create's keys are the create's */
		account_shut(op->e);
	op_done(op, 0);
}

void
ops_run(struct op *op)
{
	const struct entry *e = (unsigned)op->cmd.op < CORE_OP_COUNT ? &table[op->cmd.op] : NULL;

	if (op->cmd.op == CORE_NOP)
		op_done(op, 0);
	else if (e == NULL || e->run == NULL)
		op_fail_with(op, ERR_USAGE, NULL, "no such command");
	else if (e->store && !port_sees(op->port))
		unlock_ask(op);
	else
		e->run(op);
}
