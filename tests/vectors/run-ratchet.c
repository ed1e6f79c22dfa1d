/*
 * Replays the public transcripts of Signal's version 3 protocol on the product's ratchet, X3DH and
 * key derivation. What their format alone needs (framing, AES-CBC, a MAC of 8 octets, a PN that
 * names the last message and not the count) is done here; which keys, in which order, and what
 * may be opened is decided by crypto/ratchet.c and crypto/x3dh.c under Signal's labels.
 *
 * Usage: run-ratchet (RECADO_VECTORS names the folder with ratchet/). Prints "suite id ok|FAIL|skip
 * reason", one line a case; exit status 1 when one failed, 77 without data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "crypto/kdf.h"
#include "crypto/x3dh.h"
#include "signal.h"

#define VERSION 0x33
#define SESSIONS_MAX 4
#define MAC_LEN 8
#define PADDED 159

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

struct talk { /* one session */
	struct ratchet *ratchet;
	bool answered;
	uint8_t base_key[33], own_identity[33], peer_identity[33];
	json_t *device; /* of getKeys: what a first message repeats */
	json_int_t registration_id;
};

struct run {
	struct talk talks[SESSIONS_MAX];
	size_t count;
	const char *why;
};

static int
fail(struct run *r, const char *why)
{
	r->why = why;
	return -1;
}

/* --- X3DH ------------------------------------------------------------------------------------ */

static struct talk *
new_talk(struct run *r)
{
	struct talk *t = &r->talks[r->count];

	if (r->count == SESSIONS_MAX)
		abort();
	r->count++;
	memset(t, 0, sizeof(*t));
	return t;
}

static bool
root_of(const uint8_t (*dh)[32], struct ratchet_secrets *out)
{
	uint8_t keys[64];

	memset(out, 0, sizeof(*out));
	if (x3dh_derive(dh, 4, (struct bytes)TEXT("WhisperText"), keys, sizeof(keys)) != 0)
		return false;
	memcpy(out->root, keys, 32);
	return true;
}

static int
start(struct run *r, json_t *v)
{
	json_t *keys = json_object_get(v, "getKeys");
	json_t *device = json_array_get(json_object_get(keys, "devices"), 0);
	struct key_dh *base = signal_pair_of(v, "ourBaseKey"),
		      *first = signal_pair_of(v, "ourEphemeralKey"),
		      *identity = signal_pair_of(v, "ourIdentityKey");
	struct talk *t = new_talk(r);
	struct ratchet_secrets secrets;
	uint8_t spk[33], opk[33], dh[4][32];
	int rc = -1;

	if (!signal_fixed_of(keys, "identityKey", t->peer_identity, 33) ||
	    !signal_fixed_of(json_object_get(device, "signedPreKey"), "publicKey", spk, 33) ||
	    !signal_fixed_of(json_object_get(device, "preKey"), "publicKey", opk, 33) ||
	    base == NULL || first == NULL || identity == NULL ||
	    key_dh_agree(identity, spk + 1, dh[0]) != 0 ||
	    key_dh_agree(base, t->peer_identity + 1, dh[1]) != 0 ||
	    key_dh_agree(base, spk + 1, dh[2]) != 0 || key_dh_agree(base, opk + 1, dh[3]) != 0 ||
	    !root_of((const uint8_t(*)[32])dh, &secrets) ||
	    ratchet_new_initiator(&signal_profile, &secrets, spk + 1, first, &t->ratchet) != 0) {
		fail(r, "X3DH as initiator");
		goto out;
	}
	signal_serialise(base, t->base_key);
	signal_serialise(identity, t->own_identity);
	t->device = device;
	t->registration_id = json_integer_value(json_object_get(v, "registrationId"));
	rc = 0;
out:
	key_dh_free(&base);
	key_dh_free(&first);
	key_dh_free(&identity);
	return rc;
}

