/*
 * People without a card: what a further certificate of the relay's own CA goes on with, which is the same
 * key and the same subject by the same root, and nothing else.
 */
#include <openssl/x509.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/ca.h"
#include "entry.h"
#include "unit.h"

#define DAY 86400000ull

static struct ca *own, *other;
static struct csr who;
static struct person_card *later;

static struct ca *
authority(uint8_t relay)
{
	uint8_t id_of[32];
	struct ca_root root = { "exemplo", id_of, PERSON_NOW - DAY, PERSON_NOW + 9000 * DAY };
	struct ca *c = NULL;

	memset(id_of, relay, sizeof(id_of));
	ck_assert_int_eq(ca_new(&root, &c), 0);
	ck_assert_int_eq(cert_store_add(store, CERT_RELAY_ANCHORS, ca_root_der(c), NULL), 0);
	return c;
}

/* A fresh key; w is what a request by it would say. */
static struct person_card *
person_new(const char *subject, struct csr *w)
{
	struct person_card *c = mem_alloc(sizeof(*c));
	struct buf *request = buf_new(CSR_MAX);
	struct csr_subject s;
	struct bytes key;
	const uint8_t *p;
	void *secret;

	ck_assert_int_eq(csr_subject_parse(subject, "maria", &s, NULL), 0);
	ck_assert_int_eq(csr_make(&s, &key, request), 0);
	ck_assert_int_eq(csr_parse(buf_view(request), w, NULL), 0);
	p = key.p;
	c->key = d2i_AutoPrivateKey(NULL, &p, (long)key.n);
	ck_assert_ptr_nonnull(c->key);
	c->der = buf_new(0);
	memcpy(&secret, &key.p, sizeof(secret));
	mem_secret_free(&secret);
	buf_free(&request);
	return c;
}

static void
certify(struct person_card *c, const struct ca *by, const struct csr *w, uint64_t from)
{
	struct ca_validity v = { from, from + 90 * DAY };
	uint8_t serial[CA_SERIAL_LEN];

	buf_reset(c->der);
	ck_assert_int_eq(ca_issue(by, w, &v, serial, c->der), 0);
}

/* Maria, with a laptop, by the relay's own CA; `later` is another certificate for her. */
static void
setup(void)
{
	entry_setup();
	own = authority(1);
	other = authority(2);
	person_card_free(&card);
	card = person_new("C=PT, CN=Maria da Silva", &who);
	certify(card, own, &who, PERSON_NOW - DAY);
	found();
	ck_assert_int_eq(update(), 0);
	ck_assert_int_eq(identity_verdict(id)->anchor, 'R');
	later = mem_alloc(sizeof(*later));
	later->key = card->key;
	EVP_PKEY_up_ref(later->key);
	later->der = buf_new(0);
	chk.now = PERSON_NOW + 80 * DAY;
}

static void
teardown(void)
{
	person_card_free(&later);
	ca_free(&own);
	ca_free(&other);
	entry_teardown();
}

static int
renewed_by(const struct person_card *c)
{
	struct binding *b = &laptop->binding;

	ck_assert_int_eq(binding_device_hash(laptop->id, b->device_signing_key, b->device_identity_key,
			     b->renewed[0]),
	    0);
	b->renewed_count = 1;
	further(laptop, c, BINDING_PURPOSE_RENEW);
	return update();
}

START_TEST(the_same_key_and_subject_go_on)
{
	uint8_t user[USER_ID_LEN];

	memcpy(user, identity_user_id(id), sizeof(user));
	if (_i == 1)
		chk.now = PERSON_NOW + 100 * DAY; /* who looks after the first has ended */
	certify(later, own, &who, PERSON_NOW + 75 * DAY);
	ck_assert_int_eq(renewed_by(later), 0);
	ck_assert_mem_eq(identity_user_id(id), user, sizeof(user));
	ck_assert_int_eq(identity_verdict(id)->code, 0);
	ck_assert_int_eq(identity_verdict(id)->trust, 'R');
	ck_assert(bytes_equal(identity_certificate(id), buf_view(later->der)));
	ck_assert_mem_eq(identity_find_device(id, laptop->id)->binding_hash, laptop->binding.hash, HASH_LEN);
}
END_TEST

