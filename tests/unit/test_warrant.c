#include <string.h>

#include "crypto/warrant.h"
#include "unit.h"

static struct key_sign *identity;

static void
setup(void)
{
	uint8_t seed[KEY_LEN] = { 7 };

	ck_assert_int_eq(key_sign_from_seed(seed, &identity), 0);
}

static void
teardown(void)
{
	key_sign_free(&identity);
}

static struct warrant_reply
a_reply(uint64_t number)
{
	struct warrant_reply l = { .number = number, .status = 1, .time = 1700000000000 };

	memset(l.relay_id, 1, sizeof(l.relay_id));
	memset(l.transcript, 2, 48);
	l.transcript_len = 48;
	memset(l.request_hash, 3, sizeof(l.request_hash));
	memset(l.reply_hash, 4, sizeof(l.reply_hash));
	return l;
}

static struct warrant_deposit
a_deposit(uint64_t index)
{
	struct warrant_deposit l = { .index = index, .time = 1700000000000 };

	memset(l.relay_id, 1, sizeof(l.relay_id));
	memset(l.mailbox, 5, sizeof(l.mailbox));
	memset(l.envelope_hash, 6, sizeof(l.envelope_hash));
	memset(l.head, 7, sizeof(l.head));
	return l;
}

/* count replies, a deposit after each third one; returns the batch, sealed. */
static struct warrant_batch *
a_batch(size_t count, size_t *slots)
{
	struct warrant_batch *b = warrant_batch_new();
	struct warrant_reply r;
	struct warrant_deposit d;

	for (size_t i = 0; i < count; i++) {
		r = a_reply(i);
		d = a_deposit(i);
		if (i % 3 == 2)
			ck_assert_int_eq(warrant_batch_deposit(b, &d, &slots[i]), 0);
		else
			ck_assert_int_eq(warrant_batch_reply(b, &r, &slots[i]), 0);
	}
	ck_assert_int_eq(warrant_batch_seal(b, identity), 0);
	return b;
}

START_TEST(each_leaf_of_a_batch_is_proven)
{
	static const size_t sizes[] = { 1, 2, 3, 7, 8, 100 };
	size_t slots[100];

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct warrant_batch *b = a_batch(sizes[s], slots);

		for (size_t i = 0; i < sizes[s]; i++) {
			struct buf *w = buf_new(4096);
			struct warrant_reply r;
			struct warrant_deposit d;

			ck_assert_int_eq(warrant_batch_get(b, slots[i], w), 0);
			if (i % 3 == 2) {
				ck_assert_int_eq(warrant_verify_deposit(buf_view(w),
				    key_sign_public(identity), &d), 0);
				ck_assert_uint_eq(d.index, i);
				ck_assert_int_eq(d.head[31], 7);
				ck_assert_int_eq(warrant_verify_reply(buf_view(w),
				    key_sign_public(identity), &r), ERR_UNEXPECTED);
			} else {
				ck_assert_int_eq(warrant_verify_reply(buf_view(w),
				    key_sign_public(identity), &r), 0);
				ck_assert_uint_eq(r.number, i);
				ck_assert_uint_eq(r.transcript_len, 48);
			}
			buf_free(&w);
		}
		warrant_batch_free(&b);
	}
}
END_TEST

START_TEST(no_flipped_or_missing_octet_passes)
{
	size_t slots[5];
	struct warrant_batch *b = a_batch(5, slots);
	struct buf *w = buf_new(4096);
	struct warrant_reply r;
	uint8_t copy[4096];
	size_t n;

	ck_assert_int_eq(warrant_batch_get(b, slots[1], w), 0);
	n = buf_len(w);
	for (size_t i = 0; i < n; i++) {
		memcpy(copy, buf_ptr(w), n);
		copy[i] ^= 0x04;
		ck_assert_int_ne(warrant_verify_reply((struct bytes){ copy, n },
		    key_sign_public(identity), &r), 0);
		ck_assert_int_ne(warrant_verify_reply((struct bytes){ buf_ptr(w), i },
		    key_sign_public(identity), &r), 0);
		ck_assert_uint_eq(r.number, 0);
	}
	buf_free(&w);
	warrant_batch_free(&b);
}
END_TEST

