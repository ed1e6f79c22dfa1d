#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "server/netaddr.h"
#include "unit.h"

union address {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static union address
address(const char *text, uint16_t port)
{
	union address a;

	memset(&a, 0, sizeof(a));
	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
		return a;
	}
	ck_assert_msg(inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1, "%s", text);
	a.v6.sin6_family = AF_INET6;
	a.v6.sin6_port = htons(port);
	return a;
}

static const struct {
	const char *text;
	bool public;
} table[] = {
	{ "0.0.0.0", false },
	{ "0.255.255.255", false },
	{ "1.0.0.1", true },
	{ "9.255.255.255", true },
	{ "10.0.0.0", false },
	{ "10.255.255.255", false },
	{ "11.0.0.0", true },
	{ "100.63.255.255", true },
	{ "100.64.0.0", false },
	{ "100.127.255.255", false },
	{ "100.128.0.0", true },
	{ "127.0.0.1", false },
	{ "127.255.255.254", false },
	{ "128.0.0.1", true },
	{ "169.253.255.255", true },
	{ "169.254.169.254", false },
	{ "172.15.255.255", true },
	{ "172.16.0.0", false },
	{ "172.31.255.255", false },
	{ "172.32.0.0", true },
	{ "192.0.0.1", false },
	{ "192.0.1.1", true },
	{ "192.0.2.1", false },
	{ "192.88.99.1", false },
	{ "192.167.255.255", true },
	{ "192.168.0.1", false },
	{ "192.169.0.0", true },
	{ "198.17.255.255", true },
	{ "198.18.0.0", false },
	{ "198.19.255.255", false },
	{ "198.51.100.7", false },
	{ "203.0.113.7", false },
	{ "223.255.255.255", true },
	{ "224.0.0.1", false },
	{ "239.255.255.250", false },
	{ "240.0.0.1", false },
	{ "255.255.255.255", false },
	{ "193.47.185.20", true },
	{ "::", false },
	{ "::1", false },
	{ "::127.0.0.1", false },
	{ "::ffff:127.0.0.1", false },
	{ "::ffff:10.0.0.1", false },
	{ "::ffff:193.47.185.20", false },
	{ "64:ff9b::127.0.0.1", false },
	{ "64:ff9b::10.1.2.3", false },
	{ "64:ff9b::193.47.185.20", true },
	{ "64:ff9b:1::193.47.185.20", false },
	{ "100::1", false },
	{ "2001::1", false },
	{ "2001:0:4136:e378:8000:63bf:3fff:fdd2", false },
	{ "2001:10::1", false },
	{ "2001:db8::1", false },
	{ "2001:200::1", true },
	{ "2002:7f00:1::1", false },
	{ "2002:c0a8:1::1", false },
	{ "2001:690:2100:1::1", true },
	{ "2a00:1450:4003:80c::200e", true },
	{ "3fff::1", false },
	{ "3ffe::1", true },
	{ "fc00::1", false },
	{ "fd12:3456::1", false },
	{ "fe80::1", false },
	{ "fec0::1", false },
	{ "ff02::1", false },
	{ "ff0e::1", false },
	{ "4000::1", false },
};

START_TEST(knows_public_from_private)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		union address a = address(table[i].text, 80);
		char text[NETADDR_TEXT_MAX];

		ck_assert_msg(netaddr_is_public(&a.sa) == table[i].public, "%s", table[i].text);
		ck_assert(netaddr_may_connect(NULL, &a.sa) == table[i].public);
		netaddr_text(&a.sa, text);
		if (strchr(table[i].text, ':') == NULL || strchr(table[i].text, '.') == NULL)
			ck_assert_str_eq(text, table[i].text);
	}
}
END_TEST

START_TEST(other_families_are_refused)
{
	struct sockaddr sa = { .sa_family = AF_UNIX };

	ck_assert(!netaddr_is_public(&sa) && !netaddr_may_connect(NULL, &sa));
}
END_TEST

static bool
allowed(const struct netaddr_rules *r, const char *text, uint16_t port)
{
	union address a = address(text, port);

	return netaddr_may_connect(r, &a.sa);
}

START_TEST(exceptions_are_exact)
{
	struct netaddr_rules r = { .count = 0 };

	ck_assert_int_eq(netaddr_allow(&r, "127.0.0.1:8080"), 0);
	ck_assert_int_eq(netaddr_allow(&r, "10.1.2.3"), 0);
	ck_assert_int_eq(netaddr_allow(&r, "[::1]:80"), 0);
	ck_assert_int_eq(netaddr_allow(&r, "[fd00::7]"), 0);
	ck_assert(allowed(&r, "127.0.0.1", 8080) && !allowed(&r, "127.0.0.1", 80));
	ck_assert(!allowed(&r, "127.0.0.2", 8080) && !allowed(&r, "::ffff:127.0.0.1", 8080));
	ck_assert(allowed(&r, "10.1.2.3", 1) && allowed(&r, "10.1.2.3", 65535));
	ck_assert(!allowed(&r, "10.1.2.4", 80));
	ck_assert(allowed(&r, "::1", 80) && !allowed(&r, "::1", 81));
	ck_assert(allowed(&r, "fd00::7", 9));
	ck_assert(allowed(&r, "193.47.185.20", 80));
}
END_TEST

START_TEST(exceptions_are_read_strictly)
{
	static const char *const bad[] = { "", ":80", "localhost", "localhost:80",
		"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:8x", "127.0.0.1 :80",
		"127.1", "::1", "[::1", "[::1]80", "[127.0.0.1]", "[fe80::1%lo]", "2130706433",
		"0x7f000001", "127.0.0.1:-1", "127.0.0.1: 80" };
	struct netaddr_rules r = { .count = 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(netaddr_allow(&r, bad[i]) == ERR_FORMAT, "%s", bad[i]);
	ck_assert_uint_eq(r.count, 0);
	for (size_t i = 0; i < NETADDR_RULES_MAX; i++)
		ck_assert_int_eq(netaddr_allow(&r, "10.0.0.1"), 0);
	ck_assert_int_eq(netaddr_allow(&r, "10.0.0.1"), ERR_LIMIT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { knows_public_from_private, other_families_are_refused,
		exceptions_are_exact, exceptions_are_read_strictly, NULL };

	return unit_run(unit_suite("netaddr", tests));
}
