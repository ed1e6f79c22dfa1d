/*
 * ca: what a relay's own CA issues, judged by the product's own validator.
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/ca.h"
#include "person.h"
#include "unit.h"

#define DAY_MS (24ull * 3600 * 1000)

static const uint8_t relay[32] = { 1, 2, 3 };

static struct ca *
new_ca(void)
{
	struct ca_root root = { "test.example", relay, PERSON_NOW - DAY_MS,
		PERSON_NOW + 3650 * DAY_MS };
	struct ca *c;

	ck_assert_int_eq(ca_new(&root, &c), 0);
	return c;
}

static void
request(const char *subject, struct csr *out)
{
	struct buf *der = buf_new(CSR_MAX);
	struct csr_subject s;
	struct bytes key;
	void *secret;

	ck_assert_int_eq(csr_subject_parse(subject, "ana", &s, NULL), 0);
	ck_assert_int_eq(csr_make(&s, &key, der), 0);
	ck_assert_int_eq(csr_parse(buf_view(der), out, NULL), 0);
	memcpy(&secret, &key.p, sizeof(secret));
	mem_secret_free(&secret);
	buf_free(&der);
}

static struct buf *
leaf_of(const struct ca *c, const char *subject, uint8_t serial[CA_SERIAL_LEN])
{
	struct ca_validity v = { PERSON_NOW - 3600000, PERSON_NOW + 730 * DAY_MS };
	struct buf *der = buf_new(CERT_DER_MAX);
	struct csr who;

	request(subject, &who);
	ck_assert_int_eq(ca_issue(c, &who, &v, serial, der), 0);
	return der;
}

static struct buf *
crl_of(const struct ca *c, uint64_t number, const uint8_t *serial)
{
	struct ca_revoked one = { .at = PERSON_NOW - 1000 };
	struct ca_list list = { number, PERSON_NOW - 1000, PERSON_NOW + DAY_MS, &one, 0 };
	struct buf *der = buf_new(0);

	if (serial != NULL) {
		memcpy(one.serial, serial, sizeof(one.serial));
		list.count = 1;
	}
	ck_assert_int_eq(ca_crl(c, &list, der), 0);
	return der;
}

static struct cert_store *
store_of(enum cert_profile profile, const struct ca *c, enum cert_kind as)
{
	struct cert_policy policy = cert_policy_default();
	struct cert_store *s;

	policy.profile = profile;
	s = cert_store_new(&policy);
	ck_assert_int_eq(cert_store_add(s, as, ca_root_der(c), NULL), 0);
	return s;
}

static const struct cert_verdict *
judge(struct cert_store *s, const struct buf *leaf, int expected)
{
	struct cert_request rq = { .leaf = buf_view(leaf), .now_ms = PERSON_NOW };
	const struct cert_verdict *v = NULL;
	struct fault f = { 0 };
	int r = cert_verify(s, &rq, &v, &f);

	ck_assert_msg(r == expected, "%s: %s", err_name(r), f.what);
	ck_assert_ptr_nonnull(v);
	return v;
}

/* In both profiles, with a list and without one. */
START_TEST(what_is_issued_is_valid)
{
	enum cert_profile profile = _i == 0 ? CERT_STANDARD : CERT_STRICT;
	struct ca *c = new_ca();
	uint8_t serial[CA_SERIAL_LEN];
	struct buf *leaf = leaf_of(c, "C=PT,ST=Évora,L=Évora,O=UÉ,CN=Ana Sá", serial);
	struct buf *crl = crl_of(c, 1, NULL);
	struct cert_store *s = store_of(profile, c, CERT_RELAY_ANCHORS);
	const struct cert_verdict *v = judge(s, leaf, 0);

	ck_assert_int_eq(v->trust, 'R');
	ck_assert_str_eq(v->sentence,
	    "certificate of the relay test.example's own CA; no card stands behind this name; "
	    "whether it is revoked is unknown");
	cert_verdict_free(&v);
	ck_assert_int_eq(cert_store_update_crl(s, buf_view(crl), NULL, NULL), 0);
	v = judge(s, leaf, 0);
	ck_assert_int_eq(v->trust, 'R');
	ck_assert_int_eq(v->chain[1].revocation, CERT_GOOD);
	ck_assert_str_eq(v->civil_name, "Ana Sá");
	ck_assert_str_eq(v->civil_id, "");
	ck_assert_str_eq(v->sentence,
	    "certificate of the relay test.example's own CA; no card stands behind this name");
	cert_verdict_free(&v);
	cert_store_free(&s);
	buf_free(&leaf);
	buf_free(&crl);
	ca_free(&c);
}
END_TEST

