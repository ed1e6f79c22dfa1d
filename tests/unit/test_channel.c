#include "crypto/channel_internal.h"
#include "crypto/rand.h"
#include "ends.h"

static struct bytes
text(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

/* n messages of lengths around every border each way, and what their sums must be. */
static void
talk(struct ends *p, size_t largest)
{
	static const size_t lengths[] = { 1, 3, 200, 16374, 16379, 16380, 16384, 16385, 40000,
		CHANNEL_MESSAGE_MAX };
	uint64_t want[2] = { p->sum[0], p->sum[1] };
	uint8_t *m = mem_alloc(CHANNEL_MESSAGE_MAX);
	size_t i, before = p->got[0], n = 0;

	ck_assert_int_eq(rand_bytes(m, CHANNEL_MESSAGE_MAX), 0);
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		if (lengths[i] > largest)
			continue;
		m[0] = (uint8_t)i;
		ck_assert_int_eq(channel_send(p->client, (struct bytes){ m, lengths[i] }), 0);
		want[0] = ends_sum(want[0], (struct bytes){ m, lengths[i] });
		m[0] ^= 0x80;
		ck_assert_int_eq(channel_send(p->server, (struct bytes){ m, lengths[i] }), 0);
		want[1] = ends_sum(want[1], (struct bytes){ m, lengths[i] });
		n++;
	}
	ends_pump(p);
	ck_assert_int_eq(p->client_error, 0);
	ck_assert_int_eq(p->server_error, 0);
	ck_assert_uint_eq(p->got[0], before + n);
	ck_assert_uint_eq(p->sum[0], want[0]);
	ck_assert_uint_eq(p->sum[1], want[1]);
	ck_assert_uint_eq(channel_pending(p->client) + channel_pending(p->server), 0);
	free(m);
}

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
	talk(&p, CHANNEL_MESSAGE_MAX);
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
	talk(&p, 16385);
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
	ck_assert_int_eq(channel_send(p.server, text("x")), ERR_SIGNATURE);
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
		talk(&p, CHANNEL_MESSAGE_MAX);
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
		ck_assert_int_eq(channel_send(i % 3 == 0 ? p.server : p.client, text("x")), 0);
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
		talk(&p, 200);
		ck_assert_int_eq(channel_rekey(p.client, p.now), 0);
		ck_assert_int_eq(channel_rekey(p.client, p.now), 0);
		talk(&p, 200);
		ck_assert_int_eq(channel_rekey(p.server, p.now), 0);
		talk(&p, 200);
		/* both at once */
		ck_assert_int_eq(channel_rekey(p.server, p.now), 0);
		ck_assert_int_eq(channel_rekey(p.client, p.now), 0);
		talk(&p, 200);
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
		ck_assert_int_eq(channel_send(p.client, text("x")), 0);
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
	ck_assert_int_eq(channel_send(p.client, text("one")), 0);
	ck_assert_int_eq(channel_send(p.client, text("two")), 0);
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
	ck_assert_int_eq(channel_send(p.server, text("late")), ERR_UNEXPECTED);
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
	ck_assert_int_eq(channel_send(p.client, text("x")), ERR_UNEXPECTED);
	ck_assert_int_eq(channel_confirm(p.client, p.now), ERR_UNEXPECTED);
	ck_assert_int_eq(channel_admit(p.server, NULL, &ends_limits, 0, p.now), ERR_UNEXPECTED);
	ck_assert_int_eq(channel_refuse(p.server, 2, ""), ERR_UNEXPECTED);
	ck_assert_int_eq(channel_rekey(p.client, p.now), ERR_UNEXPECTED);
	ends_pump(&p);
	ck_assert(p.client_open);
	ck_assert_int_eq(channel_send(p.client, text("")), ERR_FORMAT);
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
		ck_assert_int_eq(channel_send(p.client, text("a message of some words")), 0);
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

