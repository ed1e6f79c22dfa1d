/* The encoding of an envelope: protobuf's, and only one. */
#include "crypto/envelope.h"
#include "talk.h"
#include "wire/pb.h"

/* What protobuf-c makes of an envelope, and what it writes of that again, is the same. */
START_TEST(protobuf_writes_the_same)
{
	uint16_t suite = suite_all()[_i];
	struct buf *env, *again = buf_new(0);
	Recado__Envelope *m = NULL;

	a = pair_start(&alice, &bob, suite);
	env = pair_seal(a, "with an Initial");
	ck_assert_int_eq(pair_accept(&bob, buf_view(env), &b), 0);
	ck_assert_int_eq(open_text(&b, env, "with an Initial"), 0);
	for (int without = 0; without < 2; without++) {
		ck_assert_int_eq(pb_unpack(&recado__envelope__descriptor, buf_view(env), &m), 0);
		ck_assert_uint_eq(m->version, ENVELOPE_VERSION);
		ck_assert_uint_eq(m->suite, suite);
		ck_assert_int_eq(m->initial.len == 0, without);
		buf_reset(again);
		ck_assert_int_eq(pb_pack(m, again), 0);
		ck_assert(bytes_equal(buf_view(again), buf_view(env)));
		pb_free(&m);
		buf_free(&env);
		env = pair_seal(b, "without");
	}
	buf_free(&env);
	buf_free(&again);
}
END_TEST

/* --- other encodings of the same, kept at the same length by the body ------------------------------ */

static const uint8_t octets[ENVELOPE_MIN];

/* The fields of an envelope for the GCM suite, in any order and form. */
struct form {
	const char *order; /* digits: fields; 'x': an unknown one, 'e': an empty Initial */
	bool long_suite;   /* 0x82 0x00 for 2 */
	bool long_tag;     /* the tag's length in two octets */
	unsigned version, suite;
};

static int
put_octets(struct buf *out, uint8_t number, size_t n)
{
	ck_assert_int_eq(buf_put_u8(out, (uint8_t)(number << 3 | 2)), 0);
	if (n >= 0x80)
		ck_assert_int_eq(buf_put_u8(out, (uint8_t)(n | 0x80)), 0);
	ck_assert_int_eq(buf_put_u8(out, (uint8_t)(n >= 0x80 ? n >> 7 : n)), 0);
	return buf_put(out, octets, n);
}

static void
put_one(const struct form *f, char field, size_t body, struct buf *out)
{
	switch (field) {
	case '1':
		ck_assert_int_eq(buf_put_u16(out, (uint16_t)(0x0800 | f->version)), 0);
		break;
	case '2':
		ck_assert_int_eq(buf_put_u8(out, 0x10), 0);
		ck_assert_int_eq(buf_put_u8(out, (uint8_t)(f->suite | f->long_suite << 7)), 0);
		if (f->long_suite)
			ck_assert_int_eq(buf_put_u8(out, 0), 0);
		break;
	case '3':
		ck_assert_int_eq(buf_put_u8(out, 0x1a), 0);
		ck_assert_int_eq(buf_put_u8(out, (uint8_t)(SESSION_TAG | f->long_tag << 7)), 0);
		if (f->long_tag)
			ck_assert_int_eq(buf_put_u8(out, 0), 0);
		ck_assert_int_eq(buf_put(out, octets, SESSION_TAG), 0);
		break;
	case '4':
		ck_assert_int_eq(put_octets(out, 4, ENVELOPE_HEADER + 16), 0);
		break;
	case '5':
		ck_assert_int_eq(put_octets(out, 5, body), 0);
		break;
	default: /* an empty Initial, or a field that there is not */
		ck_assert_int_eq(put_octets(out, field == 'e' ? 6 : 7, 0), 0);
	}
}

static int
decode(const struct form *f)
{
	struct buf *out = buf_new(0);
	struct envelope e;
	size_t body = 0;
	int r;

	do {
		buf_reset(out);
		for (const char *p = f->order; *p != '\0'; p++)
			put_one(f, *p, body, out);
		body++;
	} while (buf_len(out) < ENVELOPE_MIN);
	ck_assert_uint_eq(buf_len(out), ENVELOPE_MIN);
	r = envelope_decode(buf_view(out), &e);
	buf_free(&out);
	return r;
}

START_TEST(there_is_one_encoding)
{
	static const struct {
		struct form form;
		int want;
	} cases[] = {
		{ { "12345", false, false, 1, 2 }, 0 },
		{ { "12345", false, false, 2, 2 }, ERR_VERSION },
		{ { "12345", false, false, 1, 77 }, ERR_SUITE },
		{ { "12345", true, false, 1, 2 }, ERR_FORMAT },
		{ { "12345", false, true, 1, 2 }, ERR_FORMAT },
		{ { "12354", false, false, 1, 2 }, ERR_FORMAT },
		{ { "21345", false, false, 1, 2 }, ERR_FORMAT },
		{ { "123345", false, false, 1, 2 }, ERR_FORMAT },
		{ { "112345", false, false, 1, 2 }, ERR_FORMAT },
		{ { "1234e5", false, false, 1, 2 }, ERR_FORMAT },
		{ { "12345e", false, false, 1, 2 }, ERR_FORMAT },
		{ { "12345x", false, false, 1, 2 }, ERR_FORMAT },
		{ { "1245", false, false, 1, 2 }, ERR_FORMAT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(decode(&cases[i].form) == cases[i].want, "case %zu: %s: %d", i,
		    cases[i].form.order, decode(&cases[i].form));
}
END_TEST

START_TEST(cut_or_lengthened)
{
	struct buf *env, *other = buf_new(0);
	struct envelope e;

	a = pair_start(&alice, &bob, GCM);
	env = pair_seal(a, "whole");
	for (size_t n = 0; n < buf_len(env); n++)
		ck_assert_int_eq(
		    envelope_decode((struct bytes){ buf_ptr(env), n }, &e), ERR_FORMAT);
	ck_assert_int_eq(buf_put_bytes(other, buf_view(env)), 0);
	ck_assert_int_eq(buf_put(other, octets, sizeof(octets)), 0);
	for (size_t n = 1; n <= sizeof(octets); n++)
		ck_assert_int_eq(
		    envelope_decode((struct bytes){ buf_ptr(other), buf_len(env) + n }, &e),
		    ERR_FORMAT);
	buf_free(&env);
	buf_free(&other);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("envelope");
	TCase *c = tcase_create("envelope");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, protobuf_writes_the_same, 0, SUITE_COUNT);
	tcase_add_test(c, there_is_one_encoding);
	tcase_add_test(c, cut_or_lengthened);
	suite_add_tcase(s, c);
	return unit_run(s);
}
