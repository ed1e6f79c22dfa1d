/*
 * What somebody without any key can say to a channel. The first octet picks:
 *   0  octets to a relay that awaits a ClientHello
 *   1  octets to a client that awaits a ServerHello
 *   2  a ServerHelloBody, properly signed with a fixed key over the client's real offer
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "crypto/channel.h"
#include "crypto/kdf.h"
#include "wire/frame.h"
#include "wire/pb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Its public key stands in the seeds. */
static struct key_sign *
fixed_key(void)
{
	static const uint8_t seed[KEY_LEN] = { 'f', 'u', 'z', 'z' };
	struct key_sign *k;

	if (key_sign_from_seed(seed, &k) != 0)
		abort();
	return k;
}

static void
feed(struct channel *c, struct bytes in)
{
	struct channel_event ev;
	int r;

	if (channel_input(c, in.p, in.n, 0) != 0)
		return;
	while ((r = channel_next(c, 0, &ev)) == 0)
		if (ev.kind == CHANNEL_EV_OPEN || ev.kind == CHANNEL_EV_MESSAGE)
			abort();
	if (r != ERR_AGAIN && channel_reason(c)[0] == '\0')
		abort();
}

static void
to_relay(struct bytes in)
{
	struct key_sign *k = fixed_key();
	struct channel_server p = { .identity = k };
	struct channel *c;

	if (channel_new_server(&p, 0, &c) != 0)
		abort();
	feed(c, in);
	channel_free(&c);
	key_sign_free(&k);
}

/* hash of the offer || body, signed, in a frame */
static void
sign(struct channel *c, struct bytes body, struct buf *out)
{
	struct key_sign *k = fixed_key();
	Recado__ServerHello hello = RECADO__SERVER_HELLO__INIT;
	struct buf *covered = buf_new(0), *whole = buf_new(0);
	uint8_t hash[32], sig[KEY_SIG_LEN];

	if (kdf_sha256(buf_view(channel_output(c)), hash) != 0 ||
	    buf_put(covered, hash, sizeof hash) != 0 || buf_put_bytes(covered, body) != 0 ||
	    key_sign_label(k, "server-hello", buf_view(covered), sig) != 0)
		abort();
	hello.body = pb_data(body);
	hello.signature = pb_data((struct bytes){ sig, sizeof sig });
	if (pb_pack(&hello, whole) != 0 || frame_put(out, buf_ptr(whole), buf_len(whole)) != 0)
		abort();
	buf_free(&covered);
	buf_free(&whole);
	key_sign_free(&k);
}

static void
to_client(struct bytes in, int sealed)
{
	struct channel_client p = { 0 };
	struct buf *frame = buf_new(0);
	struct channel *c;

	if (channel_new_client(&p, 0, &c) != 0)
		abort();
	if (sealed && in.n < 3000) {
		sign(c, in, frame);
		in = buf_view(frame);
	}
	feed(c, in);
	buf_free(&frame);
	channel_free(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data + 1, size - 1 };

	if (size == 0)
		return 0;
	if (data[0] % 3 == 0)
		to_relay(in);
	else
		to_client(in, data[0] % 3 == 2);
	return 0;
}
