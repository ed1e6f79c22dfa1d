/*
 * A conversation is recorded once, with the state of whoever opens each envelope before it did. Then
 * everything is done to the envelopes that somebody on the way can do. What opens must be a message
 * that was sent, as it was sent and not twice; what does not must leave the state octet for octet.
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/suite.h"
#include "talk.h"

#define MESSAGES 12

struct recorded {
	struct buf *envelope, *state; /* of the recipient, packed, before it came */
	bool to_b;
	char text[24];
};

static struct recorded talk[MESSAGES];

/* Who writes: runs of one and of several each way, the first three before there is an answer. */
static const char *const turns = "aaabbababbba";

static struct session *
unpacked(const struct buf *state)
{
	struct session *s = NULL;

	ck_assert_int_eq(session_unpack(buf_view(state), &s), 0);
	return s;
}

static void
record(uint16_t suite)
{
	a = pair_start(&alice, &bob, suite);
	for (size_t i = 0; i < MESSAGES; i++) {
		struct recorded *m = &talk[i];

		m->to_b = turns[i] == 'a';
		snprintf(m->text, sizeof(m->text), "message %zu", i);
		m->envelope = pair_seal(m->to_b ? a : b, m->text);
		if (i == 0)
			ck_assert_int_eq(pair_accept(&bob, buf_view(m->envelope), &b), 0);
		m->state = packed(m->to_b ? b : a);
		ck_assert_int_eq(open_text(m->to_b ? &b : &a, m->envelope, m->text), 0);
	}
}

static void
forget(void)
{
	for (size_t i = 0; i < MESSAGES; i++) {
		buf_free(&talk[i].envelope);
		buf_free(&talk[i].state);
	}
	teardown();
}

/* It does not open, and nothing has changed. */
static void
refuse(struct session **s, const struct buf *state, struct bytes envelope)
{
	struct buf *after;

	ck_assert_int_lt(pair_open(s, envelope, plain), 0);
	ck_assert_uint_eq(buf_len(plain), 0);
	after = packed(*s);
	ck_assert(bytes_equal(buf_view(state), buf_view(after)));
	buf_free(&after);
}

/* --- one envelope ---------------------------------------------------------------------------- */

START_TEST(every_octet_flipped)
{
	uint8_t copy[ENVELOPE_MAX];

	record(suite_all()[_i]);
	for (size_t i = 0; i < MESSAGES; i++) {
		struct bytes whole = buf_view(talk[i].envelope);
		struct session *s = unpacked(talk[i].state);

		memcpy(copy, whole.p, whole.n);
		for (size_t n = 0; n < whole.n; n++) {
			uint8_t mask = (uint8_t)(1u << ((n + i) % 8));

			copy[n] ^= mask;
			refuse(&s, talk[i].state, (struct bytes){ copy, whole.n });
			copy[n] ^= mask;
		}
		ck_assert_int_eq(open_text(&s, talk[i].envelope, talk[i].text), 0);
		session_free(&s);
	}
}
END_TEST

START_TEST(cut_anywhere_and_lengthened)
{
	uint8_t copy[ENVELOPE_MAX + 1];

	record(suite_all()[_i]);
	for (size_t i = 0; i < MESSAGES; i++) {
		struct bytes whole = buf_view(talk[i].envelope);
		struct session *s = unpacked(talk[i].state);

		for (size_t n = 0; n < whole.n; n++)
			refuse(&s, talk[i].state, (struct bytes){ whole.p, n });
		memcpy(copy, whole.p, whole.n);
		copy[whole.n] = 0;
		refuse(&s, talk[i].state, (struct bytes){ copy, whole.n + 1 });
		session_free(&s);
	}
}
END_TEST

/* In one's own direction, and in every other state than where it belongs. */
START_TEST(to_whom_it_was_not_sent)
{
	record(suite_all()[_i]);
	for (size_t i = 0; i < MESSAGES; i++)
		for (size_t at = 0; at < MESSAGES; at++) {
			struct session *s = unpacked(talk[at].state);

			if (talk[at].to_b != talk[i].to_b)
				refuse(&s, talk[at].state, buf_view(talk[i].envelope));
			session_free(&s);
		}
}
END_TEST

