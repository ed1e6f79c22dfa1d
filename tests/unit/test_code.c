#include <string.h>

#include "crypto/code.h"
#include "unit.h"

/* Computed once with Python: hashlib.scrypt(bytes(range(32)), salt=b"recado/1 code", n=2**17, r=8,
 * p=1, maxmem=2**28, dklen=32). */
static const char known[] = "e3b1 61a9 f934 c06a 6dc5 0feb 37d7 5dc5 0143 2ebf 90d2 8f6c 3aca a6ce e857 aaef";

START_TEST(derivation)
{
	uint8_t key[KEY_LEN], code[CODE_LEN];
	char text[CODE_TEXT];

	for (int i = 0; i < KEY_LEN; i++)
		key[i] = (uint8_t)i;
	ck_assert_int_eq(code_derive(key, code), 0);
	code_text(code, text);
	ck_assert_str_eq(text, known);
}
END_TEST

START_TEST(input_takes_any_case_and_separators)
{
	uint8_t a[CODE_LEN], b[CODE_LEN];
	char plain[2 * CODE_LEN + 1], upper[CODE_TEXT];
	size_t n = 0;

	for (const char *p = known; *p != '\0'; p++)
		if (*p != ' ')
			plain[n++] = *p;
	plain[n] = '\0';
	for (size_t i = 0; i < sizeof(known); i++)
		upper[i] = known[i] == ' ' ? '-'
		    : known[i] >= 'a' && known[i] <= 'f' ? (char)(known[i] - 32) : known[i];
	ck_assert_int_eq(code_parse(known, a), 0);
	ck_assert_int_eq(code_parse(plain, b), 0);
	ck_assert_mem_eq(a, b, CODE_LEN);
	ck_assert_int_eq(code_parse(upper, b), 0);
	ck_assert_mem_eq(a, b, CODE_LEN);
	plain[n - 1] = '\0';
	ck_assert_int_eq(code_parse(plain, b), ERR_FORMAT);
	ck_assert_int_eq(code_parse("", b), ERR_FORMAT);
	ck_assert_int_eq(code_parse("zz", b), ERR_FORMAT);
}
END_TEST

START_TEST(groups)
{
	uint8_t code[CODE_LEN];

	for (int i = 0; i < CODE_LEN; i++)
		code[i] = (uint8_t)(0xa0 + i);
	ck_assert_int_eq(code_group_matches(code, 1, "a0a1"), 1);
	ck_assert_int_eq(code_group_matches(code, 16, " BE BF "), 1);
	ck_assert_int_eq(code_group_matches(code, 2, "a0a1"), 0);
	ck_assert_int_eq(code_group_matches(code, 1, "a0a"), 0);
	ck_assert_int_eq(code_group_matches(code, 1, "a0a1a"), 0);
	ck_assert_int_eq(code_group_matches(code, 0, "a0a1"), 0);
	ck_assert_int_eq(code_group_matches(code, 17, "a0a1"), 0);
}
END_TEST

START_TEST(links)
{
	static const char *const hosts[] = { "relay.example.pt", "127.0.0.1", "::1" };
	struct code_link a, b;
	char text[512], small[16];

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		memset(&a, 0, sizeof(a));
		strcpy(a.host, hosts[i]);
		a.port = 7443;
		memset(a.code, 0x5a, CODE_LEN);
		strcpy(a.invite, i ? "x-9_A" : "");
		ck_assert_int_eq(code_link_text(&a, text, sizeof(text)), 0);
		ck_assert_int_eq(code_link_parse(text, &b), 0);
		ck_assert_str_eq(a.host, b.host);
		ck_assert_uint_eq(b.port, 7443);
		ck_assert_mem_eq(a.code, b.code, CODE_LEN);
		ck_assert_str_eq(a.invite, b.invite);
		ck_assert_int_eq(code_link_text(&a, small, sizeof(small)), ERR_LIMIT);
	}
}
END_TEST

START_TEST(links_that_are_none)
{
	static const char hex[] = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
	static const char *const forms[] = { "", "recado://", "recado:///%s", "http://h:1/%s",
		"recado://h:0/%s", "recado://h:65536/%s", "recado://h:/%s", "recado://h:1/",
		"recado://h:1/%s0", "recado://h:1/%s?invite=", "recado://h:1/%s?x=1",
		"recado://h:1/%s?invite=a b", "recado://[::1/%s", "recado://h\033:1/%s",
		"recado://[::1]x/%s" };
	struct code_link l;
	char text[256];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *mark = strstr(forms[i], "%s");
		size_t before = mark ? (size_t)(mark - forms[i]) : strlen(forms[i]);

		snprintf(text, sizeof(text), "%.*s%s%s", (int)before, forms[i], mark ? hex : "",
		    mark ? mark + 2 : "");
		ck_assert_msg(code_link_parse(text, &l) == ERR_FORMAT, "accepted: %s", text);
		ck_assert_str_eq(l.host, "");
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { derivation, input_takes_any_case_and_separators, groups, links,
		links_that_are_none, NULL };

	return unit_run(unit_suite("code", tests));
}
