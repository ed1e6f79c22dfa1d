/*
 * letter: what is kept of what people write.
 */
#include <stdlib.h>
#include <string.h>

#include "core/letter.h"
#include "crypto/content.h"
#include "desk.h"
#include "unit.h"

static struct store_person maria;

static void
setup(void)
{
	struct fault f = { 0 };

	desk_setup();
	memset(desk.account.user_id, 3, USER_ID_LEN);
	ck_assert_msg(trust_person(desk.trust, &parts.entry, &maria, &f) == 0, "%s", f.what);
}

/* From maria's laptop, with her id for it. */
static Recado__SignedContent *
written(uint8_t name, const char *text)
{
	struct content c = { .text = { (const uint8_t *)text, strlen(text) }, .recipient_count = 1,
		.sequence = 1, .written_at = PERSON_NOW };
	const uint8_t (*to)[USER_ID_LEN] = (const uint8_t(*)[USER_ID_LEN])desk.account.user_id;
	Recado__SignedContent *sc = NULL;
	struct buf *b = buf_new(0);
	uint8_t mh[HASH_LEN];

	memset(c.id, name, sizeof(c.id));
	memset(c.nonce, text[0], sizeof(c.nonce));
	memcpy(c.sender_user, maria.user_id, USER_ID_LEN);
	memcpy(c.sender_device, laptop->id, DEVICE_ID_LEN);
	memcpy(c.sender_binding, laptop->binding.hash, HASH_LEN);
	c.recipients = to;
	ck_assert_int_eq(
	    content_conversation(desk.account.user_id, maria.user_id, c.conversation), 0);
	ck_assert_int_eq(content_sign(&c, laptop->sign, b, mh), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_content__descriptor, buf_view(b), &sc), 0);
	buf_free(&b);
	return sc;
}

/* As inbox does: one transaction. */
static int
take(uint8_t name, const char *text)
{
	const struct identity_device *d =
	    identity_find_device(trust_identity(desk.trust, &maria), laptop->id);
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	struct letter_news news = { 0 };
	int r = store_begin(desk.store);

	ck_assert_int_eq(r, 0);
	pt.content = written(name, text);
	r = letter_read(&desk, &maria, d, &pt, &news);
	r = store_end(desk.store, r);
	letter_clear(&news);
	pb_free(&pt.content);
	return r;
}

static uint32_t
kept(void)
{
	uint32_t n;

	ck_assert_int_eq(store_message_count(desk.store, STORE_LIST_INBOX, maria.id, &n), 0);
	return n;
}

START_TEST(a_message_that_comes_again_is_one)
{
	ck_assert_int_eq(take(1, "ola"), 0);
	ck_assert_int_eq(take(1, "ola"), 0);
	ck_assert_uint_eq(kept(), 1);
}
END_TEST

/* The sender chooses the id: status and receipt must not find two messages by one. */
START_TEST(an_id_names_one_message)
{
	ck_assert_int_eq(take(1, "ola"), 0);
	ck_assert_int_eq(take(1, "adeus"), ERR_TAKEN);
	ck_assert_uint_eq(kept(), 1);
	ck_assert_int_eq(take(2, "adeus"), 0);
	ck_assert_uint_eq(kept(), 2);
}
END_TEST

START_TEST(an_id_of_ours_is_not_theirs)
{
	struct store_message m = { .person = maria.id, .outgoing = true, .text = "mine",
		.id = "0101010101010101" };

	ck_assert_int_eq(store_message_add(desk.store, &m, (struct bytes){ NULL, 0 }), 0);
	ck_assert_int_eq(take(1, "ola"), ERR_TAKEN);
	ck_assert_uint_eq(kept(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("letter");
	TCase *c = tcase_create("letter");

	tcase_add_checked_fixture(c, setup, desk_teardown);
	tcase_add_test(c, a_message_that_comes_again_is_one);
	tcase_add_test(c, an_id_names_one_message);
	tcase_add_test(c, an_id_of_ours_is_not_theirs);
	suite_add_tcase(s, c);
	return unit_run(s);
}
