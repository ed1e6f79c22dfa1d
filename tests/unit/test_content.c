#include <string.h>

#include "crypto/content.h"
#include "crypto/kdf.h"
#include "unit.h"

static struct key_sign *device;
static const uint8_t recipients[2][USER_ID_LEN] = { { 1 }, { 2 } };
static const struct content_head heads[2] = {
	{ { 1 }, 3, { 9 } },
	{ { 2 }, 1, { 8 } },
};

static void
setup(void)
{
	uint8_t seed[KEY_LEN] = { 42 };

	ck_assert_int_eq(key_sign_from_seed(seed, &device), 0);
}

static void
teardown(void)
{
	key_sign_free(&device);
}

static struct content
a_content(void)
{
	struct content c = { .id = { 1, 2, 3, 4, 5, 6, 7, 8 },
		.sender_user = { 1 },
		.sender_device = { 11 },
		.sender_binding = { 12 },
		.conversation = { 13 },
		.recipients = recipients,
		.recipient_count = 2,
		.sequence = 2,
		.has_previous = true,
		.previous = { 14 },
		.nonce = { 15 },
		.written_at = 1700000000000,
		.expires_after = 86400000,
		.heads = heads,
		.head_count = 2,
		.text = { (const uint8_t *)"ol\xc3\xa1\nmundo", 10 } };

	return c;
}

static Recado__SignedContent *
signed_content(const struct content *c, uint8_t mh[HASH_LEN])
{
	Recado__SignedContent *sc = NULL;
	struct buf *out = buf_new(0);

	ck_assert_int_eq(content_sign(c, device, out, mh), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_content__descriptor, buf_view(out), &sc), 0);
	buf_free(&out);
	return sc;
}

START_TEST(what_was_written_is_what_is_read)
{
	struct content want = a_content();
	struct content_opened *o = NULL;
	const struct content *got;
	Recado__SignedContent *sc;
	uint8_t mh[HASH_LEN], hash[32];

	sc = signed_content(&want, mh);
	ck_assert_int_eq(content_verify(sc, key_sign_public(device), &o), 0);
	got = content_get(o);
	ck_assert_mem_eq(got->id, want.id, sizeof(want.id));
	ck_assert_mem_eq(got->sender_user, want.sender_user, USER_ID_LEN);
	ck_assert_mem_eq(got->sender_device, want.sender_device, DEVICE_ID_LEN);
	ck_assert_mem_eq(got->sender_binding, want.sender_binding, HASH_LEN);
	ck_assert_mem_eq(got->conversation, want.conversation, 32);
	ck_assert_uint_eq(got->recipient_count, 2);
	ck_assert_mem_eq(got->recipients, recipients, sizeof(recipients));
	ck_assert_uint_eq(got->sequence, 2);
	ck_assert(got->has_previous);
	ck_assert_mem_eq(got->previous, want.previous, HASH_LEN);
	ck_assert_mem_eq(got->nonce, want.nonce, 32);
	ck_assert_uint_eq(got->written_at, want.written_at);
	ck_assert_uint_eq(got->expires_after, want.expires_after);
	ck_assert_uint_eq(got->head_count, 2);
	ck_assert_mem_eq(got->heads, heads, sizeof(heads));
	ck_assert(bytes_equal(got->text, want.text));
	ck_assert_int_eq(kdf_sha256(pb_view(sc->body), hash), 0);
	ck_assert_mem_eq(mh, hash, HASH_LEN);
	ck_assert_mem_eq(content_hash(o), hash, HASH_LEN);
	content_free(&o);
	ck_assert_ptr_null(o);
	content_free(&o);
	pb_free(&sc);
}
END_TEST

START_TEST(nothing_changed_or_from_others_is_read)
{
	struct content c = a_content();
	struct content_opened *o = NULL;
	Recado__SignedContent *sc;
	struct key_sign *other = NULL;
	uint8_t mh[HASH_LEN];

	sc = signed_content(&c, mh);
	for (size_t i = 0; i < sc->body.len; i++) {
		sc->body.data[i] ^= 0x80;
		ck_assert_int_eq(content_verify(sc, key_sign_public(device), &o), ERR_SIGNATURE);
		ck_assert_ptr_null(o);
		sc->body.data[i] ^= 0x80;
	}
	for (size_t i = 0; i < sc->signature.len; i++) {
		sc->signature.data[i] ^= 1;
		ck_assert_int_eq(content_verify(sc, key_sign_public(device), &o), ERR_SIGNATURE);
		sc->signature.data[i] ^= 1;
	}
	ck_assert_int_eq(key_sign_new(&other), 0);
	ck_assert_int_eq(content_verify(sc, key_sign_public(other), &o), ERR_SIGNATURE);
	key_sign_free(&other);
	pb_free(&sc);
}
END_TEST

