/*
 * A further device. What the relay said of the list before the sign-in is believed only so far that
 * the card signs for it: a head that is no head of this user's list makes a binding that nobody can
 * use. After the sign-in the device looks itself up, and what comes must be one unbroken list from a
 * first binding of this very card's holder, with our own event right behind the head that the card
 * signed. Otherwise the profile goes again, and what differed is said.
 */
#include <stdio.h>
#include <string.h>

#include "core/create.h"
#include "core/status.h"
#include "core/trust.h"

int
create_may_join(struct create *c, const Recado__ReplyBody *taken, struct fault *f)
{
	const Recado__ListHead *h = taken->op_case == RECADO__REPLY_BODY__OP_LIST_HEAD
	    ? taken->list_head
	    : NULL;
	struct binding *b = &c->binding;
	char text[192];

	if (h == NULL || h->length == 0 || (c->op->cmd.flags & CORE_F_ENROL) != 0 ||
	    pb_fixed(h->user_id, b->user_id, USER_ID_LEN) != 0 ||
	    pb_fixed(h->head, b->list_head, HASH_LEN) != 0)
		return status_fault(taken->status, NULL, c->op->cmd.name, f);
	c->adding = true;
	c->list_length = h->length;
	memset(f, 0, sizeof(*f));
	snprintf(text, sizeof(text),
	    "%s exists: this card will sign a further device for it, if it is its holder's",
	    c->op->cmd.name);
	op_progress(c->op, text);
	return 0;
}

/* ------------------------------------------------------------------------------ verifying */

static int
differs(struct create *c, const char *what)
{
	return fault_set(&c->why, ERR_CHAIN, c->op->cmd.name, "%s", what);
}

/* Is our event where the card signed it to be, and are we what it says? */
static int
join_check_self(struct create *c, const struct identity *i, const Recado__DirectoryEntry *entry,
    const Recado__Register *own)
{
	const struct identity_device *d = identity_find_device(i, c->binding.device_id);

	if (memcmp(identity_user_id(i), c->binding.user_id, USER_ID_LEN) != 0 ||
	    strcmp(identity_name(i), c->binding.user_name) != 0)
		return differs(c, "the relay shows the device list of somebody else");
	if (entry->n_events <= c->list_length ||
	    !bytes_equal(pb_view(entry->events[c->list_length]->body), pb_view(own->event->body)))
		return differs(c, "the device list at the relay lacks the event that adds this device");
	if (d == NULL || memcmp(d->binding_hash, c->binding.hash, HASH_LEN) != 0 ||
	    memcmp(d->signing_key, c->binding.device_signing_key, KEY_LEN) != 0)
		return differs(c, "the device list at the relay has another device in our place");
	if (d->removed_at != 0)
		return fault_set(&c->why, ERR_REMOVED, c->op->cmd.name,
		    "this device was removed as soon as it was added");
	return 0;
}

static int
join_keep(struct create *c, const struct identity *i)
{
	struct buf *b = buf_new(0);
	int r = identity_pack(i, b);

	if (r == 0)
		r = store_value_set(c->store, "self", buf_view(b));
	buf_free(&b);
	return r == 0 ? 0 : fault_set(&c->why, r, NULL, "the profile cannot be made: %s", err_text(r));
}

static int
join_verify(struct create *c, const Recado__DirectoryEntry *entry)
{
	struct identity_check chk = trust_check(c->e->trust);
	struct identity *i = identity_new();
	Recado__Register own = RECADO__REGISTER__INIT;
	int r = identity_update(i, entry, &chk, &c->why);

	if (r == 0 && (r = create_parts(c, &own)) != 0)
		fault_set(&c->why, r, NULL, "the profile that is being made is damaged");
	if (r == 0 && (r = join_check_self(c, i, entry, &own)) == 0)
		r = join_keep(c, i);
	create_parts_clear(&own);
	identity_free(&i);
	return r;
}

/* ------------------------------------------------------------------------------ asking */

static void
join_refused(struct op *op)
{
	struct create *c = op->state;
	struct fault f = c->why;
	char id[2 * DEVICE_ID_LEN + 1];

	hex_encode(c->binding.device_id, 4, id);
	fault_hint(&f,
	    "The relay lies, or is broken. Nothing is kept here; remove device %s on another of yours.",
	    id);
	op_fail(op, &f);
}

/* Nothing is wrong with what the relay shows: it could not be shown, or kept, now. */
static bool
is_later(int r)
{
	return r == ERR_RATE || r == ERR_UNREACHABLE || r == ERR_IO || r == ERR_DISK_FULL || r == ERR_NOMEM;
}

static void
looked_up(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct create *c = arg;
	int r;

	if (err != 0)
		return; /* the closed connection tells */
	r = status_fault(reply->status, NULL, c->op->cmd.name, &c->why);
	if (r == 0 && reply->op_case != RECADO__REPLY_BODY__OP_ENTRY)
		r = fault_set(&c->why, ERR_UNEXPECTED, c->address, "the relay answered something else");
	if (r == 0)
		r = join_verify(c, reply->entry);
	c->kept = r == 0 || is_later(r);
	if (r != 0 && c->kept)
		fault_hint(&c->why, "Run the same command again: it goes on from here, without the card.");
	create_next(c, r == 0 ? create_settle : c->kept ? create_failed : join_refused);
}

void
create_joined(void *arg, const struct channel_event *welcome)
{
	struct create *c = arg;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Lookup look = RECADO__LOOKUP__INIT;
	int r;

	look.user_id = pb_data((struct bytes){ c->binding.user_id, USER_ID_LEN });
	rq.op_case = RECADO__TO_RELAY__OP_LOOKUP;
	rq.lookup = &look;
	if ((r = conn_request(c->conn, &rq, looked_up, c)) != 0) {
		fault_set(&c->why, r, c->address, "the relay cannot be asked");
		create_next(c, join_refused);
	}
}

void
create_join(struct op *op)
{
	struct create *c = op->state;

	conn_free(&c->conn);
	c->confirming = true;
	op_progress(op, "signing in, to verify the device list");
	create_connect(c, create_joined);
}
