/*
 * config: recado.conf is read as recado.conf(5) says; what is wrong is named with its line.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "core/config.h"
#include "unit.h"

static char path[64];

static int
load(const char *text, struct config **c, struct fault *f)
{
	FILE *out;
	int fd, r;

	snprintf(path, sizeof(path), "/tmp/recado-config-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	out = fdopen(fd, "w");
	fputs(text, out);
	fclose(out);
	memset(f, 0, sizeof(*f));
	r = config_load(path, false, c, f);
	unlink(path);
	return r;
}

START_TEST(test_all)
{
	struct config *c;
	struct fault f;

	ck_assert_int_eq(load("relay = \"relay.example.pt:7443\";\n"
	                      "receipts = \"ask\"; requests = \"hold\"; log = \"debug\";\n"
	                      "lock_after_min = 5; suites = ( \"ecdhe-aes256_gcm-sha384\",\n"
	                      "  \"ECDHE-CHACHA20_POLY1305-SHA256\" );\n"
	                      "token = { module = \"/usr/lib/x.so\"; label = \"CC\"; };\n"
	                      "trust = { anchors = \"/a\"; intermediates = \"/i\"; crls = \"/c\";\n"
	                      "  policies = ( \"1.2.3.4\", \"2.16.620.1.1.1.2.4.0.1.3\" );\n"
	                      "  profile = \"strict\"; revocation = \"prefer\"; max_age_h = 24; };\n",
	                     &c, &f), 0);
	ck_assert_str_eq(c->relay, "relay.example.pt:7443");
	ck_assert_int_eq(c->receipts, CONFIG_RECEIPTS_ASK);
	ck_assert_int_eq(c->requests, CONFIG_REQUESTS_HOLD);
	ck_assert_int_eq(c->log_level, LOG_LEVEL_DEBUG);
	ck_assert_int_eq(c->lock_after_min, 5);
	ck_assert_uint_eq(c->suites.count, 2);
	ck_assert_uint_eq(c->suites.id[0], SUITE_ECDHE_AES256_GCM_SHA384);
	ck_assert_uint_eq(c->suites.id[1], SUITE_ECDHE_CHACHA20_POLY1305_SHA256);
	ck_assert_str_eq(c->token_module, "/usr/lib/x.so");
	ck_assert_str_eq(c->trust_crls, "/c");
	ck_assert_uint_eq(c->policies.count, 2);
	ck_assert_str_eq(c->policies.oid[1], CERT_POLICY_CARD);
	ck_assert_int_eq(c->profile, CONFIG_PROFILE_STRICT);
	ck_assert_int_eq(c->revocation, CONFIG_REVOCATION_PREFER);
	ck_assert_int_eq(c->max_age_h, 24);
	config_free(&c);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(test_defaults)
{
	struct config *c;
	struct fault f = { 0 };

	ck_assert_int_eq(config_load("/nonexistent/recado.conf", true, &c, &f), 0);
	ck_assert_ptr_null(c->relay);
	ck_assert_int_eq(c->revocation, CONFIG_REVOCATION_REQUIRE);
	ck_assert_int_eq(c->max_age_h, 48);
	ck_assert_int_eq(c->requests, CONFIG_REQUESTS_CARD);
	ck_assert_int_eq(c->log_level, CONFIG_LOG_NONE);
	ck_assert_int_eq(c->lock_after_min, 0);
	ck_assert_uint_eq(c->suites.count, SUITE_COUNT);
	config_free(&c);
	ck_assert_int_eq(config_load("/nonexistent/recado.conf", false, &c, &f), ERR_CONFIG);
}
END_TEST

START_TEST(test_wrong)
{
	static const struct {
		const char *text, *line, *what;
	} bad[] = {
		{ "relay = \"a:1\";\nrelais = \"b:2\";\n", ":2", "relais" },
		{ "trust = {\n anchor = \"/a\";\n};\n", ":2", "anchor" },
		{ "\nreceipts = \"maybe\";\n", ":2", "receipts" },
		{ "lock_after_min = -1;\n", ":1", "lock_after_min" },
		{ "lock_after_min = 1441;\n", ":1", "lock_after_min" },
		{ "trust = { max_age_h = 0; };", ":1", "max_age_h" },
		{ "trust = { max_age_h = \"2\"; };", ":1", "max_age_h" },
		{ "trust = {\n policies = ( ); };", ":2", "policies" },
		{ "trust = { policies = \"clientAuth\"; };", ":1", "policies" },
		{ "trust = { policies = ( \"1.2.3\", \"1.2.3\" ); };", ":1", "policies" },
		{ "trust = { policies = 5; };", ":1", "policies" },
		{ "suites = ( );", ":1", "suites" },
		{ "suites = ( 5 );", ":1", "suites" },
		{ "suites = ( \"NULL\" );", ":1", "suites" },
		{ "suites = ( \"ECDHE-AES256_GCM-SHA384\",\n \"ECDHE-AES256_GCM-SHA384\" );", ":1",
		    "suites" },
		{ "suites = { a = \"ECDHE-AES256_GCM-SHA384\"; };", ":1", "suites" },
		{ "token = \"x\";", ":1", "token" },
		{ "relay = 7;", ":1", "relay" },
		{ "relay = \"a:1\"\n;;;", ":2", "" },
	};
	struct config *c;
	struct fault f;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(load(bad[i].text, &c, &f), ERR_CONFIG);
		ck_assert_ptr_null(c);
		ck_assert_msg(strstr(f.about, bad[i].line) != NULL, "%s: %s", bad[i].text, f.about);
		ck_assert_msg(strstr(f.what, bad[i].what) != NULL, "%s: %s", bad[i].text, f.what);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { test_all, test_defaults, test_wrong, NULL };

	return unit_run(unit_suite("config", tests));
}
