#include "crypto/channel_internal.h"
#include "ends.h"

START_TEST(every_suite)
{
	uint16_t only[1] = { (uint16_t)_i };
	struct bytes a, b;
	struct ends p;

	ends_init(&p);
	p.client_params.suites = only;
	p.client_params.suite_count = 1;
	ends_open(&p);
	ck_assert_uint_eq(channel_suite(p.client), _i);
	ck_assert_uint_eq(channel_suite(p.server), _i);
	a = channel_transcript(p.client);
	b = channel_transcript(p.server);
	ck_assert_uint_eq(a.n, kdf_len(suite_hash((uint16_t)_i)));
	ck_assert(bytes_equal(a, b));
	ends_talk(&p, CHANNEL_MESSAGE_MAX);
	ends_clear(&p);
}
END_TEST

START_TEST(the_client_prefers_the_relay_allows)
{
	static const uint16_t prefers[] = { 5, 3, 1 }, allows[] = { 1, 3 }, other[] = { 2 };
	struct ends p;

	ends_init(&p);
	ends_open(&p);
	ck_assert_uint_eq(channel_suite(p.client), SUITE_ECDHE_CHACHA20_POLY1305_SHA256);
	ends_clear(&p);
	ends_init(&p);
	p.client_params.suites = prefers;
	p.client_params.suite_count = 3;
	p.server_params.suites = allows;
	p.server_params.suite_count = 2;
	ends_open(&p);
	ck_assert_uint_eq(channel_suite(p.client), 3);
	ends_clear(&p);
	ends_init(&p);
	p.client_params.suites = other;
	p.client_params.suite_count = 1;
	p.server_params.suites = allows;
	p.server_params.suite_count = 2;
	ends_start(&p);
	ends_pump(&p);
	ck_assert_int_eq(p.server_error, ERR_SUITE);
	ck_assert_str_eq(channel_reason(p.server), "client hello: no common cipher suite");
	ends_clear(&p);
}
END_TEST

START_TEST(one_octet_at_a_time)
{
	struct ends p;

	ends_init(&p);
	p.piece = 1;
	p.server_params.rekey = 2;
	ends_open(&p);
	ends_talk(&p, 16385);
	ends_clear(&p);
}
END_TEST

START_TEST(without_sign_in)
{
	uint8_t big[CHANNEL_MESSAGE_MAX_OPEN + 1] = { 1 };
	struct ends p;

	ends_init(&p);
	p.client_params = (struct channel_client){ 0 };
	ends_open(&p);
	ck_assert_int_eq(
	    channel_send(p.client, (struct bytes){ big, CHANNEL_MESSAGE_MAX_OPEN }), 0);
	ck_assert_int_eq(
	    channel_send(p.client, (struct bytes){ big, CHANNEL_MESSAGE_MAX_OPEN + 1 }), ERR_LIMIT);
	ck_assert_int_eq(channel_send(p.server, (struct bytes){ big, sizeof big }), 0);
	ends_pump(&p);
	ck_assert_uint_eq(p.got[0], 1);
	ck_assert_uint_eq(p.got[1], 1);
	/* a client that does not keep to it */
	p.client->send_max = CHANNEL_MESSAGE_MAX;
	ck_assert_int_eq(channel_send(p.client, (struct bytes){ big, sizeof big }), 0);
	ends_pump(&p);
	ck_assert_int_eq(p.server_error, ERR_LIMIT);
	ck_assert_str_eq(channel_reason(p.server), "record: a message is larger than the limit");
	ck_assert_uint_eq(p.got[0], 1);
	ends_clear(&p);
}
END_TEST

