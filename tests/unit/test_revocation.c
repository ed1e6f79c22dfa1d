/*
 * Revocation lists: what may replace what, which of several counts, and what is no list at all.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tests/unit/kit.h"
#include "tests/unit/unit.h"

#define FULL .authority = "auc0020", .next_update = KIT_DAY_S, .this_update = -60

/* Anchors and intermediates, and the lists of everybody but auc0020. */
static struct cert_store *
store_without(void)
{
	static const char *const others[] = { "ecraiz002", "cc008" };
	struct cert_store *s = cert_store_new(NULL);

	kit_load(s, CERT_ANCHORS, "anchors");
	kit_load(s, CERT_INTERMEDIATES, "inter");
	for (size_t i = 0; i < 2; i++) {
		char *path = kit_path("pki/crl/%s.crl", others[i]);

		ck_assert_int_eq(cert_store_load(s, CERT_CRLS, path, NULL, NULL), 0);
		free(path);
	}
	return s;
}

static int
update(struct cert_store *s, struct kit_list l)
{
	struct bytes der = kit_list(&l);
	int r = cert_store_update_crl(s, der, NULL, NULL);

	kit_free(&der);
	return r;
}

static void
put(struct cert_store *s, struct kit_list l)
{
	struct bytes der = kit_list(&l);

	ck_assert_int_eq(cert_store_add(s, CERT_CRLS, der, NULL), 0);
	kit_free(&der);
}

static void
expect_ines(struct cert_store *s, int code)
{
	const struct cert_verdict *v = kit_verify_holder(s, "ines", clock_now_ms());

	ck_assert_msg(
	    v->code == code, "%s, expected %s: %s", err_name(v->code), err_name(code), v->sentence);
	cert_verdict_free(&v);
}

/* ---------------------------------------------------------------------------- lists that are sent */

START_TEST(a_newer_list_takes_the_place_of_an_older)
{
	struct cert_store *s = store_without();
	struct revocation **lists;
	uint64_t generation;
	size_t before, n;

	expect_ines(s, ERR_CERT_REVOCATION);
	ck_assert_int_eq(update(s, (struct kit_list){ FULL, .number = 500 }), 0);
	expect_ines(s, 0);
	cert_store_crls(s, &lists, &before);
	for (size_t i = 0; i < before; i++)
		revocation_free(&lists[i]);
	free(lists);
	ck_assert_int_eq(update(s, (struct kit_list){ FULL, .number = 501, .revoked = "ines" }), 0);
	expect_ines(s, ERR_CERT_REVOKED);
	cert_store_crls(s, &lists, &n);
	ck_assert_uint_eq(n, before);
	for (size_t i = 0; i < n; i++)
		revocation_free(&lists[i]);
	free(lists);
	generation = cert_store_generation(s);
	ck_assert_int_eq(update(s, (struct kit_list){ FULL, .number = 499 }), ERR_REPLAY);
	ck_assert_uint_eq(cert_store_generation(s), generation);
	expect_ines(s, ERR_CERT_REVOKED);
	cert_store_free(&s);
}
END_TEST

START_TEST(a_number_seen_does_not_come_back)
{
	struct cert_store *s = store_without();
	char *empty = kit_path("pki/anchors");

	ck_assert_int_eq(update(s, (struct kit_list){ FULL, .number = 501, .revoked = "ines" }), 0);
	ck_assert_int_eq(cert_store_reload_crls(s, empty, NULL, NULL), 0);
	ck_assert_int_eq(update(s, (struct kit_list){ FULL, .number = 500 }), ERR_REPLAY);
	/* nor through the directory */
	put(s, (struct kit_list){ FULL, .number = 500 });
	expect_ines(s, ERR_CERT_REVOKED);
	free(empty);
	cert_store_free(&s);
}
END_TEST

START_TEST(the_same_list_is_no_news)
{
	struct cert_store *s = store_without();
	struct bytes der = kit_list(&(struct kit_list){ FULL, .number = 7 });
	bool changed;

	ck_assert_int_eq(cert_store_update_crl(s, der, &changed, NULL), 0);
	ck_assert(changed);
	ck_assert_int_eq(cert_store_update_crl(s, der, &changed, NULL), 0);
	ck_assert(!changed);
	kit_free(&der);
	cert_store_free(&s);
}
END_TEST

