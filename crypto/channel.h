/*
 * channel: the sealed connection between client and relay (and between two clients on a direct
 * link), without a socket. recado-protocol(7), CHANNEL; DESIGN 3.2.
 *
 * Octets from the socket go in through channel_input, octets for it come out of channel_output.
 * The caller pumps: after each input it asks channel_next until ERR_AGAIN, acting on each event.
 * Any error is final: the channel refuses everything afterwards, channel_reason says why, and what
 * is still in channel_output may be sent before closing.
 *
 *     client                                            relay
 *     ClientHello        ->
 *                        <-  ServerHello
 *   CHANNEL_EV_IDENTITY: caller compares the pin, then channel_confirm
 *     ClientAuth         ->
 *                                                        CHANNEL_EV_AUTH: caller looks up the
 *                                                        device, then channel_admit or _refuse
 *                        <-  Welcome
 *   CHANNEL_EV_OPEN                                      CHANNEL_EV_OPEN (after channel_admit)
 *     messages           <->  messages                   CHANNEL_EV_MESSAGE
 *
 * Time is handed in (monotonic milliseconds); channel_deadline says when to call channel_tick.
 */
#ifndef RECADO_CRYPTO_CHANNEL_H
#define RECADO_CRYPTO_CHANNEL_H

#include <stdbool.h>
#include "base/buf.h"
#include "crypto/key.h"
#include "crypto/rotation.h"

#define CHANNEL_MESSAGE_MAX (256 * 1024) /* octets of one message over all its records */
#define CHANNEL_MESSAGE_MAX_OPEN (16 * 1024) /* from a peer that has not signed in */
#define CHANNEL_TRANSCRIPT 64            /* at most; see channel_transcript */
#define CHANNEL_QUEUE_MAX (4u << 20)     /* octets of messages waiting inside */
#define CHANNEL_OUTPUT_MAX (1u << 20)    /* sealed octets waiting for the caller, about */
#define CHANNEL_INPUT_MAX (64 * 1024)    /* octets of one channel_input of an open channel */
#define CHANNEL_HANDSHAKE_MS 10000
#define CHANNEL_EPOCH_MS 600000          /* an epoch's keys serve at most ten minutes */
#define CHANNEL_EPOCH_OCTETS (16u << 20) /* and at most this many octets in either direction */
#define CHANNEL_REKEY_MS 30000           /* how long a peer may take to answer a rekey */
#define CHANNEL_REKEY_MIN 64             /* records of either direction in an epoch: drawn from */
#define CHANNEL_REKEY_MAX 256
#define CHANNEL_REKEY_TOP 65536          /* a client believes no larger count */
#define CHANNEL_DETAIL_MAX 256           /* octets of text in a refusal */

struct channel;

struct channel_limits { /* Welcome.limits */
	uint32_t envelope_max, deposits_per_min, mailbox_max, fetch_max, idle_s, max_age_h;
};

struct channel_client {
	const uint16_t *suites; /* enum suite_id in order; NULL: all, in the order of suite.h */
	size_t suite_count;
	/* Both NULL for a session that only checks a name, registers or enrols. Borrowed for the
	 * channel's life. */
	const struct key_sign *device_key;
	const uint8_t *user_id, *device_id; /* 32 and 16 */
};

struct channel_server {
	const uint16_t *suites; /* allowed; NULL: all */
	size_t suite_count;
	const struct key_sign *identity; /* borrowed */
	const struct bytes *rotation;    /* encoded SignedRotation (rotation.h), oldest first;
					    borrowed until the ServerHello is out */
	size_t rotation_count;
	uint32_t rekey; /* 0: drawn from 64..256 for each epoch; else exactly this (1..65536) */
};

enum channel_event_kind {
	CHANNEL_EV_IDENTITY = 1, /* client: relay */
	CHANNEL_EV_AUTH,     /* relay: user_id, device_id (empty: no sign-in) */
	CHANNEL_EV_OPEN,     /* client: limits, peer_time */
	CHANNEL_EV_MESSAGE,  /* body: one whole message; valid until the next call */
	CHANNEL_EV_CLOSED,   /* the peer said goodbye */
};

