/*
 * The real authorities of the Citizen Card, where their certificates are at hand: they are public,
 * but not ours to ship.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/cert.h"
#include "tests/unit/kit.h"
#include "tests/unit/unit.h"

static char *
real(const char *name)
{
	const char *vectors = getenv("RECADO_VECTORS");
	char *path = mem_format(
	    "%s/../cardkit/cc-ca/%s.der", vectors != NULL ? vectors : "../shared/vectors", name);
	struct stat st;

	if (stat(path, &st) == 0)
		return path;
	free(path);
	return NULL;
}

/* What becomes of this authority's certificate with these at hand. */
static const struct cert_verdict *
real_verdict(struct cert_store *s, const char *leaf, const char *const *between)
{
	struct bytes der;
	struct cert_request rq = { .now_ms = 1780000000000ull, .purpose = CERT_FOR_PATH };
	const struct cert_verdict *v;
	char *path;

	for (; *between != NULL; between++) {
		path = real(*between);
		ck_assert_int_eq(cert_store_load(s, CERT_INTERMEDIATES, path, NULL, NULL), 0);
		free(path);
	}
	path = real(leaf);
	der = kit_file(path);
	rq.leaf = der;
	(void)!cert_verify(s, &rq, &v, NULL);
	ck_assert_ptr_nonnull(v);
	free(path);
	kit_free(&der);
	return v;
}

static struct cert_store *
real_store(const char *const *anchors, bool pinned)
{
	struct cert_policy policy = { .revocation = CERT_REVOCATION_OFF };
	struct cert_store *s = cert_store_new(&policy);
	char *path;

	for (; *anchors != NULL; anchors++) {
		path = real(*anchors);
		if (pinned)
			ck_assert_int_eq(cert_store_load_pinned_from(s, path, NULL, NULL), 0);
		else
			ck_assert_int_eq(cert_store_load(s, CERT_ANCHORS, path, NULL, NULL), 0);
		free(path);
	}
	return s;
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

START_TEST(real_chains_reach_the_pinned_roots)
{
	static const struct {
		const char *leaf, *between[4];
		size_t length;
	} cases[] = {
		{ "CC_Auc0020", { "CartaodeCidadao008" }, 3 },
		{ "CC_Auc0019", { "CartaodeCidadao008" }, 3 },
		{ "CartaodeCidadao008", { NULL }, 2 },
		{ "CartaodeCidadao005", { "ECRaizEstado_MC" }, 3 },
		{ "CartaodeCidadao004", { "ECRaizEstado_MC" }, 3 },
	};
	struct cert_store *s = real_store(
	    LIST("ECRaizEstado002", "Multicert_Root_01", "BaltimoreCyberTrustRoot"), true);
	const struct cert_verdict *v;

	ck_assert_uint_eq(cert_store_anchor_count(s), 2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		v = real_verdict(s, cases[i].leaf, cases[i].between);
		ck_assert_msg(v->code == 0, "%s: %s", cases[i].leaf, v->sentence);
		ck_assert_uint_eq(v->chain_count, cases[i].length);
		cert_verdict_free(&v);
	}
	cert_store_free(&s);
}
END_TEST

/* The authorities of authentication list the card's policy, and those of signatures do not. */
START_TEST(real_authorities_of_cards_say_so)
{
	static const struct {
		const char *name;
		bool cards;
	} all[] = { { "CC_Auc0020", true }, { "CC_Auc0019", true },
		{ "EC_de_Autenticacao_do_Cartao_de_Cidadao_0010", true },
		{ "EC_de_Autenticacao_do_Cartao_de_Cidadao_0011", true }, { "CC_Asc0020", false },
		{ "CartaodeCidadao008", false }, { "ECRaizEstado_MC", false } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *path = real(all[i].name);
		struct bytes der = kit_file(path);
		struct cert_link link;

		ck_assert_int_eq(cert_describe(der, &link), 0);
		ck_assert_msg((strstr(link.policies, CERT_POLICY_CARD) != NULL) == all[i].cards, "%s: %s",
		    all[i].name, link.policies);
		cert_link_clear(&link);
		kit_free(&der);
		free(path);
	}
}
END_TEST

/* What a card's certificate must say, its authorities allow: in v1 chains and in v2 chains. */
START_TEST(real_chains_allow_the_card_s_policy)
{
	static const char *const oids[] = { CERT_POLICY_CARD, NULL };
	static const char *const all[] = { "CC_Auc0020", "CC_Auc0019", "CartaodeCidadao003",
		"CartaodeCidadao004", "CartaodeCidadao005", "CartaodeCidadao006", "CartaodeCidadao007",
		"EC_de_Autenticacao_do_Cartao_de_Cidadao_0010",
		"EC_de_Autenticacao_do_Cartao_de_Cidadao_0011" };
	struct cert_policy_input in = { .initial = oids, .require_explicit = true };
	struct cert_request rq = { .now_ms = 1600000000000ull, .purpose = CERT_FOR_PATH,
		.policies = &in };
	struct cert_store *s = real_store(LIST("ECRaizEstado002", "Multicert_Root_01", "ECRaizEstado_MC",
	    "CartaodeCidadao003", "CartaodeCidadao004", "CartaodeCidadao005", "CartaodeCidadao006",
	    "CartaodeCidadao007", "CartaodeCidadao008"), true);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *path = real(all[i]);
		const struct cert_verdict *v;

		rq.leaf = kit_file(path);
		(void)!cert_verify(s, &rq, &v, NULL);
		ck_assert_ptr_nonnull(v);
		ck_assert_msg(v->reached_anchor && (v->code == 0 || v->code == ERR_CERT_TIME), "%s: %s",
		    all[i], v->sentence);
		cert_verdict_free(&v);
		kit_free(&rq.leaf);
		free(path);
	}
	cert_store_free(&s);
}
END_TEST

