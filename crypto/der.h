/*
 * der: a strict reader of DER (ITU-T X.690 section 10) over bytes from outside.
 *
 * Only what certificates and revocation lists need: definite, minimal lengths; one-octet tags. All
 * functions read from the front of *v and advance it; on failure *v is where it was.
 */
#ifndef RECADO_CRYPTO_DER_H
#define RECADO_CRYPTO_DER_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80,     /* + number, primitive */
	DER_CONSTRUCTED = 0x20, /* or-ed to DER_CONTEXT */
};
#define DER_EXPLICIT(n) (DER_CONTEXT | DER_CONSTRUCTED | (n))

struct der_item {
	uint8_t tag;
	struct bytes body;  /* the contents octets */
	struct bytes whole; /* with tag and length */
};

/* The next element, whatever it is. ERR_SHORT, ERR_FORMAT. */
int der_any(struct bytes *v, struct der_item *out) MUST_CHECK;
/* The next element, which has this tag; body gets its contents. ERR_FORMAT. */
int der_get(struct bytes *v, uint8_t tag, struct bytes *body) MUST_CHECK;
/* The same if it is there; *body is empty with p NULL otherwise. */
int der_get_optional(struct bytes *v, uint8_t tag, struct bytes *body) MUST_CHECK;
/* An INTEGER, minimal; body holds its octets. */
int der_integer(struct bytes *v, struct bytes *body) MUST_CHECK;
/* BOOLEAN DEFAULT FALSE: absent is false, present must be TRUE (0xff). */
int der_true(struct bytes *v, bool *out) MUST_CHECK;
/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 has them, in ms since 1970; before: 0. */
int der_time(struct bytes *v, uint64_t *ms) MUST_CHECK;

/* One Extension of RFC 5280 4.1: oid and value are the contents octets. */
struct der_extension {
	struct bytes oid, value;
	bool critical;
};
int der_extension(struct bytes *v, struct der_extension *out) MUST_CHECK;
/* All of an Extensions SEQUENCE's contents: well-formed, at least one, none twice. */
int der_extensions_check(struct bytes list) MUST_CHECK;
/* The one with this OID (contents octets) in such a list; ERR_NOT_FOUND. */
int der_extension_find(struct bytes list, const void *oid, size_t oidlen, struct der_extension *out)
    MUST_CHECK;

#endif
