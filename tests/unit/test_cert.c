/*
 * Verdicts on the ten holders of tests/softcard, and what policy does to them.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/cert.h"
#include "tests/unit/kit.h"
#include "tests/unit/unit.h"

#define HOUR_MS (3600 * 1000ull)
#define DAY_MS (24 * HOUR_MS)

static void
expect(struct cert_store *s, const char *holder, uint64_t now_ms, int code)
{
	const struct cert_verdict *v = kit_verify_holder(s, holder, now_ms);

	ck_assert_msg(v->code == code, "%s: %s, expected %s: %s", holder, err_name(v->code),
	    err_name(code), v->sentence);
	cert_verdict_free(&v);
}

/* ------------------------------------------------------------------------------------ the ten */

static const struct {
	const char *name, *civil, *id;
	int code;
	char trust;
	const char *sentence; /* a part of it */
} holders[] = {
	{ "joao", "JOÃO GONÇALVES TESTE", "BI900000017", 0, 'C',
	    "valid, issued by EC de Autenticação do Cartão de Cidadão 0015 TESTE, not revoked" },
	{ "maria", "MARIA ANTÓNIA ÁLVARES DA CONCEIÇÃO TESTE", "BI900000025", 0, 'C',
	    "not revoked as of" },
	{ "ines", "INÊS SIMÕES ARAÚJO TESTE", "BI900000033", 0, 'C',
	    "not revoked as of" },
	{ "revogado", "RUI REVOGADO TESTE", "BI900000041", ERR_CERT_REVOKED, '!',
	    "the certificate was revoked on 20" },
	{ "suspenso", "SÓNIA SUSPENSA TESTE", "BI900000042", ERR_CERT_REVOKED, '!',
	    "the certificate is suspended since 20" },
	{ "expirado", "EVA EXPIRADA TESTE", "BI900000043", ERR_CERT_TIME, '!',
	    "the certificate expired on 2020-01-01" },
	{ "futuro", "FILIPE FUTURO TESTE", "BI900000044", ERR_CERT_TIME, '!',
	    "the certificate is not valid before 2040-01-01" },
	{ "wrongeku", "ULISSES ERRADO TESTE", "BI900000045", ERR_CERT_USAGE, '?',
	    "the certificate is not for client authentication" },
	{ "sobrevogada", "CLARA DA EC REVOGADA TESTE", "BI900000046", ERR_CERT_REVOKED, '!',
	    "0021 TESTE, above the certificate, was revoked on 20" },
	{ "falso", "INÊS SIMÕES ARAÚJO TESTE", "BI900000033", ERR_CERT_CHAIN, '?',
	    "ends at another EC de Autenticação do Cartão de Cidadão 0020 TESTE than the one trusted here" },
};
#define HOLDERS (sizeof(holders) / sizeof(holders[0]))

START_TEST(every_holder_gets_his_verdict)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	const struct cert_verdict *v = kit_verify_holder(s, holders[_i].name, clock_now_ms());

	ck_assert_msg(v->code == holders[_i].code, "%s: %s", err_name(v->code), v->sentence);
	ck_assert_int_eq(v->trust, holders[_i].trust);
	ck_assert_str_eq(v->civil_name, holders[_i].civil);
	ck_assert_str_eq(v->civil_id, holders[_i].id);
	ck_assert_str_eq(v->country, "PT");
	ck_assert_int_eq(err_exit(v->code), v->code == 0 ? 0 : 65);
	ck_assert_uint_ge(v->chain_count, 1);
	ck_assert_msg(strstr(v->sentence, holders[_i].sentence) != NULL, "%s", v->sentence);
	ck_assert_int_eq(v->on_hold, strcmp(holders[_i].name, "suspenso") == 0);
	cert_verdict_free(&v);
	cert_store_free(&s);
}
END_TEST