static int
accept(struct run *r, json_t *v, const struct signal_field f[8])
{
	struct key_dh *opk = signal_pair_of(v, "ourPreKey"),
		      *spk = signal_pair_of(v, "ourSignedPreKey"),
		      *identity = signal_pair_of(v, "ourIdentityKey");
	struct talk *t = new_talk(r);
	struct ratchet_secrets secrets;
	const uint8_t *base = f[2].octets.p, *peer = f[3].octets.p;
	uint8_t dh[4][32];
	int rc = -1;

	if (opk == NULL || spk == NULL || identity == NULL || f[3].octets.n != 33 ||
	    key_dh_agree(spk, peer + 1, dh[0]) != 0 ||
	    key_dh_agree(identity, base + 1, dh[1]) != 0 ||
	    key_dh_agree(spk, base + 1, dh[2]) != 0 || key_dh_agree(opk, base + 1, dh[3]) != 0 ||
	    !root_of((const uint8_t(*)[32])dh, &secrets) ||
	    ratchet_new_responder(&signal_profile, &secrets, spk, &t->ratchet) != 0) {
		fail(r, "X3DH as responder");
		goto out;
	}
	memcpy(t->base_key, base, 33);
	memcpy(t->peer_identity, peer, 33);
	signal_serialise(identity, t->own_identity);
	t->answered = true;
	rc = 0;
out:
	key_dh_free(&opk);
	key_dh_free(&spk);
	key_dh_free(&identity);
	return rc;
}

/* --- sending --------------------------------------------------------------------------------- */

/* PushMessageContent {body = 1, flags = 4}, then 0x80 and zeros. */
static struct buf *
plaintext_of(const json_t *v)
{
	const char *text = json_string_value(json_object_get(v, "smsText"));
	struct buf *b = buf_new(0);
	uint8_t *p;

	if (text != NULL)
		signal_put_octets(b, 1, text, strlen(text));
	if (json_is_true(json_object_get(v, "endSession")))
		signal_put_number(b, 4, 1);
	if (buf_put_u8(b, 0x80) != 0 || buf_reserve(b, PADDED - buf_len(b), &p) != 0)
		abort();
	return b;
}

static struct buf *
seal(struct talk *t, struct bytes plaintext)
{
	struct buf *out = buf_new(0), *sealed;
	struct ratchet_sealing s;
	uint8_t key[33] = { SIGNAL_KEY_PREFIX }, tag[32];
	struct signal_keys k;

	if (ratchet_send(t->ratchet, &s) != 0)
		abort();
	signal_expand(s.message_key, &k);
	sealed = signal_cbc(&k, plaintext, 1);
	memcpy(key + 1, s.header.key, 32);
	if (buf_put_u8(out, VERSION) != 0)
		abort();
	signal_put_octets(out, 1, key, sizeof(key));
	signal_put_number(out, 2, s.header.number);
	signal_put_number(out, 3, s.header.previous > 0 ? s.header.previous - 1 : 0);
	signal_put_octets(out, 4, buf_ptr(sealed), buf_len(sealed));
	signal_mac(&k, t->own_identity, t->peer_identity, buf_view(out), tag);
	if (buf_put(out, tag, MAC_LEN) != 0)
		abort();
	buf_free(&sealed);
	return out;
}

static struct buf *
wrap_first(const struct talk *t, struct bytes message)
{
	struct buf *b = buf_new(0);
	json_t *pre = json_object_get(t->device, "preKey");
	json_t *signed_pre = json_object_get(t->device, "signedPreKey");

	if (buf_put_u8(b, VERSION) != 0)
		abort();
	signal_put_number(b, 1, (uint64_t)json_integer_value(json_object_get(pre, "keyId")));
	signal_put_octets(b, 2, t->base_key, 33);
	signal_put_octets(b, 3, t->own_identity, 33);
	signal_put_octets(b, 4, message.p, message.n);
	signal_put_number(b, 5, (uint64_t)t->registration_id);
	signal_put_number(b, 6, (uint64_t)json_integer_value(json_object_get(signed_pre, "keyId")));
	return b;
}

