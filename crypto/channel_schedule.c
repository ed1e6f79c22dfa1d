/*
 * The transcript is every octet of the handshake as it travelled: u32 length || octets of the two
 * hellos, then of the two records inside their sealing. Each secret is bound to all of it so far, so
 * that whatever somebody in the middle changes leaves the two sides with different keys.
 *
 *     shared (X25519) -> handshake -> root 1 -> root 2 ...      the next X25519 enters at each ->
 *                         |            |
 *                         chains       chains, one a direction, whose steps are the records' keys
 *
 * recado-protocol(7), KEY DERIVATIONS.
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/channel_internal.h"
#include "crypto/label.h"

static const char *const handshake_labels[2] = { "handshake-client", "handshake-server" };
static const char *const traffic_labels[2] = { "traffic-client", "traffic-server" };
static const char *const finished_keys[2] = { "finished-client-key", "finished-server-key" };
static const char *const finished_labels[2] = { "client-finished", "server-finished" };

static struct bytes
hashed(const struct channel *c, const uint8_t *p)
{
	return (struct bytes){ p, kdf_len(c->hash) };
}

int
channel_schedule_add(struct channel *c, struct bytes message)
{
	return buf_put_string(c->script, message.p, message.n);
}

int
channel_schedule_transcript(const struct channel *c, uint8_t out[KDF_MAX])
{
	struct bytes all = buf_view(c->script);

	return label_digest(&(struct label_digest){ c->hash, "transcript" }, &all, 1, out);
}

/* Both directions' first chain key out of a secret. */
static int
chains(struct channel *c, const uint8_t *secret, const char *const labels[2], const uint8_t *script)
{
	struct label_derive d = { c->hash, hashed(c, secret), NULL, hashed(c, script) };
	int i, r;

	for (i = 0; i < 2; i++) {
		d.label = labels[i];
		if ((r = label_derive(&d, c->secrets->chain[i], kdf_len(c->hash))) != 0)
			return r;
		c->flow[i] = (struct channel_flow){ 0 };
	}
	return 0;
}

int
channel_schedule_handshake(struct channel *c, const uint8_t shared[KEY_LEN])
{
	struct channel_secrets *s = c->secrets;
	int r;

	if ((r = channel_schedule_transcript(c, c->hello_hash)) != 0)
		return r;
	if ((r = kdf_extract(c->hash, hashed(c, c->hello_hash), (struct bytes){ shared, KEY_LEN },
		 s->handshake)) != 0)
		return r;
	return chains(c, s->handshake, handshake_labels, c->hello_hash);
}

int
channel_schedule_finished(const struct channel *c, enum channel_direction who,
    const struct bytes *parts, size_t n, uint8_t mac[KDF_MAX])
{
	struct label_derive d = { c->hash, hashed(c, c->secrets->handshake), finished_keys[who],
		{ NULL, 0 } };
	uint8_t key[KDF_MAX];
	int r;

	if ((r = label_derive(&d, key, kdf_len(c->hash))) == 0)
		r = label_mac(&(struct label_mac){ c->hash, hashed(c, key), finished_labels[who] },
		    parts, n, mac);
	mem_wipe(key, sizeof key);
	return r;
}

int
channel_schedule_open(struct channel *c)
{
	struct channel_secrets *s = c->secrets;
	struct label_derive d = { c->hash, hashed(c, s->handshake), "channel-root",
		hashed(c, c->transcript) };
	int r;

	if ((r = channel_schedule_transcript(c, c->transcript)) == 0 &&
	    (r = label_derive(&d, s->root, kdf_len(c->hash))) == 0) {
		memcpy(c->epoch_hash, c->transcript, sizeof c->epoch_hash);
		r = chains(c, s->root, traffic_labels, c->epoch_hash);
	}
	mem_wipe(s->handshake, sizeof s->handshake);
	buf_free(&c->script);
	return r;
}

/* epoch_hash = H("epoch", epoch_hash || u64 epoch || string REKEY || string REKEY_ACK) */
static int
carry_on(struct channel *c, struct bytes rekey, struct bytes ack)
{
	struct buf *b = buf_new(0);
	struct bytes body;
	int r;

	if ((r = buf_put(b, c->epoch_hash, kdf_len(c->hash))) == 0 &&
	    (r = buf_put_u64(b, c->epoch + 1)) == 0 &&
	    (r = buf_put_string(b, rekey.p, rekey.n)) == 0 &&
	    (r = buf_put_string(b, ack.p, ack.n)) == 0) {
		body = buf_view(b);
		r = label_digest(
		    &(struct label_digest){ c->hash, "epoch" }, &body, 1, c->epoch_hash);
	}
	buf_free(&b);
	return r;
}

int
channel_schedule_rekey(
    struct channel *c, const uint8_t shared[KEY_LEN], struct bytes rekey, struct bytes ack)
{
	struct channel_secrets *s = c->secrets;
	uint8_t root[KDF_MAX] = { 0 };
	int r;

	if ((r = carry_on(c, rekey, ack)) != 0)
		return r;
	r = kdf_extract(c->hash, hashed(c, s->root), (struct bytes){ shared, KEY_LEN }, root);
	memcpy(s->root, root, sizeof root);
	mem_wipe(root, sizeof root);
	return r != 0 ? r : chains(c, s->root, traffic_labels, c->epoch_hash);
}
