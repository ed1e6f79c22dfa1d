#include <string.h>

#include "unit.h"
#include "wire/frame.h"

START_TEST(a_frame_comes_out_as_it_went_in)
{
	struct buf *b = buf_new(0);
	struct bytes body;
	size_t used;

	ck_assert_int_eq(frame_put(b, "abc", 3), 0);
	ck_assert_int_eq(frame_put(b, "d", 1), 0);
	ck_assert_int_eq(frame_peek(buf_view(b), 16, &body, &used), 0);
	ck_assert_uint_eq(used, 7);
	ck_assert(bytes_equal(body, (struct bytes){ (const uint8_t *)"abc", 3 }));
	ck_assert_int_eq(buf_consume(b, used), 0);
	ck_assert_int_eq(frame_peek(buf_view(b), 16, &body, &used), 0);
	ck_assert_uint_eq(body.n, 1);
	ck_assert_int_eq(frame_put(b, "", 0), ERR_BUG);
	buf_free(&b);
}
END_TEST

START_TEST(one_octet_at_a_time)
{
	static const uint8_t wire[] = { 0, 0, 0, 3, 'a', 'b', 'c' };
	struct bytes body;
	size_t i, used;

	for (i = 0; i < sizeof wire; i++) {
		ck_assert_int_eq(frame_peek((struct bytes){ wire, i }, 3, &body, &used), ERR_AGAIN);
		ck_assert_uint_eq(body.n, 0);
		ck_assert_uint_eq(used, 0);
	}
	ck_assert_int_eq(frame_peek((struct bytes){ wire, i }, 3, &body, &used), 0);
}
END_TEST

START_TEST(the_length_alone_refuses)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff }, none[] = { 0, 0, 0, 0 },
			     over[] = { 0, 0, 0x10, 1 };
	struct bytes body;
	size_t used;

	ck_assert_int_eq(frame_peek((struct bytes){ huge, 4 }, FRAME_MAX, &body, &used), ERR_LIMIT);
	ck_assert_int_eq(
	    frame_peek((struct bytes){ none, 4 }, FRAME_MAX, &body, &used), ERR_FORMAT);
	ck_assert_int_eq(
	    frame_peek((struct bytes){ over, 4 }, FRAME_MAX_OPEN, &body, &used), ERR_LIMIT);
	ck_assert_int_eq(frame_peek((struct bytes){ over, 4 }, FRAME_MAX, &body, &used), ERR_AGAIN);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_frame_comes_out_as_it_went_in, one_octet_at_a_time,
		the_length_alone_refuses, NULL };

	return unit_run(unit_suite("frame", tests));
}