static int
send_message(struct run *r, json_t *v)
{
	struct buf *plain, *message, *whole, *want;
	struct talk *t;
	bool same;

	if (json_object_get(v, "getKeys") != NULL && start(r, v) != 0)
		return -1;
	if (r->count == 0)
		return fail(r, "no session to send in");
	t = &r->talks[r->count - 1];
	plain = plaintext_of(v);
	message = seal(t, buf_view(plain));
	whole = t->answered ? buf_new(0) : wrap_first(t, buf_view(message));
	if (t->answered && buf_put_bytes(whole, buf_view(message)) != 0)
		abort();
	want = signal_hex_of(v, "expectedCiphertext");
	same = bytes_equal(buf_view(want), buf_view(whole));
	buf_free(&plain);
	buf_free(&message);
	buf_free(&whole);
	buf_free(&want);
	return same ? 0 : fail(r, "the ciphertext differs");
}

/* --- receiving ------------------------------------------------------------------------------- */

static bool
plaintext_is(const json_t *v, struct bytes got)
{
	const char *text = json_string_value(json_object_get(v, "expectedSmsText"));
	struct signal_field f[8];

	while (got.n > 0 && got.p[got.n - 1] == 0)
		got.n--;
	if (got.n == 0 || got.p[got.n - 1] != 0x80)
		return false;
	got.n--;
	if (!signal_get_fields(got, f))
		return false;
	if (json_is_true(json_object_get(v, "expectTerminateSession")))
		return f[4].number == 1;
	return text != NULL &&
	    bytes_equal(f[1].octets, (struct bytes){ (const uint8_t *)text, strlen(text) });
}

static struct buf *
open_sealed(
    const struct talk *t, const uint8_t message_key[32], struct bytes message, struct bytes sealed)
{
	struct bytes tag = { message.p + message.n - MAC_LEN, MAC_LEN };
	uint8_t want[32];
	struct signal_keys k;

	message.n -= MAC_LEN;
	signal_expand(message_key, &k);
	signal_mac(&k, t->peer_identity, t->own_identity, message, want);
	if (!bytes_equal(tag, (struct bytes){ want, MAC_LEN }))
		return NULL;
	return signal_cbc(&k, sealed, 0);
}

/* Works on a copy, as sessions do. */
static int
open_message(struct run *r, struct talk *t, struct bytes message, const json_t *v)
{
	struct bytes inner = { message.p + 1, message.n - 1 - MAC_LEN };
	struct ratchet *copy = ratchet_copy(t->ratchet);
	struct ratchet_header h;
	struct ratchet_place place;
	struct buf *plain = NULL;
	uint8_t key[32];
	struct signal_field f[8];
	int rc = -1;

	if (message.n < 1 + MAC_LEN || message.p[0] != VERSION || !signal_get_fields(inner, f) ||
	    f[1].octets.n != 33) {
		fail(r, "malformed message");
		goto out;
	}
	memcpy(h.key, f[1].octets.p + 1, 32);
	h.number = (uint32_t)f[2].number;
	h.previous = (uint32_t)f[3].number + 1;
	if (ratchet_find_key(copy, h.key, &place) != 0 ||
	    ratchet_receive(copy, &place, &h, 1, key) != 0) {
		fail(r, "the ratchet has no key for it");
		goto out;
	}
	if ((plain = open_sealed(t, key, message, f[4].octets)) == NULL ||
	    !plaintext_is(v, buf_view(plain))) {
		fail(r, "the message does not open, or to another text");
		goto out;
	}
	ratchet_free(&t->ratchet);
	t->ratchet = copy;
	copy = NULL;
	t->answered = true;
	rc = 0;
out:
	buf_free(&plain);
	ratchet_free(&copy);
	return rc;
}

