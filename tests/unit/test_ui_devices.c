/*
 * The devices of the account on the screen: they are listed, and one is removed.
 */
#include <locale.h>
#include "base/mem.h"
#include "screen.h"
#include "ui/keys.h"
#include "unit.h"

static struct screen
everybody(void)
{
	struct screen s = screen_new(24, 80);

	screen_meet_everybody(&s);
	return s;
}

static struct core_event
device(uint64_t seq, const char *id, const char *name, bool here, uint64_t removed)
{
	struct core_device *d = mem_alloc(sizeof *d);

	*d = (struct core_device){ .id = mem_strdup(id), .name = mem_strdup(name),
		.bound_at = SCREEN_NOW, .removed_at = removed, .this_device = here };
	return (struct core_event){ .kind = CORE_EV_DEVICE, .seq = seq, .device = d };
}

/* The selected device goes when its name is typed, by its id; then they are listed anew. */
START_TEST(removes_a_device)
{
	struct screen s = everybody();
	uint64_t seq;

	screen_type(&s, "/devices");
	screen_key(&s, K_ENTER);
	seq = screen_sent(&s, CORE_DEVICES)->seq;
	screen_event(&s, device(seq, "aa01", "laptop", true, 0));
	screen_event(&s, device(seq, "aa02", "phone", false, 0));
	screen_event(&s, device(seq, "aa03", "phone", false, SCREEN_NOW));
	screen_done(&s, seq, 0);
	ck_assert(screen_shows(&s, "x Remove"));
	screen_type(&s, "x");
	ck_assert(screen_shows(&s, "Only another device"));
	screen_type(&s, "jjx");
	ck_assert(!screen_shows(&s, "Type phone"));
	screen_type(&s, "kx");
	ck_assert(screen_shows(&s, "Type phone to remove"));
	screen_type(&s, "laptop");
	screen_key(&s, K_ENTER);
	ck_assert_uint_eq(screen_sent_count(&s, CORE_DEVICES), 1);
	screen_type(&s, "xphone");
	screen_key(&s, K_ENTER);
	ck_assert_uint_eq(screen_sent_count(&s, CORE_DEVICES), 2);
	ck_assert_str_eq(screen_sent(&s, CORE_DEVICES)->id, "aa02");
	ck_assert_uint_eq(screen_sent(&s, CORE_DEVICES)->flags, CORE_F_REMOVE);
	seq = screen_sent(&s, CORE_DEVICES)->seq;
	screen_event(&s, device(seq, "aa02", "phone", false, SCREEN_NOW));
	screen_done(&s, seq, 0);
	ck_assert_uint_eq(screen_sent_count(&s, CORE_DEVICES), 3);
	ck_assert_uint_eq(screen_sent(&s, CORE_DEVICES)->flags, 0);
	seq = screen_sent(&s, CORE_DEVICES)->seq;
	screen_event(&s, device(seq, "aa01", "laptop", true, 0));
	screen_done(&s, seq, 0);
	ck_assert(screen_shows(&s, "(this device)"));
	ck_assert(!screen_shows(&s, "aa02"));
	screen_free(&s);
}
END_TEST

START_TEST(palette_shows_arguments)
{
	struct screen s = everybody();

	screen_key(&s, K_F(2));
	screen_type(&s, "renew");
	ck_assert(screen_shows(&s, "/devices [remove NAME | renew]"));
	screen_free(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ui_devices");
	TCase *t = tcase_create("all");

	setlocale(LC_ALL, "C.UTF-8");
	tcase_add_test(t, removes_a_device);
	tcase_add_test(t, palette_shows_arguments);
	suite_add_tcase(s, t);
	return unit_run(s);
}
