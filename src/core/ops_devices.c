#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "core/await.h"
#include "core/ops.h"
#include "core/recert.h"
#include "core/relay.h"
#include "core/renew.h"
#include "core/self.h"
#include "core/status.h"
#include "core/trust.h"
#include "crypto/keyfile.h"

#define DEVICES_PREFIX 8 /* digits of an id that name a device */
#define DEVICES_TRIES 3

/* ------------------------------------------------------------------------------ showing */

static void
device_emit(struct op *op, const struct identity_device *d)
{
	struct core_event ev = { .kind = CORE_EV_DEVICE };

	ev.device = mem_alloc(sizeof(*ev.device));
	ev.device->id = mem_alloc(2 * DEVICE_ID_LEN + 1);
	hex_encode(d->id, DEVICE_ID_LEN, ev.device->id);
	ev.device->name = mem_strdup(d->name);
	ev.device->bound_at = d->bound_at;
	ev.device->removed_at = d->removed_at;
	ev.device->this_device = memcmp(d->id, op->e->account.device_id, DEVICE_ID_LEN) == 0;
	op_emit(op, &ev);
}

static void
devices_list(struct op *op)
{
	const struct identity *i = trust_self(op->e->trust);
	size_t n;

	for (n = 0; i != NULL && n < identity_device_count(i); n++)
		device_emit(op, identity_device(i, n));
	op_done(op, 0);
}

/* ------------------------------------------------------------------------------ which one */

static bool
names(const struct identity_device *d, const char *text)
{
	char hex[2 * DEVICE_ID_LEN + 1];
	size_t n = strlen(text);

	hex_encode(d->id, DEVICE_ID_LEN, hex);
	return strcmp(d->name, text) == 0 ||
	    (n >= DEVICES_PREFIX && n < sizeof(hex) && strncasecmp(hex, text, n) == 0);
}

/* A live device by prefix or name, or one that was removed already. */
static const struct identity_device *
device_find(struct op *op, struct fault *f)
{
	const struct identity *i = trust_self(op->e->trust);
	const char *text = op->cmd.id != NULL ? op->cmd.id : "";
	const struct identity_device *live = NULL, *gone = NULL;
	size_t n;

	for (n = 0; i != NULL && n < identity_device_count(i); n++) {
		const struct identity_device *d = identity_device(i, n);

		if (!names(d, text))
			continue;
		if (d->removed_at != 0) {
			gone = d;
		} else if (live != NULL) {
			fault_set(f, ERR_USAGE, text, "more than one of your devices is called so");
			fault_hint(f, "Give its id; `recado devices` lists them.");
			return NULL;
		} else {
			live = d;
		}
	}
	if (live == NULL && gone == NULL) {
		fault_set(f, ERR_NOT_FOUND, text, "you have no such device");
		fault_hint(f, "Give its name or at least %d digits of its id, as `recado devices` lists them.",
		    DEVICES_PREFIX);
	}
	return live != NULL ? live : gone;
}

/* ------------------------------------------------------------------------------ removing */

struct removal {
	uint8_t device[DEVICE_ID_LEN];
	bool found;
	struct buf *event;
	int tries;
};

static void removal_begin(struct op *op);
static void removal_put(struct op *op);

static void
removal_drop(void *state)
{
	struct removal *x = state;

	buf_free(&x->event);
	free(x);
}

static void
removal_refreshed(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct op *op = arg;
	struct removal *x = op->state;
	struct fault f = { 0 };

	if (self_take(op->e, err, reply, &f) != 0)
		op_fail(op, &f);
	else
		(x->found ? removal_put : removal_begin)(op);
}

/* What the relay took is ours to know. */
static void
removal_done(struct op *op)
{
	struct removal *x = op->state;
	Recado__DirectoryEntry entry = RECADO__DIRECTORY_ENTRY__INIT;
	Recado__SignedDeviceEvent *ev = NULL;
	const struct identity_device *d;
	struct fault f = { 0 };
	int r = pb_unpack(&recado__signed_device_event__descriptor, buf_view(x->event), &ev);

	entry.events = &ev;
	entry.n_events = 1;
	if (r == 0)
		r = trust_learn_self(op->e->trust, &entry, &f);
	pb_free(&ev);
	if (r == ERR_CHAIN) /* somebody was quicker with the news of it */
		r = 0;
	d = identity_find_device(trust_self(op->e->trust), x->device);
	if (r == 0 && d != NULL)
		device_emit(op, d);
	op_end(op, r, &f);
}

