/*
 * Fixed vectors of every derivation between people, as recado-protocol(7) prints them. They were
 * made by another implementation, written from that page.
 */
#include <string.h>

#include "crypto/content.h"
#include "crypto/envelope.h"
#include "crypto/kdf.h"
#include "crypto/label.h"
#include "crypto/suite.h"
#include "crypto/x3dh.h"
#include "unit.h"

static struct key_dh *identity_a, *identity_b, *signed_prekey, *one_time, *ephemeral, *first;
static struct session_party a, b;
static struct session_bundle bundle;
static struct x3dh_result keys;

static void
make_key(uint8_t fill, struct key_dh **out)
{
	uint8_t private[32];

	memset(private, fill, sizeof(private));
	ck_assert_int_eq(key_dh_from_private(private, out), 0);
}

static void
make_party(uint8_t fill, const struct key_dh *identity, struct session_party *p)
{
	memset(p->user_id, fill, USER_ID_LEN);
	memset(p->device_id, fill + 1, DEVICE_ID_LEN);
	memset(p->binding_hash, fill + 2, HASH_LEN);
	memcpy(p->identity_key, key_dh_public(identity), 32);
}

/* Private keys of 32 like octets: 04 and 14 the identity keys, 22 and 24 the prekeys (ids 21 and
 * 23), 31 the ephemeral, 32 the first ratchet key. Names: 01, 02, 03 and 11, 12, 13. */
static void
setup(void)
{
	struct session_start p = { .suite = SUITE_ECDHE_AES256_GCM_SHA384,
		.own = &a,
		.peer = &b,
		.bundle = &bundle,
		.now = 1 };

	make_key(0x04, &identity_a);
	make_key(0x14, &identity_b);
	make_key(0x22, &signed_prekey);
	make_key(0x24, &one_time);
	make_key(0x31, &ephemeral);
	make_key(0x32, &first);
	make_party(0x01, identity_a, &a);
	make_party(0x11, identity_b, &b);
	bundle = (struct session_bundle){
		.signed_prekey_id = 21, .has_one_time = true, .one_time_id = 23
	};
	memcpy(bundle.signed_prekey, key_dh_public(signed_prekey), 32);
	memcpy(bundle.one_time, key_dh_public(one_time), 32);
	p.own_identity = identity_a;
	ck_assert_int_eq(x3dh_initiate(&p, ephemeral, &keys), 0);
}

static void
teardown(void)
{
	key_dh_free(&identity_a);
	key_dh_free(&identity_b);
	key_dh_free(&signed_prekey);
	key_dh_free(&one_time);
	key_dh_free(&ephemeral);
	key_dh_free(&first);
}

static void
is(const uint8_t *got, const char *want)
{
	char hex[2 * 96 + 1];

	hex_encode(got, strlen(want) / 2, hex);
	ck_assert_str_eq(hex, want);
}

START_TEST(names)
{
	uint8_t x[16], y[32], z[32], out[32];

	memset(x, 1, sizeof(x));
	memset(y, 2, sizeof(y));
	memset(z, 3, sizeof(z));
	ck_assert_int_eq(binding_user_id((struct bytes){ (const uint8_t *)"body", 4 }, out), 0);
	is(out, "9fab2f0ce957af21fffa572c379a9906df78243f8b51c2ec4d280c916703bd63");
	ck_assert_int_eq(binding_device_hash(x, y, z, out), 0);
	is(out, "c42cde82fcaaf81dde15621f5e514fbb8876dc68bc609464ec6fc6135692e9c9");
	memset(z, 1, sizeof(z));
	ck_assert_int_eq(content_conversation(y, z, out), 0);
	is(out, "45fcb57dc6b658e51cbbf071350066c8640f5535f2a7e4da689fcd7f98ebc33d");
}
END_TEST

START_TEST(x3dh)
{
	is(keys.ratchet.root, "3257d16e50264aab2c85780f06d649fc5ed7c3c740563d0985b95fd6df4c6cac");
	is(keys.ratchet.initiator_header,
	    "44bb17fb9a4f3953aae2992f88e6c85505a339c6b537844141915145ec6d9934");
	is(keys.ratchet.responder_header,
	    "2e755a2b0d6643cd61f33e7eb3395833c931f4aeb1d4f67eb7c6625fa2373f3e");
	is(keys.ad, "0d64c333183c9f85e6b700a8b4fb6e6082dd8feb647c5d7b92d6da8506ddc790");
}
END_TEST

START_TEST(x3dh_from_the_other_side)
{
	struct session_peek peek = { .suite = SUITE_ECDHE_AES256_GCM_SHA384,
		.initial = true,
		.sender = a,
		.signed_prekey_id = 21,
		.one_time_id = 23,
		.has_one_time = true };
	struct session_accept p = { .peek = &peek,
		.own = &b,
		.own_identity = identity_b,
		.signed_prekey = signed_prekey,
		.one_time = one_time };
	struct x3dh_result same;

	memcpy(peek.ephemeral, key_dh_public(ephemeral), 32);
	memcpy(peek.recipient_binding, b.binding_hash, HASH_LEN);
	ck_assert_int_eq(x3dh_respond(&p, &same), 0);
	ck_assert_mem_eq(&same, &keys, sizeof(keys));
}
END_TEST

