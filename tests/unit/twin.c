#include "twin.h"

#include <stdlib.h>
#include <string.h>

#include "core/own.h"
#include "crypto/content.h"
#include "crypto/warrant.h"
#include "unit.h"

struct store_person self, rui;
struct person_device *tablet;
struct key_sign *relay;
uint8_t mh[HASH_LEN];
static struct person_card *ruis;

/* maria's list has both of her devices; this is the phone. */
static void
be_phone(void)
{
	struct buf *b = buf_new(0);
	struct fault f = { 0 };

	ck_assert_int_eq(update(), 0);
	further(phone, card, BINDING_PURPOSE_ADD);
	ck_assert_msg(update() == 0, "%s", fault.what);
	memcpy(desk.account.user_id, identity_user_id(id), STORE_USER);
	memcpy(desk.account.device_id, phone->id, STORE_DEVICE);
	memcpy(desk.account.relay_keys.keys[0], key_sign_public(relay), KEY_LEN);
	desk.account.relay_keys.count = 1;
	strcpy(desk.account.name, "maria");
	ck_assert_int_eq(identity_pack(id, b), 0);
	ck_assert_int_eq(store_value_set(desk.store, "self", buf_view(b)), 0);
	ck_assert_msg(trust_open(desk.trust, &f) == 0, "%s", f.what);
	ck_assert_int_eq(own_open(&desk), 0);
	ck_assert_int_eq(own_person(&desk, &self), 0);
	buf_free(&b);
}

void
twin_setup(void)
{
	desk_setup();
	ck_assert_int_eq(key_sign_new(&relay), 0);
	be_phone();
	tablet = entry_rui(&ruis);
	ck_assert_msg(trust_person(desk.trust, &parts.entry, &rui, &fault) == 0, "%s", fault.what);
}

void
twin_teardown(void)
{
	key_sign_free(&relay);
	person_device_free(&tablet);
	person_card_free(&ruis);
	desk_teardown();
}

/* ------------------------------------------------------------------------------ what is written */

/* A text from maria to a user, signed by a device with the id of another (mostly its own). */
Recado__SignedContent *
written(const char *text, uint8_t *to, const struct person_device *as,
    const struct person_device *by)
{
	struct content c = { .text = { (const uint8_t *)text, strlen(text) }, .recipient_count = 1,
		.sequence = 1, .written_at = PERSON_NOW };
	const uint8_t (*recipients)[USER_ID_LEN] = (const uint8_t(*)[USER_ID_LEN])to;
	Recado__SignedContent *sc = NULL;
	struct buf *b = buf_new(0);

	memset(c.id, text[0], sizeof(c.id));
	memset(c.nonce, text[0], sizeof(c.nonce));
	memcpy(c.sender_user, desk.account.user_id, USER_ID_LEN);
	memcpy(c.sender_device, as->id, DEVICE_ID_LEN);
	memcpy(c.sender_binding, as->binding.hash, HASH_LEN);
	c.recipients = recipients;
	ck_assert_int_eq(content_conversation(desk.account.user_id, to, c.conversation), 0);
	ck_assert_int_eq(content_sign(&c, by->sign, b, mh), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_content__descriptor, buf_view(b), &sc), 0);
	buf_free(&b);
	return sc;
}

/* From rui to maria. */
Recado__SignedContent *
received(const char *text)
{
	struct content c = { .text = { (const uint8_t *)text, strlen(text) }, .recipient_count = 1,
		.sequence = 1, .written_at = PERSON_NOW };
	const uint8_t (*to)[USER_ID_LEN] = (const uint8_t(*)[USER_ID_LEN])desk.account.user_id;
	Recado__SignedContent *sc = NULL;
	struct buf *b = buf_new(0);

	memset(c.id, text[0], sizeof(c.id));
	memcpy(c.sender_user, rui.user_id, USER_ID_LEN);
	memcpy(c.sender_device, tablet->id, DEVICE_ID_LEN);
	memcpy(c.sender_binding, tablet->binding.hash, HASH_LEN);
	c.recipients = to;
	ck_assert_int_eq(content_conversation(desk.account.user_id, rui.user_id, c.conversation), 0);
	ck_assert_int_eq(content_sign(&c, tablet->sign, b, mh), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_content__descriptor, buf_view(b), &sc), 0);
	buf_free(&b);
	return sc;
}

Recado__SignedReceipt *
receipt(enum receipt_kind kind, const uint8_t *user, const struct person_device *d)
{
	struct receipt rc = { .kind = kind, .time = PERSON_NOW + 5 };
	Recado__SignedReceipt *sr = NULL;
	struct buf *b = buf_new(0);

	memcpy(rc.message, mh, HASH_LEN);
	memcpy(rc.reader_user, user, USER_ID_LEN);
	memcpy(rc.reader_device, d->id, DEVICE_ID_LEN);
	memcpy(rc.reader_binding, d->binding.hash, HASH_LEN);
	ck_assert_int_eq(receipt_sign(&rc, d->sign, b), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_receipt__descriptor, buf_view(b), &sr), 0);
	buf_free(&b);
	return sr;
}

/* The relay's word that the tablet's mailbox has something, signed by a key. */
Recado__Warrant *
warrant(const struct key_sign *by)
{
	struct warrant_batch *batch = warrant_batch_new();
	struct warrant_deposit leaf = { .index = 1, .time = PERSON_NOW + 1 };
	struct buf *b = buf_new(0);
	Recado__Warrant *w = NULL;
	size_t slot;

	memcpy(leaf.relay_id, desk.account.relay_id, 32);
	memcpy(leaf.mailbox, tablet->id, DEVICE_ID_LEN);
	ck_assert_int_eq(warrant_batch_deposit(batch, &leaf, &slot), 0);
	ck_assert_int_eq(warrant_batch_seal(batch, by), 0);
	ck_assert_int_eq(warrant_batch_get(batch, slot, b), 0);
	ck_assert_int_eq(pb_unpack(&recado__warrant__descriptor, buf_view(b), &w), 0);
	warrant_batch_free(&batch);
	buf_free(&b);
	return w;
}