/* What was taken is taken, also where the root is known no more; nobody new is then. */
START_TEST(the_root_may_be_gone)
{
	struct cert_store *empty = cert_store_new(&policy);
	struct identity *again = identity_new();

	certify(later, own, &who, PERSON_NOW + 75 * DAY);
	ck_assert_int_eq(renewed_by(later), 0);
	chk.store = empty;
	ck_assert_int_ne(identity_update(again, &parts.entry, &chk, &fault), 0);
	chk.kept = true;
	ck_assert_int_eq(identity_update(again, &parts.entry, &chk, &fault), 0);
	ck_assert_int_eq(identity_verdict(again)->trust, '?');
	identity_free(&again);
	cert_store_free(&empty);
}
END_TEST

START_TEST(another_key_does_not)
{
	struct csr second;
	struct person_card *thief = person_new("C=PT, CN=Maria da Silva", &second);

	certify(thief, own, &second, PERSON_NOW + 75 * DAY);
	ck_assert(!cert_same_holder(buf_view(thief->der), buf_view(card->der)));
	ck_assert_int_eq(renewed_by(thief), ERR_UNTRUSTED);
	person_card_free(&thief);
}
END_TEST

START_TEST(another_subject_does_not)
{
	static const char *const names[] = { "C=PT, CN=Maria da Costa", "C=PT, CN=MARIA DA SILVA",
		"CN=Maria da Silva", "C=PT, O=Escola, CN=Maria da Silva" };
	struct csr changed = who;

	ck_assert_int_eq(csr_subject_parse(names[_i], "maria", &changed.subject, NULL), 0);
	certify(later, own, &changed, PERSON_NOW + 75 * DAY);
	ck_assert_int_eq(renewed_by(later), ERR_UNTRUSTED);
}
END_TEST

START_TEST(another_authority_does_not)
{
	certify(later, other, &who, PERSON_NOW + 75 * DAY);
	ck_assert_int_eq(renewed_by(later), ERR_UNTRUSTED);
}
END_TEST

START_TEST(a_card_does_not)
{
	struct person_card *c = person_card_new(ca, "Maria da Silva", "BI900000017");

	ck_assert_int_eq(renewed_by(c), ERR_UNTRUSTED);
	person_card_free(&c);
}
END_TEST

/* What a certificate says, as a request: the same key and subject, and the same certificate again. */
START_TEST(a_certificate_as_a_request)
{
	struct csr again;

	ck_assert_int_eq(csr_of_certificate(buf_view(card->der), &again), 0);
	ck_assert_mem_eq(&again.subject, &who.subject, sizeof(who.subject));
	ck_assert_uint_eq(again.spki_len, who.spki_len);
	ck_assert_mem_eq(again.spki, who.spki, who.spki_len);
	ck_assert_int_eq(csr_of_certificate((struct bytes){ NULL, 0 }, &again), ERR_FORMAT);
	for (size_t n = 1; n < buf_len(card->der); n += 7)
		ck_assert_int_ne(
		    csr_of_certificate((struct bytes){ buf_ptr(card->der), n }, &again), 0);
	ck_assert_uint_eq(again.spki_len, 0);
	ck_assert(!cert_same_holder((struct bytes){ NULL, 0 }, buf_view(card->der)));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("identity of who has no card");
	TCase *c = tcase_create("identity of who has no card");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, the_same_key_and_subject_go_on, 0, 2);
	tcase_add_test(c, the_root_may_be_gone);
	tcase_add_test(c, another_key_does_not);
	tcase_add_loop_test(c, another_subject_does_not, 0, 4);
	tcase_add_test(c, another_authority_does_not);
	tcase_add_test(c, a_card_does_not);
	tcase_add_test(c, a_certificate_as_a_request);
	suite_add_tcase(s, c);
	return unit_run(s);
}