/* Each of them, with the reason its list gives. */
START_TEST(a_revocation_says_since_when_and_why)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	const struct cert_verdict *v = kit_verify_holder(s, "revogado", clock_now_ms());
	const struct cert_link *leaf = &v->chain[v->chain_count - 1];

	ck_assert_int_eq(leaf->revocation, CERT_REVOKED);
	ck_assert_str_eq(leaf->reason, "key compromise");
	ck_assert(!leaf->on_hold);
	ck_assert_uint_gt(leaf->revoked_at, leaf->not_before - DAY_MS);
	ck_assert_uint_le(leaf->revoked_at, clock_now_ms());
	ck_assert_str_eq(leaf->usage, "digitalSignature, keyAgreement");
	cert_verdict_free(&v);
	v = kit_verify_holder(s, "suspenso", clock_now_ms());
	leaf = &v->chain[v->chain_count - 1];
	ck_assert_str_eq(leaf->reason, "on hold");
	ck_assert(leaf->on_hold);
	cert_verdict_free(&v);
	v = kit_verify_holder(s, "ines", clock_now_ms());
	leaf = &v->chain[v->chain_count - 1];
	ck_assert_str_eq(leaf->reason, "");
	ck_assert_uint_eq(leaf->revoked_at, 0);
	cert_verdict_free(&v);
	cert_store_free(&s);
}
END_TEST

START_TEST(chain_is_told_link_by_link)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	const struct cert_verdict *v = kit_verify_holder(s, "ines", clock_now_ms());
	const struct cert_link *leaf = &v->chain[v->chain_count - 1];
	struct bytes der = kit_holder("ines");
	uint8_t sha256[CERT_HASH_LEN];

	ck_assert_uint_eq(v->chain_count, 4);
	ck_assert(v->reached_anchor && v->anchor == 'C');
	ck_assert_int_eq(v->chain[0].revocation, CERT_NA);
	ck_assert_str_eq(v->chain[0].key, "RSA-4096");
	ck_assert_str_eq(v->chain[1].key, "EC P-521");
	ck_assert_str_eq(v->chain[2].key, "EC P-384");
	ck_assert_str_eq(leaf->key, "EC P-256");
	ck_assert_str_eq(leaf->sig, "ECDSA-SHA256");
	ck_assert_str_eq(v->chain[1].sig, "RSA-SHA256");
	for (size_t i = 1; i < v->chain_count; i++) {
		ck_assert_int_eq(v->chain[i].revocation, CERT_GOOD);
		ck_assert_int_ge(v->chain[i].revocation_age_s, 0);
		ck_assert_uint_gt(v->chain[i].revocation_next, clock_now_ms());
		ck_assert_str_eq(v->chain[i].issuer, v->chain[i - 1].subject);
	}
	ck_assert_ptr_nonnull(strstr(leaf->subject, "serialNumber=BI900000033"));
	ck_assert_str_eq(leaf->crl_url, "http://crl.teste.invalid/auc0020.crl");
	ck_assert_str_eq(leaf->policies, "2.16.620.1.1.1.2.4.0.1.3");
	cert_sha256(der, sha256);
	ck_assert_mem_eq(leaf->sha256, sha256, sizeof(sha256));
	ck_assert_uint_eq(v->need_count, 3);
	ck_assert(!v->needs[0].missing);
	kit_free(&der);
	cert_verdict_free(&v);
	cert_store_free(&s);
}
END_TEST

START_TEST(every_link_gets_its_own_state)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	const struct cert_verdict *v = kit_verify_holder(s, "sobrevogada", clock_now_ms());

	ck_assert_int_eq(v->code, ERR_CERT_REVOKED);
	ck_assert_uint_eq(v->chain_count, 4);
	ck_assert_int_eq(v->chain[2].revocation, CERT_REVOKED); /* her EC */
	ck_assert_int_eq(v->chain[3].revocation, CERT_GOOD);    /* its own list says so */
	ck_assert_int_eq(v->chain[1].revocation, CERT_GOOD);
	ck_assert(v->reached_anchor);
	cert_verdict_free(&v);
	cert_store_free(&s);
}
END_TEST

