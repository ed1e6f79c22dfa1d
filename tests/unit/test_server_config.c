#include <string.h>

#include "server/authority.h"
#include "server/trust.h"
#include "unit.h"

static struct config *c;
static struct fault f;

static int
parse(const char *text)
{
	config_free(&c);
	memset(&f, 0, sizeof(f));
	return config_parse(text, "test.conf", &c, &f);
}

static void
teardown(void)
{
	config_free(&c);
}

START_TEST(has_defaults)
{
	ck_assert_int_eq(parse(""), 0);
	ck_assert_uint_eq(c->listen_count, 1);
	ck_assert_str_eq(c->listen[0], "0.0.0.0:7443");
	ck_assert_str_eq(c->data, "/var/lib/recadod");
	ck_assert_int_eq(c->reg, REGISTER_CARD);
	ck_assert_int_eq(c->enrol, ENROL_CLOSED);
	ck_assert_int_eq(c->directory, DIRECTORY_EXACT);
	ck_assert_int_eq(c->trust.policy.revocation, CERT_REVOCATION_REQUIRE);
	ck_assert_uint_eq(c->trust.policy.max_age_h, 48);
	ck_assert_uint_eq(c->limits.mailbox_envelopes, 10000);
	ck_assert_uint_eq(c->suites.count, SUITE_COUNT);
}
END_TEST

START_TEST(reads_every_kind_of_key)
{
	ck_assert_int_eq(parse("listen = ( \"127.0.0.1:7443\", \"[::1]:0\", \"80\" );\n"
			       "suites = ( \"ECDHE-AES256_GCM-SHA384\" );"
			       "data = \"/tmp/x\"; host = \"relay.example.pt\"; loops = 3;\n"
			       "register = \"invite\"; enrol = \"open\"; directory = \"open\";\n"
			       "trust = { anchors = \"/a\"; profile = \"strict\";"
			       "  revocation = \"prefer\"; max_age_h = 12; };\n"
			       "ca = { name = \"x\"; days = 30; list_hours = 4; };\n"
			       "limits = { deposits = { per_minute = 5; burst = 7; };"
			       "  mailbox = { bytes = 5000000000L; }; };\n"),
	    0);
	ck_assert_uint_eq(c->listen_count, 3);
	ck_assert_str_eq(c->listen[1], "[::1]:0");
	ck_assert_uint_eq(c->suites.count, 1);
	ck_assert_uint_eq(c->suites.id[0], SUITE_ECDHE_AES256_GCM_SHA384);
	ck_assert_str_eq(c->host, "relay.example.pt");
	ck_assert_uint_eq(c->loops, 3);
	ck_assert_int_eq(c->reg, REGISTER_INVITE);
	ck_assert_int_eq(c->directory, DIRECTORY_OPEN);
	ck_assert_str_eq(c->trust.anchors, "/a");
	ck_assert_int_eq(c->trust.policy.profile, CERT_STRICT);
	ck_assert_str_eq(c->ca.name, "x");
	ck_assert_uint_eq(c->ca.days, 30);
	ck_assert_uint_eq(c->ca.list_hours, 4);
	ck_assert_uint_eq(c->ca.root_years, 20);
	ck_assert_uint_eq(c->limits.deposits.burst, 7);
	ck_assert_uint_eq(c->limits.mailbox_bytes, 5000000000ull);
}
END_TEST

static struct cert_policy
policy_of(const char *text)
{
	static const uint8_t relay[32];
	struct cert_policy policy;
	struct trust *t;

	ck_assert_int_eq(parse(text), 0);
	ck_assert_int_eq(trust_new(c, NULL, relay, &t, &f), 0);
	policy = cert_store_policy(trust_store(t));
	trust_free(&t);
	return policy;
}

START_TEST(requires_policies)
{
	struct cert_policy p = policy_of("data = \"/nonexistent\";");

	ck_assert_uint_eq(p.required.count, 0);
	ck_assert(p.by_card_authority); /* the state's roots sign for more than cards */
	p = policy_of("data = \"/nonexistent\"; trust = { anchors = \"/dev\"; };");
	ck_assert_uint_eq(p.required.count, 0);
	ck_assert(!p.by_card_authority);
	p = policy_of("data = \"/nonexistent\"; trust = { policies = ( \"1.2.3\", \"1.2.4\" ); };");
	ck_assert_uint_eq(p.required.count, 2);
	ck_assert_str_eq(p.required.oid[1], "1.2.4");
	ck_assert(!p.by_card_authority);
}
END_TEST

START_TEST(reads_how_lists_are_fetched)
{
	ck_assert_int_eq(parse(""), 0);
	ck_assert(c->revocation.fetch && c->revocation.allow.count == 0);
	ck_assert_int_eq(parse("revocation = { fetch = false; interval_min = 5; timeout_s = 7;"
			       "  allow = ( \"127.0.0.1:8080\", \"[::1]\" ); };"),
	    0);
	ck_assert(!c->revocation.fetch);
	ck_assert_uint_eq(c->revocation.interval_min, 5);
	ck_assert_uint_eq(c->revocation.timeout_s, 7);
	ck_assert_uint_eq(c->revocation.allow.count, 2);
	ck_assert_int_eq(parse("revocation = { fetch = \"yes\"; };"), ERR_CONFIG);
	ck_assert_int_eq(parse("revocation = { allow = ( \"localhost\" ); };"), ERR_CONFIG);
	ck_assert_int_eq(parse("revocation = { allow = ( 8080 ); };"), ERR_CONFIG);
}
END_TEST

