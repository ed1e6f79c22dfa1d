#include <string.h>

#include "base/mem.h"
#include "crypto/receipt.h"
#include "person.h"
#include "unit.h"
#include "wire/pb.h"

static struct person_ca *ca;
static struct person_card *card;
static struct key_sign *device;

static void
setup(void)
{
	ca = person_ca_new();
	card = person_card_new(ca, "Joana Reis", "BI900000025");
	ck_assert_int_eq(key_sign_new(&device), 0);
}

static void
teardown(void)
{
	key_sign_free(&device);
	person_card_free(&card);
	person_ca_free(&ca);
}

static struct receipt
a_receipt(enum receipt_kind kind)
{
	struct receipt r = { .kind = kind,
		.message = { 1 },
		.reader_user = { 2 },
		.reader_device = { 3 },
		.reader_binding = { 4 },
		.time = 1700000000000 };

	return r;
}

static Recado__SignedReceipt *
signed_receipt(const struct receipt *r)
{
	struct buf *out = buf_new(0), *body = buf_new(0), *to_sign = buf_new(0), *sig = buf_new(0);
	Recado__SignedReceipt *sr = NULL;

	if (r->kind == RECEIPT_KIND_NOTARISED) {
		ck_assert_int_eq(receipt_prepare(r, body, to_sign), 0);
		person_card_sign(card, buf_view(to_sign), sig);
		ck_assert_int_eq(receipt_finish(buf_view(body), 3, buf_view(sig), out), 0);
	} else
		ck_assert_int_eq(receipt_sign(r, device, out), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_receipt__descriptor, buf_view(out), &sr), 0);
	buf_free(&out);
	buf_free(&body);
	buf_free(&to_sign);
	buf_free(&sig);
	return sr;
}

START_TEST(each_kind_verifies_as_itself)
{
	for (int kind = RECEIPT_KIND_DELIVERED; kind <= RECEIPT_KIND_NOTARISED; kind++) {
		struct receipt want = a_receipt((enum receipt_kind)kind), got;
		Recado__SignedReceipt *sr = signed_receipt(&want);

		ck_assert_int_eq(
		    receipt_verify(sr, key_sign_public(device), buf_view(card->der), &got), 0);
		ck_assert_mem_eq(&got, &want, sizeof(want));
		pb_free(&sr);
	}
}
END_TEST

/* A delivered receipt whose body was made to say read, signed under the label of delivered. */
START_TEST(one_kind_never_passes_for_another)
{
	struct receipt r = a_receipt(RECEIPT_KIND_DELIVERED), got;
	Recado__SignedReceipt *sr = signed_receipt(&r);
	uint8_t sig[KEY_SIG_LEN];

	ck_assert_uint_eq(sr->body.data[0], 0x08); /* field kind */
	sr->body.data[1] = RECEIPT_KIND_READ;
	ck_assert_int_eq(
	    receipt_verify(sr, key_sign_public(device), (struct bytes){ NULL, 0 }, &got),
	    ERR_SIGNATURE);
	ck_assert_int_eq(key_sign_label(device, "receipt-delivered", pb_view(sr->body), sig), 0);
	memcpy(sr->signature.data, sig, sizeof(sig));
	ck_assert_int_eq(
	    receipt_verify(sr, key_sign_public(device), (struct bytes){ NULL, 0 }, &got),
	    ERR_SIGNATURE);
	sr->body.data[1] = RECEIPT_KIND_NOTARISED;
	ck_assert_int_eq(key_sign_label(device, "receipt-notarised", pb_view(sr->body), sig), 0);
	memcpy(sr->signature.data, sig, sizeof(sig));
	ck_assert_int_eq(
	    receipt_verify(sr, key_sign_public(device), buf_view(card->der), &got), ERR_SIGNATURE);
	ck_assert(mem_is_zero_ct(&got, sizeof(got)));
	pb_free(&sr);
}
END_TEST

START_TEST(no_flipped_octet_passes)
{
	for (int kind = RECEIPT_KIND_DELIVERED; kind <= RECEIPT_KIND_NOTARISED; kind++) {
		struct receipt r = a_receipt((enum receipt_kind)kind), got;
		Recado__SignedReceipt *sr = signed_receipt(&r);

		for (size_t i = 0; i < sr->body.len; i++) {
			sr->body.data[i] ^= 1;
			ck_assert_int_lt(
			    receipt_verify(sr, key_sign_public(device), buf_view(card->der), &got),
			    0);
			sr->body.data[i] ^= 1;
		}
		pb_free(&sr);
	}
}
END_TEST

START_TEST(a_device_cannot_notarise)
{
	struct receipt r = a_receipt(RECEIPT_KIND_NOTARISED);
	struct buf *out = buf_new(0), *body = buf_new(0);
	Recado__SignedReceipt *sr;
	struct receipt got;

	ck_assert_int_eq(receipt_sign(&r, device, out), ERR_BUG);
	sr = signed_receipt(&r);
	ck_assert_int_eq(
	    receipt_verify(sr, key_sign_public(device), (struct bytes){ NULL, 0 }, &got),
	    ERR_SIGNATURE);
	pb_free(&sr);
	r.kind = RECEIPT_KIND_READ;
	ck_assert_int_eq(receipt_prepare(&r, body, out), ERR_BUG);
	buf_free(&out);
	buf_free(&body);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { each_kind_verifies_as_itself,
		one_kind_never_passes_for_another, no_flipped_octet_passes,
		a_device_cannot_notarise, NULL };
	Suite *s = suite_create("receipt");
	TCase *c = tcase_create("receipt");

	tcase_add_checked_fixture(c, setup, teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
