/*
 * The two sealed messages of the handshake. Each carries a MAC ("finished") under a key of the
 * handshake over the transcript before it, so that each side proves to have seen what the other sent
 * before anything else is said under the channel's keys.
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/channel_internal.h"
#include "wire/pb.h"

#define SIGN_IN "sign-in"

/* transcript of the hellos || user id || device id */
static int
sign_in_body(const struct channel *c, struct buf *out)
{
	int r;

	if ((r = buf_put(out, c->hello_hash, kdf_len(c->hash))) != 0 ||
	    (r = buf_put(out, c->user_id, sizeof c->user_id)) != 0)
		return r;
	return buf_put(out, c->device_id, sizeof c->device_id);
}

/* MAC over transcript of the hellos || string user id || string device id || string signature */
static int
client_finished(const struct channel *c, const Recado__ClientAuth *auth, uint8_t mac[KDF_MAX])
{
	struct buf *b = buf_new(0);
	struct bytes body;
	int r;

	if ((r = buf_put(b, c->hello_hash, kdf_len(c->hash))) == 0 &&
	    (r = buf_put_string(b, auth->user_id.data, auth->user_id.len)) == 0 &&
	    (r = buf_put_string(b, auth->device_id.data, auth->device_id.len)) == 0 &&
	    (r = buf_put_string(b, auth->signature.data, auth->signature.len)) == 0) {
		body = buf_view(b);
		r = channel_schedule_finished(c, CHANNEL_TO_RELAY, &body, 1, mac);
	}
	buf_free(&b);
	return r;
}

/* MAC over the transcript up to and with ClientAuth */
static int
server_finished(const struct channel *c, uint8_t mac[KDF_MAX])
{
	uint8_t hash[KDF_MAX];
	struct bytes body = { hash, kdf_len(c->hash) };
	int r;

	if ((r = channel_schedule_transcript(c, hash)) != 0)
		return r;
	return channel_schedule_finished(c, CHANNEL_TO_CLIENT, &body, 1, mac);
}

static int
mac_matches(const struct channel *c, ProtobufCBinaryData got, const uint8_t want[KDF_MAX])
{
	size_t n = kdf_len(c->hash);

	return got.len == n && mem_equal_ct(got.data, want, n) ? 0 : ERR_MAC;
}

/* type || message: into the transcript, then sealed. */
static int
put_record(struct channel *c, enum channel_type type, const void *message)
{
	struct buf *b = buf_new(FRAME_MAX_OPEN);
	int r;

	if ((r = buf_put_u8(b, (uint8_t)type)) == 0 && (r = pb_pack(message, b)) == 0 &&
	    (r = channel_schedule_add(c, buf_view(b))) == 0)
		r = channel_record_seal(c, buf_view(b));
	buf_free(&b);
	return r;
}

static struct bytes
payload(struct bytes record)
{
	return (struct bytes){ record.p + 1, record.n - 1 };
}

/* --- ClientAuth ----------------------------------------------------------------- */

static int
sign(struct channel *c, uint8_t sig[KEY_SIG_LEN])
{
	struct buf *b = buf_new(0);
	int r;

	if ((r = sign_in_body(c, b)) == 0)
		r = key_sign_label(c->own.client.device_key, SIGN_IN, buf_view(b), sig);
	buf_free(&b);
	return r;
}

int
channel_auth_put(struct channel *c)
{
	Recado__ClientAuth auth = RECADO__CLIENT_AUTH__INIT;
	uint8_t sig[KEY_SIG_LEN], mac[KDF_MAX];
	int r;

	if (c->signs_in) {
		if ((r = sign(c, sig)) != 0)
			return r;
		auth.user_id = pb_data((struct bytes){ c->user_id, sizeof c->user_id });
		auth.device_id = pb_data((struct bytes){ c->device_id, sizeof c->device_id });
		auth.signature = pb_data((struct bytes){ sig, sizeof sig });
	}
	if ((r = client_finished(c, &auth, mac)) != 0)
		return r;
	mem_secret_unmark(mac, sizeof mac); /* the transcript has it */
	auth.finished = pb_data((struct bytes){ mac, kdf_len(c->hash) });
	return put_record(c, CHANNEL_TYPE_AUTH, &auth);
}

/* Names and signature: all of them or none. */
static int
take_names(struct channel *c, const Recado__ClientAuth *auth)
{
	int r;

	if (auth->user_id.len == 0 && auth->device_id.len == 0 && auth->signature.len == 0)
		return 0;
	if ((r = pb_fixed(auth->user_id, c->user_id, sizeof c->user_id)) != 0 ||
	    (r = pb_fixed(auth->device_id, c->device_id, sizeof c->device_id)) != 0 ||
	    (r = pb_fixed(auth->signature, c->signature, sizeof c->signature)) != 0)
		return r;
	c->signs_in = true;
	return 0;
}

