/* Who is there (directory) and who is online (online), in memory. */
#include <string.h>

#include "server/directory.h"
#include "server/online.h"
#include "unit.h"

static struct directory_user
user_of(uint8_t id, const char *name)
{
	struct directory_user u = { .id = { id }, .list_head = { id }, .list_length = 1 };

	snprintf(u.name, sizeof(u.name), "%s", name);
	return u;
}

static struct bytes
text(const char *t)
{
	return (struct bytes){ (const uint8_t *)t, strlen(t) };
}

START_TEST(finds_by_name_and_id)
{
	struct directory *d = directory_new();
	struct directory_user maria = user_of(1, "maria"), joao = user_of(2, "joao"), out;
	struct directory_device laptop = { .id = { 7 }, .user_id = { 1 }, .live = true }, dev;
	struct bytes id = { laptop.id, DEVICE_ID_LEN };

	ck_assert_int_eq(directory_put(d, &maria, &laptop, 1), 0);
	ck_assert_int_eq(directory_put(d, &joao, NULL, 0), 0);
	ck_assert_int_eq(directory_find_name(d, text("maria"), &out), 0);
	ck_assert_mem_eq(out.id, maria.id, USER_ID_LEN);
	ck_assert_int_eq(directory_find_name(d, text("mari"), &out), ERR_NO_USER);
	ck_assert_int_eq(directory_find_user(d, (struct bytes){ joao.id, USER_ID_LEN }, &out), 0);
	ck_assert_int_eq(directory_find_user(d, (struct bytes){ joao.id, 31 }, &out), ERR_NO_USER);
	ck_assert_int_eq(directory_find_device(d, id, &dev, &out), 0);
	ck_assert_str_eq(out.name, "maria");
	/* Another's device id is not taken over, nor is a name. */
	ck_assert_int_eq(directory_put(d, &joao, &laptop, 1), ERR_TAKEN);
	out = user_of(3, "maria");
	ck_assert_int_eq(directory_put(d, &out, NULL, 0), ERR_TAKEN);
	laptop.live = false;
	maria.list_length = 2;
	ck_assert_int_eq(directory_put(d, &maria, &laptop, 1), 0);
	ck_assert_int_eq(directory_find_device(d, id, &dev, &out), 0);
	ck_assert(!dev.live);
	ck_assert_uint_eq(out.list_length, 2);
	ck_assert_uint_eq(directory_count(d), 2);
	directory_free(&d);
}
END_TEST

START_TEST(a_verdict_ends_with_time_generation_and_change)
{
	struct directory *d = directory_new();
	struct directory_user maria = user_of(1, "maria");
	struct directory_device devices[] = { { .id = { 7 }, .user_id = { 1 }, .live = true },
		{ .id = { 8 }, .user_id = { 1 }, .live = true } };
	const uint8_t *laptop = devices[0].id, *phone = devices[1].id;
	struct directory_verdict v = { 1, 5, 1000 };
	struct directory_verdict out;

	ck_assert_int_eq(directory_put(d, &maria, devices, 2), 0);
	ck_assert_int_eq(directory_verdict(d, laptop, 5, 10, &out), ERR_NOT_FOUND);
	directory_set_verdict(d, laptop, &v);
	ck_assert_int_eq(directory_verdict(d, laptop, 5, 999, &out), 0);
	ck_assert_uint_eq(out.status, 1);
	ck_assert_uint_eq(out.until, 1000);
	ck_assert_int_eq(directory_verdict(d, phone, 5, 999, &out), ERR_NOT_FOUND);
	ck_assert_int_eq(directory_verdict(d, laptop, 5, 1000, &out), ERR_NOT_FOUND);
	ck_assert_int_eq(directory_verdict(d, laptop, 6, 10, &out), ERR_NOT_FOUND);
	ck_assert_int_eq(directory_put(d, &maria, devices, 2), 0);
	ck_assert_int_eq(directory_verdict(d, laptop, 5, 10, &out), ERR_NOT_FOUND);
	directory_free(&d);
}
END_TEST

/* ---------------------------------------------------------------------------- online */

static struct told {
	size_t count;
	uint64_t peer;
	uint8_t user;
	bool online;
} told;

static void
notify(struct online_place to, const uint8_t user[USER_ID_LEN], bool online)
{
	told = (struct told){ told.count + 1, to.peer, user[0], online };
}

START_TEST(tells_watchers)
{
	static const uint8_t users[2][USER_ID_LEN] = { { 1 }, { 2 } };
	static const uint8_t laptop[DEVICE_ID_LEN] = { 1 }, phone[DEVICE_ID_LEN] = { 2 };
	struct online *o = online_new(notify);
	struct online_place a = { &a, 1 }, b = { &a, 2 }, c = { &a, 3 }, old;
	bool states[2];

	told.count = 0;
	ck_assert(!online_enter(o, users[0], laptop, a, &old));
	online_watch(o, c, users, 2, states);
	ck_assert(states[0] && !states[1]);
	ck_assert(!online_enter(o, users[0], phone, b, &old)); /* a second device: no news */
	ck_assert_uint_eq(told.count, 0);
	online_leave(o, laptop, a);
	ck_assert_uint_eq(told.count, 0);
	ck_assert(online_user(o, users[0]));
	online_leave(o, phone, b);
	ck_assert_uint_eq(told.count, 1);
	ck_assert(told.peer == 3 && told.user == 1 && !told.online);
	ck_assert(!online_user(o, users[0]));
	online_enter(o, users[1], phone, b, &old);
	ck_assert(told.count == 2 && told.user == 2 && told.online);
	online_watch(o, c, NULL, 0, NULL);
	online_leave(o, phone, b);
	ck_assert_uint_eq(told.count, 2);
	online_free(&o);
}
END_TEST

START_TEST(the_newer_connection_counts)
{
	static const uint8_t user[USER_ID_LEN] = { 1 }, laptop[DEVICE_ID_LEN] = { 1 };
	struct online *o = online_new(notify);
	struct online_place a = { &a, 1 }, b = { &a, 2 }, at;

	ck_assert(!online_enter(o, user, laptop, a, &at));
	ck_assert(online_enter(o, user, laptop, b, &at));
	ck_assert_uint_eq(at.peer, 1);
	online_leave(o, laptop, a); /* the old one's end is not the device's */
	ck_assert(online_find(o, laptop, &at));
	ck_assert_uint_eq(at.peer, 2);
	online_leave(o, laptop, b);
	ck_assert(!online_find(o, laptop, &at));
	online_free(&o);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { finds_by_name_and_id,
		a_verdict_ends_with_time_generation_and_change, tells_watchers,
		the_newer_connection_counts, NULL };

	return unit_run(unit_suite("directory", tests));
}
