/*
 * The root of the relay's own CA. The relay says which it is, on a channel that its pinned key has
 * signed and with a warrant; the root itself bears this relay's id. So no other authority can be
 * passed off as it, and from the first on it is the one: a relay that shows another could put
 * somebody else behind every name that no card stands behind.
 */
#include <string.h>

#include "base/log.h"
#include "core/contact.h"
#include "core/relay.h"
#include "core/trust_state.h"
#include "crypto/ca.h"

int
trust_ca_load(struct trust *t)
{
	struct buf *der = buf_new(CERT_DER_MAX);
	int r = store_value_get(t->engine->store, TRUST_CA_VALUE, der);

	if (r == ERR_NOT_FOUND) {
		r = 0;
	} else if (r == 0 &&
	    (r = ca_root_check(buf_view(der), t->engine->account.relay_id, NULL)) == 0) {
		r = cert_store_add(t->store, CERT_RELAY_ANCHORS, buf_view(der), NULL);
		t->has_ca = r == 0;
	}
	buf_free(&der);
	return r;
}

int
trust_ca_take(struct trust *t, struct bytes der, bool *fresh)
{
	struct engine *e = t->engine;
	struct buf *known = buf_new(CERT_DER_MAX);
	struct fault f = { 0 };
	bool same;
	int r = store_value_get(e->store, TRUST_CA_VALUE, known);

	*fresh = false;
	same = r == 0 && bytes_equal(buf_view(known), der);
	buf_free(&known);
	if (r == 0 && !same)
		return ERR_RELAY_KEY;
	if (r != ERR_NOT_FOUND)
		return r;
	if ((r = ca_root_check(der, e->account.relay_id, &f)) != 0 ||
	    (r = store_value_set(e->store, TRUST_CA_VALUE, der)) != 0 ||
	    (r = cert_store_add(t->store, CERT_RELAY_ANCHORS, der, &f)) != 0) {
		log_warn(e->log, "trust", "the relay's root is refused: %s %s", err_name(r), f.what);
		return r;
	}
	t->has_ca = *fresh = true;
	return 0;
}

static void
ca_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct trust *t = arg;
	bool gone = err == 0 && reply->status == RECADO__STATUS__STATUS_NOT_FOUND && t->has_ca;
	bool fresh = false;
	int r = 0;

	if (err == 0 && reply->op_case == RECADO__REPLY_BODY__OP_RELAY_CA)
		r = trust_ca_take(t, pb_view(reply->relay_ca->certificate), &fresh);
	if (fresh)
		contact_rejudge(t->engine);
	if (!gone && r != ERR_RELAY_KEY)
		return;
	log_error(t->engine->log, "trust", "the relay shows another root than the one known");
	engine_notice(t->engine, NULL,
	    gone ? "the relay no longer shows the CA that it had; ask who runs it"
	         : "the relay shows another CA than the one known: it is refused, and whom it certifies "
	           "now stays unknown; ask who runs it");
}

void
trust_ca_ask(struct trust *t)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__GetCa get = RECADO__GET_CA__INIT;

	rq.op_case = RECADO__TO_RELAY__OP_GET_CA;
	rq.get_ca = &get;
	if (relay_request(t->engine, &rq, ca_came, t) != 0)
		log_debug(t->engine->log, "trust", "the relay cannot be asked for its CA");
}
