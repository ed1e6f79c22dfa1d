/*
 * Somebody sits on the wire. A session is run once and kept as its frames; then it is run again, and
 * again, with one thing done to it each time, by a relay and a client that are real and that draw
 * fresh keys each time, so the frames are changed as they pass rather than replayed. Whatever is
 * done, no message may come out that was not sent, in another order, or twice, and the side that
 * saw it must end with a reason.
 */
#include "ends.h"
#include "wire/frame.h"
#include "wire/pb.h"

#define MESSAGES 6 /* each way */

enum meddling { FLIP, DROP, DOUBLE, SWAP, CUT, INSERT, MEDDLINGS };

struct meddler {
	enum meddling how;
	bool to_relay; /* which way */
	size_t frame;  /* which frame that way, from 0 */
	size_t octet;  /* FLIP: which of it, its length included; CUT: how many stay */
	uint8_t mask;
	bool done, exists;
	size_t length; /* of that frame */
};

struct wire {
	struct ends e;
	struct meddler m;
	size_t seen[2];
	struct buf *held; /* SWAP: the frame that waits for the next */
};

/* What each message is: its number, so that sums of prefixes can be compared. */
static void
say(struct wire *w, size_t i)
{
	uint8_t m[40] = { (uint8_t)(i + 1) };

	if (w->e.client_error == 0)
		(void)!channel_send(w->e.client, (struct bytes){ m, 1 + i % sizeof m });
	m[0] |= 0x80;
	if (w->e.server_error == 0)
		(void)!channel_send(w->e.server, (struct bytes){ m, 1 + i % sizeof m });
}

static uint64_t
sum_of_first(size_t n, uint8_t top)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		uint8_t m[40] = { (uint8_t)((i + 1) | top) };

		sum = ends_sum(sum, (struct bytes){ m, 1 + i % sizeof m });
	}
	return sum;
}

/* One whole frame as it passes. out: what arrives instead. */
static void
meddle(struct wire *w, struct bytes frame, struct buf *out)
{
	struct meddler *m = &w->m;
	uint8_t *at;

	m->done = m->exists = true;
	m->length = frame.n;
	if (m->how == DROP)
		return;
	if (m->how == SWAP) {
		w->held = buf_new(0);
		ck_assert_int_eq(buf_put_bytes(w->held, frame), 0);
		return;
	}
	if (m->how == INSERT)
		ck_assert_int_eq(buf_put(out,
				     "\0\0\0\x20"
				     "0123456789abcdef0123456789abcdef",
				     36),
		    0);
	ck_assert_int_eq(buf_reserve(out, frame.n, &at), 0);
	memcpy(at, frame.p, frame.n);
	if (m->how == FLIP)
		at[m->octet] ^= m->mask;
	if (m->how == DOUBLE)
		ck_assert_int_eq(buf_put_bytes(out, frame), 0);
	if (m->how == CUT) { /* the frame says honestly that it is shorter */
		at[0] = at[1] = 0;
		at[2] = (uint8_t)((m->octet - FRAME_HEADER) >> 8);
		at[3] = (uint8_t)(m->octet - FRAME_HEADER);
		ck_assert_int_eq(buf_truncate(out, buf_len(out) - (frame.n - m->octet)), 0);
	}
}

/* All frames that wait on one side, through the meddler. */
static bool
pass(struct wire *w, struct channel *from, struct channel *to)
{
	struct buf *wire = channel_output(from), *out;
	bool moved = false, to_relay = from == w->e.client;
	struct bytes body, frame;
	size_t used;

	while (frame_peek(buf_view(wire), FRAME_MAX, &body, &used) == 0) {
		moved = true;
		out = buf_new(0);
		frame = (struct bytes){ buf_ptr(wire), used };
		if (to_relay == w->m.to_relay && !w->m.done && w->seen[to_relay] == w->m.frame)
			meddle(w, frame, out);
		else
			ck_assert_int_eq(buf_put_bytes(out, frame), 0);
		if (w->held != NULL && to_relay == w->m.to_relay &&
		    w->seen[to_relay] > w->m.frame) {
			ck_assert_int_eq(buf_put_bytes(out, buf_view(w->held)), 0);
			buf_free(&w->held);
		}
		w->seen[to_relay]++;
		ck_assert_int_eq(buf_consume(wire, used), 0);
		ends_feed(&w->e, to, buf_view(out));
		buf_free(&out);
	}
	return moved;
}

