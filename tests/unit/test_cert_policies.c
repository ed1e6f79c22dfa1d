/*
 * Under an anchor of cards there are certificates that are none: the policies tell them apart.
 */
#include <string.h>

#include "base/clock.h"
#include "crypto/cert.h"
#include "kit.h"
#include "person.h"
#include "unit.h"

#define OTHER "1.2.3.4"

static struct cert_store *
store_requiring(const char *const *oids)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_OFF);
	struct cert_policy policy = cert_store_policy(s);

	for (; *oids != NULL; oids++)
		ck_assert_int_eq(cert_policies_add(&policy.required, *oids), 0);
	cert_store_set_policy(s, &policy);
	return s;
}

#define REQUIRING(...) store_requiring((const char *const[]){ __VA_ARGS__, NULL })

START_TEST(a_card_has_one)
{
	static const char *const holders[] = { "joao", "maria", "ines" };
	struct cert_store *s = REQUIRING(OTHER, CERT_POLICY_CARD);
	const struct cert_verdict *v;

	for (size_t i = 0; i < 3; i++) {
		v = kit_verify_holder(s, holders[i], clock_now_ms());
		ck_assert_msg(v->code == 0, "%s", v->sentence);
		ck_assert_int_eq(v->trust, 'C');
		cert_verdict_free(&v);
	}
	cert_store_free(&s);
}
END_TEST

/* A certificate for a server that may be a client, too, below the very same authority. */
START_TEST(what_is_no_card_is_refused)
{
	struct person_ca *any = person_ca_new();
	struct bytes leaf = kit_leaf(&(struct kit_leaf){ .authority = "auc0020",
	    .key = any->key,
	    .usage = "critical,digitalSignature",
	    .extended = "serverAuth,clientAuth",
	    .common_name = "www.example.pt",
	    .not_before = -60,
	    .not_after = KIT_DAY_S });
	struct cert_store *s = REQUIRING(CERT_POLICY_CARD);
	struct cert_policy policy = cert_store_policy(s);
	const struct cert_verdict *v = kit_verify(s, leaf, clock_now_ms());

	ck_assert_int_eq(v->code, ERR_CERT_USAGE);
	ck_assert_str_eq(
	    v->sentence, "the certificate was not issued for the Citizen Card's authentication");
	ck_assert_int_eq(v->anchor, 0); /* nor does it go on with anybody's user */
	ck_assert(v->reached_anchor);
	cert_verdict_free(&v);
	policy.required.count = 0;
	cert_store_set_policy(s, &policy);
	v = kit_verify(s, leaf, clock_now_ms());
	ck_assert_msg(v->code == 0, "%s", v->sentence);
	ck_assert_int_eq(v->anchor, 'C');
	cert_verdict_free(&v);
	cert_store_free(&s);
	kit_free(&leaf);
	person_ca_free(&any);
}
END_TEST

/* Another set is another generation: no answer to one is given for the other. */
START_TEST(known_answers_know_their_policies)
{
	struct cert_store *s = REQUIRING(CERT_POLICY_CARD);
	struct cert_policy policy = cert_store_policy(s);
	uint64_t now = clock_now_ms();
	const struct cert_verdict *a = kit_verify_holder(s, "ines", now),
				  *b = kit_verify_holder(s, "ines", now);

	ck_assert_int_eq(a->code, 0);
	ck_assert_ptr_eq(a, b); /* cached */
	cert_verdict_free(&a);
	cert_verdict_free(&b);
	policy.required.count = 0;
	ck_assert_int_eq(cert_policies_add(&policy.required, OTHER), 0);
	cert_store_set_policy(s, &policy);
	a = kit_verify_holder(s, "ines", now);
	ck_assert_int_eq(a->code, ERR_CERT_USAGE);
	ck_assert_ptr_nonnull(strstr(a->sentence, "trust.policies"));
	cert_verdict_free(&a);
	cert_store_free(&s);
}
END_TEST