START_TEST(the_revoked_is_revoked)
{
	struct ca *c = new_ca();
	uint8_t serial[CA_SERIAL_LEN], other[CA_SERIAL_LEN];
	struct buf *leaf = leaf_of(c, "CN=Ana", serial), *good = leaf_of(c, "CN=Rui", other);
	struct buf *crl = crl_of(c, 2, serial), *old = crl_of(c, 1, NULL);
	struct cert_store *s = store_of(CERT_STRICT, c, CERT_RELAY_ANCHORS);
	const struct cert_verdict *v;
	struct revocation *list;

	ck_assert_int_eq(revocation_parse(buf_view(crl), NULL, &list, NULL), 0);
	ck_assert(revocation_info(list)->conforming);
	revocation_free(&list);
	ck_assert_int_eq(cert_store_update_crl(s, buf_view(crl), NULL, NULL), 0);
	ck_assert_int_eq(cert_store_update_crl(s, buf_view(old), NULL, NULL), ERR_REPLAY);
	v = judge(s, leaf, ERR_CERT_REVOKED);
	ck_assert_int_eq(v->trust, '!');
	cert_verdict_free(&v);
	v = judge(s, good, 0);
	cert_verdict_free(&v);
	cert_store_free(&s);
	buf_free(&leaf);
	buf_free(&good);
	buf_free(&crl);
	buf_free(&old);
	ca_free(&c);
}
END_TEST

/* Whoever calls themselves like the root is a leaf all the same, and can be revoked. */
START_TEST(the_name_of_the_root_helps_nobody)
{
	struct ca *c = new_ca();
	uint8_t serial[CA_SERIAL_LEN], other[CA_SERIAL_LEN];
	struct buf *leaf = leaf_of(c, "O=recado relay,CN=test.example", serial);
	struct buf *good = leaf_of(c, "CN=Rui", other);
	struct buf *empty = crl_of(c, 1, NULL), *crl = crl_of(c, 2, serial);
	struct cert_store *s = store_of(CERT_STANDARD, c, CERT_RELAY_ANCHORS);
	struct bytes chain = buf_view(leaf);
	struct cert_request rq = { .leaf = buf_view(good), .now_ms = PERSON_NOW,
		.intermediates = &chain, .intermediate_count = 1 };
	const struct cert_verdict *v;

	ck_assert_int_eq(cert_store_update_crl(s, buf_view(empty), NULL, NULL), 0);
	v = judge(s, leaf, 0);
	ck_assert_int_eq(v->trust, 'R');
	ck_assert_uint_eq(v->chain_count, 2);
	ck_assert_int_eq(v->chain[1].revocation, CERT_GOOD);
	cert_verdict_free(&v);
	ck_assert_int_eq(cert_store_update_crl(s, buf_view(crl), NULL, NULL), 0);
	v = judge(s, leaf, ERR_CERT_REVOKED);
	cert_verdict_free(&v);
	ck_assert_int_eq(cert_verify(s, &rq, &v, NULL), 0); /* with it as an issuer beside the root */
	ck_assert_int_eq(v->trust, 'R');
	ck_assert_int_eq(v->chain[1].revocation, CERT_GOOD);
	cert_verdict_free(&v);
	cert_store_free(&s);
	buf_free(&leaf);
	buf_free(&good);
	buf_free(&empty);
	buf_free(&crl);
	ca_free(&c);
}
END_TEST

/* Loaded as what cards end at, first or last, it is a relay's all the same. */
START_TEST(a_folder_of_anchors_lifts_nobody)
{
	struct ca *c = new_ca();
	uint8_t serial[CA_SERIAL_LEN];
	struct buf *leaf = leaf_of(c, "CN=Ana", serial);
	struct cert_store *s = store_of(CERT_STANDARD, c, CERT_ANCHORS);
	const struct cert_verdict *v = judge(s, leaf, 0);

	ck_assert_int_eq(v->trust, 'R');
	cert_verdict_free(&v);
	ck_assert_int_eq(cert_store_add(s, CERT_RELAY_ANCHORS, ca_root_der(c), NULL), 0);
	ck_assert_int_eq(cert_store_add(s, CERT_ANCHORS, ca_root_der(c), NULL), 0);
	ck_assert_uint_eq(cert_store_anchor_count(s), 1);
	v = judge(s, leaf, 0);
	ck_assert_int_eq(v->trust, 'R');
	cert_verdict_free(&v);
	cert_store_free(&s);
	buf_free(&leaf);
	ca_free(&c);
}
END_TEST

/* A root without the mark, known as an anchor of cards before it turns out to be a relay's. */
START_TEST(an_anchor_may_fall_and_never_rises)
{
	struct cert_policy policy = cert_policy_default();
	struct person_ca *ca = person_ca_new();
	struct person_card *card = person_card_new(ca, "Maria da Silva", "BI900000017");
	const struct cert_verdict *v;
	struct cert_store *s;
	uint64_t before;

	policy.revocation = CERT_REVOCATION_OFF;
	s = cert_store_new(&policy);
	ck_assert_int_eq(cert_store_add(s, CERT_ANCHORS, buf_view(ca->der), NULL), 0);
	v = judge(s, card->der, 0);
	ck_assert_int_eq(v->trust, 'C');
	cert_verdict_free(&v);
	before = cert_store_generation(s);
	ck_assert_int_eq(cert_store_add(s, CERT_RELAY_ANCHORS, buf_view(ca->der), NULL), 0);
	ck_assert_uint_gt(cert_store_generation(s), before);
	ck_assert_int_eq(cert_store_add(s, CERT_ANCHORS, buf_view(ca->der), NULL), 0);
	v = judge(s, card->der, 0);
	ck_assert_int_eq(v->trust, 'R');
	cert_verdict_free(&v);
	cert_store_free(&s);
	person_card_free(&card);
	person_ca_free(&ca);
}
END_TEST

