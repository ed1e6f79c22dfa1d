/*
 * store: what is kept comes back, in the order it is asked for; transactions are whole; searching
 * takes what a person types as words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/core.h"
#include "core/store.h"
#include "unit.h"

static const uint8_t key[32] = { 3 };
static char dir[64], path[96];
static struct store *s;

static void
reopen(void)
{
	struct fault f = { 0 };

	store_close(&s);
	ck_assert_msg(store_open(path, key, &s, &f) == 0, "%s", f.what);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/recado-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store", dir);
	reopen();
}

static void
teardown(void)
{
	char cmd[128];

	store_close(&s);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static int64_t
person(const char *name, uint8_t id)
{
	struct store_person p = { .known = true, .contact = CORE_CONTACT };

	snprintf(p.name, sizeof(p.name), "%s", name);
	memset(p.user_id, id, sizeof(p.user_id));
	ck_assert_int_eq(store_person_add(s, &p), 0);
	return p.id;
}

static int64_t
message(int64_t who, const char *id, const char *text, bool outgoing, uint64_t at)
{
	struct store_message m = { .person = who, .outgoing = outgoing, .unread = !outgoing,
		.state = outgoing ? CORE_ST_QUEUED : CORE_ST_DELIVERED, .text = text, .sent_at = at };

	snprintf(m.id, sizeof(m.id), "%s", id);
	ck_assert_int_eq(store_message_add(s, &m, (struct bytes){ NULL, 0 }), 0);
	return m.row;
}

static int
join_ids(void *arg, const struct store_message *m)
{
	char *out = arg;

	sprintf(out + strlen(out), "%.2s ", m->id);
	return 0;
}

static const char *
list(const struct store_query *q)
{
	static char out[256];

	out[0] = '\0';
	ck_assert_int_eq(store_message_each(s, q, join_ids, out), 0);
	return out;
}

START_TEST(test_people)
{
	struct store_person p;
	int64_t ana = person("ana", 1);

	ck_assert_int_eq(store_person_by_name(s, "ana", &p), 0);
	ck_assert_int_eq(p.id, ana);
	p.verified_at = 5;
	strcpy(p.verified, "12345");
	ck_assert_int_eq(store_person_set(s, &p), 0);
	ck_assert_int_eq(store_entry_set(s, ana, (struct bytes){ (const uint8_t *)"entry", 5 }), 0);
	reopen();
	ck_assert_int_eq(store_person_by_user(s, p.user_id, &p), 0);
	ck_assert_str_eq(p.verified, "12345");
	ck_assert_int_eq(store_person_by_name(s, "rui", &p), ERR_NOT_FOUND);
	person("rui", 2);
	ck_assert_int_eq(store_person_add(s, &(struct store_person){ .name = "rui" }), ERR_TAKEN);
}
END_TEST

START_TEST(test_lists)
{
	struct store_query q = { .list = STORE_LIST_HISTORY };
	int64_t ana = person("ana", 1), rui = person("rui", 2), third;

	message(ana, "1a00000000000000", "olá", false, 100);
	message(rui, "2a00000000000000", "bom dia", false, 200);
	third = message(ana, "3a00000000000000", "adeus", true, 300);
	message(ana, "4a00000000000000", "até logo", true, 400);
	ck_assert_str_eq(list(&q), "1a 2a 3a 4a ");
	q.limit = 2;
	ck_assert_str_eq(list(&q), "3a 4a ");
	q.before = (uint64_t)third;
	ck_assert_str_eq(list(&q), "1a 2a ");
	q = (struct store_query){ .list = STORE_LIST_HISTORY, .person = ana };
	ck_assert_str_eq(list(&q), "1a 3a 4a ");
	q = (struct store_query){ .list = STORE_LIST_UNREAD };
	ck_assert_str_eq(list(&q), "1a 2a ");
	q.list = STORE_LIST_UNSEALED;
	ck_assert_str_eq(list(&q), "3a 4a ");
	ck_assert_int_eq(store_message_state(s, third, CORE_ST_SENT, NULL), 0);
	ck_assert_str_eq(list(&q), "4a ");
	q.list = STORE_LIST_OUTBOX;
	ck_assert_str_eq(list(&q), "3a 4a ");
	ck_assert_int_eq(store_message_mark_read(s, 1), 0);
	q.list = STORE_LIST_INBOX;
	ck_assert_str_eq(list(&q), "2a 1a ");
}
END_TEST

static void
note(void *arg)
{
	++**(int **)arg;
}

static int **
counter(int *n)
{
	int **p = malloc(sizeof(*p));

	*p = n;
	return p;
}

/* What others are told of is on disk by then. */
START_TEST(test_after)
{
	int told = 0;

	store_after(s, note, counter(&told));
	ck_assert_int_eq(told, 1);
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_begin(s), 0);
	store_after(s, note, counter(&told));
	ck_assert_int_eq(store_commit(s), 0);
	ck_assert_int_eq(told, 1);
	ck_assert_int_eq(store_commit(s), 0);
	ck_assert_int_eq(told, 2);
	ck_assert_int_eq(store_begin(s), 0);
	store_after(s, note, counter(&told));
	store_rollback(s);
	ck_assert_int_eq(told, 2);
}
END_TEST

