#include "ends.h"

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
	ck_assert_mem_eq(rotation_first(&p.relay), key_sign_public(keys[0]), KEY_LEN);
	ck_assert_uint_eq(p.relay.count, 4);
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
	ck_assert_mem_eq(rotation_first(&p.relay), key_sign_public(keys[0]), KEY_LEN);
	ends_clear(&p);
	for (i = 0; i < ROTATION_MAX; i++)
		buf_free(&signed_by[i]);
	for (i = 0; i <= ROTATION_MAX; i++)
		key_sign_free(&keys[i]);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_changed_identity_shows_its_chain,
		a_full_chain_of_statements_fits, NULL };

	return unit_run(unit_suite("rotation", tests));
}