static void
flush(struct wire *w)
{
	bool moved;

	do {
		if (w->e.client_error == 0)
			(void)!channel_flush(w->e.client, w->e.now);
		if (w->e.server_error == 0)
			(void)!channel_flush(w->e.server, w->e.now);
		moved = pass(w, w->e.client, w->e.server);
		moved |= pass(w, w->e.server, w->e.client);
	} while (moved);
}

/* A whole session: handshake, messages with a rekey among them, goodbye. */
static void
run(struct wire *w, uint16_t suite)
{
	uint16_t only[1] = { suite };
	size_t i;

	ends_init(&w->e);
	w->e.client_params.suites = only;
	w->e.client_params.suite_count = 1;
	w->e.server_params.rekey = 2;
	ends_start(&w->e);
	flush(w);
	for (i = 0; i < MESSAGES; i++) {
		say(w, i);
		flush(w);
	}
	if (w->e.client_error == 0)
		(void)!channel_close(w->e.client, w->e.now);
	flush(w);
}

static void
finish(struct wire *w)
{
	buf_free(&w->held);
	ends_clear(&w->e);
}

/* Only what was sent, in order, from the first on. */
static void
assert_prefix(const struct wire *w)
{
	ck_assert_uint_le(w->e.got[0], MESSAGES);
	ck_assert_uint_le(w->e.got[1], MESSAGES);
	ck_assert_uint_eq(w->e.sum[0], sum_of_first(w->e.got[0], 0));
	ck_assert_uint_eq(w->e.sum[1], sum_of_first(w->e.got[1], 0x80));
}

static void
assert_ended_with_reason(const struct channel *c)
{
	ck_assert_msg(channel_reason(c)[0] != '\0', "no reason");
}

/*
 * After meddling: nothing false came out, and the session did not come to its good end. Where the
 * meddled frame arrived in some form, the side that got it ended with a reason; where it was kept
 * back and nothing came after it, that side waits, and its clock ends it.
 */
static void
check(struct wire *w)
{
	struct channel *victim = w->m.to_relay ? w->e.server : w->e.client;
	int error = w->m.to_relay ? w->e.server_error : w->e.client_error;

	assert_prefix(w);
	if (error == 0) {
		ck_assert(w->m.how == DROP || w->m.how == SWAP || w->m.how == FLIP);
		ck_assert(
		    !(w->e.server_closed && w->e.got[0] == MESSAGES && w->e.got[1] == MESSAGES));
		w->e.now += 2 * CHANNEL_EPOCH_MS;
		if (channel_tick(victim, w->e.now) == 0) {
			w->e.now += CHANNEL_REKEY_MS;
			ck_assert_int_eq(channel_tick(victim, w->e.now), ERR_TIMEOUT);
		}
	}
	assert_ended_with_reason(victim);
}

/* false: there is no such frame. */
static bool
attempt(uint16_t suite, struct meddler m, size_t *length)
{
	struct wire w = { .m = m };

	run(&w, suite);
	if (w.m.exists)
		check(&w);
	*length = w.m.length;
	finish(&w);
	return w.m.exists;
}

START_TEST(untouched)
{
	struct wire w = { .m = { .frame = SIZE_MAX } };

	run(&w, (uint16_t)_i);
	ck_assert_uint_eq(w.e.got[0], MESSAGES);
	ck_assert_uint_eq(w.e.got[1], MESSAGES);
	ck_assert(w.e.server_closed);
	assert_prefix(&w);
	finish(&w);
}
END_TEST

/* Every octet of every frame, both ways. The whole sweep for the first suite, a coarser one for the
 * others, whose records differ only in the sealing that test_suite sweeps by itself. */
START_TEST(every_octet_flipped)
{
	struct meddler m = { .how = FLIP };
	size_t length, stride = _i == 1 ? 1 : 13, way;

	for (way = 0; way < 2; way++) {
		m.to_relay = way == 0;
		for (m.frame = 0;; m.frame++) {
			m.octet = 0;
			m.mask = 1;
			if (!attempt((uint16_t)_i, m, &length))
				break;
			for (m.octet = 1; m.octet < length; m.octet += stride) {
				m.mask = (uint8_t)(1u << (m.octet + m.frame) % 8);
				ck_assert(attempt((uint16_t)_i, m, &length));
			}
		}
		ck_assert_uint_gt(m.frame, MESSAGES);
	}
}
END_TEST