START_TEST(a_wrong_device_key_is_refused)
{
	struct channel_event ev;
	struct ends p;

	ends_init(&p);
	p.client_params.device_key = p.identity;
	ends_start(&p);
	ends_pump(&p);
	ck_assert_int_eq(p.server_error, ERR_SIGNATURE);
	ck_assert(!p.server_open && !p.client_open);
	ck_assert_int_eq(channel_next(p.server, p.now, &ev), ERR_SIGNATURE);
	ck_assert_int_eq(channel_input(p.server, "x", 1, p.now), ERR_SIGNATURE);
	ck_assert_int_eq(channel_send(p.server, ends_text("x")), ERR_SIGNATURE);
	ends_clear(&p);
}
END_TEST

START_TEST(a_sign_in_cannot_be_passed_over)
{
	struct ends p;

	ends_init(&p);
	p.hold_admit = true;
	ends_start(&p);
	ends_pump(&p);
	ck_assert_int_eq(channel_admit(p.server, NULL, &ends_limits, 0, p.now), ERR_UNEXPECTED);
	ends_clear(&p);
	ends_init(&p);
	p.client_params = (struct channel_client){ 0 };
	p.hold_admit = true;
	ends_start(&p);
	ends_pump(&p);
	ck_assert_int_eq(channel_admit(p.server, key_sign_public(p.device), &ends_limits, 0, p.now),
	    ERR_SIGNATURE);
	ends_clear(&p);
}
END_TEST

START_TEST(a_refusal_arrives_with_its_text)
{
	const char *detail;
	struct ends p;

	ends_init(&p);
	p.hold_admit = true;
	ends_start(&p);
	ends_pump(&p);
	ck_assert_int_eq(channel_refuse(p.server, RECADO__STATUS__STATUS_OK, "no"), ERR_UNEXPECTED);
	ck_assert_int_eq(
	    channel_refuse(p.server, RECADO__STATUS__STATUS_CERT_REVOKED, "revoked on Monday"), 0);
	p.server_error = ERR_CLOSED;
	ends_pump(&p);
	ck_assert_int_eq(p.client_error, ERR_CLOSED);
	ck_assert_uint_eq(channel_refused(p.client, &detail), RECADO__STATUS__STATUS_CERT_REVOKED);
	ck_assert_str_eq(detail, "revoked on Monday");
	ck_assert_str_eq(channel_reason(p.client), "welcome: the relay refused the session");
	ends_clear(&p);
}
END_TEST

START_TEST(deadlines_of_the_handshake)
{
	struct ends p;

	ends_init(&p);
	ends_start(&p);
	ck_assert_uint_eq(channel_deadline(p.server), p.now + CHANNEL_HANDSHAKE_MS);
	ck_assert_int_eq(channel_tick(p.server, p.now + CHANNEL_HANDSHAKE_MS - 1), 0);
	ck_assert_int_eq(channel_tick(p.server, p.now + CHANNEL_HANDSHAKE_MS), ERR_TIMEOUT);
	ck_assert_str_eq(channel_reason(p.server), "client hello: timed out");
	ck_assert_int_eq(channel_tick(p.client, p.now + CHANNEL_HANDSHAKE_MS), ERR_TIMEOUT);
	ck_assert_uint_eq(channel_deadline(p.client), UINT64_MAX);
	ends_clear(&p);
}
END_TEST