START_TEST(a_changed_identity_shows_its_chain)
{
	struct key_sign *keys[4];
	struct buf *signed_by[3];
	struct bytes chain[3];
	struct ends p;
	int i;

	for (i = 0; i < 4; i++)
		ck_assert_int_eq(key_sign_new(&keys[i]), 0);
	for (i = 0; i < 3; i++) {
		struct rotation r = { keys[i], key_sign_public(keys[i + 1]), (uint32_t)i + 1, 5 };

		signed_by[i] = buf_new(0);
		ck_assert_int_eq(rotation_sign(&r, signed_by[i]), 0);
		chain[i] = buf_view(signed_by[i]);
	}
	ends_init(&p);
	p.server_params.identity = keys[3];
	p.server_params.rotation = chain;
	p.server_params.rotation_count = 3;
	ends_open(&p);
	ck_assert_mem_eq(p.first_identity, key_sign_public(keys[0]), KEY_LEN);
	ck_assert_uint_eq(p.rotations, 3);
	ends_clear(&p);
	/* a gap, another order, another end */
	for (i = 0; i < 4; i++) {
		ends_init(&p);
		p.server_params.identity = i == 3 ? keys[0] : keys[3];
		p.server_params.rotation = i == 0 ? chain + 1 : chain;
		p.server_params.rotation_count = i == 3 ? 3 : 2;
		if (i == 2) {
			p.server_params.rotation_count = 3;
			chain[0] = buf_view(signed_by[1]);
			chain[1] = buf_view(signed_by[0]);
		}
		ends_start(&p);
		ends_pump(&p);
		ck_assert_int_eq(p.client_error, ERR_CHAIN);
		ends_clear(&p);
		chain[0] = buf_view(signed_by[0]);
		chain[1] = buf_view(signed_by[1]);
	}
	for (i = 0; i < 4; i++)
		key_sign_free(&keys[i]);
	for (i = 0; i < 3; i++)
		buf_free(&signed_by[i]);
}
END_TEST

START_TEST(a_full_chain_of_statements_fits)
{
	struct key_sign *keys[ROTATION_MAX + 1];
	struct buf *signed_by[ROTATION_MAX];
	struct bytes chain[ROTATION_MAX];
	struct ends p;
	uint32_t i;

	for (i = 0; i <= ROTATION_MAX; i++)
		ck_assert_int_eq(key_sign_new(&keys[i]), 0);
	for (i = 0; i < ROTATION_MAX; i++) {
		struct rotation r = { keys[i], key_sign_public(keys[i + 1]), i + 1,
			UINT64_C(1) << 41 };

		signed_by[i] = buf_new(0);
		ck_assert_int_eq(rotation_sign(&r, signed_by[i]), 0);
		chain[i] = buf_view(signed_by[i]);
	}
	ends_init(&p);
	p.server_params.identity = keys[ROTATION_MAX];
	p.server_params.rotation = chain;
	p.server_params.rotation_count = ROTATION_MAX;
	ends_open(&p);
	ck_assert_mem_eq(p.first_identity, key_sign_public(keys[0]), KEY_LEN);
	ends_clear(&p);
	for (i = 0; i < ROTATION_MAX; i++)
		buf_free(&signed_by[i]);
	for (i = 0; i <= ROTATION_MAX; i++)
		key_sign_free(&keys[i]);
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
	talk(&p, 1);
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
	const TTest *const tests[] = { the_client_prefers_the_relay_allows, one_octet_at_a_time,
		without_sign_in, a_wrong_device_key_is_refused, a_sign_in_cannot_be_passed_over,
		a_refusal_arrives_with_its_text, new_keys_for_every_message,
		the_drawn_count_is_in_range, rekeying_by_octets, rekeying_by_the_clock,
		rekeying_by_wish_of_either, nobody_outruns_an_epoch, deadlines_of_the_handshake,
		goodbye, out_of_turn, what_is_not_in_the_table_ends_the_channel,
		malformed_fragments, goodbye_within_a_message, one_record_a_turn, input_is_bounded,
		a_changed_identity_shows_its_chain, a_full_chain_of_statements_fits, keys_go,
		NULL };
	Suite *s = unit_suite("channel", tests);
	TCase *c = tcase_create("loops");

	tcase_add_loop_test(c, every_suite, 1, SUITE_COUNT + 1);
	tcase_add_loop_test(c, rekeying, 0, 4);
	suite_add_tcase(s, c);
	return unit_run(s);
}