START_TEST(another_relay_s_key_does_not_verify)
{
	uint8_t seed[KEY_LEN] = { 8 };
	size_t slots[1];
	struct warrant_batch *b = a_batch(1, slots);
	struct buf *w = buf_new(4096);
	struct key_sign *other;
	struct warrant_reply r;

	ck_assert_int_eq(key_sign_from_seed(seed, &other), 0);
	ck_assert_int_eq(warrant_batch_get(b, slots[0], w), 0);
	ck_assert_int_eq(warrant_verify_reply(buf_view(w), key_sign_public(other), &r),
	    ERR_SIGNATURE);
	key_sign_free(&other);
	buf_free(&w);
	warrant_batch_free(&b);
}
END_TEST

/* A relay that signs a reply of no channel: the leaf's field is then a null pointer. */
START_TEST(a_reply_of_no_channel_is_refused)
{
	struct warrant_batch *b = warrant_batch_new();
	struct buf *out = buf_new(0);
	struct warrant_reply l = a_reply(1), got;
	size_t slot;

	l.transcript_len = 0;
	ck_assert_int_eq(warrant_batch_reply(b, &l, &slot), 0);
	ck_assert_int_eq(warrant_batch_seal(b, identity), 0);
	ck_assert_int_eq(warrant_batch_get(b, slot, out), 0);
	ck_assert_int_eq(
	    warrant_verify_reply(buf_view(out), key_sign_public(identity), &got), ERR_FORMAT);
	buf_free(&out);
	warrant_batch_free(&b);
}
END_TEST

START_TEST(a_sealed_batch_takes_no_more)
{
	struct warrant_reply l = a_reply(1);
	size_t slots[1], slot;
	struct warrant_batch *b = a_batch(1, slots), *empty = warrant_batch_new();
	struct buf *w = buf_new(4096);

	ck_assert_int_eq(warrant_batch_reply(b, &l, &slot), ERR_UNEXPECTED);
	ck_assert_int_eq(warrant_batch_seal(b, identity), ERR_UNEXPECTED);
	ck_assert_int_eq(warrant_batch_seal(empty, identity), ERR_UNEXPECTED);
	ck_assert_int_eq(warrant_batch_get(b, 1, w), ERR_UNEXPECTED);
	buf_free(&w);
	warrant_batch_free(&b);
	warrant_batch_free(&empty);
}
END_TEST

START_TEST(mailbox_chain)
{
	uint8_t relay[32] = { 1 }, device[16] = { 2 }, e1[32] = { 3 }, e2[32] = { 4 };
	uint8_t a[32], b[32], swapped[32];

	ck_assert_int_eq(warrant_chain_start(relay, device, a), 0);
	memcpy(b, a, 32);
	memcpy(swapped, a, 32);
	ck_assert_int_eq(warrant_chain_step(a, 1, e1), 0);
	ck_assert_int_eq(warrant_chain_step(a, 2, e2), 0);
	ck_assert_int_eq(warrant_chain_step(b, 1, e1), 0);
	ck_assert_int_eq(warrant_chain_step(b, 2, e2), 0);
	ck_assert_mem_eq(a, b, 32);
	ck_assert_int_eq(warrant_chain_step(swapped, 1, e2), 0);
	ck_assert_int_eq(warrant_chain_step(swapped, 2, e1), 0);
	ck_assert_mem_ne(a, swapped, 32);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { each_leaf_of_a_batch_is_proven,
		no_flipped_or_missing_octet_passes, another_relay_s_key_does_not_verify,
		a_reply_of_no_channel_is_refused,
		a_sealed_batch_takes_no_more, mailbox_chain, NULL };
	Suite *s = suite_create("warrant");
	TCase *c = tcase_create("warrant");

	tcase_add_checked_fixture(c, setup, teardown);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return unit_run(s);
}