int
channel_auth_get(struct channel *c, struct bytes record)
{
	Recado__ClientAuth *auth = NULL;
	uint8_t mac[KDF_MAX];
	int r;

	if ((r = pb_unpack(&recado__client_auth__descriptor, payload(record), &auth)) != 0)
		return r;
	if ((r = client_finished(c, auth, mac)) == 0 &&
	    (r = mac_matches(c, auth->finished, mac)) == 0 && (r = take_names(c, auth)) == 0)
		r = channel_schedule_add(c, record);
	pb_free(&auth);
	return r;
}

int
channel_auth_check(struct channel *c, const uint8_t *device_public)
{
	struct buf *b;
	int r;

	if (device_public == NULL)
		return c->signs_in ? ERR_UNEXPECTED : 0;
	if (!c->signs_in)
		return ERR_SIGNATURE;
	b = buf_new(0);
	if ((r = sign_in_body(c, b)) == 0)
		r = key_verify_label(device_public, SIGN_IN, buf_view(b),
		    (struct bytes){ c->signature, sizeof c->signature });
	buf_free(&b);
	return r;
}

/* --- Welcome -------------------------------------------------------------------- */

static void
put_limits(const struct channel_limits *l, Recado__Limits *out)
{
	out->envelope_max = l->envelope_max;
	out->deposits_per_min = l->deposits_per_min;
	out->mailbox_max = l->mailbox_max;
	out->fetch_max = l->fetch_max;
	out->idle_s = l->idle_s;
	out->max_age_h = l->max_age_h;
}

static void
get_limits(const Recado__Limits *l, struct channel_limits *out)
{
	*out = (struct channel_limits){ l->envelope_max, l->deposits_per_min, l->mailbox_max,
		l->fetch_max, l->idle_s, l->max_age_h };
}

int
channel_auth_put_welcome(struct channel *c, const struct channel_welcome *w)
{
	Recado__Welcome welcome = RECADO__WELCOME__INIT;
	Recado__Limits limits = RECADO__LIMITS__INIT;
	uint8_t mac[KDF_MAX];
	int r;

	if ((r = server_finished(c, mac)) != 0)
		return r;
	mem_secret_unmark(mac, sizeof mac);
	welcome.finished = pb_data((struct bytes){ mac, kdf_len(c->hash) });
	welcome.status = w->status;
	if (w->detail != NULL)
		welcome.detail = pb_data((struct bytes){
		    (const uint8_t *)w->detail, strnlen(w->detail, CHANNEL_DETAIL_MAX) });
	if (w->limits != NULL)
		put_limits(w->limits, &limits);
	welcome.limits = &limits;
	welcome.time = w->wall;
	if (w->status == RECADO__STATUS__STATUS_OK)
		welcome.rekey_after = c->rekey_after;
	return put_record(c, CHANNEL_TYPE_WELCOME, &welcome);
}

/* The relay says no: keep what it says. */
static int
take_refusal(struct channel *c, const Recado__Welcome *welcome)
{
	if (welcome->detail.len > CHANNEL_DETAIL_MAX || welcome->status == 0)
		return ERR_FORMAT;
	if (welcome->detail.len > 0)
		memcpy(c->detail, welcome->detail.data, welcome->detail.len);
	c->refused = welcome->status;
	return channel_because(c, ERR_CLOSED, "the relay refused the session");
}

static int
take_welcome(struct channel *c, const Recado__Welcome *welcome, struct channel_event *ev)
{
	uint8_t mac[KDF_MAX];
	int r;

	if ((r = server_finished(c, mac)) != 0 || (r = mac_matches(c, welcome->finished, mac)) != 0)
		return r;
	if (welcome->status != RECADO__STATUS__STATUS_OK)
		return take_refusal(c, welcome);
	if (welcome->limits == NULL || welcome->rekey_after == 0 ||
	    welcome->rekey_after > CHANNEL_REKEY_TOP)
		return ERR_FORMAT;
	get_limits(welcome->limits, &ev->limits);
	ev->peer_time = welcome->time;
	c->rekey_after = welcome->rekey_after;
	return 0;
}

int
channel_auth_get_welcome(struct channel *c, struct bytes record, struct channel_event *ev)
{
	Recado__Welcome *welcome = NULL;
	int r;

	if ((r = pb_unpack(&recado__welcome__descriptor, payload(record), &welcome)) != 0)
		return r;
	if ((r = take_welcome(c, welcome, ev)) == 0)
		r = channel_schedule_add(c, record);
	pb_free(&welcome);
	return r;
}
