/*
 * Mailboxes over the real store, on disk. A small model beside them says what must be there; what is
 * closed and opened again must be the same.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/warrant.h"
#include "server/mailbox.h"
#include "unit.h"

#define SIZE 256
#define NOW 1790000000000ull

static char dir[64];
static struct store *store;
static struct mailboxes *boxes;
static struct mailbox_config config;
static const uint8_t maria[16] = { 1 }, joao[16] = { 2 }, ines[16] = { 3 };

static void
open_all(void)
{
	struct fault f = { 0 };

	ck_assert_int_eq(store_sqlite.open(dir, false, &store, &f), 0);
	config.ops = &store_sqlite;
	config.store = store;
	ck_assert_int_eq(mailbox_open(&config, &boxes), 0);
}

static void
close_all(void)
{
	mailbox_close(&boxes);
	store_sqlite.close(&store);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/recadod-mailbox-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	memset(&config, 0, sizeof(config));
	config.max_envelopes = 2000;
	config.max_bytes = 1u << 20;
	open_all();
}

static void
teardown(void)
{
	char command[96];

	close_all();
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void
begin(void)
{
	ck_assert_int_eq(store_sqlite.begin(store), 0);
}

static void
commit(void)
{
	ck_assert_int_eq(mailbox_flush(boxes), 0);
	ck_assert_int_eq(store_sqlite.commit(store), 0);
}

static void
reopen(void)
{
	close_all();
	open_all();
}

static void
envelope(uint32_t seed, uint8_t out[SIZE], uint8_t hash[32])
{
	memset(out, 0, SIZE);
	memcpy(out, &seed, sizeof(seed));
	ck_assert_int_eq(kdf_sha256((struct bytes){ out, SIZE }, hash), 0);
}

static int
put(const uint8_t from[16], const uint8_t to[16], uint64_t number, uint32_t seed,
    struct mailbox_place *place)
{
	uint8_t octets[SIZE], hash[32];
	struct mailbox_deposit d = { from, to, number, hash, NULL, NOW };
	int r;

	envelope(seed, octets, hash);
	d.envelope = blob_new((struct bytes){ octets, SIZE });
	r = mailbox_deposit(boxes, &d, place);
	blob_free(&d.envelope);
	return r;
}

static uint32_t
ack(const uint8_t device[16], uint32_t seed, uint64_t known)
{
	uint8_t octets[SIZE], hash[32];
	struct bytes one = { hash, 32 };
	struct mailbox_ack a = { device, &one, 1, known };
	uint32_t deleted;

	envelope(seed, octets, hash);
	ck_assert_int_eq(mailbox_ack(boxes, &a, &deleted), 0);
	return deleted;
}

struct got {
	size_t count;
	uint64_t index[128];
	uint32_t seed[128];
};

static int
on_mail(uint64_t index, uint64_t time, struct bytes body, void *arg)
{
	struct got *g = arg;

	ck_assert_uint_eq(body.n, SIZE);
	ck_assert_uint_eq(time, NOW);
	g->index[g->count] = index;
	memcpy(&g->seed[g->count++], body.p, sizeof(uint32_t));
	return 0;
}

static uint64_t
get(const uint8_t device[16], uint64_t after, uint64_t known, struct got *g)
{
	struct mailbox_fetch f = { device, after, 0, 0, known };
	uint64_t waiting;

	memset(g, 0, sizeof(*g));
	ck_assert_int_eq(mailbox_fetch(boxes, &f, on_mail, g, &waiting), 0);
	return waiting;
}

/* The chain from what is known on must lead from head to its end. */
static void
check_chain(const uint8_t device[16], uint8_t head[32], uint64_t first, uint64_t length)
{
	struct mailbox_chain c;

	ck_assert_int_eq(mailbox_chain(boxes, device, &c), 0);
	ck_assert_uint_eq(c.first, first);
	ck_assert_uint_eq(c.length, length);
	for (size_t i = 0; i < c.count; i++)
		ck_assert_int_eq(warrant_chain_step(head, first + i, c.hashes + 32 * i), 0);
	if (first + c.count == length + 1)
		ck_assert_mem_eq(head, c.head, 32);
	free(c.hashes);
}

START_TEST(survives_closing)
{
	struct mailbox_place p;
	struct got g;
	uint8_t head[32];

	begin();
	for (uint32_t i = 0; i < 5; i++) {
		ck_assert_int_eq(put(maria, joao, i + 1, i, &p), 0);
		ck_assert_uint_eq(p.index, i + 1);
	}
	ck_assert_int_eq(put(ines, joao, 1, 100, &p), 0);
	ck_assert_int_eq(put(maria, ines, 6, 200, &p), 0);
	ck_assert_uint_eq(p.index, 1);
	commit();
	for (int i = 0; i < 2; i++, reopen()) {
		ck_assert_uint_eq(get(joao, 0, 0, &g), 0);
		ck_assert_uint_eq(g.count, 6);
		ck_assert_uint_eq(g.seed[5], 100);
		ck_assert_uint_eq(g.index[5], 6);
		get(joao, 4, 0, &g);
		ck_assert_uint_eq(g.count, 2);
		ck_assert_int_eq(warrant_chain_start(config.relay_id, joao, head), 0);
		check_chain(joao, head, 1, 6);
	}
	begin();
	ck_assert_int_eq(put(maria, joao, 9, 9, &p), 0);
	ck_assert_uint_eq(p.index, 7);
	commit();
}
END_TEST

