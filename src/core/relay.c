#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/account.h"
#include "core/contact.h"
#include "core/copies.h"
#include "core/devices.h"
#include "core/inbox.h"
#include "core/outbox.h"
#include "core/prekeys.h"
#include "core/receipts.h"
#include "core/recert.h"
#include "core/relay_state.h"
#include "core/status.h"
#include "core/suites.h"
#include "core/trust.h"
#include "crypto/keyfile.h"
#include "crypto/rand.h"
#include "crypto/suite.h"

#define RELAY_RETRY_MIN_MS 1000
#define RELAY_RETRY_MAX_MS 60000
#define RELAY_UPKEEP_MS (60 * 60 * 1000) /* on a connection that lasts */
#define RELAY_SKEW_MS (5 * 60 * 1000)

/* ------------------------------------------------------------------------------ the relay's key */

int
relay_pin_check(const uint8_t *pinned_first, const uint8_t *first, const char *about,
    struct fault *f)
{
	if (mem_equal_ct(pinned_first, first, 32))
		return 0;
	fault_set(f, ERR_RELAY_KEY, about, "the relay shows another key than the one pinned");
	fault_hint(f, "Somebody may be in between: do not go on before you have asked who runs it.");
	return ERR_RELAY_KEY;
}

static bool
was_used(const struct rotation_chain *c, const uint8_t *key)
{
	for (size_t i = 0; i < c->count; i++)
		if (memcmp(c->keys[i], key, KEY_LEN) == 0)
			return true;
	return false;
}

/* Whoever stole a key that was replaced would like it to count again, or to hand on. */
int
relay_keys_check(const struct rotation_chain *known, const struct rotation_chain *shown,
    const char *about, struct fault *f)
{
	int r = relay_pin_check(rotation_first(known), rotation_first(shown), about, f);

	if (r != 0 || rotation_continues(known, shown))
		return r;
	if (was_used(known, rotation_current(shown)))
		fault_set(f, ERR_RELAY_KEY, about, "the relay shows a key that it had replaced");
	else
		fault_set(f, ERR_RELAY_KEY, about,
		    "the relay shows a new key that the last one does not vouch for");
	fault_hint(f, "Somebody may be in between: do not go on before you have asked who runs it.");
	return ERR_RELAY_KEY;
}

static int
relay_identified(void *arg, const struct rotation_chain *shown, struct fault *f)
{
	struct relay *r = arg;
	struct engine *e = r->engine;
	struct account *a = &e->account;
	size_t known = a->relay_keys.count;
	int rc = relay_keys_check(&a->relay_keys, shown, a->relay, f);

	if (rc == 0)
		rc = suites_relay_check(e, conn_suite(r->conn), f);
	if (rc != 0 || shown->count == known)
		return rc;
	a->relay_keys = *shown;
	if ((rc = account_save_relay(a, e->store)) != 0) {
		a->relay_keys.count = known;
		return fault_set(f, rc, a->relay, "the relay's new key cannot be kept");
	}
	engine_notice(e, NULL, "the relay has a new key, vouched for by the old one");
	return 0;
}

/* ------------------------------------------------------------------------------ a new connection */

static void
lists_came(void *arg)
{
	struct relay *r = arg;

	r->listed = true;
	(void)trust_note_all(r->engine->trust);
	copies_online(r->engine);
	inbox_fetch(r->engine);
	outbox_kick(r->engine);
	receipts_kick(r->engine);
	op_notify_all(r->engine, OP_NEWS_IDLE, NULL);
}

/* Well within the silence that the relay allows; and often enough to notice that it has died: a ping
 * without an answer ends the connection after CONN_REPLY_MS. */
uint32_t
relay_ping_s(uint32_t idle_s)
{
	uint32_t s = idle_s / 2;

	return s < 1 ? 1 : s > RELAY_PING_MAX_S ? RELAY_PING_MAX_S : s;
}

static void
relay_upkeep(struct relay *r)
{
	r->upkept = clock_mono_ms();
	account_upkeep(r->engine);
	prekeys_upkeep(r->engine);
	recert_upkeep(r->engine);
}

static void
relay_ping(evutil_socket_t fd, short what, void *arg)
{
	struct relay *r = arg;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Ping ping = RECADO__PING__INIT;

	rq.op_case = RECADO__TO_RELAY__OP_PING;
	rq.ping = &ping;
	if (relay_request(r->engine, &rq, NULL, r) != 0)
		log_debug(r->engine->log, "relay", "no keep-alive");
	if (clock_mono_ms() >= r->upkept + RELAY_UPKEEP_MS)
		relay_upkeep(r);
}

