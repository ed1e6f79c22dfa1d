#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

void
pair_device_init(struct pair_device *d, uint8_t name)
{
	memset(d, 0, sizeof(*d));
	must(key_dh_new(&d->identity) == 0 && key_dh_new(&d->signed_prekey) == 0);
	memset(d->party.user_id, name, USER_ID_LEN);
	memset(d->party.device_id, name + 1, DEVICE_ID_LEN);
	memset(d->party.binding_hash, name + 2, HASH_LEN);
	memcpy(d->party.identity_key, key_dh_public(d->identity), 32);
	d->bundle.signed_prekey_id = 1;
	memcpy(d->bundle.signed_prekey, key_dh_public(d->signed_prekey), 32);
	pair_device_one_time(d, 100);
}

void
pair_device_clear(struct pair_device *d)
{
	key_dh_free(&d->identity);
	key_dh_free(&d->signed_prekey);
	key_dh_free(&d->one_time);
}

void
pair_device_one_time(struct pair_device *d, uint32_t id)
{
	key_dh_free(&d->one_time);
	must(key_dh_new(&d->one_time) == 0);
	d->bundle.has_one_time = true;
	d->bundle.one_time_id = id;
	memcpy(d->bundle.one_time, key_dh_public(d->one_time), 32);
}

struct session *
pair_start(const struct pair_device *from, const struct pair_device *to, uint16_t suite)
{
	struct session_start p = { .suite = suite,
		.own = &from->party,
		.peer = &to->party,
		.own_identity = from->identity,
		.bundle = &to->bundle,
		.now = PAIR_NOW };
	struct session *s = NULL;

	must(session_start(&p, &s) == 0);
	return s;
}

int
pair_accept(const struct pair_device *to, struct bytes envelope, struct session **out)
{
	struct session_peek peek;
	struct session_accept p = { .peek = &peek,
		.own = &to->party,
		.own_identity = to->identity,
		.signed_prekey = to->signed_prekey,
		.now = PAIR_NOW };
	int r;

	*out = NULL;
	if ((r = session_peek(envelope, &peek)) != 0)
		return r;
	p.one_time = peek.has_one_time ? to->one_time : NULL;
	return session_accept(&p, out);
}

struct buf *
pair_seal(struct session *s, const char *text)
{
	struct buf *out = buf_new(ENVELOPE_MAX);

	must(session_seal(s, (struct bytes){ (const uint8_t *)text, strlen(text) }, out) == 0);
	return out;
}

int
pair_open(struct session **s, struct bytes envelope, struct buf *plaintext)
{
	struct session *next = NULL;
	int r;

	if ((r = session_open(*s, envelope, PAIR_NOW, &next, plaintext)) != 0) {
		must(next == NULL && buf_len(plaintext) == 0);
		return r;
	}
	session_free(s);
	*s = next;
	return 0;
}
