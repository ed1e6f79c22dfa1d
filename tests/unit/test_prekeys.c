/*
 * prekeys: what the calendar does to them. Times are written into the store; the clock is the real
 * one.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/prekeys.h"
#include "core/relay.h"
#include "core/suites.h"
#include "crypto/keyfile.h"
#include "desk.h"
#include "unit.h"
#include "wire/pb.h"

#define DAY_MS (24ull * 3600 * 1000)

static uint64_t now;

/* The linker puts a relay of the test's here: it is asked, and answers when the test says so. */
static conn_reply_fn *asked;
static size_t given; /* one-time prekeys, with what was asked last */
static unsigned asked_count;

int __wrap_relay_request(struct engine *e, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg);

int
__wrap_relay_request(struct engine *e, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg)
{
	ck_assert_ptr_eq(arg, e);
	if (rq->op_case != RECADO__TO_RELAY__OP_PUT_PREKEYS)
		return ERR_UNREACHABLE;
	asked = fn;
	given = rq->put_prekeys->n_prekeys;
	asked_count++;
	return 0;
}

static void
answer(uint32_t count)
{
	Recado__ReplyBody reply = RECADO__REPLY_BODY__INIT;
	Recado__PrekeyCount c = RECADO__PREKEY_COUNT__INIT;

	c.count = count;
	reply.op_case = RECADO__REPLY_BODY__OP_PREKEY_COUNT;
	reply.prekey_count = &c;
	asked(&desk, 0, &reply);
}

static void
setup(void)
{
	asked_count = 0;
	desk_setup();
	ck_assert_int_eq(keyfile_new(&desk.keys), 0);
	now = clock_now_ms();
}

static void
teardown(void)
{
	keyfile_free(&desk.keys);
	desk_teardown();
}

/* A signed prekey and its last resort, made so many days ago, with an ephemeral used on it. */
static void
had(uint32_t serial, double days)
{
	uint8_t key[KEY_LEN], ephemeral[32];
	struct bytes b = { key, sizeof(key) };
	uint64_t made = now - (uint64_t)(days * (double)DAY_MS), next;

	memset(key, (int)serial, sizeof(key));
	memset(ephemeral, (int)serial, sizeof(ephemeral));
	ck_assert_int_eq(store_prekey_add(desk.store, STORE_PREKEY_SIGNED, serial, b, made), 0);
	ck_assert_int_eq(store_prekey_add(desk.store, STORE_PREKEY_LAST, serial, b, made), 0);
	ck_assert_int_eq(store_ephemeral_add(desk.store, serial, ephemeral), 0);
	do
		ck_assert_int_eq(store_number_next(desk.store, "prekey.next", &next), 0);
	while (next < serial);
}

static bool
has(enum store_prekey_kind kind, uint32_t serial)
{
	struct key_dh *k = NULL;
	int r = prekeys_get(&desk, kind, serial, &k);

	key_dh_free(&k);
	ck_assert(r == 0 || r == ERR_NOT_FOUND);
	return r == 0;
}

static uint32_t
newest(void)
{
	uint64_t made;
	uint32_t serial;

	ck_assert_int_eq(store_prekey_newest(desk.store, STORE_PREKEY_SIGNED, &serial, &made), 0);
	return serial;
}

static uint64_t
unsent(void)
{
	uint64_t n;

	ck_assert_int_eq(store_number_get(desk.store, "record.unsent", &n), 0);
	return n;
}

START_TEST(a_young_key_stays)
{
	had(1, 6.9);
	suite_list_all(&desk.config->suites);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites", 0x3e), 0);
	prekeys_upkeep(&desk);
	ck_assert_uint_eq(newest(), 1);
	ck_assert_uint_eq(unsent(), 0);
}
END_TEST