START_TEST(what_is_not_committed_is_gone)
{
	struct mailbox_place p;
	struct got g;

	begin();
	ck_assert_int_eq(put(maria, joao, 1, 1, &p), 0);
	commit();
	begin();
	ck_assert_int_eq(put(maria, joao, 2, 2, &p), 0);
	ck_assert_uint_eq(ack(joao, 1, 0), 1);
	ck_assert_uint_eq(ack(joao, 2, 2), 1);
	ck_assert_int_eq(mailbox_flush(boxes), 0);
	store_sqlite.rollback(store);
	ck_assert_int_eq(mailbox_reload(boxes), 0);
	get(joao, 0, 0, &g);
	ck_assert_uint_eq(g.count, 1);
	ck_assert_uint_eq(g.seed[0], 1);
	begin();
	ck_assert_int_eq(put(maria, joao, 2, 3, &p), 0);
	ck_assert_uint_eq(p.index, 2);
	commit();
}
END_TEST

START_TEST(a_repeat_has_its_first_place)
{
	struct mailbox_place first, p;

	for (int i = 0; i < 2; i++, reopen()) {
		begin();
		ck_assert_int_eq(put(maria, joao, 7, 7, i == 0 ? &first : &p), 0);
		ck_assert_int_eq(put(maria, joao, 8 + (uint64_t)i, 8 + (uint32_t)i, &p), 0);
		ck_assert_int_eq(put(maria, joao, 7, 7, &p), 0);
		ck_assert(p.repeat);
		ck_assert_uint_eq(p.index, first.index);
		ck_assert_uint_eq(p.time, first.time);
		ck_assert_mem_eq(p.head, first.head, 32);
		ck_assert_int_eq(put(maria, joao, 7, 9, &p), ERR_TAKEN);
		ck_assert_int_eq(put(maria, ines, 7, 7, &p), ERR_TAKEN);
		/* Another device's seventh is another. */
		ck_assert_int_eq(put(ines, joao, 7 + (uint64_t)i * 100, 7, &p), 0);
		ck_assert(!p.repeat);
		commit();
	}
	/* Even when it was acked meanwhile. */
	begin();
	ck_assert_uint_ge(ack(joao, 7, 0), 1);
	ck_assert_int_eq(put(maria, joao, 7, 7, &p), 0);
	ck_assert(p.repeat);
	commit();
}
END_TEST

START_TEST(acked_before_the_commit_leaves_a_link)
{
	struct mailbox_place p;
	struct got g;
	struct buf *body = buf_new(0);
	uint8_t head[32];

	begin();
	ck_assert_int_eq(put(maria, joao, 1, 1, &p), 0);
	ck_assert_uint_eq(ack(joao, 1, 0), 1);
	commit();
	reopen();
	get(joao, 0, 0, &g);
	ck_assert_uint_eq(g.count, 0);
	ck_assert_int_eq(store_sqlite.get_body(store, 1, body), ERR_NOT_FOUND);
	ck_assert_int_eq(warrant_chain_start(config.relay_id, joao, head), 0);
	check_chain(joao, head, 1, 1);
	buf_free(&body);
}
END_TEST

/* Links go when they are known; the chain's head stays right over restarts. */
START_TEST(links_stay_until_they_are_known)
{
	struct mailbox_place p;
	struct got g;
	uint8_t head[32];

	begin();
	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(put(maria, joao, i + 1, i, &p), 0);
	commit();
	ck_assert_int_eq(warrant_chain_start(config.relay_id, joao, head), 0);
	check_chain(joao, head, 1, 10);
	begin();
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_uint_eq(ack(joao, i, 10), 1);
	get(joao, 0, 99, &g); /* beyond the end: not believed */
	ck_assert_uint_eq(g.count, 6);
	commit();
	for (int i = 0; i < 2; i++, reopen())
		check_chain(joao, head, 11, 10);
	begin();
	ck_assert_int_eq(put(ines, joao, 1, 50, &p), 0);
	ck_assert_uint_eq(p.index, 11);
	commit();
	reopen();
	check_chain(joao, head, 11, 11);
}
END_TEST