/* Where things stand in the packed form of an initiator that has only sent. */
enum { ROOT = 1, CHAIN = 1 + 4 * 32 + 8, NEXT = CHAIN + 36 + 40 };

static struct ratchet *
ratchet_of(struct buf *packed)
{
	struct ratchet *r = NULL;

	ck_assert_int_eq(ratchet_new_initiator(&ratchet_profile_recado, &keys.ratchet,
			     bundle.signed_prekey, first, &r),
	    0);
	ck_assert_int_eq(ratchet_pack(r, packed), 0);
	return r;
}

START_TEST(ratchet)
{
	struct buf *packed = buf_new_secret(0);
	struct ratchet *r = ratchet_of(packed);
	struct ratchet_sealing s;

	is(buf_ptr(packed) + ROOT,
	    "dea08cacfbf454c77ee49577696f68175fdde0295afe2e3d943a1982c1c015af");
	is(buf_ptr(packed) + CHAIN,
	    "da9905642f726db22ec982e868171e68801d967b3316d56cb596976d37f09750");
	is(buf_ptr(packed) + NEXT,
	    "4babdeca0ec4a8cf1283e9205feb3d7cac2cdd15a2fcbef3bbe60f8a3e772d5b");
	ck_assert_int_eq(ratchet_send(r, &s), 0);
	is(s.tag, "9207426858081f1c");
	is(s.message_key, "b9d1e218f554fa9c5c5ae2f8c600f32cf637a30758a85c47ad545681c7773465");
	ck_assert_mem_eq(s.header_key, keys.ratchet.initiator_header, 32);
	ck_assert_mem_eq(s.header.key, key_dh_public(first), 32);
	ck_assert_uint_eq(s.header.number, 0);
	ck_assert_uint_eq(s.header.previous, 0);
	buf_reset(packed);
	ck_assert_int_eq(ratchet_pack(r, packed), 0);
	is(buf_ptr(packed) + CHAIN,
	    "a79078db9277ea00420b78dc91ea901601240dbf95f3e0107c2c43e0e4a013c3");
	ratchet_free(&r);
	buf_free(&packed);
}
END_TEST

START_TEST(message_material)
{
	struct buf *packed = buf_new_secret(0);
	struct ratchet *r = ratchet_of(packed);
	struct ratchet_sealing s;
	uint8_t material[44];

	ck_assert_int_eq(ratchet_send(r, &s), 0);
	ck_assert_int_eq(label_derive(&(struct label_derive){ .hash = KDF_SHA256,
					  .secret = { s.message_key, 32 },
					  .label = "message" },
			     material, sizeof(material)),
	    0);
	is(material,
	    "5f00bea1550363c5772de4d18e0d15b257ed56449c53c977a9775756accc3d54dcde814a8b7c09d5dd8808"
	    "bf");
	ratchet_free(&r);
	buf_free(&packed);
}
END_TEST

/* The whole envelope: "hello", the first message of the session. */
START_TEST(envelope)
{
	static const uint8_t hello[] = "hello";
	Recado__Initial m = RECADO__INITIAL__INIT;
	struct buf *initial = buf_new(0), *out = buf_new(0), *packed = buf_new_secret(0);
	struct ratchet *r = ratchet_of(packed);
	struct ratchet_sealing s;
	struct suite_cipher cipher = { .suite = SUITE_ECDHE_AES256_GCM_SHA384 };
	struct envelope_context c = {
		.suite = cipher.suite, .session_ad = keys.ad, .tag = s.tag, .cipher = &cipher
	};
	uint8_t hash[32];

	m.sender_user = pb_data((struct bytes){ a.user_id, USER_ID_LEN });
	m.sender_device = pb_data((struct bytes){ a.device_id, DEVICE_ID_LEN });
	m.sender_binding = pb_data((struct bytes){ a.binding_hash, HASH_LEN });
	m.identity = pb_data((struct bytes){ a.identity_key, 32 });
	m.ephemeral = pb_data((struct bytes){ key_dh_public(ephemeral), 32 });
	m.signed_prekey_id = 21;
	m.one_time_prekey_id = 23;
	m.recipient_binding = pb_data((struct bytes){ b.binding_hash, HASH_LEN });
	ck_assert_int_eq(pb_pack(&m, initial), 0);
	ck_assert_int_eq(ratchet_send(r, &s), 0);
	c.initial = buf_view(initial);
	ck_assert_int_eq(envelope_seal(&c, &s, (struct bytes){ hello, 5 }, out), 0);
	ck_assert_uint_eq(buf_len(out), 512);
	ck_assert_int_eq(session_envelope_hash(buf_view(out), hash), 0);
	is(hash, "cfa502448249b67569e5a57af4902118399088a26f666d97c716e82c7ea6f1ff");
	suite_cipher_clear(&cipher);
	ratchet_free(&r);
	buf_free(&initial);
	buf_free(&out);
	buf_free(&packed);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { names, x3dh, x3dh_from_the_other_side, ratchet,
		message_material, envelope, NULL };
	Suite *s = suite_create("derivation");
	TCase *c = tcase_create("derivation");

	tcase_add_checked_fixture(c, setup, teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