/* A week old: a new pair, in a record that waits until the relay has it. The old one stays. */
START_TEST(after_a_week_it_is_replaced)
{
	struct buf *record = buf_new(0);

	had(1, 7.1);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites", 0x3e), 0);
	prekeys_upkeep(&desk);
	ck_assert_uint_eq(newest(), 2);
	ck_assert(has(STORE_PREKEY_SIGNED, 1) && has(STORE_PREKEY_LAST, 1));
	ck_assert(has(STORE_PREKEY_SIGNED, 2) && has(STORE_PREKEY_LAST, 2));
	ck_assert_uint_eq(unsent(), 1);
	ck_assert_int_eq(store_value_get(desk.store, "record.body", record), 0);
	ck_assert_uint_gt(buf_len(record), 0);
	prekeys_upkeep(&desk); /* nothing came of it: the same record, not another */
	ck_assert_uint_eq(newest(), 2);
	buf_free(&record);
}
END_TEST

/* 30 days after it was replaced, not after it was made; its ephemerals go with it. */
START_TEST(a_replaced_one_is_kept_for_30_days)
{
	uint8_t ephemeral[32];

	had(1, 45);
	had(2, 30.1); /* so 1 was replaced then */
	had(3, 7.5);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites", 0x3e), 0);
	prekeys_upkeep(&desk);
	ck_assert_uint_eq(newest(), 4);
	ck_assert(!has(STORE_PREKEY_SIGNED, 1) && !has(STORE_PREKEY_LAST, 1));
	ck_assert(has(STORE_PREKEY_SIGNED, 2) && has(STORE_PREKEY_LAST, 2));
	ck_assert(has(STORE_PREKEY_SIGNED, 3));
	memset(ephemeral, 2, sizeof(ephemeral));
	ck_assert_int_eq(store_ephemeral_add(desk.store, 2, ephemeral), ERR_REPLAY);
	memset(ephemeral, 1, sizeof(ephemeral));
	ck_assert_int_eq(store_ephemeral_add(desk.store, 1, ephemeral), 0);
}
END_TEST

/* On the day it is due, and not with the next record. */
START_TEST(a_replaced_one_goes_in_its_time)
{
	had(1, 45);
	had(2, 30.1);
	had(3, 1);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites", 0x3e), 0);
	prekeys_upkeep(&desk);
	ck_assert_uint_eq(newest(), 3);
	ck_assert(!has(STORE_PREKEY_SIGNED, 1) && !has(STORE_PREKEY_LAST, 1));
	ck_assert(has(STORE_PREKEY_SIGNED, 2) && has(STORE_PREKEY_LAST, 2));
}
END_TEST

START_TEST(a_clock_that_was_set_back_is_no_reason_to_wait)
{
	had(1, -3);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites", 0x3e), 0);
	prekeys_upkeep(&desk);
	ck_assert_uint_eq(newest(), 2);
}
END_TEST

START_TEST(below_20_they_are_refilled_to_100)
{
	ck_assert_uint_eq(prekeys_missing(100), 0);
	ck_assert_uint_eq(prekeys_missing(20), 0);
	ck_assert_uint_eq(prekeys_missing(19), 81);
	ck_assert_uint_eq(prekeys_missing(0), 100);
	ck_assert_uint_eq(prekeys_missing(UINT32_MAX), 0);
}
END_TEST

/* A relay that always says it has none. */
START_TEST(they_are_refilled_once_an_upkeep)
{
	had(1, 1);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites", 0x3e), 0);
	prekeys_upkeep(&desk);
	ck_assert_uint_eq(asked_count, 1);
	ck_assert_uint_eq(given, 0);
	answer(0);
	ck_assert_uint_eq(asked_count, 2);
	ck_assert_uint_eq(given, 100);
	answer(0);
	ck_assert_uint_eq(asked_count, 2);
	prekeys_upkeep(&desk); /* on its next connection */
	answer(0);
	ck_assert_uint_eq(asked_count, 3);
	ck_assert_int_eq(store_number_set(desk.store, "prekey.refilled", now - 3600000), 0);
	prekeys_upkeep(&desk);
	answer(19);
	ck_assert_uint_eq(asked_count, 5);
	ck_assert_uint_eq(given, 81);
}
END_TEST