START_TEST(a_relay_s_own_need_none)
{
	struct cert_store *s = REQUIRING(CERT_POLICY_CARD);
	struct person_ca *relay = person_ca_new(), *state = person_ca_new();
	struct person_card *cards[] = { person_card_new(relay, "Maria da Silva", "BI900000017"),
		person_card_new(state, "Maria da Silva", "BI900000017") };
	const struct cert_verdict *v;

	ck_assert_int_eq(cert_store_add(s, CERT_RELAY_ANCHORS, buf_view(relay->der), NULL), 0);
	ck_assert_int_eq(cert_store_add(s, CERT_ANCHORS, buf_view(state->der), NULL), 0);
	v = kit_verify(s, buf_view(cards[0]->der), PERSON_NOW);
	ck_assert_msg(v->code == 0, "%s", v->sentence);
	ck_assert_int_eq(v->trust, 'R');
	cert_verdict_free(&v);
	v = kit_verify(s, buf_view(cards[1]->der), PERSON_NOW);
	ck_assert_int_eq(v->code, ERR_CERT_USAGE);
	cert_verdict_free(&v);
	person_card_free(&cards[0]);
	person_card_free(&cards[1]);
	person_ca_free(&relay);
	person_ca_free(&state);
	cert_store_free(&s);
}
END_TEST

/* What the state's authorities write into the certificates they issue does not matter: they issue
 * nothing else. One for signatures, and a root, are others. */
START_TEST(the_authority_of_cards_speaks_for_them)
{
	static const struct {
		const char *authority;
		int code;
	} cases[] = { { "auc0020", 0 }, { "asc0020", ERR_CERT_USAGE }, { "ecraiz002", ERR_CERT_USAGE } };
	struct person_ca *any = person_ca_new();
	struct cert_store *s = kit_store(CERT_REVOCATION_OFF);
	struct cert_policy policy = cert_store_policy(s);

	policy.by_card_authority = true;
	cert_store_set_policy(s, &policy);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes leaf = kit_leaf(&(struct kit_leaf){ .authority = cases[i].authority,
		    .key = any->key,
		    .usage = "critical,digitalSignature",
		    .extended = "clientAuth",
		    .common_name = "Maria da Silva",
		    .not_before = -60,
		    .not_after = KIT_DAY_S });
		const struct cert_verdict *v = kit_verify(s, leaf, clock_now_ms());

		ck_assert_msg(v->code == cases[i].code, "%s: %s", cases[i].authority, v->sentence);
		ck_assert_int_eq(v->anchor, v->code == 0 ? 'C' : 0);
		cert_verdict_free(&v);
		kit_free(&leaf);
	}
	cert_store_free(&s);
	person_ca_free(&any);
}
END_TEST

START_TEST(an_oid_is_written_one_way)
{
	static const char *const bad[] = { "", "x", "1", "1.", "1..2", "01.2.3", "1.2.03", "5.1.1",
		"clientAuth", "2.5.29.32.0", " 1.2.3", "1.2.3 ", "1.2.3;", "1.-2",
		"1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27" };
	struct cert_policies p = { 0 };
	char text[32];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(cert_policies_add(&p, bad[i]) == ERR_CONFIG, "%s", bad[i]);
	ck_assert_uint_eq(p.count, 0);
	for (int i = 0; i < CERT_POLICIES_MAX; i++) {
		snprintf(text, sizeof(text), "1.2.3.%d", i);
		ck_assert_int_eq(cert_policies_add(&p, text), 0);
	}
	ck_assert_int_eq(cert_policies_add(&p, "1.2.3.0"), ERR_CONFIG);
	ck_assert_int_eq(cert_policies_add(&p, CERT_POLICY_CARD), ERR_LIMIT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_card_has_one, what_is_no_card_is_refused,
		known_answers_know_their_policies, a_relay_s_own_need_none,
		the_authority_of_cards_speaks_for_them, an_oid_is_written_one_way, NULL };

	if (!kit_exists())
		return UNIT_SKIP;
	return unit_run(unit_suite("cert_policies", tests));
}
