/*
 * cert: a chain of certificates in the few words that fit on the screen.
 */
#ifndef RECADO_UI_CERT_H
#define RECADO_UI_CERT_H

#include "core/core.h"
#include "ui/theme.h"
#include "ui/when.h"

/* The holder's certificate (the last of the chain); NULL without a chain. */
const struct core_link_cert *cert_leaf(const struct core_whois *w);
/* Of one link: "OK", "REVOKED", "EXPIRED", "?" and the role to draw it in. */
const char *cert_state(const struct core_link_cert *link, uint64_t now_ms, enum theme_role *role);
/* Of the whole chain: the worst of its links; what the core says of the person counts first. */
const char *cert_chain_state(const struct core_whois *w, uint64_t now_ms, enum theme_role *role);
/* "OK  2 h old", "revoked", "not checked": revocation of one link, and how old that is. */
const char *cert_revocation(const struct core_link_cert *link, char out[WHEN_MAX * 2]);
/* "chain OK  CRL 2 h  →2031": caller frees. */
char *cert_summary(const struct core_whois *w, uint64_t now_ms);
/* 64 hex digits in groups of `group`, `per_line` groups from number `line` on; "" past the end. */
const char *cert_hex_line(const char *hex, int group, int per_line, int line, char out[96]);
/* The same of a safety number, whose groups have spaces already. */
const char *cert_words_line(const char *words, int per_line, int line, char out[96]);

#endif