START_TEST(only_known_authorities_lists_are_taken)
{
	struct cert_store *s = store_without();

	/* the twin's: right name, wrong key */
	ck_assert_int_eq(
	    update(s,
		(struct kit_list){
		    .authority = "rogueauc", .number = 9999, .next_update = KIT_DAY_S }),
	    ERR_SIGNATURE);
	/* another authority's, with auc0020's name on it */
	ck_assert_int_eq(update(s,
			     (struct kit_list){ .authority = "auc0021",
				 .name = "auc0020",
				 .number = 9999,
				 .next_update = KIT_DAY_S }),
	    ERR_SIGNATURE);
	/* and neither has spoilt the numbers */
	ck_assert_int_eq(update(s, (struct kit_list){ FULL, .number = 1 }), 0);
	cert_store_free(&s);
	s = cert_store_new(NULL);
	ck_assert_int_eq(update(s, (struct kit_list){ FULL, .number = 1 }), ERR_CERT_CHAIN);
	cert_store_free(&s);
}
END_TEST

START_TEST(a_list_of_the_directory_s_that_is_sent_too_is_replaced)
{
	struct cert_store *s = store_without();
	char *empty = kit_path("pki/anchors");
	struct bytes der = kit_list(&(struct kit_list){ FULL, .number = 5 });
	struct revocation **lists;
	size_t n;

	ck_assert_int_eq(cert_store_add(s, CERT_CRLS, der, NULL), 0);
	ck_assert_int_eq(cert_store_update_crl(s, der, NULL, NULL), 0);
	ck_assert_int_eq(update(s, (struct kit_list){ FULL, .number = 6 }), 0);
	ck_assert_int_eq(cert_store_reload_crls(s, empty, NULL, NULL), 0);
	cert_store_crls(s, &lists, &n);
	ck_assert_uint_eq(n, 1);
	revocation_free(&lists[0]);
	free(lists);
	free(empty);
	kit_free(&der);
	cert_store_free(&s);
}
END_TEST

/* An authority of the same name that a relay has made under its own anchor: known, and no other
 * than it was. */
START_TEST(a_namesake_under_another_anchor_does_not_disturb)
{
	static const char *const rogues[] = { "rogue002", "rogue008", "rogueauc" };
	struct kit_list rogue = { .authority = "rogueauc", .number = 9999, .next_update = KIT_DAY_S,
		.no_key_id = true };
	struct cert_store *s = store_without();

	for (size_t i = 0; i < 3; i++) {
		struct bytes der = kit_authority(rogues[i]);

		ck_assert_int_eq(cert_store_add(s,
		    i == 0 ? CERT_RELAY_ANCHORS : CERT_INTERMEDIATES, der, NULL), 0);
		kit_free(&der);
	}
	ck_assert_int_eq(
	    update(s, (struct kit_list){ FULL, .number = 5, .no_key_id = true }), 0);
	expect_ines(s, 0);
	ck_assert_int_eq(update(s, rogue), 0);
	expect_ines(s, 0);
	ck_assert_int_eq(
	    update(s, (struct kit_list){ FULL, .number = 4, .no_key_id = true }), ERR_REPLAY);
	ck_assert_int_eq(update(s, (struct kit_list){ FULL, .number = 6, .no_key_id = true,
	    .revoked = "ines" }), 0);
	expect_ines(s, ERR_CERT_REVOKED);
	cert_store_free(&s);
}
END_TEST

/* --------------------------------------------------------------------------- lists side by side */

START_TEST(of_two_lists_in_a_directory_neither_counts)
{
	struct cert_store *s = store_without();
	const struct cert_verdict *v;

	put(s, (struct kit_list){ FULL, .number = 5, .revoked = "ines" });
	expect_ines(s, ERR_CERT_REVOKED);
	put(s, (struct kit_list){ FULL, .number = 6 });
	v = kit_verify_holder(s, "ines", clock_now_ms());
	ck_assert_int_eq(v->code, ERR_CERT_REVOCATION);
	ck_assert_ptr_nonnull(strstr(v->sentence, "two different"));
	cert_verdict_free(&v);
	cert_store_free(&s);
}
END_TEST

START_TEST(an_identifier_left_out_makes_no_difference)
{
	struct cert_store *s = store_without();

	put(s, (struct kit_list){ FULL, .number = 5, .revoked = "ines" });
	put(s, (struct kit_list){ FULL, .number = 6, .no_key_id = true });
	expect_ines(s, ERR_CERT_REVOCATION);
	cert_store_free(&s);
}
END_TEST

START_TEST(duplicates_count_once)
{
	struct cert_store *s = store_without();
	struct bytes der = kit_list(&(struct kit_list){ FULL, .number = 5 });

	ck_assert_int_eq(cert_store_add(s, CERT_CRLS, der, NULL), 0);
	ck_assert_int_eq(cert_store_add(s, CERT_CRLS, der, NULL), 0);
	ck_assert_int_eq(cert_store_update_crl(s, der, NULL, NULL), 0);
	expect_ines(s, 0);
	kit_free(&der);
	cert_store_free(&s);
}
END_TEST

