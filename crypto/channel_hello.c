/*
 * The two messages in the clear. A ServerHello's body is parsed before its signature holds, since the
 * key that signs is in it; nothing of it is used before, and the frame is at most 4 KiB.
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/channel_internal.h"
#include "crypto/rand.h"
#include "crypto/rotation.h"
#include "wire/pb.h"

#define LABEL "server-hello"

int
channel_hello_share(const struct Recado__KeyShare *share, uint8_t out[KEY_LEN])
{
	int r;

	memset(out, 0, KEY_LEN);
	if (share == NULL || share->group != CHANNEL_GROUP_X25519)
		return ERR_FORMAT;
	if ((r = pb_fixed(share->share, out, KEY_LEN)) != 0)
		return r;
	return key_check_dh(out);
}

/* --- ClientHello ---------------------------------------------------------------- */

int
channel_hello_put_client(struct channel *c)
{
	Recado__ClientHello hello = RECADO__CLIENT_HELLO__INIT;
	Recado__KeyShare share = RECADO__KEY_SHARE__INIT, *shares[1] = { &share };
	uint32_t version = CHANNEL_VERSION, suites[SUITE_COUNT];
	uint8_t random[CHANNEL_RANDOM];
	struct buf *b = buf_new(FRAME_MAX_OPEN);
	size_t i;
	int r;

	for (i = 0; i < c->suite_count; i++)
		suites[i] = c->suites[i];
	if ((r = key_dh_new(&c->share)) != 0 || (r = rand_bytes(random, sizeof random)) != 0)
		goto out;
	share.group = CHANNEL_GROUP_X25519;
	share.share = pb_data((struct bytes){ key_dh_public(c->share), KEY_LEN });
	hello.n_versions = 1;
	hello.versions = &version;
	hello.n_suites = c->suite_count;
	hello.suites = suites;
	hello.n_shares = 1;
	hello.shares = shares;
	hello.random = pb_data((struct bytes){ random, sizeof random });
	if ((r = pb_pack(&hello, b)) == 0 && (r = channel_schedule_add(c, buf_view(b))) == 0)
		r = frame_put(c->out, buf_ptr(b), buf_len(b));
out:
	buf_free(&b);
	return r;
}

/* Of groups that we do not know nothing is asked; ours must come once. */
static int
find_share(const Recado__ClientHello *hello, uint8_t out[KEY_LEN])
{
	const Recado__KeyShare *ours = NULL;
	size_t i;

	memset(out, 0, KEY_LEN);
	for (i = 0; i < hello->n_shares; i++) {
		if (hello->shares[i]->group != CHANNEL_GROUP_X25519)
			continue;
		if (ours != NULL)
			return ERR_FORMAT;
		ours = hello->shares[i];
	}
	return channel_hello_share(ours, out);
}

static bool
has_version(const Recado__ClientHello *hello)
{
	size_t i;

	for (i = 0; i < hello->n_versions; i++)
		if (hello->versions[i] == CHANNEL_VERSION)
			return true;
	return false;
}

/* The client's order decides among what the relay allows. */
static int
choose_suite(struct channel *c, const Recado__ClientHello *hello)
{
	uint16_t offered[CHANNEL_OFFER_MAX];
	size_t i;

	for (i = 0; i < hello->n_suites; i++)
		offered[i] = hello->suites[i] <= UINT16_MAX ? (uint16_t)hello->suites[i] : 0;
	return suite_choose(offered, hello->n_suites, c->suites, c->suite_count, &c->suite);
}

static int
check_client(struct channel *c, const Recado__ClientHello *hello, uint8_t peer[KEY_LEN])
{
	int r;

	if (hello->n_versions > CHANNEL_OFFER_MAX || hello->n_suites > CHANNEL_OFFER_MAX ||
	    hello->n_shares > CHANNEL_OFFER_MAX)
		return ERR_LIMIT;
	if (hello->random.len != CHANNEL_RANDOM)
		return ERR_FORMAT;
	if (!has_version(hello))
		return ERR_VERSION;
	if ((r = choose_suite(c, hello)) != 0)
		return r;
	c->hash = suite_hash(c->suite);
	return find_share(hello, peer);
}

/* --- ServerHello ---------------------------------------------------------------- */

/* What the relay's key signs: SHA-256 of the ClientHello as it stands in the transcript (u32 length
 * and octets) || body. The transcript holds nothing else at this point. */
static int
signed_part(const struct channel *c, struct bytes body, struct buf *out)
{
	uint8_t hash[32];
	int r;

	if ((r = kdf_sha256(buf_view(c->script), hash)) != 0 ||
	    (r = buf_put(out, hash, sizeof hash)) != 0)
		return r;
	return buf_put_bytes(out, body);
}

/* The relay's statements, decoded because the schema nests them. */
static int
load_rotation(const struct channel_server *own, Recado__SignedRotation **list)
{
	size_t i;
	int r;

	for (i = 0; i < own->rotation_count; i++)
		if ((r = pb_unpack(
			 &recado__signed_rotation__descriptor, own->rotation[i], &list[i])) != 0)
			return r;
	return 0;
}

