#include <string.h>

#include "crypto/der.h"

#define LENGTH_OCTETS_MAX 4
#define EXTENSIONS_MAX 64

static int
length(struct bytes *v, size_t *out)
{
	uint8_t first, octet;
	size_t n = 0;

	*out = 0;
	if (bytes_get_u8(v, &first) != 0)
		return ERR_SHORT;
	if (first < 0x80) {
		*out = first;
		return 0;
	}
	first &= 0x7f;
	if (first == 0 || first > LENGTH_OCTETS_MAX)
		return ERR_FORMAT;
	for (uint8_t i = 0; i < first; i++) {
		if (bytes_get_u8(v, &octet) != 0)
			return ERR_SHORT;
		if (i == 0 && octet == 0)
			return ERR_FORMAT;
		n = n << 8 | octet;
	}
	if (n < 0x80)
		return ERR_FORMAT;
	*out = n;
	return 0;
}

int
der_any(struct bytes *v, struct der_item *out)
{
	struct bytes w = *v;
	size_t n;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = bytes_get_u8(&w, &out->tag)) != 0)
		return r;
	if ((out->tag & 0x1f) == 0x1f)
		return ERR_FORMAT;
	if ((r = length(&w, &n)) != 0 || (r = bytes_get_view(&w, n, &out->body)) != 0)
		return r;
	out->whole.p = v->p;
	out->whole.n = v->n - w.n;
	*v = w;
	return 0;
}

int
der_get(struct bytes *v, uint8_t tag, struct bytes *body)
{
	struct bytes w = *v;
	struct der_item item;
	int r;

	memset(body, 0, sizeof(*body));
	if ((r = der_any(&w, &item)) != 0)
		return r;
	if (item.tag != tag)
		return ERR_FORMAT;
	*body = item.body;
	*v = w;
	return 0;
}

int
der_get_optional(struct bytes *v, uint8_t tag, struct bytes *body)
{
	memset(body, 0, sizeof(*body));
	if (v->n == 0 || v->p[0] != tag)
		return 0;
	return der_get(v, tag, body);
}

int
der_integer(struct bytes *v, struct bytes *body)
{
	struct bytes w = *v;
	int r;

	if ((r = der_get(&w, DER_INTEGER, body)) != 0)
		return r;
	if (body->n == 0)
		return ERR_FORMAT;
	if (body->n > 1 && (body->p[0] == 0 || body->p[0] == 0xff) &&
	    (body->p[0] & 0x80) == (body->p[1] & 0x80))
		return ERR_FORMAT;
	*v = w;
	return 0;
}

int
der_true(struct bytes *v, bool *out)
{
	struct bytes w = *v, body;
	int r;

	*out = false;
	if ((r = der_get_optional(&w, DER_BOOLEAN, &body)) != 0)
		return r;
	if (body.p == NULL)
		return 0;
	if (body.n != 1 || body.p[0] != 0xff)
		return ERR_FORMAT;
	*out = true;
	*v = w;
	return 0;
}

static int
digits(const uint8_t **p, int count, int low, int high, int *out)
{
	int n = 0;

	for (; count > 0; count--, (*p)++) {
		if (**p < '0' || **p > '9')
			return ERR_FORMAT;
		n = n * 10 + (**p - '0');
	}
	*out = n;
	return n < low || n > high ? ERR_FORMAT : 0;
}

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
static int64_t
days(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int
der_time(struct bytes *v, uint64_t *ms)
{
	struct bytes w = *v;
	struct der_item item;
	const uint8_t *p;
	int64_t seconds;
	int year, month, day, hour, minute, second, r;
	bool utc;

	*ms = 0;
	if ((r = der_any(&w, &item)) != 0)
		return r;
	utc = item.tag == DER_UTC_TIME;
	if (!utc && item.tag != DER_GENERALIZED_TIME)
		return ERR_FORMAT;
	if (item.body.n != (utc ? 13 : 15) || item.body.p[item.body.n - 1] != 'Z')
		return ERR_FORMAT;
	p = item.body.p;
	if (digits(&p, utc ? 2 : 4, 0, 9999, &year) != 0 || digits(&p, 2, 1, 12, &month) != 0 ||
	    digits(&p, 2, 1, 31, &day) != 0 || digits(&p, 2, 0, 23, &hour) != 0 ||
	    digits(&p, 2, 0, 59, &minute) != 0 || digits(&p, 2, 0, 59, &second) != 0)
		return ERR_FORMAT;
	if (utc)
		year += year < 50 ? 2000 : 1900;
	seconds = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	*ms = seconds < 0 ? 0 : (uint64_t)seconds * 1000;
	*v = w;
	return 0;
}

int
der_extension(struct bytes *v, struct der_extension *out)
{
	struct bytes w = *v, seq;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = der_get(&w, DER_SEQUENCE, &seq)) != 0 ||
	    (r = der_get(&seq, DER_OID, &out->oid)) != 0 ||
	    (r = der_true(&seq, &out->critical)) != 0 ||
	    (r = der_get(&seq, DER_OCTET_STRING, &out->value)) != 0 || (r = bytes_end(&seq)) != 0)
		return r;
	*v = w;
	return 0;
}

int
der_extensions_check(struct bytes list)
{
	struct bytes seen[EXTENSIONS_MAX];
	struct der_extension e;
	size_t count = 0;
	int r;

	if (list.n == 0)
		return ERR_FORMAT;
	while (list.n > 0) {
		if ((r = der_extension(&list, &e)) != 0)
			return r;
		if (count == EXTENSIONS_MAX)
			return ERR_LIMIT;
		for (size_t i = 0; i < count; i++)
			if (bytes_equal(seen[i], e.oid))
				return ERR_FORMAT;
		seen[count++] = e.oid;
	}
	return 0;
}

int
der_extension_find(struct bytes list, const void *oid, size_t oidlen, struct der_extension *out)
{
	struct bytes wanted = { oid, oidlen };
	int r;

	while (list.n > 0) {
		if ((r = der_extension(&list, out)) != 0)
			return r;
		if (bytes_equal(out->oid, wanted))
			return 0;
	}
	memset(out, 0, sizeof(*out));
	return ERR_NOT_FOUND;
}
