#include <string.h>

#include "base/mem.h"
#include "crypto/label.h"
#include "person.h"
#include "unit.h"

static struct person_ca *ca;
static struct person_card *card;
static struct person_device *device;

static void
setup(void)
{
	ca = person_ca_new();
	card = person_card_new(ca, "Maria da Silva", "BI900000017");
	device = person_device_new("maria", "laptop");
}

static void
teardown(void)
{
	person_device_free(&device);
	person_card_free(&card);
	person_ca_free(&ca);
}

static Recado__SignedBinding *
signed_binding(void)
{
	Recado__SignedBinding *sb = NULL;

	ck_assert_int_eq(
	    pb_unpack(&recado__signed_binding__descriptor, buf_view(device->signed_binding), &sb),
	    0);
	return sb;
}

START_TEST(what_the_card_signed_is_what_comes_out)
{
	Recado__SignedBinding *sb;
	struct binding b;
	uint8_t id[USER_ID_LEN];

	person_bind(device, card);
	sb = signed_binding();
	ck_assert_int_eq(binding_verify(sb, &b), 0);
	ck_assert_mem_eq(&b, &device->binding, sizeof(b));
	ck_assert_int_eq(binding_user_id(pb_view(sb->body), id), 0);
	ck_assert_mem_eq(b.user_id, id, sizeof(id));
	ck_assert_str_eq(b.user_name, "maria");
	pb_free(&sb);
}
END_TEST

START_TEST(later_bindings_carry_user_and_list)
{
	Recado__SignedBinding *sb;
	struct binding b;

	device->binding.purpose = BINDING_PURPOSE_RENEW;
	memset(device->binding.user_id, 3, USER_ID_LEN);
	memset(device->binding.list_head, 4, HASH_LEN);
	device->binding.renewed_count = 2;
	memset(device->binding.renewed[0], 5, HASH_LEN);
	memset(device->binding.renewed[1], 6, HASH_LEN);
	person_bind(device, card);
	sb = signed_binding();
	ck_assert_int_eq(binding_verify(sb, &b), 0);
	ck_assert_mem_eq(&b, &device->binding, sizeof(b));
	pb_free(&sb);
}
END_TEST

START_TEST(no_flipped_octet_passes)
{
	Recado__SignedBinding *sb;
	struct binding b;

	person_bind(device, card);
	sb = signed_binding();
	for (size_t i = 0; i < sb->body.len; i++) {
		sb->body.data[i] ^= 1;
		ck_assert_int_eq(binding_verify(sb, &b), ERR_SIGNATURE);
		ck_assert(mem_is_zero_ct(&b, sizeof(b)));
		sb->body.data[i] ^= 1;
	}
	for (size_t i = 0; i < sb->signature.len; i++) {
		sb->signature.data[i] ^= 1;
		ck_assert_int_ne(binding_verify(sb, &b), 0);
		sb->signature.data[i] ^= 1;
	}
	ck_assert_int_eq(binding_verify(sb, &b), 0);
	pb_free(&sb);
}
END_TEST

START_TEST(another_card_s_certificate_does_not_fit)
{
	struct person_card *other = person_card_new(ca, "Maria da Silva", "BI900000017");
	Recado__SignedBinding *sb;
	struct binding b;
	ProtobufCBinaryData own;

	person_bind(device, card);
	sb = signed_binding();
	own = sb->certificate;
	sb->certificate = pb_data(buf_view(other->der));
	ck_assert_int_eq(binding_verify(sb, &b), ERR_SIGNATURE);
	sb->certificate = own;
	pb_free(&sb);
	person_card_free(&other);
}
END_TEST

/* Sign any octets as a binding. */
static int
verify_body(struct bytes body)
{
	struct buf *to_sign = buf_new(0), *sig = buf_new(0), *out = buf_new(0);
	Recado__SignedBinding *sb = NULL;
	struct binding b;
	int r;

	ck_assert_int_eq(label_wrap(to_sign, "binding", body), 0);
	person_card_sign(card, buf_view(to_sign), sig);
	ck_assert_int_eq(
	    binding_finish(body, 3, buf_view(sig), buf_view(card->der), NULL, 0, out), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_binding__descriptor, buf_view(out), &sb), 0);
	r = binding_verify(sb, &b);
	pb_free(&sb);
	buf_free(&to_sign);
	buf_free(&sig);
	buf_free(&out);
	return r;
}

START_TEST(signed_nonsense_is_malformed)
{
	static const uint8_t zero[32], one[32] = { 1 };
	struct buf *body = buf_new(0), *to_sign = buf_new(0);
	Recado__SignedBinding *sb;
	Recado__Binding *m = NULL;
	ProtobufCBinaryData kept;

	person_bind(device, card);
	sb = signed_binding();
	ck_assert_int_eq(pb_unpack(&recado__binding__descriptor, pb_view(sb->body), &m), 0);
#define TRY(member, value, want)                                                                   \
	do {                                                                                       \
		kept = m->member;                                                                  \
		m->member = pb_data(value);                                                        \
		buf_reset(body);                                                                   \
		ck_assert_int_eq(pb_pack(m, body), 0);                                             \
		ck_assert_int_eq(verify_body(buf_view(body)), want);                               \
		m->member = kept;                                                                  \
	} while (0)
	TRY(device_identity_key, ((struct bytes){ zero, 32 }), ERR_KEY);
	TRY(device_identity_key, ((struct bytes){ one, 32 }), ERR_KEY);
	TRY(device_signing_key, ((struct bytes){ one, 32 }), ERR_KEY);
	TRY(device_signing_key, ((struct bytes){ one, 31 }), ERR_FORMAT);
	TRY(certificate_sha256, ((struct bytes){ one, 32 }), ERR_SIGNATURE);
	TRY(user_name, ((struct bytes){ (const uint8_t *)"Mar\x1b[1m", 7 }), ERR_FORMAT);
	TRY(user_name, ((struct bytes){ NULL, 0 }), ERR_FORMAT);
	TRY(device_name, ((struct bytes){ (const uint8_t *)"a\0b", 3 }), ERR_FORMAT);
	TRY(user_id, ((struct bytes){ one, 32 }), ERR_FORMAT);
	TRY(list_head, ((struct bytes){ one, 32 }), ERR_FORMAT);
#undef TRY
	m->purpose = (Recado__BindingPurpose)4;
	buf_reset(body);
	ck_assert_int_eq(pb_pack(m, body), 0);
	ck_assert_int_eq(verify_body(buf_view(body)), ERR_FORMAT);
	ck_assert_int_eq(verify_body((struct bytes){ (const uint8_t *)"\xff\xff", 2 }), ERR_FORMAT);
	pb_free(&m);
	pb_free(&sb);
	buf_free(&body);
	buf_free(&to_sign);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { what_the_card_signed_is_what_comes_out,
		later_bindings_carry_user_and_list, no_flipped_octet_passes,
		another_card_s_certificate_does_not_fit, signed_nonsense_is_malformed, NULL };
	Suite *s = suite_create("binding");
	TCase *c = tcase_create("binding");

	tcase_add_checked_fixture(c, setup, teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