/* What is wrong, and the line it is in. */
/* A list of the relay's own CA never gets too old for whom it is made: this relay, and clients. */
START_TEST(lists_are_issued_in_time)
{
	static const struct {
		const char *text;
		unsigned minutes;
	} cases[] = { { "", 360 }, { "ca = { list_hours = 2160; };", 720 },
		{ "ca = { list_hours = 2160; }; trust = { max_age_h = 1000; };", 720 },
		{ "ca = { list_hours = 2160; }; trust = { max_age_h = 0; };", 720 },
		{ "trust = { max_age_h = 2; };", 30 }, { "ca = { list_hours = 1; };", 15 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(parse(cases[i].text), 0);
		ck_assert_uint_eq(authority_interval(c), cases[i].minutes * 60000ull);
	}
}
END_TEST

START_TEST(says_what_is_wrong_and_where)
{
	static const struct {
		const char *text, *about, *what;
	} bad[] = {
		{ "\n\nlisten = 5;", "test.conf:3", "listen" },
		{ "suites = ();", "test.conf:1", "suites" },
		{ "trust = { policies = (); };", "test.conf:1", "trust.policies" },
		{ "trust = {\n policies = \"clientAuth\"; };", "test.conf:2", "certificate policies" },
		{ "suites = ( \"X\" );", "test.conf:1", "suites" },
		{ "listen = \"nowhere\";", "test.conf:1", "HOST:PORT" },
		{ "listen = \"::1:80\";", "test.conf:1", "HOST:PORT" },
		{ "listen = \"a:65536\";", "test.conf:1", "HOST:PORT" },
		{ "listen = ();", "test.conf:1", "list" },
		{ "\nlisen = \"80\";", "test.conf:2", "lisen: there is no such key" },
		{ "limits = {\n deposits = {\n rate = 4; }; };", "test.conf:3",
		    "limits.deposits.rate" },
		{ "limits = 5;", "test.conf:1", "braces" },
		{ "register = \"anybody\";", "test.conf:1", "\"invite\"" },
		{ "register = 1;", "test.conf:1", "\"invite\"" },
		{ "loops = \"two\";", "test.conf:1", "number" },
		{ "loops = -1;", "test.conf:1", "between" },
		{ "data = \"\";", "test.conf:1", "string" },
		{ "data = \"/x\"\n oops", "test.conf:2", "syntax" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(parse(bad[i].text), ERR_CONFIG);
		ck_assert_ptr_null(c);
		ck_assert_str_eq(f.about, bad[i].about);
		ck_assert_msg(strstr(f.what, bad[i].what) != NULL, "%s: %s", bad[i].text, f.what);
	}
}
END_TEST

START_TEST(reads_addresses)
{
	char host[256];
	uint16_t port;

	ck_assert_int_eq(config_address("relay.example.pt:7443", host, &port), 0);
	ck_assert_str_eq(host, "relay.example.pt");
	ck_assert_uint_eq(port, 7443);
	ck_assert_int_eq(config_address("[2001:db8::1]:1", host, &port), 0);
	ck_assert_str_eq(host, "2001:db8::1");
	ck_assert_int_eq(config_address("7443", host, &port), 0);
	ck_assert_str_eq(host, "");
	ck_assert_int_eq(config_address("", host, &port), ERR_FORMAT);
	ck_assert_int_eq(config_address("x:", host, &port), ERR_FORMAT);
	ck_assert_int_eq(config_address("x:-1", host, &port), ERR_FORMAT);
	ck_assert_int_eq(config_address("x:1y", host, &port), ERR_FORMAT);
}
END_TEST

START_TEST(the_command_line_wins)
{
	ck_assert_int_eq(parse("listen = (\"1\", \"2\"); data = \"/a\";"), 0);
	ck_assert_int_eq(config_override(c, NULL, NULL, &f), 0);
	ck_assert_uint_eq(c->listen_count, 2);
	ck_assert_int_eq(config_override(c, "127.0.0.1:0", "/b", &f), 0);
	ck_assert_uint_eq(c->listen_count, 1);
	ck_assert_str_eq(c->listen[0], "127.0.0.1:0");
	ck_assert_str_eq(c->data, "/b");
	ck_assert_int_eq(config_override(c, "no address", NULL, &f), ERR_USAGE);
	ck_assert_uint_eq(c->listen_count, 1);
}
END_TEST

START_TEST(a_file_that_was_asked_for_must_be_there)
{
	config_free(&c);
	ck_assert_int_eq(config_load("/nonexistent/recadod.conf", &c, &f), ERR_CONFIG);
	ck_assert_int_eq(err_exit(f.code), 78);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { has_defaults, reads_every_kind_of_key, requires_policies, reads_how_lists_are_fetched,
		lists_are_issued_in_time,
		says_what_is_wrong_and_where, reads_addresses, the_command_line_wins,
		a_file_that_was_asked_for_must_be_there, NULL };
	Suite *s = suite_create("server config");
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, NULL, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(s, t);
	return unit_run(s);
}
