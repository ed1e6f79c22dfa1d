#include <string.h>

#include "server/url.h"
#include "unit.h"

static struct url u;
static const char *why;

static int
parse(const char *text)
{
	return url_parse(text, strlen(text), &u, &why);
}

START_TEST(reads_what_certificates_have)
{
	ck_assert_int_eq(
	    parse("http://pki.cartaodecidadao.pt/publico/lrc/cc_sub-ec_crl0020_p0001.crl"), 0);
	ck_assert_str_eq(u.host, "pki.cartaodecidadao.pt");
	ck_assert_str_eq(u.authority, "pki.cartaodecidadao.pt");
	ck_assert_uint_eq(u.port, 80);
	ck_assert_str_eq(u.path, "/publico/lrc/cc_sub-ec_crl0020_p0001.crl");
	ck_assert_int_eq(parse("HTTP://CRL.Example.PT:8080"), 0);
	ck_assert_str_eq(u.host, "crl.example.pt");
	ck_assert_str_eq(u.authority, "crl.example.pt:8080");
	ck_assert_str_eq(u.path, "/");
	ck_assert_int_eq(parse("http://192.0.2.7/a?b=c#d"), 0);
	ck_assert_str_eq(u.host, "192.0.2.7");
	ck_assert_str_eq(u.path, "/a?b=c");
	ck_assert_int_eq(parse("http://[2001:DB8::7]:81?x"), 0);
	ck_assert_str_eq(u.host, "2001:db8::7");
	ck_assert_str_eq(u.authority, "[2001:db8::7]:81");
	ck_assert_str_eq(u.path, "/?x");
	ck_assert_int_eq(parse("http://a_b.x-1.pt:65535/%20"), 0);
	ck_assert_uint_eq(u.port, 65535);
}
END_TEST

START_TEST(refuses_everything_else)
{
	static const char *const bad[] = { "", "http", "http:/", "http://", "https://a.pt/",
		"ftp://a.pt/", "ldap://a.pt/", "file:///etc/passwd", " http://a.pt/", "http:///x",
		"http://:80/", "http://a.pt:/", "http://a.pt:0/", "http://a.pt:65536/",
		"http://a.pt:8x/", "http://a.pt:000080/", "http://a.pt:-1/", "http://user@a.pt/",
		"http://a.pt@127.0.0.1/", "http://a.pt\\@b.pt/", "http://a..pt/", "http://.a.pt/",
		"http://a.pt./", "http://a b.pt/", "http://a.pt/ x", "http://a.pt/\r\nHost: b",
		"http://a.pt/\x7f", "http://a.pt/\xc3\xa9", "http://\xc3\xa9.pt/",
		"http://2130706433/", "http://127.1/", "http://0x7f000001/", "http://0x7f.0.0.1/",
		"http://127.0.0.0x1/", "http://0177.0.0.1/", "http://127.0.0.01/", "http://1.2.3/",
		"http://1.2.3.4.5/", "http://256.1.1.1/", "http://a.1/", "http://[::1/",
		"http://::1/", "http://[]/", "http://[fe80::1%25lo]/", "http://[127.0.0.1]/",
		"http://[::1]x/", "http://%31%32/" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(parse(bad[i]) == ERR_FORMAT, "%s", bad[i]);
		ck_assert(why != NULL && why[0] != '\0' && u.host[0] == '\0' && u.port == 0);
	}
}
END_TEST

START_TEST(a_nul_ends_nothing)
{
	static const char text[] = "http://a.pt\0.b.pt/x", path[] = "http://a.pt/\0x";

	ck_assert_int_eq(url_parse(text, sizeof(text) - 1, &u, &why), ERR_FORMAT);
	ck_assert_int_eq(url_parse(path, sizeof(path) - 1, &u, &why), ERR_FORMAT);
}
END_TEST

START_TEST(length_is_bounded)
{
	char text[URL_MAX + 10];

	memset(text, 'a', sizeof(text));
	memcpy(text, "http://a.pt/", 12);
	ck_assert_int_eq(url_parse(text, URL_MAX - 1, &u, &why), 0);
	ck_assert_uint_eq(strlen(u.path), URL_MAX - 1 - 11);
	ck_assert_int_eq(url_parse(text, URL_MAX, &u, &why), ERR_FORMAT);
	memset(text, 'a', sizeof(text));
	memcpy(text, "http://", 7);
	ck_assert_int_eq(url_parse(text, 7 + 63, &u, &why), 0);
	ck_assert_int_eq(url_parse(text, 7 + 64, &u, &why), ERR_FORMAT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { reads_what_certificates_have, refuses_everything_else,
		a_nul_ends_nothing, length_is_bounded, NULL };

	return unit_run(unit_suite("url", tests));
}