/* The relay goes away before it has answered: the next one gets them; but ours come to an end. */
START_TEST(the_newest_2000_are_kept)
{
	had(1, 1);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites", 0x3e), 0);
	for (int i = 0; i < 22; i++) {
		prekeys_upkeep(&desk);
		answer(0);
		ck_assert_uint_eq(given, 100);
		asked(&desk, ERR_CLOSED, NULL);
	}
	ck_assert(!has(STORE_PREKEY_ONE_TIME, 2201 - 2000));
	ck_assert(has(STORE_PREKEY_ONE_TIME, 2202 - 2000));
	ck_assert(has(STORE_PREKEY_ONE_TIME, 2201));
	ck_assert(has(STORE_PREKEY_SIGNED, 1));
}
END_TEST

/* Other suites are told at once, with a record of their own; what it replaced is valid for as long
 * as its prekey. */
START_TEST(other_suites_make_another_record)
{
	uint8_t device[STORE_DEVICE] = { 1 };
	struct fault f;

	had(1, 1);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites", 0x3e), 0);
	desk.config->suites = (struct suite_list){ { 1, 2 }, 2 };
	ck_assert(suites_changed(&desk));
	prekeys_upkeep(&desk);
	ck_assert(!suites_changed(&desk));
	ck_assert_uint_eq(newest(), 2);
	ck_assert_uint_eq(unsent(), 1);
	ck_assert_int_eq(suites_accept(&desk, device, 2, &f), 0);
	ck_assert_int_eq(suites_accept(&desk, device, 5, &f), 0);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites.until", now), 0);
	ck_assert_int_eq(suites_accept(&desk, device, 2, &f), 0);
	ck_assert_int_eq(suites_accept(&desk, device, 5, &f), ERR_SUITE);
}
END_TEST

/* An older copy of a store numbers on beyond what it may have used before it was put back. */
START_TEST(an_older_copy_outdoes_itself)
{
	Recado__SignedDeviceRecord *sr = NULL;
	Recado__DeviceRecord *rec = NULL;
	struct buf *b = buf_new(0);

	had(3, 1);
	ck_assert_int_eq(store_number_set(desk.store, "record.suites", 0x3e), 0);
	ck_assert_int_eq(store_number_set(desk.store, "record.number", 2), 0);
	prekeys_renew(&desk);
	ck_assert_uint_gt(newest(), 10000);
	ck_assert(has(STORE_PREKEY_SIGNED, 3) && has(STORE_PREKEY_LAST, 3));
	ck_assert_uint_eq(unsent(), 1);
	ck_assert_int_eq(store_value_get(desk.store, "record.body", b), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_device_record__descriptor, buf_view(b), &sr), 0);
	ck_assert_int_eq(pb_unpack(&recado__device_record__descriptor, pb_view(sr->body), &rec), 0);
	ck_assert_uint_gt(rec->number, 1000);
	ck_assert_uint_eq(rec->signed_prekey_id, newest());
	pb_free(&rec);
	pb_free(&sr);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("prekeys");
	TCase *c = tcase_create("prekeys");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_young_key_stays);
	tcase_add_test(c, after_a_week_it_is_replaced);
	tcase_add_test(c, a_replaced_one_is_kept_for_30_days);
	tcase_add_test(c, a_replaced_one_goes_in_its_time);
	tcase_add_test(c, a_clock_that_was_set_back_is_no_reason_to_wait);
	tcase_add_test(c, below_20_they_are_refilled_to_100);
	tcase_add_test(c, they_are_refilled_once_an_upkeep);
	tcase_add_test(c, the_newest_2000_are_kept);
	tcase_add_test(c, other_suites_make_another_record);
	tcase_add_test(c, an_older_copy_outdoes_itself);
	suite_add_tcase(s, c);
	return unit_run(s);
}
