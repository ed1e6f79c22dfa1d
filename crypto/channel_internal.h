/*
 * channel_internal: what the files of the channel share; for crypto/channel*.c alone.
 *
 *     channel.c            lifecycle, what the caller does, time
 *     channel_read.c       the table of states and messages, events
 *     channel_hello.c      ClientHello and ServerHello, each written and read
 *     channel_auth.c       ClientAuth and Welcome, each written and read
 *     channel_schedule.c   transcript and key schedule
 *     channel_record.c     one record: its key, sealing, opening, what an epoch may carry
 *     channel_data.c       messages to fragments and back
 *     channel_rekey.c      REKEY, REKEY_ACK, REKEY_ASK, and when
 */
#ifndef RECADO_CRYPTO_CHANNEL_INTERNAL_H
#define RECADO_CRYPTO_CHANNEL_INTERNAL_H

#include "crypto/channel.h"
#include "crypto/kdf.h"
#include "crypto/suite.h"
#include "wire/frame.h"

struct Recado__KeyShare; /* wire/recado.pb-c.h */

#define CHANNEL_VERSION 1
#define CHANNEL_GROUP_X25519 1
#define CHANNEL_RANDOM 32
#define CHANNEL_RECORD_MAX 16384 /* octets of a record before it is sealed */
#define CHANNEL_FRAGMENT_LAST 0x80000000u
#define CHANNEL_OFFER_MAX 32 /* suites, versions or shares in a hello */

enum channel_state {
	CHANNEL_CLIENT_HELLO, /* relay: ClientHello is awaited */
	CHANNEL_SERVER_HELLO, /* client: ServerHello is awaited */
	CHANNEL_CONFIRM,      /* client: the caller compares the pin */
	CHANNEL_CLIENT_AUTH,  /* relay: ClientAuth is awaited */
	CHANNEL_ADMIT,        /* relay: the caller decides */
	CHANNEL_WELCOME,      /* client: Welcome is awaited */
	CHANNEL_OPEN_CLIENT,
	CHANNEL_REKEYING, /* client: REKEY_ACK is awaited, nothing is sent */
	CHANNEL_OPEN_RELAY,
	CHANNEL_ENDED,
	CHANNEL_STATES,
};

/* First octet of a record. The hellos are no records, and have numbers for the table alone. */
enum channel_type {
	CHANNEL_TYPE_CLIENT_HELLO,
	CHANNEL_TYPE_AUTH = 1,
	CHANNEL_TYPE_WELCOME = 2,
	CHANNEL_TYPE_DATA = 3,
	CHANNEL_TYPE_REKEY = 4,
	CHANNEL_TYPE_REKEY_ACK = 5,
	CHANNEL_TYPE_REKEY_ASK = 6,
	CHANNEL_TYPE_CLOSE = 7,
	CHANNEL_TYPE_SERVER_HELLO,
	CHANNEL_TYPES,
};

enum channel_direction { CHANNEL_TO_RELAY, CHANNEL_TO_CLIENT };

/* In the secret arena. */
struct channel_secrets {
	uint8_t handshake[KDF_MAX];
	uint8_t root[KDF_MAX];
	uint8_t chain[2][KDF_MAX]; /* by direction: the next record's keys come out of it */
};

/* One direction within its epoch. */
struct channel_flow {
	uint64_t sequence; /* of the next record */
	uint32_t data;     /* DATA records so far */
	uint64_t octets;   /* in them */
};

struct channel {
	enum channel_state state;
	bool is_client;
	int error; /* 0 while it lives */
	char reason[96];
	const char *why; /* set by who fails, where the code alone says too little */

	uint16_t suites[SUITE_COUNT]; /* client: in order of preference; relay: allowed */
	size_t suite_count;
	union {
		struct channel_client client;
		struct channel_server server;
	} own;

	uint16_t suite;
	enum kdf_hash hash;
	struct channel_secrets *secrets;
	struct key_dh *share;        /* of the exchange on its way */
	struct buf *script;          /* transcript of the handshake; NULL afterwards */
	uint8_t hello_hash[KDF_MAX]; /* transcript of the two hellos */
	uint8_t transcript[KDF_MAX]; /* of the whole handshake, for warrants */
	uint8_t epoch_hash[KDF_MAX]; /* the same carried on over every rekey */
	struct buf *rekey_sent;      /* client: payload of the REKEY on its way */

	uint64_t epoch;
	struct channel_flow flow[2];
	uint32_t rekey_after;
	uint64_t epoch_start, rekey_since; /* monotonic ms; the latter while one is on its way */
	bool asked;                        /* relay: it sent REKEY_ASK in this epoch */
	bool closing;
	struct channel_stats stats;

	struct rotation_chain relay;
	uint8_t user_id[32], device_id[16];
	bool signs_in;
	uint8_t signature[KEY_SIG_LEN]; /* of the sign-in, until the caller admits */
	bool opened;                    /* relay: CHANNEL_EV_OPEN is due */
	uint32_t refused;
	char detail[CHANNEL_DETAIL_MAX + 1];

