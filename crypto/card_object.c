#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/card_object.h"

#define HALF 32

char *
card_object_text(const void *field, size_t n)
{
	const char *p = field;

	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\0'))
		n--;
	while (n > 0 && *p == ' ') {
		p++;
		n--;
	}
	return text_clean(p, n, TEXT_NAME);
}

char *
card_object_id(struct bytes id)
{
	size_t n = id.n < CARD_ID_MAX ? id.n : CARD_ID_MAX;
	char *hex = mem_alloc(2 * n + 1);

	hex_encode(id.p, n, hex);
	return hex;
}

void
card_object_cert_clear(struct card_cert *c)
{
	free(c->id);
	free(c->label);
	free(c->subject);
	free(c->der);
	memset(c, 0, sizeof(*c));
}

int
card_object_cert(struct bytes id, struct bytes label, struct bytes value, struct card_cert *out)
{
	struct cert_link link;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = cert_describe(value, &link)) != 0)
		return r;
	out->id = card_object_id(id);
	out->label = card_object_text(label.p, label.n < CARD_LABEL_MAX ? label.n : CARD_LABEL_MAX);
	out->subject = link.subject;
	link.subject = NULL;
	out->use = cert_use(value);
	memcpy(out->sha256, link.sha256, sizeof(out->sha256));
	out->der = mem_alloc(value.n);
	memcpy(out->der, value.p, value.n);
	out->der_len = value.n;
	cert_link_clear(&link);
	return 0;
}

int
card_object_ecdsa(struct bytes raw, uint8_t *out, size_t max, size_t *len)
{
	ECDSA_SIG *sig = NULL;
	BIGNUM *rr = NULL, *ss = NULL;
	int n, r = ERR_FORMAT;

	*len = 0;
	if (raw.n != 2 * HALF || mem_is_zero_ct(raw.p, HALF) || mem_is_zero_ct(raw.p + HALF, HALF))
		return ERR_FORMAT;
	sig = ECDSA_SIG_new();
	rr = BN_bin2bn(raw.p, HALF, NULL);
	ss = BN_bin2bn(raw.p + HALF, HALF, NULL);
	if (sig == NULL || rr == NULL || ss == NULL || !ECDSA_SIG_set0(sig, rr, ss))
		goto out;
	rr = ss = NULL;
	n = i2d_ECDSA_SIG(sig, NULL);
	if (n <= 0 || (size_t)n > max)
		goto out;
	*len = (size_t)i2d_ECDSA_SIG(sig, &out);
	r = 0;
out:
	BN_free(rr);
	BN_free(ss);
	ECDSA_SIG_free(sig);
	ERR_clear_error();
	return r;
}

static bool
same(const char *typed, size_t n, const char *name)
{
	return strlen(name) == n && strncasecmp(typed, name, n) == 0;
}

bool
card_object_named(const char *which, const char *label, const char *serial)
{
	size_t n;

	while (*which == ' ')
		which++;
	for (n = strlen(which); n > 0 && which[n - 1] == ' ';)
		n--;
	return n > 0 && (same(which, n, label) || same(which, n, serial));
}