/* --- the conversation ------------------------------------------------------------------------ */

/* The order in which one side gets its envelopes: which message, so many. */
struct order {
	size_t message[MESSAGES + 1], count;
};

/* A run of one side's messages, as they were sent. */
static struct order
run_of(size_t first, size_t n)
{
	struct order o = { .count = 0 };

	for (size_t i = 0; i < n; i++)
		o.message[o.count++] = first + i;
	return o;
}

/* The order to whoever was to get it, as they were before the run's first. Each message opens the first time and only then;
 * what opens is that message. */
static void
deliver(const struct order *o, size_t first)
{
	struct session *s = unpacked(talk[first].state);
	bool opened[MESSAGES] = { false };

	for (size_t i = 0; i < o->count; i++) {
		const struct recorded *m = &talk[o->message[i]];
		struct buf *state = packed(s);

		if (opened[o->message[i]])
			refuse(&s, state, buf_view(m->envelope));
		else
			ck_assert_int_eq(open_text(&s, m->envelope, m->text), 0);
		opened[o->message[i]] = true;
		buf_free(&state);
	}
	session_free(&s);
}

/* Each run of one side's messages: with one dropped, one doubled (at once, and at the end), two
 * swapped. */
static void
meddle(size_t first, size_t n)
{
	struct order whole = run_of(first, n), o;

	for (size_t i = 0; i < n; i++) {
		o = whole;
		memmove(o.message + i, o.message + i + 1, (n - i) * sizeof(*o.message));
		o.count--;
		deliver(&o, first);
		o = whole;
		memmove(o.message + i + 1, o.message + i, (n - i) * sizeof(*o.message));
		o.count++;
		deliver(&o, first);
		o = whole;
		o.message[o.count++] = first + i;
		deliver(&o, first);
		for (size_t k = 0; k < i; k++) {
			o = whole;
			o.message[i] = whole.message[k];
			o.message[k] = whole.message[i];
			deliver(&o, first);
		}
	}
}

START_TEST(dropped_doubled_and_swapped)
{
	size_t first, n;

	record(suite_all()[_i]);
	for (first = 0; first < MESSAGES; first += n) {
		for (n = 1; first + n < MESSAGES && turns[first + n] == turns[first];)
			n++;
		meddle(first, n);
	}
}
END_TEST

/* All over again, at each side's end of the conversation. */
START_TEST(the_whole_once_more)
{
	record(suite_all()[_i]);
	for (size_t i = 0; i < MESSAGES; i++) {
		struct session **s = talk[i].to_b ? &b : &a;
		struct buf *state = packed(*s);

		refuse(s, state, buf_view(talk[i].envelope));
		buf_free(&state);
	}
}
END_TEST

/* Parts of one envelope in another of the same session. */
START_TEST(parts_of_two)
{
	uint8_t copy[ENVELOPE_MAX];

	record(suite_all()[_i]);
	for (size_t i = 0; i < MESSAGES; i++)
		for (size_t k = 0; k < MESSAGES; k++) {
			struct bytes one = buf_view(talk[i].envelope);
			struct bytes two = buf_view(talk[k].envelope);
			struct session *s = unpacked(talk[i].state);

			for (size_t n = 16; k != i && one.n == two.n && n < one.n; n += 16) {
				memcpy(copy, one.p, n);
				memcpy(copy + n, two.p + n, two.n - n);
				if (memcmp(copy, one.p, one.n) != 0 &&
				    memcmp(copy, two.p, two.n) != 0)
					refuse(&s, talk[i].state, (struct bytes){ copy, one.n });
			}
			session_free(&s);
		}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { every_octet_flipped, cut_anywhere_and_lengthened,
		to_whom_it_was_not_sent, dropped_doubled_and_swapped, the_whole_once_more,
		parts_of_two, NULL };
	Suite *s = suite_create("session tamper");
	TCase *c = tcase_create("session tamper");

	tcase_add_checked_fixture(c, setup, forget);
	for (size_t i = 0; tests[i] != NULL; i++)
		tcase_add_loop_test(c, tests[i], 0, SUITE_COUNT);
	suite_add_tcase(s, c);
	return unit_run(s);
}
