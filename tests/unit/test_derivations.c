/*
 * The values that recado-protocol(7) prints under VECTORS OF CHANNEL AND RELAY, computed from the
 * text of that page by a program that shares nothing with this one.
 */
#include <string.h>

#include "crypto/channel_internal.h"
#include "crypto/code.h"
#include "crypto/label.h"
#include "crypto/tree.h"
#include "crypto/warrant.h"
#include "unit.h"

struct channel_values {
	uint16_t suite;
	const char *hello, *handshake, *handshake_client, *handshake_server, *client_finished,
	    *server_finished, *transcript, *root, *client_1, *server_1, *next, *record, *epoch_2,
	    *root_2, *client_2, *server_2;
};

static const struct channel_values channels[] = {
	{ SUITE_ECDHE_CHACHA20_POLY1305_SHA256,
	    "360ef28bf466e7de6f81a91f474e397e77663a7025fb14929e65c3c2c44c705b",
	    "96407171dca2ec2d6626b5d261f1544e077d08817b225f4387af3210fd2cbfd9",
	    "f86b111c1af191bda66a95e49199abc8853bbb0fb85f01ddfafaf186b9325f03",
	    "537803df53a3b27d1f61a0d11c59609740970507a6edbb6b9697a4a0dd2cb3be",
	    "acb840cf2798bd214ef3d9a811f3f5c6e80f60ac93bd1bde6424163962ba7ff8",
	    "491dbe2b6987ebf2490018b3993551604cc238ac4ce587d64bd4f82a5f0053d9",
	    "d0d82e20462d204a616b6a8e9a44401d6d2fe06dc84ee38fb402b200738ccffa",
	    "c8708e2f6ff8abac41a4aebd0f268fbdf55ffd6d437404ddad284dc0acd49a87",
	    "fcec70ced435ce7adcd7c92ba48dfbe27aa975b355191a6c63dd4c819f8b12ad",
	    "0505080f7aba8a6621fab5dcc8ea1e56cad0b0aface5af5785a92cc772495cc6",
	    "79448850d78398c86655167827c8e71c04783d61694fb32e795ac79b7731739a",
	    "57e5b13181b42af3326cd4d255d704b09033473dd7e329",
	    "839a0b6af86b432eaa1f5aaa5b3e977a69fdb32894de2d98e15f4062ef268154",
	    "c6661928de6dea50e6bfe9ccb0a7f80f4591da408428c77343e6afbbe7fd8ce6",
	    "39beee94a5185d786bce50d338099cb0771db5954633e340064ca2529f60c638",
	    "dfa514ed227f97a9b2838fc4ebba919174b340dd7f9499d36721924a7ece0fe8" },
	{ SUITE_ECDHE_AES256_CTR_SHA384,
	    "36e9a976a360fc6d6f1f94878207c790597cb55bb27244f554e1ba34f692371a"
	    "1cc6d601bf8f82e597c28203b9175f3f",
	    "14441b27096af2fd891210455585226bce5cfd47c7590eda94f55d87797cc497"
	    "096cf8afa0e18af5c70a60839c399684",
	    "d95773ed5c1b7b12d784be0a451a6f935ac977515154902c4f5965d72b7a853f"
	    "971f1d60d2df424d8cfaf694c5074fdf",
	    "c9a70934e54c1d39166d37fc28846275f1ab54a03d204a2899a6828de1d6c916"
	    "a269ed8219aa27328b0f7ef284769aab",
	    "388472c14c70c3b70950bfd0b3937447c2c3f0261c5a794871b5338e9016a58f"
	    "f546f65f6bf926c0019c28613a2bacb7",
	    "a1313157ea106133c951ecf53b30769d81591b2b2f7d65452848d9dc0132aa70"
	    "d4faa3c0574b5539dfe00788e66209a4",
	    "4542be55b80943856b96acaa6152d1be690ca4f828ea16b3094ac4aecba3e32b"
	    "65404926b41e815dbb1c4da03a1f0202",
	    "324b130a50dd8f8510b4bdff2dd91a515ca2398ac75eac90adc8356e00ac53d7"
	    "8f879b6603e5c5059784ef5acacefc77",
	    "e01eae69144e583d6ac43891b6f74f58e196749e05db59dd1ec7cebf179ecaf1"
	    "30276e64f53da8241d52e59c1962f8e9",
	    "918a2825e8b498c1ae6f0ef26a4d1a2008f3b964ef2a7b32247173290f024628"
	    "cc43edf3605458f1d845ffb7654077b6",
	    "90731728426688c8536853c1ccf4a77f8afe8cc05c34b9c29b0ee3e5f9b91713"
	    "e21b1b72532f32a78f25f590b27b9475",
	    "44d5f5042d6512c2b0e0c8f4d199edbfc9fcbe3fa2c57d4c8b7ff1f2bb8cf52d"
	    "6c4c36d6adb360d3e15edc7349bb1f0a8dd322a23040d4",
	    "f1ba38c1b1fca12837d76e4b4c8fa95533fcedf0f7dcfa2c95a7fa0479af42d4"
	    "212f708e4e5afca8203980387c105bfb",
	    "bd0658fb6052ee167fedeb25d54b27fa2384f17d2ab2c9505d2972d4cc231977"
	    "fe8c3ebffab44122c41128edab539919",
	    "2e1c8ac20183f81c545c59a564f67a0e7f39ffabaeb27301cdd4269e652e2663"
	    "80088d4ae0d4a72986a06cefafc4c333",
	    "f6bbff976147b612df4ceb0450065dcb65ba5d6c92c1d016f55d3e80b0d5d360"
	    "56af9e18ba3f218dadc8a1f514b04351" },
};