START_TEST(test_search)
{
	struct store_query q = { .list = STORE_LIST_HISTORY };
	int64_t ana = person("ana", 1), rui = person("rui", 2);

	message(ana, "1a00000000000000", "o relatório da reunião está pronto", false, 1763683200000);
	message(rui, "2a00000000000000", "qual relatório?", false, 1763769600000);
	message(ana, "3a00000000000000", "reunião amanhã", true, 1763856000000);
	q.words = "relatorio";
	ck_assert_str_eq(list(&q), "1a 2a ");
	q.words = "reun";
	ck_assert_str_eq(list(&q), "1a 3a ");
	q.words = "relatório from:rui";
	ck_assert_str_eq(list(&q), "2a ");
	q.words = "from:me";
	ck_assert_str_eq(list(&q), "3a ");
	q.words = "after:2025-11-22";
	ck_assert_str_eq(list(&q), "2a 3a ");
	q.words = "before:2025-11-22 reunião";
	ck_assert_str_eq(list(&q), "1a ");
	q.words = "\"reunião está\"";
	ck_assert_str_eq(list(&q), "1a ");
	/* Nothing a person types is syntax. */
	q.words = "relatório\" OR text:x NEAR( * ^ -- ;";
	ck_assert_str_eq(list(&q), "");
	q.words = "\"\"\"";
	(void)list(&q);
	q.words = "after:yesterday";
	ck_assert_int_eq(store_message_each(s, &q, join_ids, (char[64]){ 0 }), ERR_USAGE);
}
END_TEST

START_TEST(test_prefix)
{
	int64_t ana = person("ana", 1), row;

	message(ana, "0123456789abcdef", "a", false, 1);
	message(ana, "01234567ffffffff", "b", false, 1);
	ck_assert_int_eq(store_message_find(s, 0, "0123456789AB", &row), 0);
	ck_assert_int_eq(row, 1);
	ck_assert_int_eq(store_message_find(s, 0, "01234567", &row), ERR_USAGE);
	ck_assert_int_eq(store_message_find(s, 0, "0123456", &row), ERR_USAGE);
	ck_assert_int_eq(store_message_find(s, 0, "0123456x", &row), ERR_USAGE);
	ck_assert_int_eq(store_message_find(s, 0, "ffffffff", &row), ERR_NOT_FOUND);
}
END_TEST

START_TEST(test_transactions)
{
	uint64_t n;

	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_number_set(s, "a", 1), 0);
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_number_set(s, "b", 2), 0);
	store_rollback(s);
	ck_assert_int_ne(store_commit(s), 0); /* an inner failure dooms the whole */
	ck_assert_int_eq(store_number_get(s, "a", &n), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_number_next(s, "a", &n), 0);
	ck_assert_int_eq(store_end(s, 0), 0);
	ck_assert_uint_eq(n, 1);
	reopen();
	ck_assert_int_eq(store_number_next(s, "a", &n), 0);
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(test_sessions)
{
	static const uint8_t tags[2][8] = { { 1 }, { 2 } };
	struct store_session one = { .packed = { (const uint8_t *)"one", 3 }, .tags = tags,
		.tag_count = 2, .active = true }, two = one, got;
	struct buf *b = buf_new(64);
	int64_t id;

	one.person = two.person = person("ana", 1);
	two.packed = (struct bytes){ (const uint8_t *)"two", 3 };
	two.tag_count = 0;
	ck_assert_int_eq(store_session_put(s, &one), 0);
	ck_assert_int_eq(store_session_put(s, &two), 0);
	ck_assert_int_eq(store_session_by_device(s, one.device, &id, b), 0);
	ck_assert_int_eq(id, two.id);
	buf_reset(b);
	ck_assert_int_eq(store_session_by_tag(s, tags[1], &got, b), 0);
	ck_assert_int_eq(got.id, one.id);
	ck_assert(!got.active);
	ck_assert(bytes_equal(buf_view(b), (struct bytes){ (const uint8_t *)"one", 3 }));
	ck_assert_int_eq(store_session_drop_person(s, one.person), 0);
	ck_assert_int_eq(store_session_by_tag(s, tags[0], &got, b), ERR_NOT_FOUND);
	buf_free(&b);
}
END_TEST

