/*
 * Each half is made of one user alone, so that it can be shown, printed and compared apart; SHA-512
 * is iterated so that looking for devices with a like number costs 5,200 times as much.
 */
#include "crypto/safety.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/label.h"

#define LABEL_SAFETY "safety-number"
#define GROUPS 6
#define DIGEST 64

struct half {
	unsigned group[GROUPS]; /* 0..99999 */
};

static int
compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, 64);
}

/* user id, then DSK || DIK of each live device, sorted. */
static int
put_body(const struct identity *i, struct buf *body)
{
	size_t n = 0, count = identity_device_count(i);
	uint8_t(*keys)[64] = mem_array(count + 1, sizeof(*keys));
	int r;

	for (size_t k = 0; k < count; k++) {
		const struct identity_device *d = identity_device(i, k);

		if (d->removed_at != 0)
			continue;
		memcpy(keys[n], d->signing_key, 32);
		memcpy(keys[n++] + 32, d->identity_key, 32);
	}
	qsort(keys, n, sizeof(*keys), compare_keys);
	if ((r = buf_put(body, identity_user_id(i), USER_ID_LEN)) == 0)
		r = buf_put(body, keys, n * sizeof(*keys));
	free(keys);
	return r;
}

/* h(0) = SHA-512(wrapped body); h(k) = SHA-512(h(k-1) || wrapped body), 5,200 digests in all. */
static int
iterate(struct bytes wrapped, uint8_t digest[DIGEST])
{
	struct bytes parts[2] = { { digest, DIGEST }, wrapped };
	uint8_t next[DIGEST];
	int r;

	if ((r = kdf_digest(KDF_SHA512, &wrapped, 1, digest)) != 0)
		return r;
	for (int k = 1; k < SAFETY_ITERATIONS; k++) {
		if ((r = kdf_digest(KDF_SHA512, parts, 2, next)) != 0)
			return r;
		memcpy(digest, next, DIGEST);
	}
	return 0;
}

static int
make_half(const struct identity *i, struct half *out)
{
	struct buf *body = buf_new(0), *wrapped = buf_new(0);
	uint8_t digest[DIGEST];
	int r;

	if ((r = put_body(i, body)) != 0 ||
	    (r = label_wrap(wrapped, LABEL_SAFETY, buf_view(body))) != 0 ||
	    (r = iterate(buf_view(wrapped), digest)) != 0)
		goto out;
	for (int g = 0; g < GROUPS; g++) {
		uint64_t v = 0;

		for (int k = 0; k < 5; k++)
			v = v << 8 | digest[5 * g + k];
		out->group[g] = (unsigned)(v % 100000);
	}
out:
	buf_free(&body);
	buf_free(&wrapped);
	return r;
}

static int
compare_halves(const struct half *a, const struct half *b)
{
	for (int g = 0; g < GROUPS; g++)
		if (a->group[g] != b->group[g])
			return a->group[g] < b->group[g] ? -1 : 1;
	return 0;
}

int
safety_number(const struct identity *a, const struct identity *b, char out[SAFETY_TEXT])
{
	struct half h[2];
	int r, first;

	memset(out, 0, SAFETY_TEXT);
	if ((r = make_half(a, &h[0])) != 0 || (r = make_half(b, &h[1])) != 0)
		return r;
	first = compare_halves(&h[0], &h[1]) > 0;
	for (int g = 0; g < 2 * GROUPS; g++)
		snprintf(out + 6 * g, SAFETY_TEXT - (size_t)(6 * g), "%05u%s",
		    h[g < GROUPS ? first : !first].group[g % GROUPS],
		    g == 2 * GROUPS - 1 ? "" : " ");
	return 0;
}
