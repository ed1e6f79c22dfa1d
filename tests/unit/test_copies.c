/*
 * copies: what another device of one's own user tells, on this one. This one is maria's phone, the
 * other her laptop; rui is a contact, with a tablet.
 */
#include <stdlib.h>
#include <string.h>

#include "core/letter.h"
#include "core/receipts.h"
#include "twin.h"
#include "unit.h"

/* ------------------------------------------------------------------------------ what comes in */

/* As inbox does: one transaction. Takes what is in pt over. */
static int
take(struct store_person *p, const struct person_device *from, Recado__Plaintext *pt)
{
	const struct identity_device *d =
	    identity_find_device(trust_identity(desk.trust, p), from->id);
	struct letter_news news = { 0 };
	size_t i;
	int r = store_begin(desk.store);

	ck_assert_int_eq(r, 0);
	ck_assert_ptr_nonnull(d);
	r = letter_read(&desk, p, d, pt, &news);
	r = store_end(desk.store, r);
	if (r == 0)
		letter_tell(&desk, &news);
	letter_clear(&news);
	pb_free(&pt->content);
	for (i = 0; i < pt->n_receipts; i++)
		pb_free(&pt->receipts[i]);
	return r;
}

static int
take_content(struct store_person *p, const struct person_device *from, Recado__SignedContent *sc)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;

	pt.content = sc;
	return take(p, from, &pt);
}

static int
take_receipt(struct store_person *p, const struct person_device *from, Recado__SignedReceipt *sr)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;

	pt.receipts = &sr;
	pt.n_receipts = 1;
	return take(p, from, &pt);
}

static int
take_state(const struct person_device *from, Recado__CopyStanding standing, Recado__Warrant *proof)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	Recado__CopyState cs = RECADO__COPY_STATE__INIT, *one = &cs;
	int r;

	cs.message = pb_data((struct bytes){ mh, HASH_LEN });
	cs.state = standing;
	cs.time = PERSON_NOW;
	cs.proof = proof;
	cs.reason = pb_data((struct bytes){ (const uint8_t *)"card\x1b[2J revoked", 16 });
	pt.copy_states = &one;
	pt.n_copy_states = 1;
	r = take(&self, from, &pt);
	pb_free(&cs.proof);
	return r;
}

struct kept {
	struct store_message m;
	char text[64], error[64];
	size_t n;
};

static int
keep_one(void *arg, const struct store_message *m)
{
	struct kept *k = arg;

	k->m = *m;
	snprintf(k->text, sizeof(k->text), "%s", m->text);
	snprintf(k->error, sizeof(k->error), "%s", m->error != NULL ? m->error : "");
	k->n++;
	return 0;
}

/* All that there is, the newest last. */
static struct kept
kept(void)
{
	struct store_query q = { .list = STORE_LIST_HISTORY };
	struct kept k = { .n = 0 };

	ck_assert_int_eq(store_message_each(desk.store, &q, keep_one, &k), 0);
	return k;
}

static uint32_t
count(enum store_list list)
{
	uint32_t n;

	ck_assert_int_eq(store_message_count(desk.store, list, 0, &n), 0);
	return n;
}

static int
count_kind(void *arg, const struct store_receipt *r)
{
	((uint32_t *)arg)[r->kind]++;
	return 0;
}

static uint32_t
receipts_due(int kind)
{
	uint32_t n[64] = { 0 };

	ck_assert_int_eq(store_receipt_each(desk.store, UINT64_MAX >> 1, count_kind, n), 0);
	return n[kind];
}

/* ------------------------------------------------------------------------------ copies */

START_TEST(a_copy_is_ours)
{
	struct store_person p;
	struct kept k;

	ck_assert_int_eq(rui.contact, CORE_CONTACT_NONE);
	ck_assert_int_eq(take_content(&self, laptop, written("ola", rui.user_id, laptop, laptop)), 0);
	k = kept();
	ck_assert_uint_eq(k.n, 1);
	ck_assert_str_eq(k.text, "ola");
	ck_assert(k.m.outgoing && !k.m.unread && k.m.sealed);
	ck_assert_int_eq(k.m.person, rui.id);
	ck_assert_int_eq(k.m.state, CORE_ST_QUEUED);
	ck_assert_mem_eq(k.m.device, laptop->id, STORE_DEVICE);
	ck_assert_mem_eq(k.m.mh, mh, HASH_LEN);
	/* who is written to is accepted, here too */
	ck_assert_int_eq(store_person_by_id(desk.store, rui.id, &p), 0);
	ck_assert_int_eq(p.contact, CORE_CONTACT);
	/* nobody gets a receipt for it */
	ck_assert_uint_eq(receipts_due(RECEIPT_KIND_DELIVERED), 0);
}
END_TEST