START_TEST(every_frame_dropped_doubled_swapped)
{
	static const enum meddling hows[] = { DROP, DOUBLE, SWAP, INSERT };
	struct meddler m = { 0 };
	size_t length, i, way;

	for (i = 0; i < sizeof hows / sizeof *hows; i++)
		for (way = 0; way < 2; way++) {
			m.how = hows[i];
			m.to_relay = way == 0;
			for (m.frame = 0; attempt((uint16_t)_i, m, &length); m.frame++)
				continue;
			ck_assert_uint_gt(m.frame, MESSAGES);
		}
}
END_TEST

START_TEST(every_frame_cut)
{
	struct meddler m = { .how = CUT };
	size_t length, way;

	for (way = 0; way < 2; way++) {
		m.to_relay = way == 0;
		for (m.frame = 0;; m.frame++) {
			m.octet = FRAME_HEADER + 1;
			if (!attempt((uint16_t)_i, m, &length))
				break;
			for (m.octet += 1; m.octet < length; m.octet += 1 + length / 9)
				ck_assert(attempt((uint16_t)_i, m, &length));
			m.octet = length - 1;
			ck_assert(attempt((uint16_t)_i, m, &length));
		}
	}
}
END_TEST

/* --- Somebody in the middle of the negotiation -------------------------------------------------- */

/* The client's offer without its best suite, or in another order, as the relay sees it. */
static struct buf *
changed_offer(struct bytes frame, bool strip)
{
	Recado__ClientHello *hello;
	struct buf *body = buf_new(0), *out = buf_new(0);
	uint32_t first;

	ck_assert_int_eq(
	    pb_unpack(&recado__client_hello__descriptor,
		(struct bytes){ frame.p + FRAME_HEADER, frame.n - FRAME_HEADER }, &hello),
	    0);
	first = hello->suites[0];
	memmove(hello->suites, hello->suites + 1, (hello->n_suites - 1) * sizeof *hello->suites);
	hello->suites[hello->n_suites - 1] = first;
	if (strip)
		hello->n_suites--;
	ck_assert_int_eq(pb_pack(hello, body), 0);
	ck_assert_int_eq(frame_put(out, buf_ptr(body), buf_len(body)), 0);
	pb_free(&hello);
	buf_free(&body);
	return out;
}

START_TEST(a_stripped_offer_is_refused)
{
	struct buf *wire, *other;
	struct ends e;

	ends_init(&e);
	ends_start(&e);
	wire = channel_output(e.client);
	other = changed_offer(buf_view(wire), _i == 0);
	ck_assert_int_eq(buf_consume(wire, buf_len(wire)), 0);
	ends_feed(&e, e.server, buf_view(other));
	ck_assert_int_eq(e.server_error, 0);
	ck_assert_uint_eq(channel_suite(e.server), SUITE_ECDHE_AES256_GCM_SHA384);
	ends_pump(&e);
	ck_assert_int_eq(e.client_error, ERR_SIGNATURE);
	ck_assert(!e.client_open && !e.server_open);
	buf_free(&other);
	ends_clear(&e);
}
END_TEST

/* The relay's choice changed on the way back; with a signer, as a relay with that key would sign it:
 * over offer, the SHA-256 of the ClientHello's frame, || body. */
static void
answer_with(
    struct ends *e, uint32_t suite, const struct key_sign *signer, const uint8_t offer[32])
{
	struct buf *wire = channel_output(e->server), *body = buf_new(0), *whole = buf_new(0),
		   *out = buf_new(0), *covered = buf_new(0);
	Recado__ServerHello *hello;
	Recado__ServerHelloBody *b;
	uint8_t sig[KEY_SIG_LEN];

