/*
 * IPv4 is public but for the ranges in one table. IPv6 is the other way round: public is what lies
 * in 2000::/3, but for the ranges in the second table. So mapped (::ffff:0:0/96), compatible, local,
 * link-local and multicast addresses are none, and neither are those that hide an IPv4 address where
 * a router would find it (6to4, Teredo). NAT64 is judged by the address inside.
 */
#include "server/netaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct range {
	uint8_t prefix[16];
	unsigned bits;
};

static const struct range special4[] = {
	{ { 0 }, 8 },             /* this network */
	{ { 10 }, 8 },            /* private */
	{ { 100, 64 }, 10 },      /* shared, carrier-grade NAT */
	{ { 127 }, 8 },           /* loopback */
	{ { 169, 254 }, 16 },     /* link-local, metadata services */
	{ { 172, 16 }, 12 },      /* private */
	{ { 192, 0, 0 }, 24 },    /* protocol assignments */
	{ { 192, 0, 2 }, 24 },    /* documentation */
	{ { 192, 88, 99 }, 24 },  /* 6to4 relays */
	{ { 192, 168 }, 16 },     /* private */
	{ { 198, 18 }, 15 },      /* benchmarks */
	{ { 198, 51, 100 }, 24 }, /* documentation */
	{ { 203, 0, 113 }, 24 },  /* documentation */
	{ { 224 }, 4 },           /* multicast */
	{ { 240 }, 4 },           /* reserved, broadcast */
};

static const struct range global6 = { { 0x20 }, 3 };
static const struct range nat64 = { { 0x00, 0x64, 0xff, 0x9b }, 96 };
static const struct range special6[] = {
	{ { 0x20, 0x01 }, 23 },             /* protocol assignments: Teredo, ORCHID, benchmarks */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
	{ { 0x20, 0x02 }, 16 },             /* 6to4 */
	{ { 0x3f, 0xff }, 20 },             /* documentation */
};

static bool
is_in(const uint8_t *a, const struct range *r)
{
	unsigned whole = r->bits / 8, rest = r->bits % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	if (memcmp(a, r->prefix, whole) != 0)
		return false;
	return rest == 0 || (a[whole] & mask) == (r->prefix[whole] & mask);
}

static bool
is_public4(const uint8_t *a)
{
	for (size_t i = 0; i < sizeof(special4) / sizeof(special4[0]); i++)
		if (is_in(a, &special4[i]))
			return false;
	return true;
}

static bool
is_public6(const uint8_t *a)
{
	if (is_in(a, &nat64))
		return is_public4(a + 12);
	if (!is_in(a, &global6))
		return false;
	for (size_t i = 0; i < sizeof(special6) / sizeof(special6[0]); i++)
		if (is_in(a, &special6[i]))
			return false;
	return true;
}

/* The octets of an address; NULL: another family. */
static const uint8_t *
octets(const struct sockaddr *sa, size_t *n)
{
	if (sa->sa_family == AF_INET) {
		*n = 4;
		return (const uint8_t *)&((const struct sockaddr_in *)(const void *)sa)->sin_addr;
	}
	*n = 16;
	if (sa->sa_family == AF_INET6)
		return (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	return NULL;
}

uint16_t
netaddr_port(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)sa)->sin_port);
	if (sa->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)sa)->sin6_port);
	return 0;
}

bool
netaddr_is_public(const struct sockaddr *sa)
{
	size_t n;
	const uint8_t *a = octets(sa, &n);

	return a != NULL && (n == 4 ? is_public4(a) : is_public6(a));
}

bool
netaddr_may_connect(const struct netaddr_rules *rules, const struct sockaddr *sa)
{
	size_t n;
	const uint8_t *a = octets(sa, &n);

	for (size_t i = 0; a != NULL && rules != NULL && i < rules->count; i++) {
		const struct netaddr_rule *r = &rules->rule[i];

		if (r->family == sa->sa_family && memcmp(r->address, a, n) == 0 &&
		    (r->port == 0 || r->port == netaddr_port(sa)))
			return true;
	}
	return netaddr_is_public(sa);
}

void
netaddr_text(const struct sockaddr *sa, char out[NETADDR_TEXT_MAX])
{
	size_t n;
	const uint8_t *a = octets(sa, &n);

	if (a == NULL || inet_ntop(sa->sa_family, a, out, NETADDR_TEXT_MAX) == NULL)
		snprintf(out, NETADDR_TEXT_MAX, "?");
}

/* What stands after the address: nothing, or ":PORT". */
static int
rule_port(const char *text, uint16_t *port)
{
	char *end;
	long v;

	*port = 0;
	if (*text == '\0')
		return 0;
	if (text[0] != ':' || text[1] < '0' || text[1] > '9')
		return ERR_FORMAT;
	v = strtol(text + 1, &end, 10);
	if (*end != '\0' || v < 1 || v > 65535)
		return ERR_FORMAT;
	*port = (uint16_t)v;
	return 0;
}

int
netaddr_allow(struct netaddr_rules *rules, const char *text)
{
	struct netaddr_rule r = { .family = text[0] == '[' ? AF_INET6 : AF_INET };
	size_t skip = r.family == AF_INET6, n = strcspn(text + skip, skip != 0 ? "]" : ":");
	char host[NETADDR_TEXT_MAX];

	if (rules->count == NETADDR_RULES_MAX)
		return ERR_LIMIT;
	if (n >= sizeof(host) || (skip != 0 && text[skip + n] != ']'))
		return ERR_FORMAT;
	memcpy(host, text + skip, n);
	host[n] = '\0';
	if (inet_pton(r.family, host, r.address) != 1 ||
	    rule_port(text + n + 2 * skip, &r.port) != 0)
		return ERR_FORMAT;
	rules->rule[rules->count++] = r;
	return 0;
}