START_TEST(twin_with_the_right_names_reaches_nothing)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_OFF);
	struct bytes between[3] = { kit_authority("rogueauc"), kit_authority("rogue008"),
		kit_authority("rogue002") };
	struct bytes leaf = kit_holder("falso");
	struct cert_request rq = { .leaf = leaf,
		.intermediates = between,
		.intermediate_count = 3,
		.now_ms = clock_now_ms() };
	const struct cert_verdict *v;
	struct fault f;

	ck_assert_int_eq(cert_verify(s, &rq, &v, &f), ERR_CERT_CHAIN);
	ck_assert(!v->reached_anchor);
	ck_assert_int_eq(v->anchor, 0);
	ck_assert_str_ne(f.hint, "");
	cert_verdict_free(&v);
	for (size_t i = 0; i < 3; i++)
		kit_free(&between[i]);
	kit_free(&leaf);
	cert_store_free(&s);
}
END_TEST

START_TEST(intermediates_may_come_with_the_leaf)
{
	struct cert_store *s = cert_store_new(NULL);
	struct bytes between[2] = { kit_authority("cc008"), kit_authority("auc0020") };
	struct bytes leaf = kit_holder("ines");
	struct cert_request rq = { .leaf = leaf, .now_ms = clock_now_ms() };
	const struct cert_verdict *v;

	kit_load(s, CERT_ANCHORS, "anchors");
	kit_load(s, CERT_CRLS, "crl");
	ck_assert_int_eq(cert_verify(s, &rq, &v, NULL), ERR_CERT_CHAIN);
	cert_verdict_free(&v);
	rq.intermediates = between;
	rq.intermediate_count = 2;
	ck_assert_int_eq(cert_verify(s, &rq, &v, NULL), 0);
	cert_verdict_free(&v);
	/* Learned from a good chain: the next one of that EC does not need them. */
	rq.intermediate_count = 0;
	ck_assert_int_eq(cert_verify(s, &rq, &v, NULL), 0);
	cert_verdict_free(&v);
	kit_free(&between[0]);
	kit_free(&between[1]);
	kit_free(&leaf);
	cert_store_free(&s);
}
END_TEST

START_TEST(without_anchors_nobody_is_trusted)
{
	struct cert_store *s = cert_store_new(NULL);
	const struct cert_verdict *v;

	kit_load(s, CERT_INTERMEDIATES, "inter");
	v = kit_verify_holder(s, "joao", clock_now_ms());
	ck_assert_int_eq(v->code, ERR_CERT_CHAIN);
	ck_assert_ptr_nonnull(strstr(v->sentence, "no trust anchor is known"));
	cert_verdict_free(&v);
	cert_store_free(&s);
}
END_TEST

START_TEST(relay_anchor_is_a_class_of_its_own)
{
	struct cert_policy policy = cert_policy_default();
	struct cert_store *s = cert_store_new(&policy);
	const struct cert_verdict *v;

	kit_load(s, CERT_RELAY_ANCHORS, "anchors");
	kit_load(s, CERT_INTERMEDIATES, "inter");
	/* A relay's CA need not publish lists ... */
	v = kit_verify_holder(s, "ines", clock_now_ms());
	ck_assert_int_eq(v->code, 0);
	ck_assert_int_eq(v->trust, 'R');
	ck_assert_int_eq(v->anchor, 'R');
	cert_verdict_free(&v);
	/* ... but what they say counts. */
	kit_load(s, CERT_CRLS, "crl");
	expect(s, "revogado", clock_now_ms(), ERR_CERT_REVOKED);
	cert_store_free(&s);
}
END_TEST

/* ------------------------------------------------------------------------------------- policy */

