#include "crypto/channel_internal.h"
#include "ends.h"

START_TEST(rekeying)
{
	static const uint32_t counts[] = { 1, 2, 7, 0 };
	struct channel_stats before, after;
	struct ends p;
	int i;

	ends_init(&p);
	p.server_params.rekey = counts[_i];
	ends_open(&p);
	channel_stats(p.client, &before);
	ck_assert_uint_eq(before.epochs, 1);
	for (i = 0; i < 3; i++)
		ends_talk(&p, CHANNEL_MESSAGE_MAX);
	channel_stats(p.client, &after);
	if (counts[_i] > 0)
		ck_assert_uint_gt(after.epochs, 60 / counts[_i]);
	else
		ck_assert_uint_gt(after.epochs, 0);
	channel_stats(p.server, &before);
	ck_assert_uint_eq(after.epochs, before.epochs);
	ck_assert_uint_eq(after.records_in, before.records_out);
	ck_assert_uint_eq(after.records_out, before.records_in);
	ck_assert_mem_eq(p.client->secrets, p.server->secrets, sizeof *p.client->secrets);
	ends_clear(&p);
}
END_TEST

/* rekey = 1: no two messages under the keys of one exchange. */
START_TEST(new_keys_for_every_message)
{
	struct channel_stats s;
	struct ends p;
	int i;

	ends_init(&p);
	p.server_params.rekey = 1;
	ends_open(&p);
	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(channel_send(i % 3 == 0 ? p.server : p.client, ends_text("x")), 0);
		ends_pump(&p);
	}
	channel_stats(p.server, &s);
	ck_assert_uint_eq(s.epochs, 21);
	ck_assert_uint_eq(p.got[0] + p.got[1], 20);
	ends_clear(&p);
}
END_TEST

START_TEST(the_drawn_count_is_in_range)
{
	struct ends p;
	int i;

	for (i = 0; i < 20; i++) {
		ends_init(&p);
		ends_open(&p);
		ck_assert_uint_ge(p.client->rekey_after, CHANNEL_REKEY_MIN);
		ck_assert_uint_le(p.client->rekey_after, CHANNEL_REKEY_MAX);
		ck_assert_uint_eq(p.client->rekey_after, p.server->rekey_after);
		ends_clear(&p);
	}
}
END_TEST

START_TEST(rekeying_by_octets)
{
	uint8_t *m = mem_alloc(CHANNEL_MESSAGE_MAX);
	struct channel_stats s;
	struct ends p;
	int i;

	ends_init(&p);
	p.server_params.rekey = CHANNEL_REKEY_TOP;
	ends_open(&p);
	for (i = 0; i < 64; i++) {
		ck_assert_int_eq(
		    channel_send(p.server, (struct bytes){ m, CHANNEL_MESSAGE_MAX }), 0);
		ends_pump(&p);
	}
	channel_stats(p.client, &s);
	ck_assert_uint_eq(s.epochs, 2);
	ck_assert_uint_eq(p.got[1], 64);
	ends_clear(&p);
	free(m);
}
END_TEST

START_TEST(rekeying_by_the_clock)
{
	struct channel_stats s;
	struct ends p;

	ends_init(&p);
	ends_open(&p);
	ck_assert_uint_eq(channel_deadline(p.client), p.now + CHANNEL_EPOCH_MS);
	p.now += CHANNEL_EPOCH_MS - 1;
	ck_assert_int_eq(channel_tick(p.client, p.now), 0);
	ck_assert_uint_eq(buf_len(channel_output(p.client)), 0);
	p.now++;
	ck_assert_int_eq(channel_tick(p.client, p.now), 0);
	ck_assert_uint_gt(buf_len(channel_output(p.client)), 0);
	ck_assert_uint_eq(channel_deadline(p.client), p.now + CHANNEL_REKEY_MS);
	ends_pump(&p);
	channel_stats(p.client, &s);
	ck_assert_uint_eq(s.epochs, 2);
	/* the client sleeps: the relay asks, then waits no longer */
	p.now += CHANNEL_EPOCH_MS + CHANNEL_REKEY_MS;
	ck_assert_uint_eq(channel_deadline(p.server), p.now);
	ck_assert_int_eq(channel_tick(p.server, p.now), 0);
	ck_assert_uint_gt(buf_len(channel_output(p.server)), 0);
	p.now += CHANNEL_REKEY_MS;
	ck_assert_int_eq(channel_tick(p.server, p.now), ERR_TIMEOUT);
	ends_clear(&p);
}
END_TEST

