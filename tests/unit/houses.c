#include "houses.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/conn.h"
#include "core/inbox.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/own.h"
#include "core/prekeys.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "core/seal.h"
#include "crypto/keyfile.h"
#include "crypto/warrant.h"

#define TURNS 12

struct house maria, rui;
uint64_t houses_now;
static struct house_inside marias, ruis;
static struct person_device *tablet;
static struct person_card *ruis_card;
static char anchors[96];
static const uint8_t key[32] = { 1 };

/* ------------------------------------------------------------------------------ what happens */

void
house_turn(struct house *h)
{
	for (int i = 0; i < TURNS; i++) {
		ck_assert_int_ge(event_base_loop(h->e.base, EVLOOP_NONBLOCK), 0);
		(void)house_acks(h);
	}
}

int64_t
house_says(struct house *h, const char *text)
{
	struct fault f = { 0 };
	int64_t row;

	ck_assert_msg(outbox_send(&h->e, &h->peer, text, &row, &f) == 0, "%s", f.what);
	house_turn(h);
	return row;
}

void
house_disconnects(struct house *h)
{
	ck_assert_int_eq(seal_disconnect(&h->e, &h->peer), 0);
	outbox_kick(&h->e);
	house_turn(h);
}

void
house_take(struct house *h, struct bytes envelope)
{
	inbox_push(&h->e, envelope);
	house_turn(h);
}

bool
house_next(struct house *h)
{
	if (h->next == h->mail_count)
		return false;
	house_take(h, buf_view(h->mail[h->next++]));
	return true;
}

/* With one octet changed; the tag stays. */
struct buf *
house_forged(const struct buf *envelope, bool header)
{
	Recado__Envelope *e = NULL;
	struct buf *out = buf_new(0);

	ck_assert_int_eq(pb_unpack(&recado__envelope__descriptor, buf_view(envelope), &e), 0);
	*(header ? &e->header.data[3] : &e->body.data[3]) ^= 1;
	ck_assert_int_eq(pb_pack(e, out), 0);
	pb_free(&e);
	return out;
}

void
houses_hours(int n)
{
	while (n-- > 0) {
		houses_now += HOUR_MS;
		house_restart(&maria);
		house_restart(&rui);
		houses_settle();
	}
}

void
houses_settle(void)
{
	bool moved = true;

	for (int i = 0; moved; i++) {
		ck_assert_int_lt(i, 1000);
		house_turn(&maria);
		house_turn(&rui);
		moved = house_bundles(&maria);
		moved = house_bundles(&rui) || moved;
		moved = house_deposits(&maria) || moved;
		moved = house_deposits(&rui) || moved;
		moved = house_next(&maria) || moved;
		moved = house_next(&rui) || moved;
	}
}

/* ------------------------------------------------------------------------------ what is seen */

struct session *
house_session(const struct house *h)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	struct session *s = NULL;
	int64_t row;

	if (store_session_by_device(h->e.store, h->peer_device, &row, packed) == 0)
		ck_assert_int_eq(session_unpack(buf_view(packed), &s), 0);
	buf_free(&packed);
	return s;
}

void
houses_agree(void)
{
	struct session *a = house_session(&maria), *b = house_session(&rui);

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_msg(session_compare(a, b) == 0, "each seals in a session of its own");
	ck_assert_msg(session_answered(a) && session_answered(b), "a session is never answered");
	session_free(&a);
	session_free(&b);
}

uint32_t
house_received(const struct house *h)
{
	uint32_t n;

	ck_assert_int_eq(store_message_count(h->e.store, STORE_LIST_INBOX, h->peer.id, &n), 0);
	return n;
}

int
house_state(struct house *h, int64_t row)
{
	struct store_message m;

	ck_assert_int_eq(message_fields(&h->e, row, &m), 0);
	return m.state;
}

size_t
house_said(const struct house *h, const char *notice)
{
	size_t n = 0;

	for (const char *at = h->notices; (at = strstr(at, notice)) != NULL; at++)
		n++;
	return n;
}

static void
hear(struct port *p, struct core_event *ev)
{
	struct house *h = p->arg;

	if (ev->kind == CORE_EV_NOTICE && strlen(h->notices) + strlen(ev->note.text) + 2 < sizeof(h->notices)) {
		strcat(h->notices, ev->note.text);
		strcat(h->notices, "\n");
	}
	core_event_clear(ev);
}

/* ------------------------------------------------------------------------------ life */

static void
services_open(struct house *h)
{
	ck_assert_int_eq(outbox_open(&h->e), 0);
	ck_assert_int_eq(inbox_open(&h->e), 0);
	ck_assert_int_eq(receipts_open(&h->e), 0);
	outbox_kick(&h->e);
}

static void
services_close(struct house *h)
{
	struct house_request *q;

	while ((q = STAILQ_FIRST(&h->requests)) != NULL) {
		STAILQ_REMOVE_HEAD(&h->requests, link);
		if (q->fn != NULL)
			q->fn(q->arg, ERR_CLOSED, NULL);
		pb_free(&q->rq);
		free(q);
	}
	receipts_close(&h->e);
	inbox_close(&h->e);
	outbox_close(&h->e);
}

void
house_empty(struct house *h)
{
	while (h->mail_count > 0)
		buf_free(&h->mail[--h->mail_count]);
	h->next = 0;
}

void
house_restart(struct house *h)
{
	services_close(h);
	services_open(h);
	house_turn(h);
}