static int
put_body(struct channel *c, struct buf *out)
{
	Recado__ServerHelloBody body = RECADO__SERVER_HELLO_BODY__INIT;
	Recado__KeyShare share = RECADO__KEY_SHARE__INIT;
	Recado__SignedRotation *rotation[ROTATION_MAX] = { NULL };
	uint8_t random[CHANNEL_RANDOM];
	size_t i;
	int r;

	if ((r = rand_bytes(random, sizeof random)) != 0 ||
	    (r = load_rotation(&c->own.server, rotation)) != 0)
		goto out;
	share.group = CHANNEL_GROUP_X25519;
	share.share = pb_data((struct bytes){ key_dh_public(c->share), KEY_LEN });
	body.version = CHANNEL_VERSION;
	body.suite = c->suite;
	body.share = &share;
	body.random = pb_data((struct bytes){ random, sizeof random });
	body.identity = pb_data((struct bytes){ key_sign_public(c->own.server.identity), KEY_LEN });
	body.n_rotation = c->own.server.rotation_count;
	body.rotation = rotation;
	r = pb_pack(&body, out);
out:
	for (i = 0; i < ROTATION_MAX; i++)
		pb_free(&rotation[i]);
	return r;
}

static int
put_server(struct channel *c)
{
	Recado__ServerHello hello = RECADO__SERVER_HELLO__INIT;
	struct buf *body = buf_new(FRAME_MAX_OPEN), *covered = buf_new(2 * FRAME_MAX_OPEN),
		   *whole = buf_new(FRAME_MAX_OPEN);
	uint8_t sig[KEY_SIG_LEN];
	int r;

	if ((r = put_body(c, body)) != 0 || (r = signed_part(c, buf_view(body), covered)) != 0 ||
	    (r = key_sign_label(c->own.server.identity, LABEL, buf_view(covered), sig)) != 0)
		goto out;
	hello.body = pb_data(buf_view(body));
	hello.signature = pb_data((struct bytes){ sig, sizeof sig });
	if ((r = pb_pack(&hello, whole)) == 0 &&
	    (r = channel_schedule_add(c, buf_view(whole))) == 0)
		r = frame_put(c->out, buf_ptr(whole), buf_len(whole));
out:
	buf_free(&body);
	buf_free(&covered);
	buf_free(&whole);
	return r;
}

/* Both sides, when both hellos are in the transcript. */
static int
agree(struct channel *c, const uint8_t peer[KEY_LEN])
{
	uint8_t shared[KEY_LEN];
	int r;

	if ((r = key_dh_agree(c->share, peer, shared)) == 0)
		r = channel_schedule_handshake(c, shared);
	mem_wipe(shared, sizeof shared);
	key_dh_free(&c->share);
	return r;
}

int
channel_hello_get_client(struct channel *c, struct bytes frame)
{
	Recado__ClientHello *hello = NULL;
	uint8_t peer[KEY_LEN];
	int r;

	if ((r = pb_unpack(&recado__client_hello__descriptor, frame, &hello)) != 0 ||
	    (r = check_client(c, hello, peer)) != 0)
		goto out;
	if ((r = channel_schedule_add(c, frame)) != 0 || (r = key_dh_new(&c->share)) != 0 ||
	    (r = put_server(c)) != 0)
		goto out;
	r = agree(c, peer);
out:
	pb_free(&hello);
	return r;
}

static int
check_rotation(
    struct channel *c, const Recado__ServerHelloBody *body, const uint8_t identity[KEY_LEN])
{
	struct rotation_statement chain[ROTATION_MAX];
	size_t i;

	if (body->n_rotation > ROTATION_MAX)
		return ERR_LIMIT;
	for (i = 0; i < body->n_rotation; i++) {
		chain[i].body = pb_view(body->rotation[i]->body);
		chain[i].signature = pb_view(body->rotation[i]->signature);
	}
	return rotation_verify(chain, body->n_rotation, identity, &c->relay);
}

static bool
was_offered(const struct channel *c, uint32_t suite)
{
	size_t i;

	for (i = 0; i < c->suite_count; i++)
		if (c->suites[i] == suite)
			return true;
	return false;
}

static int
check_server(struct channel *c, const Recado__ServerHello *hello,
    const Recado__ServerHelloBody *body, uint8_t peer[KEY_LEN])
{
	struct buf *covered = buf_new(2 * FRAME_MAX_OPEN);
	uint8_t identity[KEY_LEN];
	int r;

	if ((r = pb_fixed(body->identity, identity, KEY_LEN)) != 0 ||
	    (r = signed_part(c, pb_view(hello->body), covered)) != 0 ||
	    (r = key_verify_label(
		 identity, LABEL, buf_view(covered), pb_view(hello->signature))) != 0)
		goto out;
	r = ERR_VERSION;
	if (body->version != CHANNEL_VERSION)
		goto out;
	r = ERR_SUITE;
	if (!was_offered(c, body->suite))
		goto out;
	r = ERR_FORMAT;
	if (body->random.len != CHANNEL_RANDOM)
		goto out;
	if ((r = channel_hello_share(body->share, peer)) == 0)
		r = check_rotation(c, body, identity);
out:
	buf_free(&covered);
	return r;
}

int
channel_hello_get_server(struct channel *c, struct bytes frame)
{
	Recado__ServerHello *hello = NULL;
	Recado__ServerHelloBody *body = NULL;
	uint8_t peer[KEY_LEN];
	int r;

	if ((r = pb_unpack(&recado__server_hello__descriptor, frame, &hello)) != 0)
		goto out;
	if ((r = pb_unpack(&recado__server_hello_body__descriptor, pb_view(hello->body), &body)) !=
		0 ||
	    (r = check_server(c, hello, body, peer)) != 0)
		goto out;
	c->suite = (uint16_t)body->suite;
	c->hash = suite_hash(c->suite);
	if ((r = channel_schedule_add(c, frame)) == 0)
		r = agree(c, peer);
out:
	pb_free(&body);
	pb_free(&hello);
	return r;
}