START_TEST(rekeying_by_wish_of_either)
{
	struct channel_stats s;
	struct ends p;
	int i;

	ends_init(&p);
	ends_open(&p);
	ck_assert_int_eq(channel_rekey(p.client, p.now), 0); /* nothing to protect */
	ck_assert_uint_eq(buf_len(channel_output(p.client)), 0);
	for (i = 0; i < 3; i++) {
		ends_talk(&p, 200);
		ck_assert_int_eq(channel_rekey(p.client, p.now), 0);
		ck_assert_int_eq(channel_rekey(p.client, p.now), 0);
		ends_talk(&p, 200);
		ck_assert_int_eq(channel_rekey(p.server, p.now), 0);
		ends_talk(&p, 200);
		/* both at once */
		ck_assert_int_eq(channel_rekey(p.server, p.now), 0);
		ck_assert_int_eq(channel_rekey(p.client, p.now), 0);
		ends_talk(&p, 200);
	}
	channel_stats(p.client, &s);
	ck_assert_uint_ge(s.epochs, 7);
	ends_clear(&p);
}
END_TEST

/* A client that goes on under used-up keys is put out, and so is one that only exchanges keys. */
START_TEST(nobody_outruns_an_epoch)
{
	struct ends p;

	ends_init(&p);
	p.server_params.rekey = 2;
	ends_open(&p);
	p.client->rekey_after = 100;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(channel_send(p.client, ends_text("x")), 0);
		ck_assert_int_eq(channel_flush(p.client, p.now), 0);
	}
	ends_pump(&p);
	ck_assert_int_eq(p.server_error, ERR_UNEXPECTED);
	ck_assert_uint_eq(p.got[0], 2);
	ck_assert_str_eq(channel_reason(p.server), "record: more data than the epoch may carry");
	ends_clear(&p);
	ends_init(&p);
	ends_open(&p);
	ck_assert_int_eq(channel_rekey_start(p.client, p.now), 0);
	ends_pump(&p);
	ck_assert_int_eq(p.server_error, ERR_RATE);
	ends_clear(&p);
}
END_TEST

/* The keys of records gone by are nowhere, and those of an ended channel neither. */
START_TEST(keys_go)
{
	struct channel_secrets before;
	struct ends p;

	ends_init(&p);
	ends_open(&p);
	ck_assert(mem_is_zero_ct(p.client->secrets->handshake, KDF_MAX));
	ck_assert_ptr_null(p.client->script);
	ck_assert_ptr_null(p.client->share);
	before = *p.client->secrets;
	ends_talk(&p, 1);
	ck_assert(memcmp(before.chain[0], p.client->secrets->chain[0], 32) != 0);
	ck_assert(memcmp(before.chain[1], p.client->secrets->chain[1], 32) != 0);
	ck_assert_mem_eq(before.root, p.client->secrets->root, 32);
	ck_assert_int_eq(channel_rekey(p.client, p.now), 0);
	ends_pump(&p);
	ck_assert(memcmp(before.root, p.client->secrets->root, 32) != 0);
	ck_assert_int_eq(channel_close(p.client, p.now), 0);
	ck_assert_ptr_null(p.client->secrets);
	ends_clear(&p);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { new_keys_for_every_message, the_drawn_count_is_in_range,
		rekeying_by_octets, rekeying_by_the_clock, rekeying_by_wish_of_either,
		nobody_outruns_an_epoch, keys_go, NULL };
	Suite *s = unit_suite("channel_rekey", tests);
	TCase *c = tcase_create("counts");

	tcase_add_loop_test(c, rekeying, 0, 4);
	suite_add_tcase(s, c);
	return unit_run(s);
}