static struct bytes
text(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

static void
assert_hex(const uint8_t *p, const char *want)
{
	char got[2 * 256 + 1];

	hex_encode(p, strlen(want) / 2, got);
	ck_assert_str_eq(got, want);
}

/* The handshake up to the keys of the first epoch. */
static void
check_handshake(struct channel *c, const struct channel_values *v, const uint8_t shared[KEY_LEN])
{
	struct bytes body = text("body");
	uint8_t mac[KDF_MAX];

	ck_assert_int_eq(channel_schedule_add(c, text("client hello")), 0);
	ck_assert_int_eq(channel_schedule_add(c, text("server hello")), 0);
	ck_assert_int_eq(channel_schedule_handshake(c, shared), 0);
	assert_hex(c->hello_hash, v->hello);
	assert_hex(c->secrets->handshake, v->handshake);
	assert_hex(c->secrets->chain[CHANNEL_TO_RELAY], v->handshake_client);
	assert_hex(c->secrets->chain[CHANNEL_TO_CLIENT], v->handshake_server);
	ck_assert_int_eq(channel_schedule_finished(c, CHANNEL_TO_RELAY, &body, 1, mac), 0);
	assert_hex(mac, v->client_finished);
	ck_assert_int_eq(channel_schedule_finished(c, CHANNEL_TO_CLIENT, &body, 1, mac), 0);
	assert_hex(mac, v->server_finished);
	ck_assert_int_eq(channel_schedule_add(c, text("client auth")), 0);
	ck_assert_int_eq(channel_schedule_add(c, text("welcome")), 0);
	ck_assert_int_eq(channel_schedule_open(c), 0);
	channel_rekey_begin(c, 0);
	assert_hex(c->transcript, v->transcript);
	assert_hex(c->secrets->root, v->root);
	assert_hex(c->secrets->chain[CHANNEL_TO_RELAY], v->client_1);
	assert_hex(c->secrets->chain[CHANNEL_TO_CLIENT], v->server_1);
}

/* The client's first record of the first epoch: DATA with the message "hi". */
static void
check_record(struct channel *c, const struct channel_values *v)
{
	static const uint8_t record[] = { CHANNEL_TYPE_DATA, 0x80, 0, 0, 2, 'h', 'i' };

	ck_assert_int_eq(buf_consume(c->out, buf_len(c->out)), 0);
	ck_assert_int_eq(channel_record_seal(c, (struct bytes){ record, sizeof record }), 0);
	ck_assert_uint_eq(buf_len(c->out), FRAME_HEADER + strlen(v->record) / 2);
	assert_hex(buf_ptr(c->out) + FRAME_HEADER, v->record);
	assert_hex(c->secrets->chain[CHANNEL_TO_RELAY], v->next);
}

static void
check_rekey(struct channel *c, const struct channel_values *v, const uint8_t shared[KEY_LEN])
{
	ck_assert_int_eq(channel_schedule_rekey(c, shared, text("rekey"), text("ack")), 0);
	assert_hex(c->epoch_hash, v->epoch_2);
	assert_hex(c->secrets->root, v->root_2);
	assert_hex(c->secrets->chain[CHANNEL_TO_RELAY], v->client_2);
	assert_hex(c->secrets->chain[CHANNEL_TO_CLIENT], v->server_2);
}

START_TEST(channel)
{
	const struct channel_values *v = &channels[_i];
	struct channel_client p = { 0 };
	uint8_t up[KEY_LEN], down[KEY_LEN];
	struct channel *c;
	size_t i;

	for (i = 0; i < KEY_LEN; i++) {
		up[i] = (uint8_t)i;
		down[i] = (uint8_t)(KEY_LEN - 1 - i);
	}
	ck_assert_int_eq(channel_new_client(&p, 0, &c), 0);
	c->suite = v->suite;
	c->hash = suite_hash(v->suite);
	buf_reset(c->script); /* its own hello */
	check_handshake(c, v, up);
	check_record(c, v);
	check_rekey(c, v, down);
	channel_free(&c);
}
END_TEST

START_TEST(relay)
{
	uint8_t key[KEY_LEN], device[16], out[32], envelope[32];
	size_t i;

	for (i = 0; i < KEY_LEN; i++)
		key[i] = (uint8_t)i;
	memcpy(device, key, sizeof device);
	memset(envelope, 0xee, sizeof envelope);
	ck_assert_int_eq(code_derive(key, out), 0);
	assert_hex(out, "e3b161a9f934c06a6dc50feb37d75dc501432ebf90d28f6c3acaa6cee857aaef");
	ck_assert_int_eq(code_relay_id(key, out), 0);
	assert_hex(out, "11159d57f96275b013f3ce1307c97efd90dd8368b355d0751a9d7e6a6a40b4bc");
	memcpy(key, out, sizeof key);
	ck_assert_int_eq(warrant_chain_start(key, device, out), 0);
	assert_hex(out, "321f65a71c2f2176dc4465ea22069b502a95e2b74c55edeee616efaee2be9bad");
	ck_assert_int_eq(warrant_chain_step(out, 1, envelope), 0);
	assert_hex(out, "60a8d1f56e002d4261622d70004ac6cbe33db51ccb5cf61d35d92ca682c55532");
}
END_TEST

static void
leaf(const char *label, const char *body, uint8_t out[TREE_HASH])
{
	struct buf *b = buf_new(0);

	ck_assert_int_eq(label_wrap(b, label, text(body)), 0);
	ck_assert_int_eq(tree_leaf_hash(buf_view(b), out), 0);
	buf_free(&b);
}

START_TEST(warrant)
{
	uint8_t leaves[2][TREE_HASH];
	struct tree *t;

	leaf("warrant-reply", "leaf 0", leaves[0]);
	leaf("warrant-deposit", "leaf 1", leaves[1]);
	assert_hex(leaves[0], "8d8c591aab57bfcdcce5eff28c67ac529b01303732a4de61d1ae22fc7778bffd");
	assert_hex(leaves[1], "b523b317f6ffadbf3bbeebc3c879357c9919a575ed43d8b9a6e8e80a8bd310ae");
	ck_assert_int_eq(tree_new((const uint8_t(*)[TREE_HASH])leaves, 2, &t), 0);
	assert_hex(
	    tree_root(t), "9d6c307c9eeb6f76b51d30833a0a0f851413c2971e16622c0cd31ccf7d4a89c8");
	tree_free(&t);
}
END_TEST

/* Key and nonce of a key file: "passphrase", a salt of 32 letters s. */
START_TEST(key_file)
{
	struct buf *secret = buf_new(0);
	uint8_t salt[32], out[44];
	struct kdf_scrypt in = { { NULL, 0 }, { salt, sizeof salt }, 1 << 17, 8, 1 };

	memset(salt, 's', sizeof salt);
	ck_assert_int_eq(label_wrap(secret, "key-file", text("passphrase")), 0);
	in.secret = buf_view(secret);
	ck_assert_int_eq(kdf_scrypt(&in, out, sizeof out), 0);
	assert_hex(out,
	    "8c9917af9a68645c723243682e76bb8863df4757683a83b888ea4d319a10be76"
	    "dbda79e4459adefb5889126c");
	buf_free(&secret);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("derivations");
	TCase *c = tcase_create("derivations");

	tcase_add_loop_test(c, channel, 0, 2);
	tcase_add_test(c, relay);
	tcase_add_test(c, warrant);
	tcase_add_test(c, key_file);
	suite_add_tcase(s, c);
	return unit_run(s);
}