static struct talk *
find_talk(struct run *r, struct bytes base_key)
{
	for (size_t i = 0; i < r->count; i++)
		if (bytes_equal(base_key, (struct bytes){ r->talks[i].base_key, 33 }))
			return &r->talks[i];
	return NULL;
}

static int
receive_in(struct run *r, struct talk *t, struct bytes message, json_t *v)
{
	struct key_dh *next;
	int rc;

	if ((rc = open_message(r, t, message, v)) != 0)
		return rc;
	if (json_object_get(v, "newEphemeralKey") == NULL)
		return 0;
	if ((next = signal_pair_of(v, "newEphemeralKey")) == NULL ||
	    ratchet_turn(t->ratchet, next) != 0)
		rc = fail(r, "no turn is due");
	key_dh_free(&next);
	return rc;
}

static int
receive_message(struct run *r, json_t *v)
{
	struct buf *b = signal_hex_of(v, "message");
	struct bytes message = buf_view(b);
	struct talk *t = r->count > 0 ? &r->talks[r->count - 1] : NULL;
	struct signal_field f[8];
	int rc = -1;

	if (json_integer_value(json_object_get(v, "type")) == 3) {
		if (message.n < 1 ||
		    !signal_get_fields((struct bytes){ message.p + 1, message.n - 1 }, f) ||
		    f[2].octets.n != 33) {
			fail(r, "malformed first message");
			goto out;
		}
		if ((t = find_talk(r, f[2].octets)) == NULL) {
			if (accept(r, v, f) != 0)
				goto out;
			t = &r->talks[r->count - 1];
		}
		message = f[4].octets;
	}
	rc = t != NULL ? receive_in(r, t, message, v) : fail(r, "no session");
out:
	buf_free(&b);
	return rc;
}

/* --- suites ---------------------------------------------------------------------------------- */

static int
report(const char *suite, const char *id, const char *why)
{
	if (why == NULL)
		printf("%s %s ok\n", suite, id);
	else
		printf("%s %s FAIL %s\n", suite, id, why);
	return why != NULL;
}

static int
run_transcript(json_t *c)
{
	struct run r = { .count = 0 };
	json_t *step;
	char id[16];
	size_t i;
	int rc = 0;

	snprintf(id, sizeof(id), "%d", (int)json_integer_value(json_object_get(c, "id")));
	json_array_foreach(json_object_get(c, "vectors"), i, step)
	{
		json_t *v = json_array_get(step, 1);

		if (rc != 0)
			break;
		if (strcmp(json_string_value(json_array_get(step, 0)), "sendMessage") == 0)
			rc = send_message(&r, v);
		else
			rc = receive_message(&r, v);
	}
	for (size_t k = 0; k < r.count; k++)
		ratchet_free(&r.talks[k].ratchet);
	return report("signal_v3_transcripts", id, rc != 0 ? r.why : NULL);
}

static json_t *
load(const char *name)
{
	const char *dir = getenv("RECADO_VECTORS");
	char path[4096];

	snprintf(path, sizeof(path), "%s/ratchet/%s", dir != NULL ? dir : ".", name);
	return json_load_file(path, 0, NULL);
}

int
main(void)
{
	json_t *transcripts = load("signal_v3_transcripts.json"), *kdf = load("signal_v3_kdf.json");
	const char *name;
	int failed = 0;
	json_t *v;
	size_t i;

	if (transcripts == NULL || kdf == NULL) {
		printf("ratchet - skip no data in RECADO_VECTORS\n");
		return 77;
	}
	json_array_foreach(transcripts, i, v) failed += run_transcript(v);
	json_object_foreach(kdf, name, v) failed +=
	    report("signal_v3_kdf", name, signal_kdf_case(v));
	json_decref(transcripts);
	json_decref(kdf);
	return failed > 0 ? 1 : 0;
}