START_TEST(freshness)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	struct cert_policy policy = cert_policy_default();
	uint64_t now = clock_now_ms();
	const struct cert_verdict *v;

	expect(s, "joao", now + 20 * HOUR_MS, 0);
	v = kit_verify_holder(s, "joao", now + 49 * HOUR_MS);
	ck_assert_int_eq(v->code, ERR_CERT_REVOCATION);
	ck_assert_int_eq(v->chain[v->chain_count - 1].revocation, CERT_UNKNOWN);
	ck_assert_int_eq(v->chain[1].revocation, CERT_GOOD); /* a CA's list: its nextUpdate */
	ck_assert(v->needs[v->need_count - 1].missing);
	cert_verdict_free(&v);
	policy.max_age_h = 0;
	cert_store_set_policy(s, &policy);
	expect(s, "joao", now + 49 * HOUR_MS, 0);
	expect(s, "joao", now + 40 * DAY_MS, ERR_CERT_REVOCATION);
	cert_store_free(&s);
}
END_TEST

START_TEST(require_prefer_off)
{
	struct cert_store *s = cert_store_new(NULL);
	struct cert_policy policy = cert_policy_default();
	uint64_t now = clock_now_ms();

	kit_load(s, CERT_ANCHORS, "anchors");
	kit_load(s, CERT_INTERMEDIATES, "inter");
	expect(s, "joao", now, ERR_CERT_REVOCATION);
	policy.revocation = CERT_REVOCATION_PREFER;
	cert_store_set_policy(s, &policy);
	expect(s, "joao", now, 0);
	expect(s, "revogado", now, 0);
	kit_load(s, CERT_CRLS, "crl");
	expect(s, "revogado", now, ERR_CERT_REVOKED);
	expect(s, "sobrevogada", now, ERR_CERT_REVOKED);
	/* What an old list says to be revoked still is. */
	expect(s, "revogado", now + 40 * DAY_MS, ERR_CERT_REVOKED);
	policy.revocation = CERT_REVOCATION_OFF;
	cert_store_set_policy(s, &policy);
	expect(s, "revogado", now, 0);
	cert_store_free(&s);
}
END_TEST

START_TEST(words_of_the_configuration)
{
	enum cert_profile profile;
	enum cert_revocation revocation;

	ck_assert_int_eq(cert_profile_parse("strict", &profile), 0);
	ck_assert_int_eq(profile, CERT_STRICT);
	ck_assert_int_eq(cert_profile_parse("lax", &profile), ERR_CONFIG);
	ck_assert_int_eq(cert_revocation_parse("prefer", &revocation), 0);
	ck_assert_int_eq(revocation, CERT_REVOCATION_PREFER);
	ck_assert_int_eq(cert_revocation_parse("", &revocation), ERR_CONFIG);
}
END_TEST

/* RFC 5280 6.1.1: a set that is given and not looked at would accept this (CVE-2023-0466). */
START_TEST(policies_are_looked_at)
{
	static const char *const own[] = { "2.16.620.1.1.1.2.4.0.1.3", NULL };
	static const char *const other[] = { "1.2.3.4", NULL };
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	struct bytes leaf = kit_holder("ines");
	struct cert_policy_input in = { .initial = own, .require_explicit = true };
	struct cert_request rq = { .leaf = leaf, .now_ms = clock_now_ms(), .policies = &in };
	const struct cert_verdict *v;

	ck_assert_int_eq(cert_verify(s, &rq, &v, NULL), 0);
	cert_verdict_free(&v);
	in.initial = other;
	ck_assert_int_eq(cert_verify(s, &rq, &v, NULL), ERR_CERT);
	cert_verdict_free(&v);
	kit_free(&leaf);
	cert_store_free(&s);
}
END_TEST

