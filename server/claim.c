#include "server/claim.h"

#include <string.h>

#include "base/clock.h"

struct look {
	const struct claim *claim;
	struct work *work;
	struct bytes name;
	bool ours, paid;
};

static int
look(const struct store_certificate *have, void *arg)
{
	struct look *l = arg;
	const struct claim *c = l->claim;

	l->ours = true;
	l->paid = have->invite != NULL && c->has_invite && memcmp(have->invite, c->invite, 32) == 0;
	if (have->revoked != 0)
		return work_refuse(
		    l->work, RECADO__STATUS__STATUS_CERT_REVOKED, "this certificate was revoked");
	if (have->user_name.n != 0 && !bytes_equal(have->user_name, l->name))
		return work_refuse(l->work, RECADO__STATUS__STATUS_CERT_REFUSED,
		    "this certificate is another account's already");
	return 0;
}

static int
spend(const struct claim *c, struct work *work, struct writer *w)
{
	int r = writer_ops(w)->use_invite(writer_store(w), c->invite, clock_now_ms());

	return r != ERR_NOT_FOUND ? r
				  : work_refuse(work, RECADO__STATUS__STATUS_INVITE_UNKNOWN,
					"the invitation is unknown or was used");
}

int
claim_make(
    const struct claim *c, struct work *work, const char *name, struct writer *w, bool *ok)
{
	struct look l = { c, work, { (const uint8_t *)name, strlen(name) }, false, false };
	int r = 0;

	if (c->enrolled)
		r = writer_ops(w)->find_certificate(
		    writer_store(w), NULL, c->certificate, look, &l);
	if (r == ERR_NOT_FOUND && c->own)
		r = work_refuse(work, RECADO__STATUS__STATUS_CERT_REFUSED,
		    "this certificate was given out too long ago; ask for another");
	if (r != 0 && r != ERR_NOT_FOUND)
		return r;
	r = 0;
	if (work->status == RECADO__STATUS__STATUS_OK && c->has_invite && !l.paid)
		r = spend(c, work, w);
	*ok = work->status == RECADO__STATUS__STATUS_OK;
	if (r != 0 || !*ok || !l.ours)
		return r;
	return writer_ops(w)->claim_certificate(writer_store(w), c->certificate, l.name);
}
