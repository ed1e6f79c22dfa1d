/*
 * What stands between a card and a root, from a store that has it to one that has not.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/cert.h"
#include "kit.h"
#include "unit.h"

#define MOST 32

static struct bytes given[MOST];
static size_t given_count;

static int
keep(void *arg, struct bytes der)
{
	size_t *most = arg;

	if (given_count == *most)
		return ERR_LIMIT;
	given[given_count].p = memcpy(malloc(der.n), der.p, der.n);
	given[given_count++].n = der.n;
	return 0;
}

static void
forget(void)
{
	while (given_count > 0)
		kit_free(&given[--given_count]);
}

/* Who issued this holder's certificate, asked of a store with all authorities. */
static int
ask_for(const char *holder, size_t most)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_OFF);
	struct bytes leaf = kit_holder(holder);
	uint8_t name[1][CERT_HASH_LEN];
	int r;

	forget();
	ck_assert_int_eq(revocation_issuer_of(leaf, name[0]), 0);
	r = cert_store_issuers(s, name, 1, keep, &most);
	kit_free(&leaf);
	cert_store_free(&s);
	return r;
}

static struct cert_store *
roots_alone(void)
{
	struct cert_policy policy = { .revocation = CERT_REVOCATION_OFF };
	struct cert_store *s = cert_store_new(&policy);

	kit_load(s, CERT_ANCHORS, "anchors");
	return s;
}

static void
is_given(size_t i, const char *authority)
{
	struct bytes der = kit_authority(authority);

	ck_assert_msg(bytes_equal(given[i], der), "%s is not number %zu", authority, i);
	kit_free(&der);
}

START_TEST(from_the_issuer_to_the_root)
{
	ck_assert_int_eq(ask_for("ines", MOST), 0);
	ck_assert_uint_eq(given_count, 3);
	is_given(0, "auc0020");
	is_given(1, "cc008");
	is_given(2, "ecraiz002");
	ck_assert_int_eq(ask_for("joao", MOST), 0);
	ck_assert_uint_eq(given_count, 4);
	is_given(0, "auc0015");
	is_given(3, "mcroot");
	ck_assert_int_eq(ask_for("joao", 2), ERR_LIMIT);
	ck_assert_uint_eq(given_count, 2);
}
END_TEST

START_TEST(they_complete_a_chain)
{
	struct cert_store *s = roots_alone();
	const struct cert_verdict *v = kit_verify_holder(s, "joao", clock_now_ms());
	uint64_t before = cert_store_generation(s);

	ck_assert_int_eq(v->code, ERR_CERT_CHAIN);
	ck_assert(v->incomplete && !v->forked && !v->reached_anchor);
	cert_verdict_free(&v);
	ck_assert_int_eq(ask_for("joao", MOST), 0);
	cert_store_help(s, given, given_count, true, NULL, NULL);
	ck_assert_uint_eq(cert_store_generation(s), before + 3); /* verdicts are due again */
	v = kit_verify_holder(s, "joao", clock_now_ms());
	ck_assert_msg(v->code == 0, "%s", v->sentence);
	ck_assert_uint_eq(v->chain_count, 5);
	ck_assert(!v->incomplete);
	cert_verdict_free(&v);
	cert_store_help(s, given, given_count, true, NULL, NULL);
	ck_assert_uint_eq(cert_store_generation(s), before + 3);
	cert_store_free(&s);
}
END_TEST

/* The twin has the right names and the wrong keys: nothing of it leads to an anchor, no root of it
 * becomes one, and what it has issued stays refused. */
START_TEST(the_twin_helps_nobody)
{
	static const char *const names[] = { "rogue002", "rogue008", "rogueauc" };
	struct cert_store *s = roots_alone();
	uint64_t before = cert_store_generation(s);
	const struct cert_verdict *v;
	size_t anchors = cert_store_anchor_count(s);
	struct bytes twin[4];

	for (size_t i = 0; i < 3; i++)
		twin[i] = kit_authority(names[i]);
	twin[3] = (struct bytes){ (const uint8_t *)"junk", 4 };
	cert_store_help(s, twin, 4, true, NULL, NULL);
	ck_assert_uint_eq(cert_store_generation(s), before);
	ck_assert_uint_eq(cert_store_anchor_count(s), anchors);
	ck_assert_int_eq(ask_for("falso", MOST), 0); /* the namesake's issuer */
	cert_store_help(s, given, given_count, false, NULL, NULL);
	v = kit_verify_holder(s, "falso", clock_now_ms());
	ck_assert_int_eq(v->code, ERR_CERT_CHAIN);
	ck_assert(v->forked);
	cert_verdict_free(&v);
	for (size_t i = 0; i < 3; i++)
		kit_free(&twin[i]);
	cert_store_free(&s);
}
END_TEST

/* A person's certificate is no authority's, whoever hands it out. */
START_TEST(a_person_is_no_authority)
{
	struct cert_store *s = kit_store(CERT_REVOCATION_OFF);
	uint64_t before = cert_store_generation(s);
	struct bytes leaf = kit_holder("ines");

	cert_store_help(s, &leaf, 1, true, NULL, NULL);
	ck_assert_uint_eq(cert_store_generation(s), before);
	kit_free(&leaf);
	cert_store_free(&s);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { from_the_issuer_to_the_root, they_complete_a_chain,
		the_twin_helps_nobody, a_person_is_no_authority, NULL };
	int r;

	if (!kit_exists())
		return UNIT_SKIP;
	r = unit_run(unit_suite("cert_issuers", tests));
	forget();
	return r;
}