	ck_assert_int_eq(
	    pb_unpack(&recado__server_hello__descriptor,
		(struct bytes){ buf_ptr(wire) + FRAME_HEADER, buf_len(wire) - FRAME_HEADER },
		&hello),
	    0);
	ck_assert_int_eq(
	    pb_unpack(&recado__server_hello_body__descriptor, pb_view(hello->body), &b), 0);
	b->suite = suite;
	ck_assert_int_eq(pb_pack(b, body), 0);
	if (signer != NULL) {
		ck_assert_int_eq(buf_put(covered, offer, 32), 0);
		ck_assert_int_eq(buf_put_bytes(covered, buf_view(body)), 0);
		ck_assert_int_eq(key_sign_label(signer, "server-hello", buf_view(covered), sig), 0);
	}
	free(hello->body.data);
	hello->body = (ProtobufCBinaryData){ 0 };
	hello->body.data = mem_alloc(buf_len(body));
	hello->body.len = buf_len(body);
	memcpy(hello->body.data, buf_ptr(body), buf_len(body));
	if (signer != NULL)
		memcpy(hello->signature.data, sig, sizeof sig);
	ck_assert_int_eq(pb_pack(hello, whole), 0);
	ck_assert_int_eq(frame_put(out, buf_ptr(whole), buf_len(whole)), 0);
	ck_assert_int_eq(buf_consume(wire, buf_len(wire)), 0);
	ends_feed(e, e->client, buf_view(out));
	pb_free(&b);
	pb_free(&hello);
	buf_free(&covered);
	buf_free(&body);
	buf_free(&whole);
	buf_free(&out);
}

/* Nobody without the relay's key changes its choice; and the relay itself chooses from the offer. */
START_TEST(a_changed_choice_is_refused)
{
	static const uint16_t allowed[] = { 1, 2 };
	struct ends e;
	struct key_sign *other;
	uint8_t offer[32];
	struct buf *wire;

	ck_assert_int_eq(key_sign_new(&other), 0);
	ends_init(&e);
	e.client_params.suites = allowed;
	e.client_params.suite_count = 2;
	ends_start(&e);
	wire = channel_output(e.client);
	ck_assert_int_eq(kdf_sha256(buf_view(wire), offer), 0);
	ends_feed(&e, e.server, buf_view(wire));
	answer_with(&e, _i == 0 ? 2 : _i == 2 ? 99 : 5,
	    _i < 3 ? NULL : _i == 3 ? other : e.identity, offer);
	ck_assert_int_eq(e.client_error, _i == 4 ? ERR_SUITE : ERR_SIGNATURE);
	ck_assert(!e.client_open);
	ends_clear(&e);
	key_sign_free(&other);
}
END_TEST

/* A relay that knows nothing of what was offered says so. */
START_TEST(no_suite_in_common_ends_it)
{
	static const uint16_t floor[] = { 1, 2 }, weak[] = { 5 };
	struct ends e;

	ends_init(&e);
	e.client_params.suites = floor;
	e.client_params.suite_count = 2;
	e.server_params.suites = weak;
	e.server_params.suite_count = 1;
	ends_start(&e);
	ends_pump(&e);
	ck_assert_int_eq(e.server_error, ERR_SUITE);
	ck_assert(!e.client_open);
	ends_clear(&e);
}
END_TEST

/* What one session's wire carried, played to another. */
START_TEST(a_recorded_session_is_of_no_use)
{
	struct ends first, second;
	struct buf *kept; /* the client's side of it */

	ends_init(&first);
	first.to_server = buf_new(0);
	ends_open(&first);
	ends_talk(&first, 200);
	kept = first.to_server;
	ends_init(&second);
	ends_start(&second);
	while (buf_len(kept) > 0) {
		ends_feed(&second, second.server, (struct bytes){ buf_ptr(kept), 1 });
		ck_assert_int_eq(buf_consume(kept, 1), 0);
	}
	ck_assert_int_eq(second.server_error, ERR_MAC);
	ck_assert_uint_eq(second.got[0], 0);
	ends_clear(&second);
	ends_clear(&first);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("channel_tamper");
	TCase *c = tcase_create("channel_tamper");

	tcase_add_loop_test(c, untouched, 1, SUITE_COUNT + 1);
	tcase_add_loop_test(c, every_octet_flipped, 1, SUITE_COUNT + 1);
	tcase_add_loop_test(c, every_frame_dropped_doubled_swapped, 1, SUITE_COUNT + 1);
	tcase_add_loop_test(c, every_frame_cut, 1, SUITE_COUNT + 1);
	tcase_add_loop_test(c, a_stripped_offer_is_refused, 0, 2);
	tcase_add_loop_test(c, a_changed_choice_is_refused, 0, 5);
	tcase_add_test(c, no_suite_in_common_ends_it);
	tcase_add_test(c, a_recorded_session_is_of_no_use);
	suite_add_tcase(s, c);
	return unit_run(s);
}