static void
relay_opened(void *arg, const struct channel_event *welcome)
{
	struct relay *r = arg;
	struct engine *e = r->engine;
	uint64_t now = clock_now_ms();
	struct timeval tv = { (time_t)relay_ping_s(welcome->limits.idle_s), 0 };

	r->state = RELAY_ONLINE;
	r->limits = welcome->limits;
	r->delay_ms = 0;
	memset(&r->why, 0, sizeof(r->why));
	log_info(e->log, "relay", "online suite=%s", suite_name(conn_suite(r->conn)));
	if (now > welcome->peer_time + RELAY_SKEW_MS || welcome->peer_time > now + RELAY_SKEW_MS)
		engine_notice(e, NULL, "this computer's clock and the relay's differ by more than 5 minutes");
	if (suites_relay_raise(e, conn_suite(r->conn)) != 0)
		log_error(e->log, "relay", "the suite in use cannot be kept");
	event_add(r->ping, &tv);
	trust_ca_ask(e->trust);
	trust_refresh(e->trust, lists_came, r);
	relay_upkeep(r);
	relay_watch(e);
	engine_status(e, NULL);
	op_notify_all(e, OP_NEWS_LINK, NULL);
}

static void
relay_pushed(void *arg, const Recado__Push *push)
{
	struct relay *r = arg;
	uint8_t user[STORE_USER];
	char detail[128];

	switch (push->op_case) {
	case RECADO__PUSH__OP_MAIL:
		inbox_push(r->engine, pb_view(push->mail->envelope));
		break;
	case RECADO__PUSH__OP_PRESENCE:
		if (pb_fixed(push->presence->user_id, user, STORE_USER) == 0)
			relay_presence_set(r, user, push->presence->online);
		break;
	case RECADO__PUSH__OP_LIST_CHANGED:
		devices_hint(r->engine, push->list_changed);
		break;
	case RECADO__PUSH__OP_NOTICE:
		snprintf(detail, sizeof(detail), "%.*s", (int)push->notice->detail.len,
		    (const char *)push->notice->detail.data);
		(void)status_fault(push->notice->status, detail, r->engine->account.relay, &r->said);
		break;
	case RECADO__PUSH__OP_REVOCATION_CHANGED:
		trust_refresh(r->engine->trust, contact_rejudge, r->engine);
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------------------------ attempts */

static void relay_try(struct relay *r);

static void
relay_lost(struct relay *r, const struct fault *why)
{
	uint32_t jitter = 0;
	struct timeval tv;

	r->state = RELAY_WAITING;
	r->listed = false;
	r->why = r->said.code != 0 ? r->said : *why; /* which lies in the connection */
	memset(&r->said, 0, sizeof(r->said));
	conn_free(&r->conn);
	event_del(r->ping);
	r->delay_ms = r->delay_ms == 0 ? RELAY_RETRY_MIN_MS : 2 * r->delay_ms;
	if (r->why.code == ERR_REMOVED && !r->removed)
		engine_notice(r->engine, NULL, "this device was removed: it gets no new mail; what is here stays readable");
	r->removed = r->removed || r->why.code == ERR_REMOVED;
	if (r->delay_ms > RELAY_RETRY_MAX_MS || r->why.code == ERR_RELAY_KEY ||
	    r->why.code == ERR_SUITE || r->why.code == ERR_REMOVED)
		r->delay_ms = RELAY_RETRY_MAX_MS;
	if (rand_range(0, r->delay_ms / 4, &jitter) != 0)
		jitter = 0;
	r->retry_at = clock_mono_ms() + r->delay_ms - jitter;
	tv.tv_sec = (time_t)((r->delay_ms - jitter) / 1000);
	tv.tv_usec = (suseconds_t)((r->delay_ms - jitter) % 1000 * 1000);
	evtimer_add(r->retry, &tv);
	inbox_offline(r->engine);
	outbox_offline(r->engine);
	relay_presence_forget(r);
	engine_status(r->engine, NULL);
	op_notify_all(r->engine, OP_NEWS_LINK, NULL);
}

static void
relay_closed(void *arg, const struct fault *why)
{
	struct relay *r = arg;

	log_info(r->engine->log, "relay", "offline error=%s %s", err_name(why->code), why->what);
	relay_lost(r, why);
}

static void
relay_try(struct relay *r)
{
	struct engine *e = r->engine;
	struct conn_hooks hooks = { r, relay_identified, relay_opened, relay_pushed, relay_closed };
	struct channel_client who = { .device_key = e->keys->device_sign,
		.user_id = e->account.user_id, .device_id = e->account.device_id };
	struct fault why = { 0 };
	int rc;

	evtimer_del(r->retry);
	r->state = RELAY_TRYING;
	memset(&r->why, 0, sizeof(r->why));
	rc = conn_new(e, &r->address, &who, &hooks, &r->conn);
	if (rc != 0) {
		fault_set(&why, rc, e->account.relay, "the connection cannot be tried: %s", err_text(rc));
		relay_lost(r, &why);
		return;
	}
	engine_status(e, NULL);
}

static void
relay_retry(evutil_socket_t fd, short what, void *arg)
{
	relay_try(arg);
}

void
relay_start(struct engine *e)
{
	struct relay *r = e->relay;

	if (r == NULL || e->stopping || r->paused || r->state == RELAY_TRYING || r->state == RELAY_ONLINE)
		return;
	r->delay_ms = 0;
	relay_try(r);
}

void
relay_pause(struct engine *e, bool on)
{
	struct relay *r = e->relay;
	struct fault why = { 0 };

	if (r == NULL || r->paused == on)
		return;
	r->paused = on;
	if (!on) {
		if (engine_watched(e))
			relay_start(e);
		return;
	}
	if (r->conn != NULL) {
		(void)conn_goodbye(r->conn);
		fault_set(&why, ERR_CLOSED, e->account.relay, "offline while the card signs");
		relay_lost(r, &why);
	}
	evtimer_del(r->retry);
	r->state = RELAY_IDLE;
}

/* ------------------------------------------------------------------------------ life */

int
relay_open(struct engine *e, struct fault *f)
{
	struct relay *r = mem_alloc(sizeof(*r));

	r->engine = e;
	r->retry = evtimer_new(e->base, relay_retry, r);
	r->ping = event_new(e->base, -1, EV_PERSIST, relay_ping, r);
	e->relay = r;
	if (r->retry == NULL || r->ping == NULL)
		return fault_set(f, ERR_NOMEM, NULL, "the relay's timers cannot be made");
	if (link_address_parse(e->account.relay, &r->address) != 0)
		return fault_set(f, ERR_CONFIG, e->account.relay, "this is no HOST:PORT");
	return 0;
}

void
relay_close(struct engine *e)
{
	struct relay *r = e->relay;

	if (r == NULL)
		return;
	e->relay = NULL;
	conn_free(&r->conn);
	if (r->retry != NULL)
		event_free(r->retry);
	if (r->ping != NULL)
		event_free(r->ping);
	free(r->online);
	free(r);
}

/* ------------------------------------------------------------------------------ questions */

bool
relay_online(const struct engine *e)
{
	return e->relay != NULL && e->relay->state == RELAY_ONLINE;
}

bool
relay_trying(const struct engine *e)
{
	return e->relay != NULL && e->relay->state == RELAY_TRYING;
}

const struct fault *
relay_fault(const struct engine *e)
{
	static const struct fault none = { 0 };

	return e->relay != NULL ? &e->relay->why : &none;
}

bool
relay_synced(const struct engine *e)
{
	return relay_online(e) && e->relay->listed && !inbox_fetching(e);
}

bool
relay_listed(const struct engine *e)
{
	return relay_online(e) && e->relay->listed;
}

bool
relay_busy(const struct engine *e)
{
	return relay_online(e) && conn_waiting(e->relay->conn) > 0;
}

int
relay_request(struct engine *e, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg)
{
	return relay_online(e) ? conn_request(e->relay->conn, rq, fn, arg) : ERR_UNREACHABLE;
}

void
relay_cancel(struct engine *e, const void *arg)
{
	if (e->relay != NULL && e->relay->conn != NULL)
		conn_cancel(e->relay->conn, arg);
}

int
relay_deposit_holds(const struct engine *e, struct bytes proof, struct warrant_deposit *out)
{
	const struct rotation_chain *c = &e->account.relay_keys;
	int r = ERR_SIGNATURE;

	for (size_t i = c->count; i-- > 0 && r != 0;)
		r = warrant_verify_deposit(proof, c->keys[i], out);
	if (r == 0 && memcmp(out->relay_id, e->account.relay_id, sizeof(out->relay_id)) != 0)
		r = ERR_SIGNATURE;
	return r;
}

void
relay_status(const struct engine *e, struct core_status *out)
{
	const struct relay *r = e->relay;
	uint64_t now = clock_mono_ms();

	out->suite = mem_strdup(relay_online(e) ? suite_name(conn_suite(r->conn)) : "");
	out->net_error = mem_strdup(r != NULL ? r->why.what : "");
	if (r == NULL)
		return;
	out->net = r->state == RELAY_ONLINE ? CORE_NET_ONLINE
	    : r->state == RELAY_TRYING      ? CORE_NET_CONNECTING
	                                    : CORE_NET_OFFLINE;
	if (r->state == RELAY_WAITING && r->retry_at > now)
		out->retry_s = (uint32_t)((r->retry_at - now + 999) / 1000);
	if (r->state == RELAY_ONLINE)
		out->lag_ms = conn_lag(r->conn);
}

void
relay_choke(struct engine *e, bool on)
{
	if (relay_online(e))
		conn_choke(e->relay->conn, on);
}

bool
relay_goodbye(struct engine *e)
{
	return relay_online(e) && conn_goodbye(e->relay->conn);
}