START_TEST(known_answers_end_with_the_generation)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	uint64_t now = clock_now_ms(), generation = cert_store_generation(s);
	const struct cert_verdict *a = kit_verify_holder(s, "joao", now),
				  *b = kit_verify_holder(s, "joao", now + 1);
	struct bytes list = kit_list(&(struct kit_list){ .authority = "auc0015",
	    .number = 4711,
	    .next_update = KIT_DAY_S,
	    .revoked = "joao",
	    .point = "http://crl.teste.invalid/auc0015_p0001.crl" });
	bool changed;

	ck_assert_ptr_eq(a, b);
	ck_assert_uint_gt(a->valid_until, now);
	cert_verdict_free(&b);
	ck_assert_int_eq(cert_store_update_crl(s, list, &changed, NULL), 0);
	ck_assert(changed);
	ck_assert_uint_gt(cert_store_generation(s), generation);
	expect(s, "joao", now, ERR_CERT_REVOKED);
	ck_assert_int_eq(a->code, 0); /* what was given stays as it was */
	cert_verdict_free(&a);
	kit_free(&list);
	cert_store_free(&s);
}
END_TEST

/* ------------------------------------------------------------------------------ bad certificates */

START_TEST(no_octet_of_a_certificate_can_be_changed)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	struct bytes leaf = kit_holder("ines");
	uint8_t *copy = mem_alloc(leaf.n + 1);
	const struct cert_verdict *v;

	for (size_t i = 0; i < leaf.n; i += 7) {
		struct cert_request rq = { .leaf = { copy, leaf.n }, .now_ms = clock_now_ms() };

		memcpy(copy, leaf.p, leaf.n);
		copy[i] ^= 0x10;
		ck_assert_msg(cert_verify(s, &rq, &v, NULL) != 0, "octet %zu", i);
		cert_verdict_free(&v);
	}
	memcpy(copy, leaf.p, leaf.n);
	for (size_t n = 0; n <= leaf.n + 1; n += n < leaf.n - 1 ? 11 : 1) {
		struct cert_request rq = { .leaf = { copy, n }, .now_ms = clock_now_ms() };

		if (n == leaf.n)
			continue;
		ck_assert_msg(cert_verify(s, &rq, &v, NULL) != 0, "cut at %zu", n);
		cert_verdict_free(&v);
	}
	free(copy);
	kit_free(&leaf);
	cert_store_free(&s);
}
END_TEST

START_TEST(too_many_intermediates)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_REQUIRE);
	struct bytes many[CERT_INTERMEDIATES_MAX + 1] = { { NULL, 0 } };
	struct cert_request rq = { .intermediates = many,
		.intermediate_count = CERT_INTERMEDIATES_MAX + 1 };
	const struct cert_verdict *v;

	ck_assert_int_eq(cert_verify(s, &rq, &v, NULL), ERR_LIMIT);
	ck_assert_ptr_null(v);
	cert_store_free(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert");
	TCase *t = tcase_create("verdicts");

	if (!kit_exists())
		return UNIT_SKIP;
	tcase_add_loop_test(t, every_holder_gets_his_verdict, 0, HOLDERS);
	tcase_add_test(t, a_revocation_says_since_when_and_why);
	tcase_add_test(t, chain_is_told_link_by_link);
	tcase_add_test(t, every_link_gets_its_own_state);
	tcase_add_test(t, twin_with_the_right_names_reaches_nothing);
	tcase_add_test(t, intermediates_may_come_with_the_leaf);
	tcase_add_test(t, without_anchors_nobody_is_trusted);
	tcase_add_test(t, relay_anchor_is_a_class_of_its_own);
	tcase_add_test(t, freshness);
	tcase_add_test(t, require_prefer_off);
	tcase_add_test(t, words_of_the_configuration);
	tcase_add_test(t, policies_are_looked_at);
	tcase_add_test(t, known_answers_end_with_the_generation);
	tcase_add_test(t, no_octet_of_a_certificate_can_be_changed);
	tcase_add_test(t, too_many_intermediates);
	suite_add_tcase(s, t);
	return unit_run(s);
}
