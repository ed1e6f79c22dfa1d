/*
 * create: what an earlier one left, as it was left and after something happened to it. It is gone on
 * with only when it is whole and of one piece; otherwise it stays, and what to do is said.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/cards.h"
#include "core/create.h"
#include "crypto/keyfile.h"
#include "desk.h"
#include "unit.h"

#define NAME "maria"
#define PASSPHRASE "correct horse"

static char home[64], path[128], said[1024];
static bool asked;
static int code;
static struct port listener;

static void
hear(struct port *p, struct core_event *ev)
{
	asked = asked || ev->kind == CORE_EV_ASK;
	if (ev->kind == CORE_EV_ERROR) {
		code = ev->fault->code;
		fault_line(ev->fault, said, sizeof(said));
	}
	core_event_clear(ev);
}

static const char *
below(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", home, name);
	return path;
}

static void
write_file(const char *name, const void *p, size_t n)
{
	FILE *f = fopen(below(name), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

/* The registration of a device, into what is staged. */
static void
remember(struct create *c, const struct person_device *d)
{
	buf_reset(c->signed_binding);
	buf_reset(c->event);
	buf_reset(c->record);
	ck_assert_int_eq(buf_put_bytes(c->signed_binding, buf_view(d->signed_binding)), 0);
	ck_assert_int_eq(pb_pack(parts.entry.events[0], c->event), 0);
	ck_assert_int_eq(pb_pack(parts.entry.records[0], c->record), 0);
	ck_assert_int_eq(create_remember(c), 0);
}

static struct op *
op_of(const char *name)
{
	struct op *op = mem_alloc(sizeof(*op));

	op->e = &desk;
	op->port = &listener;
	op->cmd.name = mem_strdup(name);
	TAILQ_INSERT_TAIL(&desk.ops, op, link);
	create_new(op)->relay_keys.count = 1; /* as first contact leaves it */
	return op;
}

/* Maria's laptop, promised to the relay and not settled. */
static void
stage(void)
{
	struct op *op = op_of(NAME);
	struct create *c = op->state;
	struct account *a = &desk.account;
	struct fault f = { 0 };
	struct keyfile *k = NULL;

	ck_assert_int_eq(profile_stage(desk.profile, &f), 0);
	ck_assert_int_eq(keyfile_new(&k), 0);
	key_sign_free(&k->device_sign);
	key_dh_free(&k->device_dh);
	k->device_sign = laptop->sign;
	k->device_dh = laptop->dh;
	ck_assert_int_eq(account_keys_write(&desk, k, PASSPHRASE, &f), 0);
	ck_assert_int_eq(store_open(profile_store(desk.profile), k->vault_key, &c->store, &f), 0);
	k->device_sign = NULL;
	k->device_dh = NULL;
	keyfile_free(&k);
	strcpy(a->name, NAME);
	strcpy(a->device_name, "laptop");
	memcpy(a->user_id, laptop->binding.user_id, STORE_USER);
	memcpy(a->device_id, laptop->id, STORE_DEVICE);
	memcpy(a->binding_hash, laptop->binding.hash, STORE_HASH);
	a->relay = mem_strdup("127.0.0.1:1");
	a->relay_keys.count = 1;
	ck_assert_int_eq(account_save(a, c->store), 0);
	remember(c, laptop);
	store_close(&c->store);
	ck_assert_int_eq(profile_promise(desk.profile, NAME), 0);
	profile_leave(desk.profile);
	account_clear(a);
	op_free(op);
}

