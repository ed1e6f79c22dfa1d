/*
 * cert_store: who may become an anchor.
 */
#include <string.h>

#include "crypto/cert.h"
#include "person.h"
#include "unit.h"

/* The certificate of one card stands for an authority of the state's here: it is real, anybody can
 * have it, and another one has signed it. */
START_TEST(a_relay_s_anchor_is_a_root)
{
	struct cert_policy policy = cert_policy_default();
	struct person_ca *state = person_ca_new(), *relay = person_ca_new();
	struct person_card *card = person_card_new(state, "Maria da Silva", "BI900000017");
	struct cert_request rq = { .leaf = buf_view(card->der), .now_ms = PERSON_NOW };
	const struct cert_verdict *v = NULL;
	struct cert_store *s;
	struct fault f = { 0 };

	policy.revocation = CERT_REVOCATION_OFF;
	s = cert_store_new(&policy);
	ck_assert_int_eq(
	    cert_store_add(s, CERT_RELAY_ANCHORS, buf_view(card->der), &f), ERR_UNTRUSTED);
	ck_assert_str_ne(f.what, "");
	ck_assert_uint_eq(cert_store_anchor_count(s), 0);
	ck_assert_int_eq(cert_store_add(s, CERT_RELAY_ANCHORS, buf_view(relay->der), &f), 0);
	ck_assert_int_eq(cert_store_add(s, CERT_ANCHORS, buf_view(state->der), &f), 0);
	ck_assert_int_eq(cert_verify(s, &rq, &v, &f), 0);
	ck_assert_int_eq(v->trust, 'C');
	cert_verdict_free(&v);
	cert_store_free(&s);
	person_card_free(&card);
	person_ca_free(&state);
	person_ca_free(&relay);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_relay_s_anchor_is_a_root, NULL };

	return unit_run(unit_suite("cert_store", tests));
}
