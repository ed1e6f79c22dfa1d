#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "unit.h"

START_TEST(integers_are_big_endian)
{
	static const uint8_t want[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct buf *b = buf_new(0);
	struct bytes v;
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;
	uint8_t u8;

	ck_assert_int_eq(buf_put_u8(b, 0x01), 0);
	ck_assert_int_eq(buf_put_u16(b, 0x0203), 0);
	ck_assert_int_eq(buf_put_u32(b, 0x04050607), 0);
	ck_assert_int_eq(buf_put_u64(b, 0x08090a0b0c0d0e0f), 0);
	ck_assert(bytes_equal(buf_view(b), (struct bytes){ want, sizeof want }));
	v = buf_view(b);
	ck_assert_int_eq(bytes_get_u8(&v, &u8), 0);
	ck_assert_int_eq(bytes_get_u16(&v, &u16), 0);
	ck_assert_int_eq(bytes_get_u32(&v, &u32), 0);
	ck_assert_int_eq(bytes_get_u64(&v, &u64), 0);
	ck_assert_int_eq(bytes_end(&v), 0);
	ck_assert_uint_eq(u64, 0x08090a0b0c0d0e0f);
	ck_assert_int_eq(buf_get_u8(b, &u8), 0);
	ck_assert_uint_eq(u8, 0x01);
	ck_assert_int_eq(buf_get_u16(b, &u16), 0);
	ck_assert_uint_eq(u16, 0x0203);
	ck_assert_int_eq(buf_get_u32(b, &u32), 0);
	ck_assert_uint_eq(u32, 0x04050607);
	u64 = 0;
	ck_assert_int_eq(buf_get_u64(b, &u64), 0);
	ck_assert_uint_eq(u64, 0x08090a0b0c0d0e0f);
	ck_assert_uint_eq(buf_len(b), 0);
	buf_free(&b);
	ck_assert_ptr_null(b);
	buf_free(&b);
}
END_TEST

START_TEST(a_failed_get_clears_and_consumes_nothing)
{
	struct buf *b = buf_new(0);
	uint8_t some[4] = { 9, 9, 9, 9 };
	uint64_t u64 = 7;
	uint32_t u32 = 7;
	struct bytes v;

	ck_assert_int_eq(buf_put(b, "abc", 3), 0);
	ck_assert_int_eq(buf_get_u32(b, &u32), ERR_SHORT);
	ck_assert_uint_eq(u32, 0);
	ck_assert_int_eq(buf_get_u64(b, &u64), ERR_SHORT);
	ck_assert_uint_eq(u64, 0);
	ck_assert_int_eq(buf_get(b, some, 4), ERR_SHORT);
	ck_assert(mem_is_zero_ct(some, 4));
	ck_assert_int_eq(buf_consume(b, 4), ERR_SHORT);
	ck_assert_int_eq(buf_truncate(b, 4), ERR_SHORT);
	ck_assert_uint_eq(buf_len(b), 3);
	v = buf_view(b);
	ck_assert_int_eq(bytes_get(&v, some, 4), ERR_SHORT);
	ck_assert_uint_eq(v.n, 3);
	ck_assert_int_eq(bytes_end(&v), ERR_TRAILING);
	ck_assert_int_eq(buf_get(b, some, 3), 0);
	ck_assert_int_eq(memcmp(some, "abc", 3), 0);
	buf_free(&b);
}
END_TEST

START_TEST(the_maximum_holds)
{
	struct buf *b = buf_new(10);
	uint8_t *at;

	ck_assert_int_eq(buf_put(b, "0123456789a", 11), ERR_LIMIT);
	ck_assert_uint_eq(buf_len(b), 0);
	ck_assert_int_eq(buf_put_string(b, "0123456", 7), ERR_LIMIT);
	ck_assert_uint_eq(buf_len(b), 0);
	ck_assert_int_eq(buf_put_string(b, "012345", 6), 0);
	ck_assert_uint_eq(buf_space(b), 0);
	ck_assert_int_eq(buf_put_u8(b, 1), ERR_LIMIT);
	ck_assert_int_eq(buf_reserve(b, 1, &at), ERR_LIMIT);
	ck_assert_ptr_null(at);
	ck_assert_int_eq(buf_reserve(b, SIZE_MAX, &at), ERR_LIMIT);
	ck_assert_int_eq(buf_put_string(b, "x", SIZE_MAX), ERR_LIMIT);
	ck_assert_int_eq(buf_consume(b, 4), 0);
	ck_assert_int_eq(buf_put(b, "6789", 4), 0);
	ck_assert_uint_eq(buf_len(b), 10);
	ck_assert_int_eq(memcmp(buf_ptr(b), "0123456789", 10), 0);
	buf_free(&b);
}
END_TEST

START_TEST(strings)
{
	struct buf *b = buf_new(0);
	struct bytes v, whole, s;

	ck_assert_int_eq(buf_put_string(b, "hello", 5), 0);
	ck_assert_int_eq(buf_put_string(b, NULL, 0), 0);
	whole = v = buf_view(b);
	ck_assert_int_eq(bytes_get_string(&v, 4, &s), ERR_LIMIT);
	ck_assert_uint_eq(v.n, whole.n);
	ck_assert_uint_eq(s.n, 0);
	ck_assert_int_eq(bytes_get_string(&v, 5, &s), 0);
	ck_assert(bytes_equal(s, (struct bytes){ (const uint8_t *)"hello", 5 }));
	ck_assert_int_eq(bytes_get_string(&v, 5, &s), 0);
	ck_assert_uint_eq(s.n, 0);
	ck_assert_int_eq(bytes_end(&v), 0);
	whole.n = 8; /* one octet of the five is missing */
	ck_assert_int_eq(bytes_get_string(&whole, 100, &s), ERR_SHORT);
	ck_assert_uint_eq(whole.n, 8);
	whole.n = 3;
	ck_assert_int_eq(bytes_get_string(&whole, 100, &s), ERR_SHORT);
	buf_free(&b);
}
END_TEST

START_TEST(empty)
{
	struct buf *b = buf_new(0);
	struct bytes none = { NULL, 0 }, out;
	uint8_t *at;

	ck_assert_ptr_nonnull(buf_ptr(b));
	ck_assert_uint_eq(buf_view(b).n, 0);
	ck_assert_int_eq(buf_put(b, NULL, 0), 0);
	ck_assert_int_eq(buf_put_bytes(b, none), 0);
	ck_assert_int_eq(buf_consume(b, 0), 0);
	ck_assert_int_eq(buf_truncate(b, 0), 0);
	buf_reset(b);
	ck_assert_int_eq(buf_reserve(b, 0, &at), 0);
	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(bytes_get(&none, NULL, 0), 0);
	ck_assert_int_eq(bytes_get_view(&none, 0, &out), 0);
	ck_assert_int_eq(bytes_get_view(&none, 1, &out), ERR_SHORT);
	ck_assert(bytes_equal(none, buf_view(b)));
	buf_free(&b);
}
END_TEST

/* A stream through a small buf, beside a plain counter. */
static void
stream_through(struct buf *b)
{
	uint8_t in = 0, out = 0, got[64];
	unsigned seed = 1, i, k, n;

	for (i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		n = seed >> 16 & 63;
		if (seed >> 30 & 1) {
			for (k = 0; k < n && buf_space(b) > 0; k++)
				ck_assert_int_eq(buf_put_u8(b, in++), 0);
			continue;
		}
		if (n > buf_len(b))
			n = (unsigned)buf_len(b);
		ck_assert_int_eq(buf_get(b, got, n), 0);
		for (k = 0; k < n; k++)
			ck_assert_uint_eq(got[k], out++);
	}
	ck_assert_uint_eq(buf_len(b), (uint8_t)(in - out));
}

START_TEST(a_stream)
{
	struct buf *b = buf_new(200), *s = buf_new_secret(200);

	stream_through(b);
	stream_through(s);
	buf_free(&b);
	buf_free(&s);
}
END_TEST

START_TEST(reserve_truncate_reset)
{
	struct buf *b = buf_new_secret(0);
	uint8_t *at;

	ck_assert_int_eq(buf_put(b, "secret", 6), 0);
	ck_assert_int_eq(buf_truncate(b, 1), 0);
	ck_assert_int_eq(buf_reserve(b, 5, &at), 0);
	ck_assert(mem_is_zero_ct(at, 5));
	memcpy(at, "AFELY", 5);
	ck_assert_int_eq(memcmp(buf_ptr(b), "sAFELY", 6), 0);
	buf_reset(b);
	ck_assert_uint_eq(buf_len(b), 0);
	ck_assert(mem_is_zero_ct(buf_ptr(b), 6));
	buf_free(&b);
}
END_TEST

START_TEST(hex)
{
	uint8_t out[4];
	char text[9];

	hex_encode("\x00\x7f\xab\xff", 4, text);
	ck_assert_str_eq(text, "007fabff");
	ck_assert_int_eq(hex_decode("007fAbFF", 8, out, 4), 0);
	ck_assert_int_eq(memcmp(out, "\x00\x7f\xab\xff", 4), 0);
	ck_assert_int_eq(hex_decode("007fabf", 7, out, 4), ERR_FORMAT);
	ck_assert_int_eq(hex_decode("007fab", 6, out, 4), ERR_FORMAT);
	ck_assert_int_eq(hex_decode("007fabfg", 8, out, 4), ERR_FORMAT);
	ck_assert(mem_is_zero_ct(out, 4));
	ck_assert_int_eq(hex_decode("", 0, out, 0), 0);
	hex_encode("", 0, text);
	ck_assert_str_eq(text, "");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { integers_are_big_endian,
		a_failed_get_clears_and_consumes_nothing, the_maximum_holds, strings, empty,
		a_stream, reserve_truncate_reset, hex, NULL };

	return unit_run(unit_suite("buf", tests));
}