/* Rows leave the log once nobody needs them, and not before. */
START_TEST(the_log_does_not_grow_for_ever)
{
	struct mailbox_totals t;
	struct mailbox_place p;
	uint32_t i;

	for (i = 0; i < 3 * MAILBOX_WINDOW; i++) {
		if (i % 64 == 0)
			begin();
		ck_assert_int_eq(put(maria, joao, i + 1, i, &p), 0);
		ck_assert_uint_eq(ack(joao, i, p.index), 1);
		if (i % 64 == 63)
			commit();
	}
	mailbox_totals(boxes, &t);
	ck_assert_uint_eq(t.waiting, 0);
	ck_assert_uint_eq(t.bytes, 0);
	ck_assert_uint_eq(t.entries, MAILBOX_WINDOW);
	reopen();
	mailbox_totals(boxes, &t);
	ck_assert_uint_eq(t.entries, MAILBOX_WINDOW);
	begin();
	ck_assert_int_eq(put(maria, joao, i, i - 1, &p), 0);
	ck_assert(p.repeat);
	ck_assert_uint_eq(p.index, i);
	ck_assert_int_eq(put(maria, joao, i + 1, i, &p), 0);
	ck_assert_uint_eq(p.index, i + 1);
	commit();
}
END_TEST

START_TEST(a_full_box_refuses)
{
	struct mailbox_place p;
	struct got g;

	mailbox_close(&boxes);
	config.max_envelopes = 3;
	ck_assert_int_eq(mailbox_open(&config, &boxes), 0);
	begin();
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_int_eq(put(maria, joao, i + 1, i, &p), 0);
	ck_assert_int_eq(put(maria, joao, 4, 4, &p), ERR_BOX_FULL);
	ck_assert_int_eq(put(maria, joao, 3, 2, &p), 0); /* a repeat is told its place */
	ck_assert(p.repeat);
	ck_assert_uint_eq(ack(joao, 0, 0), 1);
	ck_assert_int_eq(put(maria, joao, 4, 4, &p), 0);
	ck_assert_uint_eq(p.index, 4);
	commit();
	get(joao, 0, 0, &g);
	ck_assert_uint_eq(g.count, 3);
	mailbox_close(&boxes);
	config.max_envelopes = 100;
	config.max_bytes = 3 * SIZE + SIZE / 2;
	ck_assert_int_eq(mailbox_open(&config, &boxes), 0);
	begin();
	ck_assert_int_eq(put(maria, joao, 5, 5, &p), ERR_BOX_FULL);
	commit();
}
END_TEST

/* Who acks and never says how far its chain reaches does not fill the relay's memory. */
START_TEST(unconfirmed_links_are_bounded)
{
	struct mailbox_place p;
	const uint32_t most = 3 + MAILBOX_LINKS_SLACK;

	mailbox_close(&boxes);
	config.max_envelopes = 3;
	ck_assert_int_eq(mailbox_open(&config, &boxes), 0);
	begin();
	for (uint32_t i = 0; i < most; i++) {
		ck_assert_int_eq(put(maria, joao, i + 1, i, &p), 0);
		ck_assert_uint_eq(ack(joao, i, 0), 1);
	}
	ck_assert_int_eq(put(maria, joao, most + 1, most, &p), ERR_BOX_FULL);
	ck_assert_uint_eq(ack(joao, 0, 1), 0);
	ck_assert_int_eq(put(maria, joao, most + 1, most, &p), 0);
	commit();
}
END_TEST

START_TEST(the_same_envelope_twice_is_acked_at_once)
{
	struct mailbox_place p;
	struct got g;

	begin();
	ck_assert_int_eq(put(maria, joao, 1, 5, &p), 0);
	ck_assert_int_eq(put(maria, joao, 2, 5, &p), 0);
	ck_assert_int_eq(put(ines, joao, 1, 5, &p), 0);
	ck_assert_int_eq(put(maria, ines, 3, 5, &p), 0);
	ck_assert_uint_eq(ack(joao, 5, 0), 3);
	commit();
	get(joao, 0, 0, &g);
	ck_assert_uint_eq(g.count, 0);
	get(ines, 0, 0, &g);
	ck_assert_uint_eq(g.count, 1);
}
END_TEST

START_TEST(fetches_in_pages)
{
	struct mailbox_place p;
	struct got g;
	uint64_t after = 0, left;
	size_t all = 0;

	begin();
	for (uint32_t i = 0; i < 200; i++)
		ck_assert_int_eq(put(maria, joao, i + 1, i, &p), 0);
	commit();
	do {
		left = get(joao, after, 0, &g);
		ck_assert_uint_gt(g.count, 0);
		ck_assert_uint_le(g.count, MAILBOX_FETCH_MAX);
		all += g.count;
		after = g.index[g.count - 1];
		ck_assert_uint_eq(all + left, 200);
	} while (left != 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { survives_closing, what_is_not_committed_is_gone,
		a_repeat_has_its_first_place, acked_before_the_commit_leaves_a_link,
		links_stay_until_they_are_known, the_log_does_not_grow_for_ever, a_full_box_refuses,
		unconfirmed_links_are_bounded, the_same_envelope_twice_is_acked_at_once, fetches_in_pages, NULL };
	Suite *s = suite_create("mailbox");
	TCase *t = tcase_create("mailbox");

	tcase_add_checked_fixture(t, setup, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(s, t);
	return unit_run(s);
}