	uint64_t deadline; /* of the handshake; UINT64_MAX afterwards */
	struct buf *in, *out;
	struct buf *plain;   /* the record being read */
	struct bytes data;   /* fragments of it not yet taken */
	struct buf *message; /* fragments of a message over several records; NULL: none begun */
	bool delivered;      /* message was handed out and goes with the next call */
	size_t message_max, send_max;
	struct buf *queue; /* u32 length || message, in order */
	size_t part;       /* octets of the first message still to be sent; 0: a length is next */
};

/* End the channel. Returns error, and every later call does. */
int channel_end(struct channel *c, int error);
/* The handshake is over: keys of the first epoch. */
int channel_open_epoch(struct channel *c, enum channel_state state, uint64_t now) MUST_CHECK;
/* Say more than the code does in channel_reason; returns error. */
int channel_because(struct channel *c, int error, const char *why);

/* What a state waits for, in reasons. */
const char *channel_read_name(enum channel_state state);
/* 0: ev is set, or the channel has ended; ERR_AGAIN. */
int channel_read_event(struct channel *c, uint64_t now, struct channel_event *ev) MUST_CHECK;

/* The octets of an X25519 share that may be used; ERR_FORMAT, ERR_KEY. share may be NULL. */
int channel_hello_share(const struct Recado__KeyShare *share, uint8_t out[KEY_LEN]) MUST_CHECK;
int channel_hello_put_client(struct channel *c) MUST_CHECK;
int channel_hello_get_client(struct channel *c, struct bytes frame) MUST_CHECK;
int channel_hello_get_server(struct channel *c, struct bytes frame) MUST_CHECK;

int channel_auth_put(struct channel *c) MUST_CHECK;
int channel_auth_get(struct channel *c, struct bytes record) MUST_CHECK;
int channel_auth_check(struct channel *c, const uint8_t *device_public) MUST_CHECK;
struct channel_welcome {
	uint32_t status;
	const char *detail;
	const struct channel_limits *limits;
	uint64_t wall;
};
int channel_auth_put_welcome(struct channel *c, const struct channel_welcome *w) MUST_CHECK;
int channel_auth_get_welcome(struct channel *c, struct bytes record, struct channel_event *ev)
    MUST_CHECK;

/* Append one handshake message to the transcript. */
int channel_schedule_add(struct channel *c, struct bytes message) MUST_CHECK;
/* Transcript so far; kdf_len(c->hash) octets. */
int channel_schedule_transcript(const struct channel *c, uint8_t out[KDF_MAX]) MUST_CHECK;
int channel_schedule_handshake(struct channel *c, const uint8_t shared[KEY_LEN]) MUST_CHECK;
int channel_schedule_finished(const struct channel *c, enum channel_direction who,
    const struct bytes *parts, size_t n, uint8_t mac[KDF_MAX]) MUST_CHECK;
/* Keys of the first epoch; forgets those of the handshake. */
int channel_schedule_open(struct channel *c) MUST_CHECK;
/* Keys of the next epoch out of the old root, the new agreement and both payloads. */
int channel_schedule_rekey(struct channel *c, const uint8_t shared[KEY_LEN], struct bytes rekey,
    struct bytes ack) MUST_CHECK;

/* Seal a record, type || payload, into a frame of the output. */
int channel_record_seal(struct channel *c, struct bytes record) MUST_CHECK;
/* Open a frame into c->plain; *record is all of it, at least the type. */
int channel_record_open(struct channel *c, struct bytes sealed, struct bytes *record) MUST_CHECK;
bool channel_record_full(const struct channel *c, enum channel_direction d);
enum channel_direction channel_record_outwards(const struct channel *c);
enum channel_direction channel_record_inwards(const struct channel *c);

int channel_data_get(struct channel *c, struct bytes record) MUST_CHECK;
/* The next whole message of the record being read; ERR_AGAIN when it is used up. */
int channel_data_next(struct channel *c, struct bytes *message) MUST_CHECK;
int channel_data_flush(struct channel *c) MUST_CHECK;
bool channel_data_paused(const struct channel *c);

/* Did the epoch carry or last long enough that ending its keys protects anything? */
bool channel_rekey_is_worth(const struct channel *c, uint64_t now);
int channel_rekey_start(struct channel *c, uint64_t now) MUST_CHECK;
int channel_rekey_ask(struct channel *c, uint64_t now) MUST_CHECK;
int channel_rekey_if_due(struct channel *c, uint64_t now) MUST_CHECK;
int channel_rekey_get(struct channel *c, struct bytes record, uint64_t now) MUST_CHECK;
int channel_rekey_get_ack(struct channel *c, struct bytes record, uint64_t now) MUST_CHECK;
/* The relay draws an epoch's count of records. */
int channel_rekey_draw(const struct channel *c, uint32_t *count) MUST_CHECK;
/* A new epoch begins, its keys being in place. */
void channel_rekey_begin(struct channel *c, uint64_t now);

#endif
