/* The second trip: what was verified is written, if the list's head is still the one that it was
 * verified against; then devices that were removed are put out. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/account_change.h"
#include "server/encode.h"

enum { REGISTERED_USER_ID = 1 };

void
account_change_clear(struct work *k)
{
	struct change *c = (struct change *)k;

	buf_free(&c->parts);
	buf_free(&c->entry);
	buf_free(&c->record);
	free(c->devices);
}

static bool
same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, HASH_LEN) == 0;
}

static int
say_registered(struct change *c)
{
	if (!c->wants_id)
		return 0;
	c->work.field = REPLY_REGISTERED;
	return encode_bytes(
	    c->work.op, REGISTERED_USER_ID, (struct bytes){ c->after.id, USER_ID_LEN });
}

/* The account under the name; what was asked may be done already, when a reply was lost. */
static int
check_name(struct change *c, struct writer *w, bool *ok)
{
	struct bytes name = { (const uint8_t *)c->after.name, strlen(c->after.name) };
	struct store_found found;
	int r;

	r = writer_ops(w)->find_user(writer_store(w), name, NULL, &found);
	*ok = r == ERR_NOT_FOUND && !c->found;
	if (r != 0)
		return r == ERR_NOT_FOUND && *ok ? 0 : r;
	if (!same(found.id, c->after.id))
		return work_refuse(
		    &c->work, RECADO__STATUS__STATUS_NAME_TAKEN, "the name is taken");
	if (same(found.list_head, c->after.list_head))
		return say_registered(c);
	*ok = c->found && same(found.list_head, c->before.list_head);
	return *ok ? 0
		   : work_refuse(&c->work, RECADO__STATUS__STATUS_STALE_LIST,
			 "the device list changed meanwhile");
}

static int
check_devices(struct change *c, struct writer *w, bool *ok)
{
	uint8_t user[USER_ID_LEN];
	int r;

	for (size_t i = 0; *ok && i < c->device_count; i++) {
		r = writer_ops(w)->find_device(writer_store(w), c->devices[i].id, user);
		if (r == ERR_NOT_FOUND || (r == 0 && same(user, c->after.id)))
			continue;
		*ok = false;
		return r != 0 ? r
			      : work_refuse(&c->work, RECADO__STATUS__STATUS_BAD_REQUEST,
				    "the device id is another's");
	}
	return 0;
}

static int
write_devices(struct change *c, struct writer *w)
{
	const struct directory_device *d;
	int r = 0;

	for (size_t i = 0; i < c->device_count && r == 0; i++) {
		d = &c->devices[i];
		r = writer_ops(w)->put_device(writer_store(w),
		    &(struct store_device){ d->id, d->user_id, d->signing_key, d->live });
		if (r == 0 && !d->live &&
		    (r = writer_ops(w)->drop_prekeys(writer_store(w), d->id)) == 0)
			r = mailbox_discard(writer_mailboxes(w), d->id);
	}
	return r;
}

static int
write_account(struct change *c, struct writer *w)
{
	struct store_user u = { c->after.id,
		{ (const uint8_t *)c->after.name, strlen(c->after.name) }, c->after.list_length,
		c->after.list_head, buf_view(c->entry) };
	int r;

	if ((r = writer_ops(w)->put_user(writer_store(w), &u)) != 0 ||
	    (r = write_devices(c, w)) != 0)
		return r;
	if (buf_len(c->record) == 0)
		return 0;
	return writer_ops(w)->put_record(
	    writer_store(w), c->record_device, c->record_number, buf_view(c->record));
}

static int
commit_run(struct work *k, struct writer *w)
{
	struct change *c = (struct change *)k;
	bool ok;
	int r;

	if ((r = check_name(c, w, &ok)) != 0 || (r = check_devices(c, w, &ok)) != 0 ||
	    (ok && (r = claim_make(&c->claim, &c->work, c->after.name, w, &ok)) != 0) || !ok)
		return r;
	return (r = write_account(c, w)) != 0 ? r : say_registered(c);
}

/* Connections of devices that were removed end, whether or not who asked is still there. A device
 * that is just signing in looks at the directory after it entered (peer_in.c), so one of the two
 * sees the other. */
static void
end_removed(const struct change *c, struct server *srv)
{
	struct online_place at;

	for (size_t i = 0; i < c->device_count; i++)
		if (!c->devices[i].live && online_find(srv->online, c->devices[i].id, &at))
			loop_post(
			    at.loop, &(struct loop_post){ .kind = LOOP_REMOVED, .peer = at.peer });
}

static void
post_list(struct online_place to, const uint8_t user[USER_ID_LEN], bool online)
{
	struct loop_post post = { .kind = LOOP_LIST, .peer = to.peer };
	(void)online;

	memcpy(post.user, user, USER_ID_LEN);
	loop_post(to.loop, &post);
}

/* Who watches the user, and the user's other devices. */
static void
tell_list(const struct change *c, struct server *srv)
{
	struct online_place at;

	online_tell(srv->online, c->after.id, post_list);
	for (size_t i = 0; i < c->device_count; i++)
		if (c->devices[i].live && online_find(srv->online, c->devices[i].id, &at))
			post_list(at, c->after.id, true);
}

static void
commit_committed(struct work *k, struct writer *w)
{
	struct server *srv = loop_server(k->loop);
	struct change *c = (struct change *)k;

	if (k->status != RECADO__STATUS__STATUS_OK)
		return;
	if (directory_put(writer_directory(w), &c->after, c->devices, c->device_count) != 0)
		log_error(srv->log, "account", "an account could not be put into the directory");
	end_removed(c, srv);
	if (c->found)
		tell_list(c, srv);
	metrics_set(srv->metrics, METRIC_ACCOUNTS, directory_count(writer_directory(w)));
}

static int
commit_finish(struct work *k)
{
	struct server *srv = loop_server(k->loop);
	struct change *c = (struct change *)k;
	struct warrants_reply r = { k->status, k->detail[0] != '\0' ? k->detail : NULL, k->field,
		buf_view(k->op) };

	if (k->status == RECADO__STATUS__STATUS_OK)
		log_info(srv->log, "account", "%s: %s, %zu devices", c->after.name,
		    c->found ? "changed" : "registered", c->device_count);
	return warrants_add(loop_warrants(k->loop), &k->ticket, &r, loop_wall(k->loop));
}

static const struct work_kind commit_kind = {
	.name = "account",
	.run = commit_run,
	.committed = commit_committed,
	.finish = commit_finish,
	.clear = account_change_clear,
};

/* The same change, by another work that takes over what it holds. */
int
account_commit(struct change *c)
{
	struct change *next = mem_alloc(sizeof(*next));

	*next = *c;
	c->work.op = NULL;
	c->parts = c->entry = c->record = NULL;
	c->devices = NULL;
	next->work.kind = &commit_kind;
	next->work.job.next = NULL;
	work_submit(&next->work);
	return 0;
}