struct channel_event {
	enum channel_event_kind kind;
	struct bytes body;
	const struct rotation_chain *relay; /* its keys (verified), which it proved the last of: refuse
					  what does not continue those seen before */
	struct bytes user_id, device_id;
	struct channel_limits limits;
	uint64_t peer_time; /* wall clock, ms */
};

int channel_new_client(const struct channel_client *p, uint64_t now, struct channel **out)
    MUST_CHECK;
int channel_new_server(const struct channel_server *p, uint64_t now, struct channel **out)
    MUST_CHECK;
void channel_free(struct channel **pc);

/* Take octets from the socket. Call channel_next until ERR_AGAIN after each: what is not decoded is
 * kept up to a limit (two small frames before sign-in, CHANNEL_INPUT_MAX and a frame after), and
 * more ends the channel with ERR_LIMIT. */
int channel_input(struct channel *c, const void *p, size_t n, uint64_t now) MUST_CHECK;
/* Next event: 0, or ERR_AGAIN: more input (or the caller's decision) is needed. May add to the
 * output: write it after the last event. After CHANNEL_EV_CLOSED: ERR_CLOSED. */
int channel_next(struct channel *c, uint64_t now, struct channel_event *ev) MUST_CHECK;
/* Octets to write; the caller consumes what it wrote. */
struct buf *channel_output(struct channel *c);

/* Client: the identity is the pinned one; go on. */
int channel_confirm(struct channel *c, uint64_t now) MUST_CHECK;
/* Relay, before it decides: does the sign-in signature hold under the device's key? ERR_SIGNATURE
 * ends the channel. Whatever costs more than a look-up belongs after it. */
int channel_check_sign_in(struct channel *c, const uint8_t *device_public) MUST_CHECK;
/* Relay: check the sign-in signature with the device's key (NULL: the session is without sign-in)
 * and open. ERR_SIGNATURE ends the channel. wall is the relay's clock for Welcome.time. */
int channel_admit(struct channel *c, const uint8_t *device_public,
    const struct channel_limits *limits, uint64_t wall, uint64_t now) MUST_CHECK;
/* Relay: refuse with a Status of recado.proto and text; the channel ends once output is written. */
int channel_refuse(struct channel *c, uint32_t status, const char *detail) MUST_CHECK;

/* Queue one message; it is sealed with others of this turn by channel_flush into as few records as
 * hold them. ERR_LIMIT (a message or all of them are too large; an empty one: ERR_FORMAT) and
 * ERR_UNEXPECTED (not open) do not end the channel. While a rekey is on its way messages wait
 * inside. */
int channel_send(struct channel *c, struct bytes message) MUST_CHECK;
int channel_flush(struct channel *c, uint64_t now) MUST_CHECK;
/* Octets queued and not yet in the output. */
size_t channel_pending(const struct channel *c);
/* Ask for new keys now (client: starts; relay: asks). ERR_UNEXPECTED before the channel is open; 0
 * when an exchange is on its way already. */
int channel_rekey(struct channel *c, uint64_t now) MUST_CHECK;
/* Say goodbye after what is queued; nothing can be sent after. The channel ends when the goodbye is
 * in the output, at once unless a rekey is on its way. */
int channel_close(struct channel *c, uint64_t now) MUST_CHECK;

/* Monotonic ms at which channel_tick wants to be called (handshake and rekey deadlines, the ten
 * minutes of an epoch); UINT64_MAX: none. channel_tick: ERR_TIMEOUT ends the channel. */
uint64_t channel_deadline(const struct channel *c);
int channel_tick(struct channel *c, uint64_t now) MUST_CHECK;

bool channel_is_open(const struct channel *c);
uint16_t channel_suite(const struct channel *c);         /* 0 before it is chosen */
struct bytes channel_transcript(const struct channel *c); /* of the whole handshake, for warrants */
/* Status and text of a Welcome that refused us (client); 0 when there was none. The text is the
 * peer's: sanitise it before it is shown. */
uint32_t channel_refused(const struct channel *c, const char **detail);
/* Why it ended, one line without peer-chosen text; "" while it lives. */
const char *channel_reason(const struct channel *c);
/* Epochs begun and records sent and received, for status displays. */
struct channel_stats {
	uint64_t epochs, records_out, records_in;
};
void channel_stats(const struct channel *c, struct channel_stats *out);

#endif
