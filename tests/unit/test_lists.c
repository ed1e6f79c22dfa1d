/* The folder of fetched lists: what is removed from it, and by whom. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/ca.h"
#include "server/lists.h"
#include "unit.h"

#define DAY_MS (24ull * 3600 * 1000)
#define OLDER "http://lists.example/older.crl"
#define NEWER "http://lists.example/newer.crl"

static char data[64], *dir;
static struct ca *ca;
static struct cert_store *store;

static struct cert_store *
new_store(void)
{
	struct cert_store *s = cert_store_new(NULL);

	ck_assert_int_eq(cert_store_add(s, CERT_RELAY_ANCHORS, ca_root_der(ca), NULL), 0);
	return s;
}

static void
setup(void)
{
	static const uint8_t relay[32] = { 1 };
	uint64_t now = clock_now_ms();
	struct ca_root root = { "lists.example", relay, now - DAY_MS, now + 100 * DAY_MS };

	snprintf(data, sizeof(data), "/tmp/recadod-lists-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(data));
	ck_assert_int_eq(lists_open(data, &dir, NULL), 0);
	ck_assert_int_eq(ca_new(&root, &ca), 0);
	store = new_store();
}

static void
teardown(void)
{
	char command[96];

	cert_store_free(&store);
	ca_free(&ca);
	free(dir);
	snprintf(command, sizeof(command), "rm -rf '%s'", data);
	ck_assert_int_eq(system(command), 0);
}

static struct buf *
list_of(uint64_t number)
{
	uint64_t now = clock_now_ms();
	struct ca_list list = { number, now - 1000, now + DAY_MS, NULL, 0 };
	struct buf *der = buf_new(0);

	ck_assert_int_eq(ca_crl(ca, &list, der), 0);
	return der;
}

static void
keep(const char *url, const struct buf *der)
{
	ck_assert_int_eq(lists_keep(dir, url, buf_view(der), NULL), 0);
}

static bool
is_kept(const char *url)
{
	char hex[65], *path;
	uint8_t hash[32];
	bool is;

	cert_sha256((struct bytes){ (const uint8_t *)url, strlen(url) }, hash);
	hex_encode(hash, sizeof(hash), hex);
	path = mem_format("%s/%s.crl", dir, hex);
	is = access(path, F_OK) == 0;
	free(path);
	return is;
}

/* A relay that runs may be writing the newer one under the very name whose old content was read. */
START_TEST(who_is_not_alone_removes_nothing)
{
	struct buf *older = list_of(4), *newer = list_of(5);
	static const uint8_t junk[] = "no list";

	keep(OLDER, older);
	ck_assert_int_eq(cert_store_update_crl(store, buf_view(newer), NULL, NULL), 0);
	ck_assert_int_eq(
	    lists_keep(dir, "junk", (struct bytes){ junk, sizeof(junk) }, NULL), 0);
	lists_load(dir, store, false, NULL);
	ck_assert(is_kept(OLDER) && is_kept("junk"));
	lists_load(dir, store, true, NULL);
	ck_assert(!is_kept(OLDER));
	ck_assert(!is_kept("junk"));
	buf_free(&older);
	buf_free(&newer);
}
END_TEST

/* The number seen outlives a restart, whatever the order in which the files are read. */
START_TEST(the_number_outlives_a_restart)
{
	struct buf *older = list_of(4), *newer = list_of(5);
	uint64_t generation;
	bool changed = true;

	keep(OLDER, older);
	keep(NEWER, newer);
	lists_load(dir, store, true, NULL);
	ck_assert(is_kept(NEWER));
	ck_assert_int_eq(cert_store_update_crl(store, buf_view(older), &changed, NULL), ERR_REPLAY);
	ck_assert(!changed);
	generation = cert_store_generation(store);
	changed = true;
	ck_assert_int_eq(cert_store_update_crl(store, buf_view(newer), &changed, NULL), 0);
	ck_assert(!changed && cert_store_generation(store) == generation);
	buf_free(&older);
	buf_free(&newer);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { who_is_not_alone_removes_nothing,
		the_number_outlives_a_restart, NULL };
	Suite *s = suite_create("lists");
	TCase *t = tcase_create("lists");

	tcase_add_checked_fixture(t, setup, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(s, t);
	return unit_run(s);
}