START_TEST(a_root_says_whose_it_is)
{
	struct person_ca *state = person_ca_new();
	struct ca *c = new_ca();
	uint8_t serial[CA_SERIAL_LEN], other[32] = { 9 }, of[32];
	struct buf *leaf = leaf_of(c, "CN=Ana", serial);
	struct fault f = { 0 };

	ck_assert_int_eq(ca_root_check(ca_root_der(c), relay, &f), 0);
	ck_assert_int_eq(cert_relay_of(ca_root_der(c), of), 0);
	ck_assert_mem_eq(of, relay, 32);
	ck_assert_int_eq(ca_root_check(ca_root_der(c), other, &f), ERR_UNTRUSTED);
	ck_assert_int_eq(ca_root_check(buf_view(state->der), relay, &f), ERR_UNTRUSTED);
	ck_assert_int_eq(ca_root_check(buf_view(leaf), relay, &f), ERR_UNTRUSTED);
	ck_assert_int_eq(ca_root_check((struct bytes){ relay, 32 }, relay, &f), ERR_FORMAT);
	ck_assert_int_eq(cert_relay_of(buf_view(state->der), of), ERR_NOT_FOUND);
	buf_free(&leaf);
	ca_free(&c);
	person_ca_free(&state);
}
END_TEST

/* Anybody can put the mark's octets into a root; not into one that this relay's key made. */
START_TEST(a_changed_root_does_not_pass)
{
	struct ca *c = new_ca();
	uint8_t copy[CERT_DER_MAX];
	size_t n = ca_root_der(c).n;
	struct fault f = { 0 };

	memcpy(copy, ca_root_der(c).p, n);
	for (size_t i = 0; i < n; i++) {
		copy[i] ^= 1;
		ck_assert_msg(
		    ca_root_check((struct bytes){ copy, n }, relay, &f) != 0, "octet %zu", i);
		copy[i] ^= 1;
	}
	ca_free(&c);
}
END_TEST

START_TEST(it_is_kept_and_loaded)
{
	struct ca *c = new_ca(), *again, *stranger = new_ca();
	struct buf *key = buf_new_secret(CA_KEY_MAX);
	struct cert_store *s = store_of(CERT_STANDARD, c, CERT_RELAY_ANCHORS);
	uint8_t serial[CA_SERIAL_LEN];
	const struct cert_verdict *v;
	struct buf *leaf;

	ck_assert_int_eq(ca_pack_key(c, key), 0);
	ck_assert_int_eq(ca_load(buf_view(key), ca_root_der(c), &again), 0);
	leaf = leaf_of(again, "CN=Ana", serial);
	v = judge(s, leaf, 0);
	cert_verdict_free(&v);
	ca_free(&again);
	ck_assert_int_eq(ca_load(buf_view(key), ca_root_der(stranger), &again), ERR_KEY);
	ck_assert_int_eq(ca_load((struct bytes){ NULL, 0 }, ca_root_der(c), &again), ERR_FORMAT);
	buf_free(&leaf);
	buf_free(&key);
	cert_store_free(&s);
	ca_free(&stranger);
	ca_free(&c);
}
END_TEST

START_TEST(nobody_outlives_the_root)
{
	struct ca_root root = { "short", relay, PERSON_NOW - DAY_MS, PERSON_NOW + DAY_MS };
	struct ca_validity v = { PERSON_NOW, PERSON_NOW + 730 * DAY_MS };
	struct buf *der = buf_new(CERT_DER_MAX);
	uint8_t serial[CA_SERIAL_LEN];
	struct cert_link l;
	struct csr who;
	struct ca *c;

	ck_assert_int_eq(ca_new(&root, &c), 0);
	request("CN=Ana", &who);
	ck_assert_int_eq(ca_issue(c, &who, &v, serial, der), 0);
	ck_assert_int_eq(cert_describe(buf_view(der), &l), 0);
	ck_assert_uint_eq(l.not_after, PERSON_NOW + DAY_MS);
	cert_link_clear(&l);
	buf_free(&der);
	ca_free(&c);
	root.name = "a\x1b[2J";
	ck_assert_int_eq(ca_new(&root, &c), ERR_FIELD);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ca");
	TCase *c = tcase_create("ca");

	tcase_add_loop_test(c, what_is_issued_is_valid, 0, 2);
	tcase_add_test(c, the_revoked_is_revoked);
	tcase_add_test(c, the_name_of_the_root_helps_nobody);
	tcase_add_test(c, a_folder_of_anchors_lifts_nobody);
	tcase_add_test(c, an_anchor_may_fall_and_never_rises);
	tcase_add_test(c, a_root_says_whose_it_is);
	tcase_add_test(c, a_changed_root_does_not_pass);
	tcase_add_test(c, it_is_kept_and_loaded);
	tcase_add_test(c, nobody_outlives_the_root);
	suite_add_tcase(s, c);
	return unit_run(s);
}