START_TEST(goodbye)
{
	struct channel_event ev;
	struct ends p;

	ends_init(&p);
	p.server_params.rekey = 1;
	ends_open(&p);
	ck_assert_int_eq(channel_send(p.client, ends_text("one")), 0);
	ck_assert_int_eq(channel_send(p.client, ends_text("two")), 0);
	ck_assert_int_eq(channel_close(p.client, p.now), 0);
	ends_pump(&p);
	ck_assert_uint_eq(p.got[0], 2);
	ck_assert(p.server_closed);
	ck_assert_str_eq(channel_reason(p.server), "record: closed by the peer");
	ck_assert_str_eq(channel_reason(p.client), "record: closed");
	ck_assert_int_eq(channel_next(p.server, p.now, &ev), ERR_CLOSED);
	ck_assert_int_eq(channel_next(p.client, p.now, &ev), ERR_CLOSED);
	ends_clear(&p);
	/* messages that the epoch does not hold any more go before the goodbye too */
	ends_init(&p);
	p.server_params.rekey = 1;
	ends_open(&p);
	for (int i = 0; i < 5; i++) {
		uint8_t m[16000] = { 1 };

		ck_assert_int_eq(channel_send(p.server, (struct bytes){ m, sizeof m }), 0);
	}
	ck_assert_int_eq(channel_close(p.server, p.now), 0);
	ck_assert_int_eq(channel_send(p.server, ends_text("late")), ERR_UNEXPECTED);
	ends_pump(&p);
	ck_assert_uint_eq(p.got[1], 5);
	ck_assert(p.client_closed);
	ends_clear(&p);
}
END_TEST

START_TEST(out_of_turn)
{
	struct ends p;

	ends_init(&p);
	ends_start(&p);
	ck_assert_int_eq(channel_send(p.client, ends_text("x")), ERR_UNEXPECTED);
	ck_assert_int_eq(channel_confirm(p.client, p.now), ERR_UNEXPECTED);
	ck_assert_int_eq(channel_admit(p.server, NULL, &ends_limits, 0, p.now), ERR_UNEXPECTED);
	ck_assert_int_eq(channel_refuse(p.server, 2, ""), ERR_UNEXPECTED);
	ck_assert_int_eq(channel_rekey(p.client, p.now), ERR_UNEXPECTED);
	ends_pump(&p);
	ck_assert(p.client_open);
	ck_assert_int_eq(channel_send(p.client, ends_text("")), ERR_FORMAT);
	ends_clear(&p);
}
END_TEST

/* A record of a kind that the state does not list. */
START_TEST(what_is_not_in_the_table_ends_the_channel)
{
	static const struct {
		bool to_relay;
		uint8_t octets[3];
		size_t n;
	} cases[] = { { true, { CHANNEL_TYPE_AUTH }, 1 }, { true, { CHANNEL_TYPE_WELCOME }, 1 },
		{ true, { CHANNEL_TYPE_REKEY_ACK }, 1 }, { true, { CHANNEL_TYPE_REKEY_ASK }, 1 },
		{ true, { 0 }, 1 }, { true, { 8 }, 1 }, { true, { 255 }, 1 },
		{ false, { CHANNEL_TYPE_REKEY }, 1 }, { false, { CHANNEL_TYPE_REKEY_ACK }, 1 },
		{ false, { CHANNEL_TYPE_AUTH }, 1 }, { false, { CHANNEL_TYPE_WELCOME }, 1 },
		{ true, { CHANNEL_TYPE_CLOSE, 0 }, 2 }, { false, { CHANNEL_TYPE_REKEY_ASK, 1 }, 2 },
		{ true, { CHANNEL_TYPE_DATA }, 1 }, { true, { CHANNEL_TYPE_DATA, 0, 0 }, 3 } };
	struct channel *from;
	struct ends p;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		ends_init(&p);
		ends_open(&p);
		from = cases[i].to_relay ? p.client : p.server;
		ck_assert_int_eq(
		    channel_record_seal(from, (struct bytes){ cases[i].octets, cases[i].n }), 0);
		ends_pump(&p);
		ck_assert_int_ne(cases[i].to_relay ? p.server_error : p.client_error, 0);
		ck_assert_str_ne(channel_reason(cases[i].to_relay ? p.server : p.client), "");
		ends_clear(&p);
	}
}
END_TEST