START_TEST(strangers_lists_do_not_disturb)
{
	struct cert_store *s = store_without();

	put(s, (struct kit_list){ FULL, .number = 5 });
	put(s,
	    (struct kit_list){ .authority = "rogueauc",
		.number = 6,
		.next_update = KIT_DAY_S,
		.revoked = "ines" });
	expect_ines(s, 0);
	cert_store_free(&s);
}
END_TEST

START_TEST(distribution_points_decide)
{
	struct cert_store *s = store_without();

	/* a list for another point does not cover her, whatever it says */
	put(s,
	    (struct kit_list){ FULL, .number = 5, .point = "http://crl.teste.invalid/other.crl",
		.revoked = "ines" });
	expect_ines(s, ERR_CERT_REVOCATION);
	put(s,
	    (struct kit_list){
		FULL, .number = 5, .point = "http://crl.teste.invalid/auc0020.crl" });
	expect_ines(s, 0);
	cert_store_free(&s);
}
END_TEST

START_TEST(deltas_add_to_their_base)
{
	struct cert_store *s = store_without();
	const struct cert_verdict *v;
	const struct cert_link *leaf;

	put(s,
	    (struct kit_list){ .authority = "auc0020",
		.number = 5,
		.freshest = true,
		.this_update = -100 * 3600,
		.next_update = KIT_DAY_S });
	expect_ines(s, ERR_CERT_REVOCATION); /* more than 48 h old */
	put(s, (struct kit_list){ FULL, .number = 6, .base = 5 });
	v = kit_verify_holder(s, "ines", clock_now_ms());
	leaf = &v->chain[v->chain_count - 1];
	ck_assert_msg(v->code == 0, "%s", v->sentence);
	ck_assert_int_le(leaf->revocation_age_s, 70); /* as new as the delta */
	cert_verdict_free(&v);
	cert_store_free(&s);

	s = store_without();
	put(s, (struct kit_list){ FULL, .number = 5, .freshest = true });
	put(s, (struct kit_list){ FULL, .number = 6, .base = 5, .revoked = "ines" });
	expect_ines(s, ERR_CERT_REVOKED);
	cert_store_free(&s);
}
END_TEST

START_TEST(a_list_from_the_future_is_none)
{
	struct cert_store *s = store_without();

	put(s,
	    (struct kit_list){ .authority = "auc0020",
		.number = 5,
		.this_update = 3600,
		.next_update = KIT_DAY_S });
	expect_ines(s, ERR_CERT_REVOCATION);
	cert_store_free(&s);
}
END_TEST

/* ---------------------------------------------------------------------------------- directories */

static void
write_file(const char *folder, const char *name, struct bytes b)
{
	char *path = mem_format("%s/%s", folder, name);
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(b.p, 1, b.n, f), b.n);
	fclose(f);
	free(path);
}

START_TEST(directories_are_read_again)
{
	char folder[] = "/tmp/recado-lists-XXXXXX", *path;
	struct bytes good = kit_list(&(struct kit_list){ FULL, .number = 5 });
	struct bytes bad = { (const uint8_t *)"-----BEGIN", 10 };
	struct bytes revoked = kit_list(&(struct kit_list){ FULL, .number = 6, .revoked = "ines" });
	struct cert_store *s = cert_store_new(NULL);
	struct fault f = { 0 };
	uint64_t generation;
	size_t n;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	kit_load(s, CERT_ANCHORS, "anchors");
	kit_load(s, CERT_INTERMEDIATES, "inter");
	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "ecraiz002" : "cc008";
		struct bytes b;

		path = kit_path("pki/crl/%s.crl", name);
		b = kit_file(path);
		write_file(folder, i == 0 ? "a.crl" : "b.crl", b);
		kit_free(&b);
		free(path);
	}
	write_file(folder, "c.crl", good);
	write_file(folder, "notes.txt", bad);
	ck_assert_int_eq(cert_store_reload_crls(s, folder, &n, &f), 0);
	ck_assert_uint_eq(n, 3);
	expect_ines(s, 0);
	/* nothing new: what was judged needs no other look */
	generation = cert_store_generation(s);
	ck_assert_int_eq(cert_store_reload_crls(s, folder, &n, &f), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(cert_store_generation(s), generation);
	/* what cannot be read changes nothing, and is named */
	write_file(folder, "c.crl", bad);
	ck_assert_int_ne(cert_store_reload_crls(s, folder, &n, &f), 0);
	ck_assert_ptr_nonnull(strstr(f.about, "c.crl"));
	expect_ines(s, 0);
	/* the old list goes with its file */
	write_file(folder, "c.crl", revoked);
	ck_assert_int_eq(cert_store_reload_crls(s, folder, &n, &f), 0);
	expect_ines(s, ERR_CERT_REVOKED);
	ck_assert_uint_gt(cert_store_generation(s), generation);
	/* nor when the folder is gone */
	ck_assert_int_eq(cert_store_reload_crls(s, "/nonexistent", &n, &f), ERR_NOT_FOUND);
	expect_ines(s, ERR_CERT_REVOKED);
	static const char *const names[] = { "a.crl", "b.crl", "c.crl", "notes.txt" };
	for (size_t i = 0; i < 4; i++) {
		path = mem_format("%s/%s", folder, names[i]);
		unlink(path);
		free(path);
	}
	rmdir(folder);
	kit_free(&good);
	kit_free(&revoked);
	cert_store_free(&s);
}
END_TEST

