/*
 * The ten synthetic citizens at the client: whatever a relay lets in, the client judges by itself,
 * with anchors and lists of its own, says why, and sends nothing to who is refused.
 */
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/trust_state.h"
#include "desk.h"
#include "kit.h"
#include "unit.h"

static char *anchors, *inter, *lists;

/* Trust anew, with the kit's folders; NULL lists: none. */
static void
judge_by(const char *anchor_folder, const char *list_folder)
{
	struct fault f = { 0 };

	trust_free(&desk.trust);
	desk.config->trust_anchors = (char *)(uintptr_t)anchor_folder;
	desk.config->trust_intermediates = inter;
	desk.config->trust_crls = (char *)(uintptr_t)list_folder;
	desk.config->revocation = CONFIG_REVOCATION_REQUIRE;
	desk.config->max_age_h = 48;
	ck_assert_msg(trust_new(&desk, &desk.trust, &f) == 0, "%s", f.what);
}

static void
setup(void)
{
	desk_setup();
	anchors = kit_path("pki/anchors");
	inter = kit_path("pki/inter");
	lists = kit_path("pki/crl");
	judge_by(anchors, lists);
}

static void
teardown(void)
{
	desk_teardown();
	free(anchors);
	free(inter);
	free(lists);
}

/* A holder's card, the key beside it. */
static struct person_card *
card_of(const char *holder)
{
	struct person_card *c = mem_alloc(sizeof(*c));
	char *path = kit_path("pki/holders/%s.key", holder);
	struct bytes der = kit_holder(holder);
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	c->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	ck_assert_ptr_nonnull(c->key);
	fclose(f);
	c->der = buf_new(0);
	ck_assert_int_eq(buf_put(c->der, der.p, der.n), 0);
	kit_free(&der);
	free(path);
	return c;
}

/* The relay says that maria has this card. */
static void
meet(const char *holder, struct store_person *out)
{
	struct fault f = { 0 };

	entry_clear();
	person_card_free(&card);
	card = card_of(holder);
	found();
	ck_assert_msg(trust_person(desk.trust, &parts.entry, out, &f) == 0, "%s", f.what);
	out->contact = CORE_CONTACT;
	ck_assert_int_eq(store_person_set(desk.store, out), 0);
}

static const struct {
	const char *name;
	char letter;
	const char *why; /* NULL: may be written to */
	int code;
	const char *said;
} citizens[] = {
	{ "joao", 'C', NULL, 0, NULL },
	{ "maria", 'C', NULL, 0, NULL },
	{ "ines", 'C', NULL, 0, NULL },
	{ "revogado", '!', "revoked", ERR_CERT_REVOKED, "the certificate was revoked on 20" },
	{ "suspenso", '!', "suspended", ERR_CERT_REVOKED, "the certificate is suspended since 20" },
	{ "expirado", '!', "expired", ERR_CERT_TIME, "the certificate expired on 2020-01-01" },
	{ "futuro", '!', "not yet valid", ERR_CERT_TIME, "not valid before 2040-01-01" },
	{ "wrongeku", '!', "broken", ERR_CERT_USAGE, "not for client authentication" },
	{ "sobrevogada", '!', "revoked", ERR_CERT_REVOKED, "0021 TESTE, above the certificate, was revoked" },
	{ "falso", '!', "broken", ERR_CERT_CHAIN, "the same name, another key" },
};

START_TEST(each_gets_the_right_verdict)
{
	struct store_person p;
	struct fault f = { 0 };
	const char *why;

	meet(citizens[_i].name, &p);
	ck_assert_int_eq(trust_letter(desk.trust, &p), citizens[_i].letter);
	why = trust_why(desk.trust, &p);
	ck_assert_int_eq(why == NULL, citizens[_i].why == NULL);
	ck_assert_int_eq(trust_may_send(desk.trust, &p, &f), citizens[_i].code);
	if (why == NULL)
		return;
	ck_assert_str_eq(why, citizens[_i].why);
	ck_assert_int_eq(err_exit(f.code), 65);
	ck_assert_msg(strstr(f.what, citizens[_i].said) != NULL, "%s", f.what);
	ck_assert_str_ne(f.hint, "");
}
END_TEST

