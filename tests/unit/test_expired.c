/*
 * seal: records of devices that are past their date: of somebody away, and from a relay that withholds a
 * newer one. rui's record says that its prekey expires at PERSON_NOW + 1000.
 */
#include <string.h>

#include "base/clock.h"
#include "core/seal.h"
#include "crypto/keyfile.h"
#include "twin.h"
#include "unit.h"

#define DAY_MS (24ull * 3600 * 1000)

static struct port listener;
static unsigned said;
static char last[1024]; /* notice */
static uint64_t moved;
static Recado__Bundle bundle;

uint64_t __wrap_clock_now_ms(void);

uint64_t
__wrap_clock_now_ms(void)
{
	return moved;
}

static void
hear(struct port *p, struct core_event *ev)
{
	if (ev->kind == CORE_EV_NOTICE) {
		said++;
		snprintf(last, sizeof(last), "%s", ev->note.text);
	}
	core_event_clear(ev);
}

static void
setup(void)
{
	moved = PERSON_NOW;
	twin_setup();
	ck_assert_int_eq(keyfile_new(&desk.keys), 0);
	said = 0;
	listener = (struct port){ .watching = true, .emit = hear };
	port_add(&desk, &listener);
	recado__bundle__init(&bundle);
	bundle.device_id = pb_data((struct bytes){ tablet->id, STORE_DEVICE });
}

static void
teardown(void)
{
	port_remove(&listener);
	keyfile_free(&desk.keys);
	twin_teardown();
}

static void
rui_wrote(uint64_t sent, uint64_t received)
{
	static const uint8_t content[] = { 1 };
	struct store_message m = { .person = rui.id, .sealed = true, .text = "ola", .sent_at = sent,
		.received_at = received, .id = "0101010101010101" };

	memcpy(m.device, tablet->id, STORE_DEVICE);
	ck_assert_int_eq(
	    store_message_add(desk.store, &m, (struct bytes){ content, sizeof(content) }), 0);
}

static int
begin(void)
{
	struct fault f = { 0 };
	int r = seal_current(&desk, &rui, &bundle, &f);

	return r != 0 ? r : seal_start(&desk, &rui, &bundle, &f);
}

START_TEST(a_key_within_its_date)
{
	moved = PERSON_NOW + DAY_MS;
	ck_assert_int_eq(begin(), 0);
	ck_assert_ptr_null(strstr(last, "expired"));
	ck_assert(seal_ready(&desk, tablet->id));
}
END_TEST

/* Three months on an island: mail waits there, and the sender is told. */
START_TEST(who_is_away_is_written_to)
{
	rui_wrote(PERSON_NOW, PERSON_NOW + 5);
	moved = PERSON_NOW + 90 * DAY_MS;
	ck_assert_int_eq(begin(), 0);
	ck_assert_ptr_nonnull(strstr(last, "expired key"));
	ck_assert(seal_ready(&desk, tablet->id));
}
END_TEST

START_TEST(who_has_written_since_has_another)
{
	rui_wrote(PERSON_NOW + 60 * DAY_MS, PERSON_NOW + 60 * DAY_MS);
	moved = PERSON_NOW + 90 * DAY_MS;
	ck_assert_int_eq(begin(), ERR_UNEXPECTED);
	ck_assert(!seal_ready(&desk, tablet->id));
	ck_assert_uint_eq(said, 1);
	ck_assert_ptr_nonnull(strstr(last, "must have replaced"));
	ck_assert_int_eq(begin(), ERR_UNEXPECTED);
	ck_assert_uint_eq(said, 1);
}
END_TEST

/* A clock that once was a year ahead says nothing of when it was there. */
START_TEST(a_clock_that_was_ahead_harms_nobody)
{
	rui_wrote(PERSON_NOW + 365 * DAY_MS, PERSON_NOW);
	moved = PERSON_NOW + 90 * DAY_MS;
	ck_assert_int_eq(begin(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("expired");
	TCase *c = tcase_create("expired");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_key_within_its_date);
	tcase_add_test(c, who_is_away_is_written_to);
	tcase_add_test(c, who_has_written_since_has_another);
	tcase_add_test(c, a_clock_that_was_ahead_harms_nobody);
	suite_add_tcase(s, c);
	return unit_run(s);
}
