#include <string.h>

#include "crypto/rotation.h"
#include "wire/pb.h"

#define LABEL "rotation"

int
rotation_sign(const struct rotation *p, struct buf *out)
{
	Recado__Rotation body = RECADO__ROTATION__INIT;
	Recado__SignedRotation whole = RECADO__SIGNED_ROTATION__INIT;
	struct buf *encoded = buf_new(0);
	uint8_t sig[KEY_SIG_LEN];
	int r;

	body.old_identity = pb_data((struct bytes){ key_sign_public(p->old_identity), KEY_LEN });
	body.new_identity = pb_data((struct bytes){ p->new_identity, KEY_LEN });
	body.number = p->number;
	body.time = p->time;
	if ((r = pb_pack(&body, encoded)) != 0)
		goto out;
	if ((r = key_sign_label(p->old_identity, LABEL, buf_view(encoded), sig)) != 0)
		goto out;
	whole.body = pb_data(buf_view(encoded));
	whole.signature = pb_data((struct bytes){ sig, sizeof sig });
	r = pb_pack(&whole, out);
out:
	buf_free(&encoded);
	return r;
}

/* One statement: signed by the key it leaves, which `from` names unless this is the first. */
static int
step(
    const struct rotation_statement *s, uint32_t number, uint8_t from[KEY_LEN], uint8_t to[KEY_LEN])
{
	Recado__Rotation *body = NULL;
	uint8_t old[KEY_LEN];
	int r;

	if ((r = pb_unpack(&recado__rotation__descriptor, s->body, &body)) != 0)
		return r;
	if ((r = pb_fixed(body->old_identity, old, KEY_LEN)) != 0 ||
	    (r = pb_fixed(body->new_identity, to, KEY_LEN)) != 0 ||
	    (r = key_verify_label(old, LABEL, s->body, s->signature)) != 0)
		goto out;
	if (number == 1)
		memcpy(from, old, KEY_LEN);
	if (memcmp(from, old, KEY_LEN) != 0 || body->number != number)
		r = ERR_CHAIN;
out:
	pb_free(&body);
	return r;
}

int
rotation_verify(const struct rotation_statement *chain, size_t n, const uint8_t identity[KEY_LEN],
    struct rotation_chain *out)
{
	struct rotation_chain c = { .count = n + 1 };
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	if (n > ROTATION_MAX)
		return ERR_LIMIT;
	for (i = 0; i < n; i++)
		if ((r = step(&chain[i], (uint32_t)i + 1, c.keys[i], c.keys[i + 1])) != 0)
			return r;
	if (n == 0)
		memcpy(c.keys[0], identity, KEY_LEN);
	else if (memcmp(c.keys[n], identity, KEY_LEN) != 0)
		return ERR_CHAIN;
	*out = c;
	return 0;
}

const uint8_t *
rotation_first(const struct rotation_chain *c)
{
	return c->keys[0];
}

const uint8_t *
rotation_current(const struct rotation_chain *c)
{
	return c->keys[c->count > 0 ? c->count - 1 : 0];
}

bool
rotation_continues(const struct rotation_chain *known, const struct rotation_chain *shown)
{
	return known->count <= shown->count &&
	    memcmp(known->keys, shown->keys, known->count * KEY_LEN) == 0;
}
