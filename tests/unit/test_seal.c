/*
 * seal: what goes into an envelope with what is said. We are maria, who came to have many devices; ines
 * is somebody who has not answered yet.
 */
#include <string.h>

#include "base/clock.h"
#include "core/own.h"
#include "core/seal.h"
#include "crypto/keyfile.h"
#include "desk.h"
#include "unit.h"

#define TEXT_LONG (16u << 10)

static struct store_person ines;
static struct session_party own, peer;
static struct key_dh *identity, *prekey;
static struct person_device *many[IDENTITY_DEVICES_MAX];
static size_t many_count;

static void
setup(void)
{
	desk_setup();
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(keyfile_new(&desk.keys), 0);
	memcpy(desk.account.user_id, identity_user_id(id), STORE_USER);
	memcpy(desk.account.device_id, laptop->id, STORE_DEVICE);
	memcpy(desk.account.binding_hash, laptop->binding.hash, STORE_HASH);
	strcpy(desk.account.name, "maria");
	ck_assert_int_eq(own_open(&desk), 0);
	ck_assert_int_eq(key_dh_new(&identity), 0);
	ck_assert_int_eq(key_dh_new(&prekey), 0);
	ines = (struct store_person){ .name = "ines", .user_id = { 3 } };
	ck_assert_int_eq(store_person_add(desk.store, &ines), 0);
	memset(&peer, 4, sizeof(peer));
	memcpy(peer.user_id, ines.user_id, STORE_USER);
	memcpy(peer.identity_key, key_dh_public(identity), KEY_LEN);
	many_count = 0;
}

static void
teardown(void)
{
	while (many_count > 0)
		person_device_free(&many[--many_count]);
	key_dh_free(&identity);
	key_dh_free(&prekey);
	keyfile_free(&desk.keys);
	desk_teardown();
}

/* So many devices in our list, and a session with ines that she has not answered. */
static void
with_devices(size_t n)
{
	struct session_bundle b = { .signed_prekey_id = 1 };
	struct session_start st = { .suite = 1, .own = &own, .peer = &peer, .bundle = &b,
		.own_identity = desk.keys->device_dh, .now = clock_now_ms() };
	struct buf *packed = buf_new(1u << 20);
	struct session *s = NULL;

	while (identity_device_count(id) < n) {
		struct person_device *d = many[many_count++] = person_device_new("maria", "telefone");

		entry_clear();
		further(d, card, BINDING_PURPOSE_ADD);
		ck_assert_int_eq(update(), 0);
	}
	ck_assert_int_eq(identity_pack(id, packed), 0);
	ck_assert_int_eq(store_value_set(desk.store, "self", buf_view(packed)), 0);
	ck_assert_int_eq(trust_open(desk.trust, &fault), 0);
	seal_own_party(&desk, &own);
	memcpy(b.signed_prekey, key_dh_public(prekey), KEY_LEN);
	ck_assert_int_eq(session_start(&st, &s), 0);
	ck_assert_int_eq(seal_keep(&desk, ines.id, s, 0, true), 0);
	session_free(&s);
	buf_free(&packed);
}

static int
take(void *arg, const struct store_deposit *d)
{
	return buf_put_bytes(arg, d->envelope);
}

/* What ines finds in the envelope: how many events of ours; -1: there is none. */
static int
sealed(size_t text)
{
	static uint8_t octets[TEXT_LONG];
	Recado__SignedContent content = RECADO__SIGNED_CONTENT__INIT;
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT, *back = NULL;
	struct buf *envelope = buf_new(ENVELOPE_MAX), *plain = buf_new_secret(2 * ENVELOPE_MAX);
	struct session_peek peek;
	struct session_accept a = { .peek = &peek, .own = &peer, .own_identity = identity,
		.signed_prekey = prekey, .now = clock_now_ms() };
	struct session *s = NULL, *next = NULL;
	int n = -1, r;

	content.body = pb_data((struct bytes){ octets, text });
	content.signature = pb_data((struct bytes){ octets, KEY_SIG_LEN });
	pt.content = &content;
	ck_assert_int_eq(store_begin(desk.store), 0);
	r = seal_deposit(&desk, &ines, peer.device_id, &pt, 0);
	ck_assert_int_eq(store_end(desk.store, r), r);
	if (r != 0)
		goto out;
	ck_assert_int_eq(store_deposit_each(desk.store, 0, take, envelope), 0);
	ck_assert_int_eq(session_peek(buf_view(envelope), &peek), 0);
	ck_assert_int_eq(session_accept(&a, &s), 0);
	ck_assert_int_eq(session_open(s, buf_view(envelope), a.now, &next, plain), 0);
	ck_assert_int_eq(pb_unpack(&recado__plaintext__descriptor, buf_view(plain), &back), 0);
	ck_assert_uint_eq(back->content->body.len, text);
	ck_assert_ptr_nonnull(back->introduction);
	ck_assert(bytes_equal(pb_view(back->introduction->user_name),
	    (struct bytes){ (const uint8_t *)"maria", 5 }));
	ck_assert((back->introduction->n_events == 0) == (back->introduction->n_bindings == 0));
	n = (int)back->introduction->n_events;
out:
	session_free(&s);
	session_free(&next);
	pb_free(&back);
	buf_free(&envelope);
	buf_free(&plain);
	return n;
}

START_TEST(who_has_few_devices_brings_the_list)
{
	with_devices(5);
	ck_assert_int_eq(sealed(TEXT_LONG), 5);
}
END_TEST

START_TEST(a_long_text_leaves_the_list_away)
{
	with_devices(40);
	ck_assert_int_eq(sealed(TEXT_LONG), 0);
}
END_TEST

START_TEST(a_short_one_does_not)
{
	with_devices(40);
	ck_assert_int_eq(sealed(100), 40);
}
END_TEST

START_TEST(no_list_is_too_long)
{
	with_devices(IDENTITY_DEVICES_MAX);
	ck_assert_int_eq(sealed(100), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("seal");
	TCase *c = tcase_create("seal");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, who_has_few_devices_brings_the_list);
	tcase_add_test(c, a_long_text_leaves_the_list_away);
	tcase_add_test(c, a_short_one_does_not);
	tcase_add_test(c, no_list_is_too_long);
	suite_add_tcase(s, c);
	return unit_run(s);
}