START_TEST(test_mail)
{
	struct store_deposit d = { .number = 1, .hash = { 9 }, .device = { 7 },
		.envelope = { (const uint8_t *)"sealed", 6 } };
	uint8_t hash[STORE_HASH];
	uint64_t index;
	uint32_t n;
	bool seen;

	d.person = person("ana", 1);
	ck_assert_int_eq(store_deposit_add(s, &d), 0);
	ck_assert_int_eq(store_deposit_count(s, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(store_deposit_last(s, d.device, &index, hash), ERR_NOT_FOUND);
	ck_assert_int_eq(store_deposit_sent(s, 1, 33), 0);
	ck_assert_int_eq(store_deposit_last(s, d.device, &index, hash), 0);
	ck_assert_uint_eq(index, 33);
	ck_assert_mem_eq(hash, d.hash, STORE_HASH);
	ck_assert_int_eq(store_seen_add(s, hash, 1000), 0);
	ck_assert_int_eq(store_seen_add(s, hash, 2000), 0);
	ck_assert_int_eq(store_seen(s, hash, &seen), 0);
	ck_assert(seen);
	ck_assert_int_eq(store_expire(s, 1000 + 31ull * 24 * 3600 * 1000), 0);
	ck_assert_int_eq(store_seen(s, hash, &seen), 0);
	ck_assert(!seen);
	ck_assert_int_eq(store_ephemeral_add(s, 1, hash), 0);
	ck_assert_int_eq(store_ephemeral_add(s, 1, hash), ERR_REPLAY);
	ck_assert_int_eq(store_ephemeral_add(s, 2, hash), 0);
}
END_TEST

START_TEST(test_prekeys)
{
	struct bytes k = { (const uint8_t *)"0123456789abcdef0123456789abcdef", 32 };
	struct buf *b = buf_new(64);
	uint64_t made;
	uint32_t id;

	ck_assert_int_eq(store_prekey_newest(s, STORE_PREKEY_SIGNED, &id, &made), ERR_NOT_FOUND);
	ck_assert_int_eq(store_prekey_add(s, STORE_PREKEY_SIGNED, 1, k, 1000), 0);
	ck_assert_int_eq(store_prekey_add(s, STORE_PREKEY_SIGNED, 5, k, 2000), 0);
	ck_assert_int_eq(store_prekey_newest(s, STORE_PREKEY_SIGNED, &id, &made), 0);
	ck_assert_uint_eq(id, 5);
	/* Kept for a time after it was replaced (at 2000), not after it was made. */
	ck_assert_int_eq(store_prekey_expire(s, STORE_PREKEY_SIGNED, 1500), 0);
	ck_assert_int_eq(store_prekey_get(s, STORE_PREKEY_SIGNED, 1, b), 0);
	ck_assert_int_eq(store_prekey_expire(s, STORE_PREKEY_SIGNED, 2500), 0);
	ck_assert_int_eq(store_prekey_get(s, STORE_PREKEY_SIGNED, 1, b), ERR_NOT_FOUND);
	ck_assert_int_eq(store_prekey_get(s, STORE_PREKEY_SIGNED, 5, b), 0);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { test_people, test_lists, test_after, test_search, test_prefix,
		test_transactions, test_sessions, test_mail, test_prekeys };
	Suite *suite = suite_create("core store");
	TCase *t = tcase_create("store");
	size_t i;

	tcase_add_checked_fixture(t, setup, teardown);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(suite, t);
	return unit_run(suite);
}