static void
removal_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct op *op = arg;
	struct removal *x = op->state;
	struct fault f = { 0 };
	int r;

	if (err != 0) {
		fault_set(&f, ERR_UNREACHABLE, op->cmd.id, "the relay did not answer");
		fault_hint(&f, "Whether the device is removed shows with `recado devices`.");
		op_fail(op, &f);
		return;
	}
	r = status_fault(reply->status, NULL, op->cmd.id, &f);
	if (r == 0) {
		removal_done(op);
	} else if (reply->status != RECADO__STATUS__STATUS_STALE_LIST || ++x->tries >= DEVICES_TRIES) {
		op_fail(op, &f);
	} else if (self_ask(op->e, removal_refreshed, op) != 0) {
		op_fail_with(op, ERR_UNREACHABLE, op->cmd.id, "the relay cannot be asked");
	}
}

static int
removal_sign(struct op *op)
{
	struct removal *x = op->state;
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;

	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE;
	ev.device_id = pb_data((struct bytes){ x->device, DEVICE_ID_LEN });
	ev.time = clock_now_ms();
	return identity_make_event(trust_self(op->e->trust), &ev, op->e->keys->device_sign,
	    op->e->account.device_id, x->event);
}

/* Against our list as it is now. */
static void
removal_put(struct op *op)
{
	struct removal *x = op->state;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__PutDeviceEvent put = RECADO__PUT_DEVICE_EVENT__INIT;
	const struct identity_device *d = identity_find_device(trust_self(op->e->trust), x->device);
	int r;

	if (d != NULL && d->removed_at != 0) {
		device_emit(op, d); /* that is what was wanted */
		op_done(op, 0);
		return;
	}
	if ((r = removal_sign(op)) == 0)
		r = pb_unpack(&recado__signed_device_event__descriptor, buf_view(x->event), &put.event);
	rq.op_case = RECADO__TO_RELAY__OP_PUT_DEVICE_EVENT;
	rq.put_device_event = &put;
	if (r == 0)
		r = relay_request(op->e, &rq, removal_came, op);
	pb_free(&put.event);
	if (r != 0)
		op_fail_with(op, r, op->cmd.id, "the relay cannot be told");
}

/* Which one is meant, in our list as the relay has it. */
static void
removal_begin(struct op *op)
{
	struct removal *x = op->state;
	const struct identity_device *d;
	struct fault why = { 0 };

	if ((d = device_find(op, &why)) == NULL) {
		op_fail(op, &why);
	} else if (memcmp(d->id, op->e->account.device_id, DEVICE_ID_LEN) == 0) {
		fault_set(&why, ERR_USAGE, d->name, "this is the device you are using");
		fault_hint(&why, "Remove it on another of your devices.");
		op_fail(op, &why);
	} else {
		memcpy(x->device, d->id, DEVICE_ID_LEN);
		x->found = true;
		removal_put(op);
	}
}

static void
removal_online(struct op *op, const struct fault *f)
{
	if (f != NULL)
		op_fail(op, f);
	else if (self_ask(op->e, removal_refreshed, op) != 0)
		op_fail_with(op, ERR_UNREACHABLE, op->cmd.id, "the relay cannot be asked");
}

static void
devices_remove(struct op *op)
{
	struct removal *x = mem_alloc(sizeof(*x));

	x->event = buf_new(0);
	op->state = x;
	op->drop = removal_drop;
	await_relay(op, removal_online);
}

void
ops_devices(struct op *op)
{
	if ((op->cmd.flags & CORE_F_REMOVE) != 0)
		devices_remove(op);
	else if ((op->cmd.flags & CORE_F_RENEW) != 0)
		(recert_enrolled(op->e) ? recert_begin : renew_begin)(op);
	else
		devices_list(op);
}