START_TEST(malformed_fragments)
{
	static const uint8_t cases[][12] = {
		{ 7, CHANNEL_TYPE_DATA, 0x80, 0, 0, 2, 'x' }, /* shorter than it says */
		{ 6, CHANNEL_TYPE_DATA, 0x80, 0, 0, 0 },      /* of no octets */
		{ 11, CHANNEL_TYPE_DATA, 0, 0, 0, 1, 'x', 0x80, 0, 0, 1, 'y' }, /* open, not last */
		{ 9, CHANNEL_TYPE_DATA, 0x80, 0, 0, 1, 'x', 0x80, 0 },          /* half a length */
		{ 6, CHANNEL_TYPE_DATA, 0xff, 0xff, 0xff, 0xff },
	};
	struct ends p;
	size_t i, n;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		n = i == 0 ? 6 : i == 1 ? 5 : i == 2 ? 11 : i == 3 ? 8 : 5;
		ends_init(&p);
		ends_open(&p);
		ck_assert_int_eq(
		    channel_record_seal(p.client, (struct bytes){ cases[i] + 1, n }), 0);
		ends_pump(&p);
		ck_assert_int_eq(p.server_error, ERR_FORMAT);
		ends_clear(&p);
	}
}
END_TEST

START_TEST(goodbye_within_a_message)
{
	static const uint8_t open[] = { CHANNEL_TYPE_DATA, 0, 0, 0, 1, 'x' },
			     bye[] = { CHANNEL_TYPE_CLOSE };
	struct ends p;

	ends_init(&p);
	ends_open(&p);
	ck_assert_int_eq(channel_record_seal(p.client, (struct bytes){ open, sizeof open }), 0);
	ck_assert_int_eq(channel_record_seal(p.client, (struct bytes){ bye, sizeof bye }), 0);
	ends_pump(&p);
	ck_assert_int_eq(p.server_error, ERR_SHORT);
	ck_assert_uint_eq(p.got[0], 0);
	ck_assert(!p.server_closed);
	ends_clear(&p);
}
END_TEST

/* Many small messages of one turn share a record. */
START_TEST(one_record_a_turn)
{
	struct channel_stats before, after;
	struct ends p;
	int i;

	ends_init(&p);
	ends_open(&p);
	channel_stats(p.client, &before);
	for (i = 0; i < 300; i++)
		ck_assert_int_eq(channel_send(p.client, ends_text("a message of some words")), 0);
	ends_pump(&p);
	channel_stats(p.client, &after);
	ck_assert_uint_eq(after.records_out, before.records_out + 1);
	ck_assert_uint_eq(p.got[0], 300);
	ends_clear(&p);
}
END_TEST

START_TEST(input_is_bounded)
{
	uint8_t *many = mem_alloc(2 * CHANNEL_INPUT_MAX);
	struct ends p;

	ends_init(&p);
	ends_start(&p);
	ck_assert_int_eq(channel_input(p.server, many, 3 * FRAME_MAX_OPEN, p.now), ERR_LIMIT);
	ends_clear(&p);
	/* while the caller decides on a sign-in nothing more is taken than two small frames */
	ends_init(&p);
	p.hold_admit = true;
	ends_start(&p);
	ends_pump(&p);
	ck_assert_int_eq(channel_input(p.server, many, FRAME_MAX_OPEN, p.now), 0);
	ck_assert_int_eq(channel_input(p.server, many, FRAME_MAX_OPEN + 9, p.now), ERR_LIMIT);
	ends_clear(&p);
	free(many);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { the_client_prefers_the_relay_allows, one_octet_at_a_time,
		without_sign_in, a_wrong_device_key_is_refused, a_sign_in_cannot_be_passed_over,
		a_refusal_arrives_with_its_text, deadlines_of_the_handshake, goodbye, out_of_turn,
		what_is_not_in_the_table_ends_the_channel, malformed_fragments,
		goodbye_within_a_message, one_record_a_turn, input_is_bounded, NULL };
	Suite *s = unit_suite("channel", tests);
	TCase *c = tcase_create("loops");

	tcase_add_loop_test(c, every_suite, 1, SUITE_COUNT + 1);
	suite_add_tcase(s, c);
	return unit_run(s);
}