START_TEST(a_copy_that_comes_again_is_one)
{
	ck_assert_int_eq(take_content(&self, laptop, written("ola", rui.user_id, laptop, laptop)), 0);
	ck_assert_int_eq(take_content(&self, laptop, written("ola", rui.user_id, laptop, laptop)), 0);
	ck_assert_uint_eq(kept().n, 1);
}
END_TEST

/* CVE-2017-5592: copies count only from one's own devices. */
START_TEST(nobody_else_copies)
{
	/* rui says what maria is to have written, in his own session */
	ck_assert_int_eq(
	    take_content(&rui, tablet, written("forjado", rui.user_id, laptop, tablet)), ERR_UNTRUSTED);
	/* even what she did write */
	ck_assert_int_eq(
	    take_content(&rui, tablet, written("passado", rui.user_id, laptop, laptop)), ERR_SIGNATURE);
	/* in the laptop's session, signed by another key, or in the name of another device */
	ck_assert_int_eq(take_content(&self, laptop, written("chave", rui.user_id, laptop, tablet)),
	    ERR_SIGNATURE);
	ck_assert_int_eq(take_content(&self, laptop, written("nome", rui.user_id, phone, laptop)),
	    ERR_UNTRUSTED);
	/* to herself */
	ck_assert_int_eq(
	    take_content(&self, laptop, written("eu", desk.account.user_id, laptop, laptop)),
	    ERR_UNTRUSTED);
	ck_assert_uint_eq(kept().n, 0);
}
END_TEST

START_TEST(who_is_blocked_stays_so)
{
	struct store_person p;

	rui.contact = CORE_CONTACT_BLOCKED;
	ck_assert_int_eq(store_person_set(desk.store, &rui), 0);
	ck_assert_int_eq(take_content(&self, laptop, written("ola", rui.user_id, laptop, laptop)), 0);
	ck_assert_int_eq(store_person_by_id(desk.store, rui.id, &p), 0);
	ck_assert_int_eq(p.contact, CORE_CONTACT_BLOCKED);
}
END_TEST

START_TEST(a_copy_to_somebody_unknown_waits)
{
	static const uint8_t zero[STORE_USER];
	uint8_t stranger[STORE_USER], user[STORE_USER], about[STORE_HASH], author[STORE_DEVICE];
	struct buf *b = buf_new(0);

	memset(stranger, 0x55, sizeof(stranger));
	ck_assert_int_eq(take_content(&self, laptop, written("ola", stranger, laptop, laptop)), 0);
	ck_assert_uint_eq(kept().n, 0);
	ck_assert_int_eq(store_early_user(desk.store, zero, user), 0);
	ck_assert_mem_eq(user, stranger, STORE_USER);
	ck_assert_int_eq(store_early_content(desk.store, user, about, author, b), 0);
	ck_assert_mem_eq(about, mh, STORE_HASH);
	ck_assert_mem_eq(author, laptop->id, STORE_DEVICE);
	buf_free(&b);
}
END_TEST

/* ------------------------------------------------------------------------------ states */

START_TEST(sent_is_proven_by_the_relay)
{
	struct key_sign *other = NULL;

	ck_assert_int_eq(key_sign_new(&other), 0);
	ck_assert_int_eq(take_content(&self, laptop, written("ola", rui.user_id, laptop, laptop)), 0);
	ck_assert_int_eq(take_state(laptop, RECADO__COPY_STANDING__COPY_SENT, NULL), 0);
	ck_assert_int_eq(take_state(laptop, RECADO__COPY_STANDING__COPY_SENT, warrant(other)), 0);
	ck_assert_int_eq(kept().m.state, CORE_ST_QUEUED);
	/* not of a message that another device wrote */
	ck_assert_int_eq(take_state(phone, RECADO__COPY_STANDING__COPY_SENT, warrant(relay)), 0);
	ck_assert_int_eq(kept().m.state, CORE_ST_QUEUED);
	ck_assert_int_eq(take_state(laptop, RECADO__COPY_STANDING__COPY_SENT, warrant(relay)), 0);
	ck_assert_int_eq(kept().m.state, CORE_ST_SENT);
	/* what is sent has not failed */
	ck_assert_int_eq(take_state(laptop, RECADO__COPY_STANDING__COPY_FAILED, NULL), 0);
	ck_assert_int_eq(kept().m.state, CORE_ST_SENT);
	key_sign_free(&other);
}
END_TEST

