#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/account.h"
#include "core/create.h"
#include "core/ops.h"

/* ------------------------------------------------------------------------------ meet, create */

static void
met(struct op *op, const struct fault *f)
{
	op_done(op, 0);
}

void
ops_meet(struct op *op)
{
	create_meet(create_new(op), met);
}

static bool
create_allowed(struct op *op)
{
	const char *name = op->cmd.name != NULL ? op->cmd.name : "";
	struct csr_subject subject;
	struct fault f = { 0 };
	struct op *other;

	TAILQ_FOREACH(other, &op->e->ops, link)
		if (other != op && other->cmd.op == CORE_CREATE)
			fault_set(&f, ERR_LOCKED, name, "an account is being made already");
	if (profile_exists(op->e->profile))
		fault_set(&f, ERR_TAKEN, profile_data(op->e->profile), "there is a profile here already");
	else if (text_name_check(name, strlen(name)) != 0) {
		fault_set(&f, ERR_USAGE, name, "this is no account name");
		fault_hint(&f, "Lower-case letters, digits, '.', '-' and '_', at most 32.");
	} else if ((op->cmd.flags & CORE_F_ENROL) != 0)
		(void)!csr_subject_parse(op->cmd.subject, name, &subject, &f);
	if (f.code != 0)
		op_fail(op, &f);
	return f.code == 0;
}

void
ops_create(struct op *op)
{
	if (create_allowed(op))
		create_meet(create_new(op), create_check);
}

/* ------------------------------------------------------------------------------ passphrase */

static void
passphrase_new(struct op *op, const char *text)
{
	struct fault f = { 0 };
	int r;

	if (text == NULL || text[0] == '\0')
		r = fault_set(&f, ERR_CANCELED, NULL, "no new passphrase was given");
	else
		r = account_keys_write(op->e, op->state, text, &f);
	op_end(op, r, &f);
}

static void
keys_drop(void *state)
{
	struct keyfile *k = state;

	keyfile_free(&k);
}

static void
passphrase_old(struct op *op, const char *text)
{
	struct core_ask ask = { .kind = CORE_ASK_NEW_PASSPHRASE };
	struct keyfile *k = NULL;
	struct fault f = { 0 };

	if (text == NULL) {
		op_fail_with(op, ERR_CANCELED, NULL, "no passphrase was given");
	} else if (account_keys(op->e, text, &k, &f) != 0) {
		op_fail(op, &f);
	} else {
		op->state = k;
		op->drop = keys_drop;
		op_ask(op, &ask, passphrase_new);
	}
}

void
ops_passphrase(struct op *op)
{
	struct core_ask ask = { .kind = CORE_ASK_PASSPHRASE };

	op_ask(op, &ask, passphrase_old);
}
