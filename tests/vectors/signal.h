/*
 * signal: what the form of Signal's transcripts needs beside a ratchet: values out of JSON, framing,
 * message keys and cipher. Everything aborts on failure but where a result says otherwise.
 */
#ifndef RECADO_TESTS_VECTORS_SIGNAL_H
#define RECADO_TESTS_VECTORS_SIGNAL_H

#include <stdbool.h>

#include <jansson.h>

#include "base/buf.h"
#include "crypto/key.h"
#include "crypto/ratchet.h"

#define SIGNAL_KEY_PREFIX 0x05

extern const struct ratchet_profile signal_profile;

/* Octets of a member in hex; the caller frees. */
struct buf *signal_hex_of(const json_t *o, const char *key);
bool signal_fixed_of(const json_t *o, const char *key, uint8_t *out, size_t n);
struct key_dh *signal_pair_of(const json_t *o, const char *key); /* NULL: there is none */
void signal_serialise(const struct key_dh *k, uint8_t out[33]);

struct signal_field {
	uint64_t number;
	struct bytes octets;
};

void signal_put_number(struct buf *b, unsigned field, uint64_t v);
void signal_put_octets(struct buf *b, unsigned field, const void *p, size_t n);
/* Fields 1..7 of a protobuf message. */
bool signal_get_fields(struct bytes in, struct signal_field out[8]);

struct signal_keys {
	uint8_t cipher[32], mac[32], iv[16];
};

void signal_expand(const uint8_t message_key[32], struct signal_keys *k);
struct buf *signal_cbc(const struct signal_keys *k, struct bytes in, int encrypt); /* NULL: bad */
void signal_mac(const struct signal_keys *k, const uint8_t *sender, const uint8_t *receiver,
    struct bytes message, uint8_t out[32]);

/* The cases of signal_v3_kdf.json; NULL or what is wrong. */
const char *signal_kdf_case(const json_t *v);

#endif