START_TEST(a_failure_has_its_reason)
{
	ck_assert_int_eq(take_content(&self, laptop, written("ola", rui.user_id, laptop, laptop)), 0);
	ck_assert_int_eq(take_state(laptop, RECADO__COPY_STANDING__COPY_FAILED, NULL), 0);
	ck_assert_int_eq(kept().m.state, CORE_ST_FAILED);
	ck_assert_ptr_nonnull(strstr(kept().error, "revoked"));
	ck_assert_ptr_null(strchr(kept().error, '\x1b'));
}
END_TEST

START_TEST(what_comes_before_the_copy_waits_for_it)
{
	Recado__SignedContent *sc = written("ola", rui.user_id, laptop, laptop);

	ck_assert_int_eq(take_state(laptop, RECADO__COPY_STANDING__COPY_SENT, warrant(relay)), 0);
	ck_assert_int_eq(
	    take_receipt(&rui, tablet, receipt(RECEIPT_KIND_DELIVERED, rui.user_id, tablet)), 0);
	ck_assert_int_eq(
	    take_receipt(&rui, tablet, receipt(RECEIPT_KIND_READ, rui.user_id, tablet)), 0);
	ck_assert_uint_eq(kept().n, 0);
	ck_assert_int_eq(take_content(&self, laptop, sc), 0);
	ck_assert_int_eq(kept().m.state, CORE_ST_READ);
}
END_TEST

static int
count_early(void *arg, const struct store_early *x)
{
	++*(size_t *)arg;
	return 0;
}

