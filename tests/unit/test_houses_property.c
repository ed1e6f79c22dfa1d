/*
 * Random schedules between two engines: what each does with sessions, retries, the limit on resets and
 * disconnections, whatever the relay between them delays, changes the order of, repeats, forges and
 * damages, and whenever a process ends. What must hold:
 *
 *   - every message arrives, once, when so many hours have passed as resets may have to wait
 *   - its sender knows
 *   - both end in one session, which is answered
 *
 * What the relay keeps from them for good, and with it the order of what was before and after a Disconnect,
 * is not in it. RECADO_SCHEDULES sets how many (40), RECADO_SEED the first seed. A failure prints its seed.
 */
#include <inttypes.h>
#include <string.h>

#include "core/seal.h"
#include "houses.h"
#include "unit.h"

#define STEPS_MAX 40
#define SAYS_MAX 24
#define SCHEDULES_OF_PAIR 100 /* hours pass, and nobody renews the records that hold for 37 days */

static uint64_t at, drawn; /* the seed that runs, and where it has come to */
static size_t fence[2];    /* the last Disconnect in maria's mailbox and in rui's, and one */
static uint32_t said[2];   /* by maria, by rui, in all */
static unsigned this_time;

/* splitmix64 */
static size_t
below(size_t n)
{
	uint64_t z = drawn += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (size_t)((z ^ (z >> 31)) % n);
}

static int
who(const struct house *h)
{
	return h == &rui;
}

/* ------------------------------------------------------------------------------ what they do */

static void
say(struct house *h)
{
	char text[32];

	if (this_time++ >= SAYS_MAX)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " %u", at, this_time);
	(void)house_says(h, text);
	said[who(h)]++;
}

static void
bundles(struct house *h)
{
	(void)house_bundles(h);
}

static void
deposits(struct house *h)
{
	(void)house_deposits(h);
}

static void
next(struct house *h)
{
	(void)house_next(h);
}

static void
disconnect(struct house *h)
{
	if (below(3) != 0)
		return;
	house_disconnects(h);
	(void)house_deposits(h);
	fence[who(h->other)] = h->other->mail_count;
}

static void
restart(struct house *h)
{
	if (below(3) == 0)
		house_restart(h);
}

static void
hours(struct house *h)
{
	if (below(4) == 0)
		houses_now += HOUR_MS / 2;
}

/* ------------------------------------------------------------------------------ what the relay does */

static void
early(struct house *h)
{
	size_t which = h->next + below(4);

	if (which < h->mail_count && (h->next >= fence[who(h)] || which + 1 < fence[who(h)]))
		house_take(h, buf_view(h->mail[which]));
}

static void
again(struct house *h)
{
	if (h->next > 0)
		house_take(h, buf_view(h->mail[below(h->next)]));
}

static void
forge(struct house *h)
{
	struct buf *copy;

	if (h->next == h->mail_count)
		return;
	copy = house_forged(h->mail[h->next], below(2) == 0);
	house_take(h, buf_view(copy));
	buf_free(&copy);
}

static bool
is_initial(const struct buf *envelope)
{
	struct session_peek k;

	ck_assert_int_eq(session_peek(buf_view(envelope), &k), 0);
	return k.initial;
}

/* It comes damaged, and not otherwise. (Nobody knows whom to ask for a first message again.) */
static void
damage(struct house *h)
{
	if (h->next == h->mail_count || is_initial(h->mail[h->next]) || h->next < fence[who(h)])
		return;
	forge(h);
	h->next++;
}

/* ------------------------------------------------------------------------------ a schedule */

static void (*const acts[])(struct house *) = { say, say, say, bundles, bundles, deposits, deposits, next,
	next, next, disconnect, restart, hours, early, again, forge, damage };

static void
all_is_well(void)
{
	uint32_t waits[2];

	ck_assert_int_eq(store_message_count(maria.e.store, STORE_LIST_OUTBOX, 0, &waits[0]), 0);
	ck_assert_int_eq(store_message_count(rui.e.store, STORE_LIST_OUTBOX, 0, &waits[1]), 0);
	ck_assert_uint_eq(house_received(&rui), said[0]);
	ck_assert_uint_eq(house_received(&maria), said[1]);
	ck_assert_uint_eq(waits[0], 0);
	ck_assert_uint_eq(waits[1], 0);
	houses_agree();
}

static void
finish(void)
{
	houses_settle();
	houses_hours(4);
	this_time = 0;
	say(&maria);
	houses_settle();
	say(&rui);
	houses_settle();
	all_is_well();
	house_empty(&maria);
	house_empty(&rui);
}

START_TEST(schedules)
{
	const char *seed = getenv("RECADO_SEED"), *n = getenv("RECADO_SCHEDULES");
	uint64_t left = n != NULL ? strtoull(n, NULL, 0) : 40;
	unsigned of_pair = 0;

	for (at = seed != NULL ? strtoull(seed, NULL, 0) : 1; left > 0; left--, at++) {
		if (of_pair++ % SCHEDULES_OF_PAIR == 0) {
			if (of_pair > 1)
				houses_teardown();
			houses_setup();
			said[0] = said[1] = 0;
		}
		drawn = at;
		this_time = 0;
		fence[0] = fence[1] = 0;
		for (size_t steps = 10 + below(STEPS_MAX); steps > 0; steps--)
			acts[below(sizeof(acts) / sizeof(acts[0]))](below(2) == 0 ? &maria : &rui);
		finish();
	}
	at = 0;
	houses_teardown();
}
END_TEST

/* Without a fork, so that the seed is at hand afterwards. */
int
main(void)
{
	Suite *s = suite_create("houses property");
	TCase *c = tcase_create("houses property");
	int status;

	tcase_add_test(c, schedules);
	suite_add_tcase(s, c);
	if ((status = unit_run_as(s, CK_NOFORK)) != EXIT_SUCCESS)
		fprintf(stderr, "seed %" PRIu64 ", after those before it\n", at);
	return status;
}
