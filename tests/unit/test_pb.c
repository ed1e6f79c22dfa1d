#include <string.h>

#include "unit.h"
#include "wire/pb.h"

static struct bytes
view(const void *p, size_t n)
{
	return (struct bytes){ p, n };
}

/* A ToRelay with a Register with a SignedBinding: three levels. */
static struct buf *
make_register(void)
{
	Recado__SignedBinding binding = RECADO__SIGNED_BINDING__INIT;
	Recado__Register reg = RECADO__REGISTER__INIT;
	Recado__ToRelay to = RECADO__TO_RELAY__INIT;
	ProtobufCBinaryData chain[2] = { pb_data(view("one", 3)), pb_data(view("two", 3)) };
	struct buf *b = buf_new(0);

	binding.body = pb_data(view("body", 4));
	binding.n_intermediates = 2;
	binding.intermediates = chain;
	reg.binding = &binding;
	to.number = 7;
	to.op_case = RECADO__TO_RELAY__OP_REGISTER;
	to.register_ = &reg;
	ck_assert_int_eq(pb_pack(&to, b), 0);
	return b;
}

START_TEST(there_and_back)
{
	struct buf *b = make_register();
	Recado__ToRelay *to;
	uint8_t four[4];

	ck_assert_int_eq(pb_unpack(&recado__to_relay__descriptor, buf_view(b), &to), 0);
	ck_assert_uint_eq(to->number, 7);
	ck_assert_int_eq(to->op_case, RECADO__TO_RELAY__OP_REGISTER);
	ck_assert_uint_eq(to->register_->binding->n_intermediates, 2);
	ck_assert_int_eq(pb_fixed(to->register_->binding->body, four, 4), 0);
	ck_assert_mem_eq(four, "body", 4);
	ck_assert_int_eq(pb_fixed(to->register_->binding->body, four, 3), ERR_FORMAT);
	pb_free(&to);
	ck_assert_ptr_null(to);
	pb_free(&to);
	buf_free(&b);
}
END_TEST

START_TEST(truncated_is_refused)
{
	struct buf *b = make_register();
	Recado__ToRelay *to;
	size_t n;

	/* 2: `number` stands first and is complete then. */
	for (n = 1; n < buf_len(b); n++)
		if (n != 2) {
			ck_assert_int_eq(
			    pb_unpack(&recado__to_relay__descriptor, view(buf_ptr(b), n), &to),
			    ERR_FORMAT);
			ck_assert_ptr_null(to);
		}
	buf_free(&b);
}
END_TEST

START_TEST(unknown_fields_are_found_at_every_level)
{
	/* field 100, varint: a0 06 01 */
	static const uint8_t top[] = { 0x08, 7, 0xa0, 0x06, 1 };
	static const uint8_t in_oneof[] = { 0x5a, 3, 0xa0, 0x06, 1 };
	static const uint8_t deep[] = { 0x5a, 5, 0x0a, 3, 0xa0, 0x06, 1 };
	static const uint8_t repeated[] = { 0x0a, 3, 0xa0, 0x06, 1 }; /* PutPrekeys */
	Recado__PutPrekeys *put;
	Recado__ToRelay *to;

	ck_assert_int_eq(
	    pb_unpack(&recado__to_relay__descriptor, view(top, sizeof top), &to), ERR_FIELD);
	ck_assert_ptr_null(to);
	ck_assert_int_eq(
	    pb_unpack(&recado__to_relay__descriptor, view(in_oneof, sizeof in_oneof), &to),
	    ERR_FIELD);
	ck_assert_int_eq(
	    pb_unpack(&recado__to_relay__descriptor, view(deep, sizeof deep), &to), ERR_FIELD);
	ck_assert_int_eq(
	    pb_unpack(&recado__put_prekeys__descriptor, view(repeated, sizeof repeated), &put),
	    ERR_FIELD);
	ck_assert_int_eq(
	    pb_unpack_lenient(&recado__to_relay__descriptor, view(deep, sizeof deep), &to), 0);
	pb_free(&to);
}
END_TEST

START_TEST(memory_is_bounded)
{
	Recado__PutPrekeys *put;
	struct buf *b = buf_new(0);
	int i;

	for (i = 0; i < PB_MAX_OBJECTS / 2; i++)
		ck_assert_int_eq(buf_put(b, "\x0a\x00", 2), 0);
	ck_assert_int_eq(pb_unpack(&recado__put_prekeys__descriptor, buf_view(b), &put), 0);
	ck_assert_uint_eq(put->n_prekeys, PB_MAX_OBJECTS / 2);
	pb_free(&put);
	for (; i < PB_MAX_OBJECTS + 1; i++)
		ck_assert_int_eq(buf_put(b, "\x0a\x00", 2), 0);
	ck_assert_int_eq(pb_unpack(&recado__put_prekeys__descriptor, buf_view(b), &put), ERR_LIMIT);
	ck_assert_ptr_null(put);
	buf_free(&b);
}
END_TEST

START_TEST(empty)
{
	Recado__Ping *ping;

	ck_assert_int_eq(pb_unpack(&recado__ping__descriptor, view("", 0), &ping), 0);
	pb_free(&ping);
	ck_assert_int_eq(pb_unpack(&recado__ping__descriptor, view(NULL, 0), &ping), 0);
	pb_free(&ping);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { there_and_back, truncated_is_refused,
		unknown_fields_are_found_at_every_level, memory_is_bounded, empty, NULL };

	return unit_run(unit_suite("pb", tests));
}
