/*
 * netaddr: which addresses the relay may open connections to. What a certificate names is only ever
 * looked for on the public net (IANA's special-purpose registries, RFC 6890), unless the operator
 * has named the address as an exception.
 */
#ifndef RECADO_SERVER_NETADDR_H
#define RECADO_SERVER_NETADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "base/err.h"

#define NETADDR_RULES_MAX 32
#define NETADDR_TEXT_MAX 56

struct netaddr_rules { /* exceptions */
	struct netaddr_rule {
		int family;
		uint8_t address[16];
		uint16_t port; /* 0: any */
	} rule[NETADDR_RULES_MAX];
	size_t count;
};

/* Adds "127.0.0.1", "127.0.0.1:8080", "[::1]" or "[::1]:8080". ERR_FORMAT, ERR_LIMIT. */
int netaddr_allow(struct netaddr_rules *rules, const char *text) MUST_CHECK;
/* IPv4 and IPv6 only; anything else is refused. */
bool netaddr_is_public(const struct sockaddr *sa);
/* Public, or an exception. rules may be NULL. */
bool netaddr_may_connect(const struct netaddr_rules *rules, const struct sockaddr *sa);
/* The address alone: "192.0.2.1", "2001:db8::1"; "?" for another family. */
void netaddr_text(const struct sockaddr *sa, char out[NETADDR_TEXT_MAX]);
uint16_t netaddr_port(const struct sockaddr *sa);

#endif