static void
anchors_write(void)
{
	FILE *file;

	snprintf(anchors, sizeof(anchors), "%s/ca.der", marias.dir);
	file = fopen(anchors, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(buf_ptr(ca->der), 1, buf_len(ca->der), file), buf_len(ca->der));
	fclose(file);
}

static void
dir_make(struct house_inside *in)
{
	snprintf(in->dir, sizeof(in->dir), "%s/recado-house-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(in->dir));
	snprintf(in->path, sizeof(in->path), "%s/store", in->dir);
	snprintf(in->journal, sizeof(in->journal), "%s/store-journal", in->dir);
}

static void
account_fill(struct account *a, const char *name, const struct identity *self,
    const struct person_device *d)
{
	strcpy(a->name, name);
	memcpy(a->user_id, identity_user_id(self), STORE_USER);
	memcpy(a->device_id, d->id, STORE_DEVICE);
	memcpy(a->binding_hash, d->binding.hash, STORE_HASH);
	memcpy(a->relay_id, d->binding.relay_id, sizeof(a->relay_id));
	memcpy(a->relay_keys.keys[0], key_sign_public(houses_relay_key), KEY_LEN);
	a->relay_keys.count = 1;
}

/* With id as who lives there. */
static void
house_open(struct house *h, struct house_inside *in, const char *name, struct person_device *d)
{
	struct buf *self = buf_new(0);
	struct fault f = { 0 };

	memset(h, 0, sizeof(*h));
	STAILQ_INIT(&h->requests);
	LIST_INIT(&h->e.ports);
	TAILQ_INIT(&h->e.ops);
	h->inside = in;
	in->device = d;
	in->one_time = 1000;
	in->keys = (struct keyfile){ .device_sign = d->sign, .device_dh = d->dh };
	in->config = (struct config){ .trust_anchors = anchors, .revocation = CONFIG_REVOCATION_OFF,
		.max_age_h = 48 };
	suite_list_all(&in->config.suites);
	h->e.config = &in->config;
	h->e.keys = &in->keys;
	h->e.one_shot = true;
	h->e.base = event_base_new();
	account_fill(&h->e.account, name, id, d);
	ck_assert_msg(trust_new(&h->e, &h->e.trust, &f) == 0, "%s", f.what);
	ck_assert_msg(store_open(in->path, key, &h->e.store, &f) == 0, "%s", f.what);
	ck_assert_int_eq(identity_pack(id, self), 0);
	ck_assert_int_eq(store_value_set(h->e.store, "self", buf_view(self)), 0);
	ck_assert_msg(trust_open(h->e.trust, &f) == 0, "%s", f.what);
	ck_assert_int_eq(own_open(&h->e), 0);
	in->listener = (struct port){ .watching = true, .emit = hear, .arg = h };
	port_add(&h->e, &in->listener);
	buf_free(&self);
}

/* Its record, beyond the one that it was founded with. */
static void
publish(struct house *h)
{
	struct buf *b = buf_new(0);

	ck_assert_int_eq(store_number_set(h->e.store, "record.number", 1), 0);
	ck_assert_int_eq(prekeys_record(&h->e, h->e.store, b), 0);
	ck_assert_int_eq(
	    pb_unpack(&recado__signed_device_record__descriptor, buf_view(b), &h->inside->record), 0);
	buf_free(&b);
}

static void
acquaint(struct house *h, struct house *with)
{
	Recado__DirectoryEntry *entry = NULL;
	struct buf *b = buf_new(0);
	struct fault f = { 0 };

	h->other = with;
	h->peer_device = with->inside->device->id;
	ck_assert_int_eq(store_value_get(with->e.store, "self", b), 0);
	ck_assert_int_eq(pb_unpack(&recado__directory_entry__descriptor, buf_view(b), &entry), 0);
	ck_assert_msg(trust_person(h->e.trust, entry, &h->peer, &f) == 0, "%s", f.what);
	h->peer.contact = CORE_CONTACT;
	ck_assert_int_eq(store_person_set(h->e.store, &h->peer), 0);
	pb_free(&entry);
	buf_free(&b);
}

void
houses_setup(void)
{
	houses_now = PERSON_NOW;
	entry_setup();
	ck_assert_int_eq(key_sign_new(&houses_relay_key), 0);
	dir_make(&marias);
	dir_make(&ruis);
	anchors_write();
	found();
	ck_assert_int_eq(update(), 0);
	house_open(&maria, &marias, "maria", laptop);
	tablet = entry_rui(&ruis_card);
	house_open(&rui, &ruis, "rui", tablet);
	acquaint(&maria, &rui);
	acquaint(&rui, &maria);
	publish(&maria);
	publish(&rui);
	services_open(&maria);
	services_open(&rui);
}

static void
house_close(struct house *h)
{
	struct house_inside *in = h->inside;

	services_close(h);
	port_remove(&in->listener);
	pb_free(&in->record);
	house_empty(h);
	trust_free(&h->e.trust);
	store_close(&h->e.store);
	event_base_free(h->e.base);
	unlink(in->path);
	unlink(in->journal);
}

void
houses_teardown(void)
{
	house_close(&maria);
	house_close(&rui);
	unlink(anchors);
	rmdir(marias.dir);
	rmdir(ruis.dir);
	key_sign_free(&houses_relay_key);
	person_device_free(&tablet);
	person_card_free(&ruis_card);
	entry_teardown();
}