/* ---------------------------------------------------------------------------------- one list */

START_TEST(what_a_list_says_of_itself)
{
	struct bytes der = kit_list(&(struct kit_list){
	    FULL, .number = 0x1234, .point = "http://crl.teste.invalid/auc0020.crl" });
	struct bytes issuer = kit_authority("auc0020"), leaf = kit_holder("ines");
	const struct revocation_info *info;
	uint8_t hash[REVOCATION_HASH_LEN];
	struct revocation *r;

	ck_assert_int_eq(revocation_parse(der, "x", &r, NULL), 0);
	info = revocation_info(r);
	ck_assert(info->has_number && info->scoped && !info->delta && info->conforming);
	ck_assert_uint_eq(info->number[REVOCATION_NUMBER_MAX - 1], 0x34);
	ck_assert_uint_eq(info->number[REVOCATION_NUMBER_MAX - 2], 0x12);
	ck_assert_str_eq(info->url, "http://crl.teste.invalid/auc0020.crl");
	ck_assert_uint_eq(info->next_update - info->this_update, (KIT_DAY_S + 60) * 1000ull);
	ck_assert_int_eq(revocation_subject_of(issuer, hash), 0);
	ck_assert_mem_eq(hash, info->issuer, sizeof(hash));
	ck_assert_int_eq(revocation_issuer_of(leaf, hash), 0);
	ck_assert_mem_eq(hash, info->issuer, sizeof(hash));
	ck_assert(bytes_equal(revocation_der(r), der));
	revocation_free(&r);
	kit_free(&der);
	kit_free(&issuer);
	kit_free(&leaf);
}
END_TEST

START_TEST(cut_or_lengthened_lists_are_none)
{
	struct bytes der = kit_list(&(struct kit_list){ FULL, .number = 1, .revoked = "ines" });
	uint8_t *copy = mem_alloc(der.n + 1);
	struct revocation *r;

	memcpy(copy, der.p, der.n);
	for (size_t n = 0; n <= der.n + 1; n++)
		ck_assert_int_eq(revocation_parse((struct bytes){ copy, n }, NULL, &r, NULL) == 0,
		    n == der.n ? (revocation_free(&r), 1) : 0);
	free(copy);
	kit_free(&der);
}
END_TEST

START_TEST(huge_numbers_are_refused)
{
	/* SEQUENCE of 2^32 octets, of indefinite length, and a length with leading zeros */
	static const struct {
		uint8_t p[8];
		size_t n;
	} cases[] = {
		{ { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0 }, 7 },
		{ { 0x30, 0x80, 0, 0 }, 4 },
		{ { 0x30, 0x82, 0, 1, 0 }, 5 },
		{ { 0x30, 0x85, 1, 0, 0, 0, 0 }, 7 },
	};
	struct revocation *r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_int_ne(
		    revocation_parse((struct bytes){ cases[i].p, cases[i].n }, NULL, &r, NULL), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_newer_list_takes_the_place_of_an_older,
		a_number_seen_does_not_come_back,
		the_same_list_is_no_news,
		only_known_authorities_lists_are_taken,
		a_list_of_the_directory_s_that_is_sent_too_is_replaced,
		a_namesake_under_another_anchor_does_not_disturb,
		of_two_lists_in_a_directory_neither_counts,
		an_identifier_left_out_makes_no_difference,
		duplicates_count_once,
		strangers_lists_do_not_disturb,
		distribution_points_decide,
		deltas_add_to_their_base,
		a_list_from_the_future_is_none,
		directories_are_read_again,
		what_a_list_says_of_itself,
		cut_or_lengthened_lists_are_none,
		huge_numbers_are_refused,
		NULL,
	};

	return kit_exists() ? unit_run(unit_suite("revocation", tests)) : UNIT_SKIP;
}