START_TEST(baltimore_alone_explains_itself)
{
	struct cert_store *s = real_store(LIST("BaltimoreCyberTrustRoot"), false);
	const struct cert_verdict *v =
	    real_verdict(s, "CartaodeCidadao005", LIST("ECRaizEstado_MC"));

	ck_assert_int_eq(v->code, ERR_CERT_CHAIN);
	ck_assert_ptr_nonnull(strstr(v->sentence, "MULTICERT"));
	ck_assert_ptr_nonnull(
	    strstr(v->sentence, "Baltimore CyberTrust Root expired on 2025-05-12"));
	cert_verdict_free(&v);
	cert_store_free(&s);
}
END_TEST

/* A relay's store hands out root and authorities; a client without any takes the roots by their pins,
 * what leads to them, and nothing else. */
START_TEST(anchors_may_come_from_a_relay)
{
	static const char *const names[] = { "BaltimoreCyberTrustRoot", "CartaodeCidadao008",
		"ECRaizEstado_MC", "ECRaizEstado002" };
	struct bytes ders[4];
	struct cert_store *s = cert_store_new(NULL);
	const struct cert_verdict *v;

	for (size_t i = 0; i < 4; i++) {
		char *path = real(names[i]);

		ders[i] = kit_file(path);
		free(path);
	}
	cert_store_help(s, ders, 4, false, NULL, NULL);
	ck_assert_uint_eq(cert_store_anchor_count(s), 0); /* anchors are configured there */
	ck_assert_uint_eq(cert_store_generation(s), 1);
	cert_store_help(s, ders, 4, true, NULL, NULL);
	ck_assert_uint_eq(cert_store_anchor_count(s), 1);
	ck_assert_uint_eq(cert_store_generation(s), 3); /* the root and 008 */
	v = real_verdict(s, "CC_Auc0020", LIST(NULL));
	ck_assert(v->reached_anchor);
	ck_assert_uint_eq(v->chain_count, 3);
	cert_verdict_free(&v);
	for (size_t i = 0; i < 4; i++)
		kit_free(&ders[i]);
	cert_store_free(&s);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		real_chains_reach_the_pinned_roots,
		real_authorities_of_cards_say_so,
		real_chains_allow_the_card_s_policy,
		baltimore_alone_explains_itself,
		anchors_may_come_from_a_relay,
		NULL,
	};
	char *path = real("ECRaizEstado002");

	if (path == NULL) {
		fprintf(stderr, "test_cert_real: without the authorities' certificates\n");
		return UNIT_SKIP;
	}
	free(path);
	return unit_run(unit_suite("cert_real", tests));
}