START_TEST(limits_and_forms)
{
	static uint8_t big[CONTENT_TEXT_MAX + 1];
	struct buf *out = buf_new(0);
	struct content c;
	uint8_t mh[HASH_LEN];

	memset(big, 'a', sizeof(big));
	c = a_content();
	c.text = (struct bytes){ big, CONTENT_TEXT_MAX };
	ck_assert_int_eq(content_sign(&c, device, out, mh), 0);
	c.text.n++;
	ck_assert_int_eq(content_sign(&c, device, out, mh), ERR_LIMIT);
	c = a_content();
	c.text = (struct bytes){ (const uint8_t *)"\xc3(", 2 };
	ck_assert_int_eq(content_sign(&c, device, out, mh), ERR_FORMAT);
	c = a_content();
	c.recipient_count = 0;
	ck_assert_int_eq(content_sign(&c, device, out, mh), ERR_LIMIT);
	c = a_content();
	c.sequence = 1;
	ck_assert_int_eq(content_sign(&c, device, out, mh), ERR_FORMAT);
	c.has_previous = false;
	ck_assert_int_eq(content_sign(&c, device, out, mh), 0);
	c.sequence = 0;
	ck_assert_int_eq(content_sign(&c, device, out, mh), ERR_FORMAT);
	buf_free(&out);
}
END_TEST

/* A signed body whose fields are wrong is refused after its signature held. */
START_TEST(signed_nonsense_is_malformed)
{
	struct content_opened *o = NULL;
	struct content c = a_content();
	uint8_t mh[HASH_LEN], sig[KEY_SIG_LEN];
	Recado__SignedContent *sc = signed_content(&c, mh);
	Recado__Content *m = NULL;
	struct buf *body = buf_new(0);
	ProtobufCBinaryData kept = sc->body;

	ck_assert_int_eq(pb_unpack(&recado__content__descriptor, pb_view(kept), &m), 0);
	for (int i = 0; i < 4; i++) {
		Recado__Content n = *m;

		if (i == 0)
			n.id.len = 7;
		else if (i == 1)
			n.body_case = RECADO__CONTENT__BODY__NOT_SET;
		else if (i == 2)
			n.n_recipients = 0;
		else
			n.previous.len = 0;
		buf_reset(body);
		ck_assert_int_eq(pb_pack(&n, body), 0);
		ck_assert_int_eq(key_sign_label(device, "content", buf_view(body), sig), 0);
		sc->body = pb_data(buf_view(body));
		memcpy(sc->signature.data, sig, sizeof(sig));
		ck_assert_int_lt(content_verify(sc, key_sign_public(device), &o), 0);
		ck_assert_ptr_null(o);
	}
	sc->body = kept;
	pb_free(&m);
	pb_free(&sc);
	buf_free(&body);
}
END_TEST

START_TEST(a_conversation_is_the_same_from_both_ends)
{
	uint8_t ab[32], ba[32], ac[32];
	static const uint8_t c[USER_ID_LEN] = { 3 };

	ck_assert_int_eq(content_conversation(recipients[0], recipients[1], ab), 0);
	ck_assert_int_eq(content_conversation(recipients[1], recipients[0], ba), 0);
	ck_assert_int_eq(content_conversation(recipients[0], c, ac), 0);
	ck_assert_mem_eq(ab, ba, 32);
	ck_assert_mem_ne(ab, ac, 32);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { what_was_written_is_what_is_read,
		nothing_changed_or_from_others_is_read, limits_and_forms,
		signed_nonsense_is_malformed, a_conversation_is_the_same_from_both_ends, NULL };
	Suite *s = suite_create("content");
	TCase *c = tcase_create("content");

	tcase_add_checked_fixture(c, setup, teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
