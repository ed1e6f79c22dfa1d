/*
 * A real recadod on loopback that certifies one person: who counts, and for how long.
 */
#include <signal.h>
#include <string.h>

#include "asking.h"
#include "base/clock.h"
#include "server/store.h"
#include "unit.h"

#define OK RECADO__STATUS__STATUS_OK
#define CLOSED RECADO__STATUS__STATUS_ENROL_CLOSED

struct relay relay;

static void
setup(void)
{
	relay_new(&relay, "enrol = \"open\"; ca = { certificates = 1; };", "crls = \"%s/crls\";");
}

static void
teardown(void)
{
	relay_free(&relay);
}

START_TEST(there_is_an_end_to_it)
{
	struct asking ana, rui;

	asking_new(&ana, NULL);
	asking_new(&rui, NULL);
	ck_assert_uint_eq(asking_enrol(&ana, NULL, NULL), OK);
	ck_assert_uint_eq(asking_enrol(&rui, NULL, NULL), CLOSED);
	ck_assert_uint_eq(asking_enrol(&ana, NULL, NULL), OK);
	asking_free(&ana);
	asking_free(&rui);
}
END_TEST

START_TEST(who_is_revoked_makes_room)
{
	struct account ana;
	struct asking rui;
	char line[256];

	asking_registered(&ana, "ana");
	asking_new(&rui, NULL);
	ck_assert_uint_eq(asking_enrol(&rui, NULL, NULL), CLOSED);
	relay_ask(&relay, "ca revoke ana", line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "revoked"));
	ck_assert_uint_eq(asking_enrol(&rui, NULL, NULL), OK);
	asking_free(&rui);
	account_free(&ana);
}
END_TEST

/* What nobody has claimed is forgotten in the end; nobody could revoke it then, so nobody lives by it. */
START_TEST(who_comes_too_late_asks_again)
{
	struct buf *der = buf_new(0), *another = buf_new(0);
	struct store *store;
	struct account ana;
	struct asking who;
	struct fault f;
	char data[128];

	asking_new(&who, "CN=Ana");
	ck_assert_uint_eq(asking_enrol(&who, NULL, der), OK);
	ck_assert_int_eq(relay_end(&relay, SIGTERM), 0);
	snprintf(data, sizeof(data), "%s/data", relay.dir);
	ck_assert_int_eq(store_sqlite.open(data, false, &store, &f), 0);
	ck_assert_int_eq(store_sqlite.drop_unclaimed(store, clock_now_ms()), 0);
	store_sqlite.close(&store);
	relay_start(&relay);
	asking_account(&ana, "ana", &who, der);
	ck_assert_uint_eq(
	    account_register(&relay, &ana, NULL), RECADO__STATUS__STATUS_CERT_REFUSED);
	account_free(&ana);
	ck_assert_uint_eq(asking_enrol(&who, NULL, another), OK);
	asking_account(&ana, "ana", &who, another);
	ck_assert_uint_eq(account_register(&relay, &ana, NULL), OK);
	account_free(&ana);
	asking_free(&who);
	buf_free(&der);
	buf_free(&another);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("relay_quota");
	TCase *t = tcase_create("quota");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_test(t, there_is_an_end_to_it);
	tcase_add_test(t, who_is_revoked_makes_room);
	tcase_add_test(t, who_comes_too_late_asks_again);
	suite_add_tcase(s, t);
	return unit_run(s);
}