START_TEST(without_lists_nobody_is_proven)
{
	struct store_person p;
	struct fault f = { 0 };

	judge_by(anchors, NULL);
	meet("ines", &p);
	ck_assert_int_eq(trust_letter(desk.trust, &p), '?');
	ck_assert_int_eq(trust_may_send(desk.trust, &p, &f), ERR_CERT_REVOCATION);
	ck_assert_msg(strstr(f.what, "there is no revocation list of its issuer") != NULL, "%s", f.what);
}
END_TEST

/* What counts is when it was made, not how long it says that it is good. */
START_TEST(an_old_list_proves_nobody)
{
	struct kit_list old = { .authority = "auc0020", .number = 9, .this_update = -3 * KIT_DAY_S,
		.next_update = KIT_DAY_S };
	struct kit_list fresh = { .authority = "cc008", .number = 9, .this_update = -60,
		.next_update = KIT_DAY_S };
	struct kit_list root = { .authority = "ecraiz002", .number = 9, .this_update = -60,
		.next_update = KIT_DAY_S };
	const struct kit_list *all[] = { &old, &fresh, &root };
	struct store_person p;
	struct fault f = { 0 };
	size_t i;

	judge_by(anchors, NULL);
	for (i = 0; i < 3; i++) {
		struct bytes der = kit_list(all[i]);

		ck_assert_int_eq(cert_store_add(trust_store(desk.trust), CERT_CRLS, der, NULL), 0);
		kit_free(&der);
	}
	meet("ines", &p);
	ck_assert_int_eq(trust_letter(desk.trust, &p), '?');
	ck_assert_int_eq(trust_may_send(desk.trust, &p, &f), ERR_CERT_REVOCATION);
	ck_assert_msg(strstr(f.what, "its revocation list is too old") != NULL, "%s", f.what);
}
END_TEST

/* Only the other state root is trusted: nobody here can say whose a card under this one is. */
START_TEST(another_root_proves_nobody)
{
	char *one = kit_path("pki/anchors/mcroot.pem");
	struct store_person p;
	struct fault f = { 0 };

	judge_by(one, lists);
	meet("ines", &p);
	ck_assert_int_eq(trust_letter(desk.trust, &p), '?');
	ck_assert_ptr_null(trust_why(desk.trust, &p));
	ck_assert_int_eq(trust_may_send(desk.trust, &p, &f), ERR_CERT_CHAIN);
	ck_assert_msg(strstr(f.what, "which is no trust anchor") != NULL, "%s", f.what);
	free(one);
}
END_TEST

/* The state's roots sign for more than cards; whoever brings roots of their own knows for what. */
START_TEST(under_the_state_s_roots_a_policy_is_required)
{
	struct cert_policy now = cert_store_policy(trust_store(desk.trust));

	ck_assert_uint_eq(now.required.count, 0);
	ck_assert(!now.by_card_authority);
	judge_by(NULL, NULL);
	now = cert_store_policy(trust_store(desk.trust));
	ck_assert_uint_eq(now.required.count, 0);
	ck_assert(now.by_card_authority);
	ck_assert_int_eq(cert_policies_add(&desk.config->policies, "1.2.3.4"), 0);
	judge_by(NULL, NULL);
	now = cert_store_policy(trust_store(desk.trust));
	ck_assert_uint_eq(now.required.count, 1);
	ck_assert_str_eq(now.required.oid[0], "1.2.3.4");
	ck_assert(!now.by_card_authority);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("citizens");
	TCase *c = tcase_create("citizens");

	if (!kit_exists())
		return 77;
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, each_gets_the_right_verdict, 0, sizeof(citizens) / sizeof(citizens[0]));
	tcase_add_test(c, without_lists_nobody_is_proven);
	tcase_add_test(c, an_old_list_proves_nobody);
	tcase_add_test(c, another_root_proves_nobody);
	tcase_add_test(c, under_the_state_s_roots_a_policy_is_required);
	suite_add_tcase(s, c);
	return unit_run(s);
}
