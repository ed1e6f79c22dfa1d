/* The sqlite3 store, on disk: accounts, records, prekeys, invitations, and what is kept apart. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/store.h"
#include "unit.h"

static char dir[64];
static struct store *s;
static const struct store_ops *const ops = &store_sqlite;
static const uint8_t user[32] = { 1 }, other[32] = { 2 }, head[32] = { 9 };
static const uint8_t laptop[16] = { 3 }, phone[16] = { 4 };

static struct bytes
text(const char *t)
{
	return (struct bytes){ (const uint8_t *)t, strlen(t) };
}

static void
reopen(void)
{
	struct fault f = { 0 };

	ops->close(&s);
	ck_assert_int_eq(ops->open(dir, false, &s, &f), 0);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/recadod-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	reopen();
}

static void
teardown(void)
{
	char command[96];

	ops->close(&s);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static int
put_user(const uint8_t id[32], const char *name, uint32_t length, const char *entry)
{
	struct store_user u = { id, text(name), length, head, text(entry) };

	return ops->put_user(s, &u);
}

static int
count_user(const struct store_user *u, void *arg)
{
	(void)u;
	++*(int *)arg;
	return 0;
}

START_TEST(keeps_accounts)
{
	struct buf *entry = buf_new(0);
	struct store_found found;
	uint8_t whose[32];
	int n = 0;

	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(put_user(user, "maria", 1, "first"), 0);
	ck_assert_int_eq(put_user(user, "maria", 2, "second"), 0);
	ck_assert_int_eq(put_user(other, "joao", 1, "x"), 0);
	ck_assert_int_eq(ops->put_device(s, &(struct store_device){ laptop, user, head, true }), 0);
	ck_assert_int_eq(ops->commit(s), 0);
	reopen();
	ck_assert_int_eq(ops->get_entry(s, user, entry), 0);
	ck_assert(bytes_equal(buf_view(entry), text("second")));
	ck_assert_int_eq(ops->find_user(s, text("maria"), NULL, &found), 0);
	ck_assert_uint_eq(found.list_length, 2);
	ck_assert_mem_eq(found.id, user, 32);
	ck_assert_int_eq(ops->find_user(s, (struct bytes){ NULL, 0 }, other, &found), 0);
	ck_assert_int_eq(ops->find_user(s, text("mari"), NULL, &found), ERR_NOT_FOUND);
	ck_assert_int_eq(ops->find_device(s, laptop, whose), 0);
	ck_assert_mem_eq(whose, user, 32);
	ck_assert_int_eq(ops->find_device(s, phone, whose), ERR_NOT_FOUND);
	ck_assert_int_eq(ops->each_user(s, count_user, &n), 0);
	ck_assert_int_eq(n, 2);
	n = 0;
	ck_assert_int_eq(ops->page_users(s, text("joao"), 10, count_user, &n), 0);
	ck_assert_int_eq(n, 1);
	buf_free(&entry);
}
END_TEST

/* Two accounts never share a name, whoever forgets to ask first. */
START_TEST(a_name_is_ones)
{
	struct buf *entry = buf_new(0);

	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(put_user(user, "maria", 1, "hers"), 0);
	ck_assert_int_ne(put_user(other, "maria", 1, "not hers"), 0);
	ops->rollback(s);
	ck_assert_int_eq(ops->get_entry(s, user, entry), ERR_NOT_FOUND);
	buf_free(&entry);
}
END_TEST

static int
count_record(struct bytes record, void *arg)
{
	ck_assert(bytes_equal(record, text("two")));
	++*(int *)arg;
	return 0;
}