/* Somebody whose receipts are about nothing fills no disk; our own devices still find room. */
START_TEST(what_waits_is_bounded)
{
	struct store_early x = { .kind = RECEIPT_KIND_READ, .person = rui.id, .blob = { mh, 4 } };
	size_t n = 0, i, all = 0;

	ck_assert_int_eq(store_begin(desk.store), 0);
	for (i = 0; i < 300; i++) {
		x.about[0] = (uint8_t)i;
		x.about[1] = (uint8_t)(i >> 8);
		ck_assert_int_eq(store_early_add(desk.store, &x), 0);
		n = 0;
		ck_assert_int_eq(store_early_each(desk.store, x.about, count_early, &n), 0);
		all += n;
	}
	ck_assert_uint_eq(all, 256);
	x.ours = true;
	n = 0;
	ck_assert_int_eq(store_early_add(desk.store, &x), 0);
	ck_assert_int_eq(store_early_each(desk.store, x.about, count_early, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(store_end(desk.store, 0), 0);
}
END_TEST

START_TEST(receipts_passed_on_are_verified_again)
{
	ck_assert_int_eq(take_content(&self, laptop, written("ola", rui.user_id, laptop, laptop)), 0);
	/* in rui's name, signed by the laptop */
	ck_assert_int_eq(
	    take_receipt(&self, laptop, receipt(RECEIPT_KIND_READ, rui.user_id, laptop)), 0);
	ck_assert_int_eq(kept().m.state, CORE_ST_QUEUED);
	ck_assert_int_eq(
	    take_receipt(&self, laptop, receipt(RECEIPT_KIND_READ, rui.user_id, tablet)), 0);
	ck_assert_int_eq(kept().m.state, CORE_ST_READ);
}
END_TEST

/* Under a binding that is none of rui's: it waits for the relay, and does not count. */
START_TEST(a_receipt_names_a_binding)
{
	static const uint8_t none[HASH_LEN] = { 7 };
	uint8_t binding[HASH_LEN];

	ck_assert_int_eq(take_content(&self, laptop, written("ola", rui.user_id, laptop, laptop)), 0);
	memcpy(binding, tablet->binding.hash, HASH_LEN);
	memcpy(tablet->binding.hash, none, HASH_LEN);
	ck_assert_int_eq(
	    take_receipt(&rui, tablet, receipt(RECEIPT_KIND_READ, rui.user_id, tablet)), ERR_AGAIN);
	ck_assert_int_eq(kept().m.state, CORE_ST_QUEUED);
	memcpy(tablet->binding.hash, binding, HASH_LEN);
	ck_assert_int_eq(
	    take_receipt(&rui, tablet, receipt(RECEIPT_KIND_READ, rui.user_id, tablet)), 0);
	ck_assert_int_eq(kept().m.state, CORE_ST_READ);
}
END_TEST

/* ------------------------------------------------------------------------------ reading */

START_TEST(what_one_device_shows_is_read_on_all)
{
	rui.contact = CORE_CONTACT;
	ck_assert_int_eq(store_person_set(desk.store, &rui), 0);
	ck_assert_int_eq(take_content(&rui, tablet, received("bom dia")), 0);
	ck_assert(kept().m.unread);
	/* rui cannot read it for her, in his name or in hers */
	ck_assert_int_eq(
	    take_receipt(&rui, tablet, receipt(RECEIPT_KIND_READ, rui.user_id, tablet)), 0);
	ck_assert_int_eq(
	    take_receipt(&rui, tablet, receipt(RECEIPT_KIND_READ, desk.account.user_id, tablet)), 0);
	ck_assert_int_eq(
	    take_receipt(&self, laptop, receipt(RECEIPT_KIND_READ, desk.account.user_id, tablet)), 0);
	ck_assert(kept().m.unread);
	ck_assert_int_eq(
	    take_receipt(&self, laptop, receipt(RECEIPT_KIND_READ, desk.account.user_id, laptop)), 0);
	ck_assert(!kept().m.unread);
	ck_assert_int_eq(kept().m.state, CORE_ST_READ);
	/* recv still prints it here, once, and says nothing to anybody */
	ck_assert_uint_eq(count(STORE_LIST_UNREAD), 0);
	ck_assert_uint_eq(count(STORE_LIST_NEW), 1);
	ck_assert_int_eq(receipts_read(&desk, kept().m.row), 0);
	ck_assert_uint_eq(count(STORE_LIST_NEW), 0);
	/* rui hears from the laptop that it was read, from here that it came */
	ck_assert_uint_eq(receipts_due(RECEIPT_KIND_DELIVERED), 1);
	ck_assert_uint_eq(receipts_due(RECEIPT_KIND_READ), 0);
	ck_assert_uint_eq(receipts_due(STORE_RECEIPT_OWN + RECEIPT_KIND_READ), 0);
}
END_TEST

START_TEST(shown_elsewhere_before_it_came)
{
	Recado__SignedContent *sc = received("bom dia");

	ck_assert_int_eq(
	    take_receipt(&self, laptop, receipt(RECEIPT_KIND_READ, desk.account.user_id, laptop)), 0);
	ck_assert_int_eq(take_content(&rui, tablet, sc), 0);
	ck_assert(!kept().m.unread);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("copies");
	TCase *c = tcase_create("copies");

	tcase_add_checked_fixture(c, twin_setup, twin_teardown);
	tcase_add_test(c, a_copy_is_ours);
	tcase_add_test(c, a_copy_that_comes_again_is_one);
	tcase_add_test(c, nobody_else_copies);
	tcase_add_test(c, who_is_blocked_stays_so);
	tcase_add_test(c, a_copy_to_somebody_unknown_waits);
	tcase_add_test(c, sent_is_proven_by_the_relay);
	tcase_add_test(c, a_failure_has_its_reason);
	tcase_add_test(c, what_comes_before_the_copy_waits_for_it);
	tcase_add_test(c, what_waits_is_bounded);
	tcase_add_test(c, receipts_passed_on_are_verified_again);
	tcase_add_test(c, a_receipt_names_a_binding);
	tcase_add_test(c, what_one_device_shows_is_read_on_all);
	tcase_add_test(c, shown_elsewhere_before_it_came);
	suite_add_tcase(s, c);
	return unit_run(s);
}