static void
setup(void)
{
	struct fault f = { 0 };

	desk_setup();
	snprintf(home, sizeof(home), "/tmp/recado-resume-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(home));
	ck_assert_int_eq(profile_open(home, &desk.profile, &f), 0);
	ck_assert_int_eq(cards_new(&desk, &desk.cards, &f), 0);
	listener = (struct port){ .emit = hear };
	port_add(&desk, &listener);
	stage();
	asked = false;
	code = 0;
	said[0] = '\0';
}

static void
teardown(void)
{
	char command[96];

	port_remove(&listener);
	cards_free(&desk.cards);
	profile_free(&desk.profile);
	snprintf(command, sizeof(command), "rm -r %s", home);
	ck_assert_int_eq(system(command), 0);
	desk_teardown();
}

static struct store *
staged_open(void)
{
	struct keyfile *k = NULL;
	struct store *s = NULL;
	struct fault f = { 0 };

	profile_resume(desk.profile);
	ck_assert_int_eq(account_keys(&desk, PASSPHRASE, &k, &f), 0);
	ck_assert_int_eq(store_open(profile_store(desk.profile), k->vault_key, &s, &f), 0);
	keyfile_free(&k);
	return s;
}

static void
staged_close(struct store *s)
{
	store_close(&s);
	profile_leave(desk.profile);
}

/* The registration in the staged store, changed by hand. */
static void
with_registration(struct bytes v)
{
	struct store *s = staged_open();

	ck_assert_int_eq(store_value_set(s, "create.registration", v), 0);
	staged_close(s);
}

static void
registration(struct buf *out)
{
	struct store *s = staged_open();

	ck_assert_int_eq(store_value_get(s, "create.registration", out), 0);
	staged_close(s);
}

/* Is there something to go on with? NULL: nothing; otherwise the op that asked, unless it ended. */
static struct op *
resume(const char *name)
{
	struct op *op = op_of(name);

	if (create_resume(op->state))
		return TAILQ_EMPTY(&desk.ops) ? NULL : op;
	op_free(op);
	return NULL;
}

/* Where it comes to the passphrase first. */
static void
answer(const char *passphrase)
{
	struct op *op = resume(NAME);

	ck_assert_ptr_nonnull(op);
	ck_assert(asked);
	op->answer(op, passphrase);
}

/* It ended, said that and what to do; the keys are there yet, and the promise. */
static void
assert_refused(int why, const char *what)
{
	ck_assert_int_eq(code, why);
	ck_assert_ptr_nonnull(strstr(said, what));
	ck_assert_ptr_nonnull(strstr(said, "profile.new"));
	ck_assert(TAILQ_EMPTY(&desk.ops));
	ck_assert_ptr_null(desk.keys);
	ck_assert_int_eq(access(below("profile.new/keys"), F_OK), 0);
	ck_assert_int_eq(access(below("promised"), F_OK), 0);
	ck_assert_int_ne(access(below("profile/keys"), F_OK), 0);
}

START_TEST(what_is_whole_is_gone_on_with)
{
	struct create *c;
	struct op *op;

	answer(PASSPHRASE);
	ck_assert_int_eq(code, 0);
	op = TAILQ_FIRST(&desk.ops);
	ck_assert_ptr_nonnull(op);
	c = op->state;
	ck_assert(c->resumed && c->confirming && !c->adding);
	op_free(op);
	ck_assert_int_eq(access(below("profile.new/keys"), F_OK), 0);
}
END_TEST

START_TEST(nothing_promised_is_nothing)
{
	ck_assert_int_eq(unlink(below("promised")), 0);
	ck_assert_ptr_null(resume(NAME));
	ck_assert(!asked && code == 0);
}
END_TEST

START_TEST(another_name_or_passphrase)
{
	ck_assert_ptr_null(resume("joana"));
	ck_assert(!asked);
	assert_refused(ERR_TAKEN, "the account maria was begun here");
	answer("another");
	assert_refused(ERR_PASSPHRASE, "wrong passphrase");
}
END_TEST

/* The name: empty, cut within a letter, no name, with more behind it, far too long. */
START_TEST(a_damaged_promise)
{
	static char big[4096];
	static const struct bytes notes[] = { { NULL, 0 }, { (const uint8_t *)"jo\xc3", 3 },
		{ (const uint8_t *)"\x1b[2J", 4 }, { (const uint8_t *)"maria\n", 6 },
		{ (const uint8_t *)big, sizeof(big) } };

	memset(big, 'a', sizeof(big));
	write_file("promised", notes[_i].p != NULL ? notes[_i].p : (const uint8_t *)"", notes[_i].n);
	ck_assert_ptr_null(resume(NAME));
	ck_assert(!asked);
	assert_refused(code, "what was begun here is damaged");
	ck_assert_int_lt(code, 0);
}
END_TEST

START_TEST(a_damaged_key_file)
{
	static const off_t lengths[] = { 0, 1, 40 };

	if (_i < 3)
		ck_assert_int_eq(truncate(below("profile.new/keys"), lengths[_i]), 0);
	else
		write_file("profile.new/keys", "this is no key file at all", 26);
	answer(PASSPHRASE);
	assert_refused(code, "the key file is damaged");
}
END_TEST

START_TEST(a_damaged_store)
{
	if (_i == 0)
		ck_assert_int_eq(truncate(below("profile.new/store"), 100), 0);
	else if (_i == 1)
		ck_assert_int_eq(unlink(below("profile.new/store")), 0);
	else
		write_file("profile.new/store", "this is no store at all", 23);
	answer(PASSPHRASE);
	assert_refused(code, "");
	ck_assert_int_lt(code, 0);
}
END_TEST

START_TEST(a_cut_registration)
{
	struct buf *whole = buf_new(0);
	size_t n;

	registration(whole);
	n = buf_len(whole);
	with_registration((struct bytes){ buf_ptr(whole), _i == 0 ? 0 : _i == 1 ? n / 2 : n - 1 });
	buf_free(&whole);
	answer(PASSPHRASE);
	assert_refused(code, "what was begun here is damaged");
}
END_TEST

/* Whole and signed, and of another device. */
START_TEST(a_foreign_registration)
{
	struct op *op = op_of(NAME);
	struct create *c = op->state;
	struct buf *b = buf_new(0);
	struct fault f = { 0 };
	Recado__DeviceEvent ev;

	ck_assert_int_eq(store_open(below("other"), (const uint8_t[32]){ 1 }, &c->store, &f), 0);
	entry_clear();
	memcpy(phone->binding.user_id, laptop->binding.user_id, USER_ID_LEN);
	person_bind(phone, card);
	add_binding(phone);
	ev = event_of(phone, RECADO__DEVICE_EVENT_KIND__DEVICE_ADD);
	add_event(&ev, phone);
	add_record(phone, 1);
	remember(c, phone);
	ck_assert_int_eq(store_value_get(c->store, "create.registration", b), 0);
	store_close(&c->store);
	op_free(op);
	with_registration(buf_view(b));
	buf_free(&b);
	answer(PASSPHRASE);
	assert_refused(ERR_DAMAGED, "what was begun here is damaged");
}
END_TEST

/* ------------------------------------------------------------------------------ a request */

/* A create without a card that has sent its request; what is kept of it in the staged store. */
static void
request(uint8_t first)
{
	struct op *op = op_of(NAME);
	struct create *c = op->state;
	struct fault f = { 0 };

	op->cmd.invite = mem_strdup("0123");
	c->invite = mem_strdup("0123");
	memset(c->first, first, KEY_LEN);
	ck_assert(create_passphrase(c, PASSPHRASE));
	ck_assert_int_eq(create_request_make(c, &f), 0);
	ck_assert(c->requested && !profile_requested(desk.profile));
	ck_assert_int_eq(profile_request(desk.profile), 0);
	c->kept = true;
	op_free(op);
	ck_assert(profile_requested(desk.profile));
}

static int
request_open(const char *passphrase, uint8_t first, struct op **out)
{
	struct op *op = op_of("joana");
	struct create *c = op->state;
	struct fault f = { 0 };
	int r;

	*out = op;
	memset(c->first, first, KEY_LEN);
	ck_assert(create_passphrase(c, passphrase));
	r = create_request_open(c, &f);
	ck_assert_int_eq(f.code, r);
	return r;
}

START_TEST(a_request_is_gone_on_with)
{
	struct create *c;
	struct op *op;
	struct csr who;

	request(1);
	ck_assert_int_eq(request_open(PASSPHRASE, 1, &op), 0);
	c = op->state;
	ck_assert_str_eq(c->invite, "0123");
	ck_assert_uint_gt(c->keys->soft_card.n, 0);
	ck_assert_int_eq(csr_parse(buf_view(c->request), &who, NULL), 0);
	ck_assert_str_eq(who.subject.value[CSR_CN], NAME);
	op_free(op);
	ck_assert(profile_requested(desk.profile));
	ck_assert_ptr_null(resume(NAME)); /* nothing is registered */
	ck_assert(!asked);
}
END_TEST

START_TEST(a_request_is_its_relay_s_and_passphrase_s)
{
	struct op *op;

	request(1);
	ck_assert_int_eq(request_open(PASSPHRASE, 2, &op), ERR_TAKEN);
	op_free(op);
	ck_assert_int_eq(request_open("another", 1, &op), ERR_PASSPHRASE);
	op_free(op);
	ck_assert(profile_requested(desk.profile));
	ck_assert_int_eq(truncate(below("profile.new/store"), 100), 0);
	ck_assert_int_ne(request_open(PASSPHRASE, 1, &op), 0);
	op_free(op);
	ck_assert(profile_requested(desk.profile));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("create resume");
	TCase *c = tcase_create("create resume");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, what_is_whole_is_gone_on_with);
	tcase_add_test(c, nothing_promised_is_nothing);
	tcase_add_test(c, another_name_or_passphrase);
	tcase_add_loop_test(c, a_damaged_promise, 0, 5);
	tcase_add_loop_test(c, a_damaged_key_file, 0, 4);
	tcase_add_loop_test(c, a_damaged_store, 0, 3);
	tcase_add_loop_test(c, a_cut_registration, 0, 3);
	tcase_add_test(c, a_foreign_registration);
	tcase_add_test(c, a_request_is_gone_on_with);
	tcase_add_test(c, a_request_is_its_relay_s_and_passphrase_s);
	suite_add_tcase(s, c);
	return unit_run(s);
}