START_TEST(keeps_the_newest_record_of_live_devices)
{
	uint64_t number;
	int n = 0;

	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(ops->put_device(s, &(struct store_device){ laptop, user, head, true }), 0);
	ck_assert_int_eq(ops->put_device(s, &(struct store_device){ phone, user, head, false }), 0);
	ck_assert_int_eq(ops->put_record(s, laptop, 1, text("one")), 0);
	ck_assert_int_eq(ops->put_record(s, laptop, 2, text("two")), 0);
	ck_assert_int_eq(ops->put_record(s, phone, 1, text("gone")), 0);
	ck_assert_int_eq(ops->commit(s), 0);
	ck_assert_int_eq(ops->get_record(s, laptop, &number, NULL), 0);
	ck_assert_uint_eq(number, 2);
	ck_assert_int_eq(ops->each_record(s, user, count_record, &n), 0);
	ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(a_prekey_is_taken_once)
{
	struct store_prekey k = { 0 };
	uint32_t count;

	ck_assert_int_eq(ops->begin(s), 0);
	for (uint32_t i = 1; i <= 3; i++) {
		k.id = i;
		ck_assert_int_eq(ops->put_prekey(s, laptop, &k), 0);
	}
	for (uint32_t i = 1; i <= 3; i++) {
		ck_assert_int_eq(ops->take_prekey(s, laptop, &k), 0);
		ck_assert_uint_eq(k.id, i);
	}
	ck_assert_int_eq(ops->take_prekey(s, laptop, &k), ERR_NOT_FOUND);
	ck_assert_int_eq(ops->put_prekey(s, laptop, &k), 0);
	ck_assert_int_eq(ops->take_prekey(s, phone, &k), ERR_NOT_FOUND);
	ck_assert_int_eq(ops->drop_prekeys(s, laptop), 0);
	ck_assert_int_eq(ops->count_prekeys(s, laptop, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(ops->commit(s), 0);
}
END_TEST

START_TEST(an_invitation_serves_once)
{
	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(ops->use_invite(s, head, 1), ERR_NOT_FOUND);
	ck_assert_int_eq(ops->put_invite(s, head, 1), 0);
	ck_assert_int_eq(ops->use_invite(s, head, 2), 0);
	ck_assert_int_eq(ops->use_invite(s, head, 3), ERR_NOT_FOUND);
	ck_assert_int_eq(ops->commit(s), 0);
}
END_TEST

START_TEST(nobody_else_may_read_the_files)
{
	static const char *const names[] = { "recadod.db", "recadod.db-wal", "recadod.db-shm" };
	char path[128];
	struct stat st;

	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(put_user(user, "maria", 1, "x"), 0);
	ck_assert_int_eq(ops->commit(s), 0);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_uint_eq(st.st_mode & 077, 0);
	}
}
END_TEST

/* Beside a running relay: an invitation written by another process, a backup. */
START_TEST(is_shared_with_other_processes)
{
	struct fault f = { 0 };
	struct buf *identity = buf_new(0);
	struct store *beside = NULL;
	char path[128], copy[128];
	int n = 0;

	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(put_user(user, "maria", 1, "x"), 0);
	ck_assert_int_eq(ops->commit(s), 0);
	ck_assert_int_eq(ops->open(dir, false, &beside, &f), 0);
	ck_assert_int_eq(ops->begin(beside), 0);
	ck_assert_int_eq(ops->put_invite(beside, head, 1), 0);
	ck_assert_int_eq(ops->commit(beside), 0);
	snprintf(path, sizeof(path), "%s/backup", dir);
	ck_assert_int_eq(ops->backup(beside, path, text("secret"), &f), 0);
	ck_assert_int_eq(ops->backup(beside, path, text("secret"), &f), ERR_TAKEN);
	snprintf(copy, sizeof(copy), "%s/copy", dir);
	ck_assert_int_eq(mkdir(copy, 0700), 0);
	ck_assert_int_eq(ops->restore("/dev/null", copy, identity, &f), ERR_FORMAT);
	ck_assert_int_eq(ops->restore(path, copy, identity, &f), 0);
	ck_assert(bytes_equal(buf_view(identity), text("secret")));
	ck_assert_int_eq(ops->restore(path, copy, identity, &f), ERR_TAKEN);
	buf_free(&identity);
	ops->close(&beside);
	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(ops->use_invite(s, head, 2), 0);
	ck_assert_int_eq(ops->commit(s), 0);
	ck_assert_int_eq(ops->open(copy, true, &beside, &f), 0);
	ck_assert_int_eq(ops->each_user(beside, count_user, &n), 0);
	ck_assert_int_eq(n, 1);
	ck_assert_int_ne(ops->put_invite(beside, user, 1), 0);
	ops->close(&beside);
}
END_TEST

START_TEST(refuses_what_it_does_not_know)
{
	struct fault f = { 0 };
	struct store *t = NULL;
	char path[128];
	FILE *out;

	ops->close(&s);
	snprintf(path, sizeof(path), "%s/recadod.db", dir);
	ck_assert_ptr_nonnull(out = fopen(path, "w"));
	fputs("this is no database, but long enough to look at: 0123456789 0123456789", out);
	fclose(out);
	ck_assert_int_eq(ops->open(dir, false, &t, &f), ERR_IO);
	ck_assert_ptr_null(t);
	ck_assert_str_ne(f.what, "");
}
END_TEST

static int
note_certificate(const struct store_certificate *c, void *arg)
{
	struct store_certificate *out = arg;

	*out = *c;
	out->subject.p = out->user_name.p = out->der.p = NULL;
	return 0;
}

static uint64_t
counted(uint64_t given)
{
	uint64_t count;

	ck_assert_int_eq(ops->count_certificates(s, 50, given, &count), 0);
	return count;
}

/* Of four certificates: claimed, revoked, paid for with an invitation, given for the asking. */
START_TEST(counts_what_somebody_lives_by)
{
	uint8_t id[4][32] = { { 1 }, { 2 }, { 3 }, { 4 } };
	struct store_certificate c = { .made = 10, .expires = 100, .subject = text("CN=Ana"),
		.der = text("der") }, found;

	ck_assert_int_eq(ops->begin(s), 0);
	for (size_t i = 0; i < 4; i++) {
		c.serial = c.request = c.sha256 = id[i];
		c.invite = i == 2 ? head : NULL;
		ck_assert_int_eq(ops->put_certificate(s, &c), 0);
	}
	ck_assert_int_eq(ops->claim_certificate(s, id[0], text("ana")), 0);
	ck_assert_uint_eq(counted(9), 4);
	ck_assert_int_eq(ops->revoke_certificate(s, id[1], 20), 0);
	ck_assert_uint_eq(counted(9), 3);
	ck_assert_uint_eq(counted(10), 2);
	ck_assert_int_eq(ops->drop_unclaimed(s, 9), 0);
	ck_assert_uint_eq(counted(9), 3);
	ck_assert_int_eq(ops->drop_unclaimed(s, 10), 0);
	ck_assert_uint_eq(counted(9), 2);
	ck_assert_int_eq(
	    ops->find_certificate(s, id[3], NULL, note_certificate, &found), ERR_NOT_FOUND);
	for (size_t i = 0; i < 3; i++) /* the revoked one stays in the lists */
		ck_assert_int_eq(ops->find_certificate(s, id[i], NULL, note_certificate, &found), 0);
	ck_assert_int_eq(ops->commit(s), 0);
}
END_TEST

START_TEST(keeps_certificates)
{
	static const uint8_t serial[16] = { 7 };
	struct store_certificate c = { serial, user, other, head, 1, 100, 0, text("CN=Ana"),
		{ NULL, 0 }, text("der") };
	struct store_certificate found;
	struct buf *b = buf_new(0);
	uint64_t count;

	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(ops->put_certificate(s, &c), 0);
	ck_assert_int_eq(ops->claim_certificate(s, other, text("ana")), 0);
	ck_assert_int_eq(ops->claim_certificate(s, user, text("ana")), ERR_NOT_FOUND);
	ck_assert_int_eq(ops->put_value(s, "ca.key", text("k")), 0);
	ck_assert_int_eq(ops->put_value(s, "ca.key", text("key")), 0);
	ck_assert_int_eq(ops->commit(s), 0);
	reopen();
	ck_assert_int_eq(ops->find_certificate(s, user, NULL, note_certificate, &found), 0);
	ck_assert_uint_eq(found.expires, 100);
	ck_assert_uint_eq(found.user_name.n, 3);
	ck_assert_uint_eq(found.der.n, 3);
	ck_assert_int_eq(ops->find_certificate(s, NULL, other, note_certificate, &found), 0);
	ck_assert_int_eq(
	    ops->find_certificate(s, other, NULL, note_certificate, &found), ERR_NOT_FOUND);
	ck_assert_int_eq(ops->count_certificates(s, 99, 99, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(ops->count_certificates(s, 100, 0, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_ne(ops->put_certificate(s, &c), 0);
	ops->rollback(s);
	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(ops->revoke_certificate(s, serial, 50), 0);
	ck_assert_int_eq(ops->revoke_certificate(s, serial, 51), ERR_NOT_FOUND);
	ck_assert_int_eq(ops->commit(s), 0);
	ck_assert_int_eq(ops->each_certificate(s, note_certificate, &found), 0);
	ck_assert_uint_eq(found.revoked, 50);
	ck_assert_int_eq(ops->get_value(s, "ca.key", b), 0);
	ck_assert(bytes_equal(buf_view(b), text("key")));
	ck_assert_int_eq(ops->get_value(s, "ca.root", b), ERR_NOT_FOUND);
	buf_free(&b);
}
END_TEST

/* A store of the first format gets what it lacks, and loses nothing. */
START_TEST(an_old_store_is_brought_up_to_date)
{
	sqlite3 *db = NULL;
	char path[128];
	int n = 0;

	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(put_user(user, "maria", 1, "x"), 0);
	ck_assert_int_eq(ops->commit(s), 0);
	ops->close(&s);
	snprintf(path, sizeof(path), "%s/recadod.db", dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db,
			     "DROP TABLE certificate; DROP TABLE value; PRAGMA user_version = 1",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	reopen();
	ck_assert_int_eq(ops->begin(s), 0);
	ck_assert_int_eq(ops->put_value(s, "a", text("b")), 0);
	ck_assert_int_eq(ops->commit(s), 0);
	ck_assert_int_eq(ops->each_user(s, count_user, &n), 0);
	ck_assert_int_eq(n, 1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { keeps_accounts, a_name_is_ones,
		keeps_the_newest_record_of_live_devices, a_prekey_is_taken_once,
		an_invitation_serves_once, nobody_else_may_read_the_files,
		is_shared_with_other_processes, refuses_what_it_does_not_know,
		keeps_certificates, counts_what_somebody_lives_by, an_old_store_is_brought_up_to_date, NULL };
	Suite *suite = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_add_checked_fixture(t, setup, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(suite, t);
	return unit_run(suite);
}
