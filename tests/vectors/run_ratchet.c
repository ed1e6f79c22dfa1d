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
#include <openssl/evp.h>

#include "base/buf.h"
#include "crypto/kdf.h"
#include "crypto/key.h"
#include "crypto/ratchet.h"
#include "crypto/x3dh.h"

#define VERSION 0x33
#define PREFIX 0x05 /* of a public key */
#define SESSIONS_MAX 4
#define MAC_LEN 8
#define PADDED 159

#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }
static const struct ratchet_profile signal_profile = {
	.root_info = TEXT("WhisperRatchet"),
	.message_input = TEXT("\x01"),
	.chain_input = TEXT("\x02"),
};

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

/* --- values out of JSON ---------------------------------------------------------------------- */

static struct buf *
hex_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	struct buf *b = buf_new(0);
	size_t n = s != NULL ? strlen(s) : 0;
	uint8_t *p;

	if (buf_reserve(b, n / 2, &p) != 0 || hex_decode(s != NULL ? s : "", n, p, n / 2) != 0)
		abort();
	return b;
}

static bool
fixed_of(const json_t *o, const char *key, uint8_t *out, size_t n)
{
	struct buf *b = hex_of(o, key);
	bool ok = buf_len(b) == n;

	if (ok)
		memcpy(out, buf_ptr(b), n);
	buf_free(&b);
	return ok;
}

static struct key_dh *
pair_of(const json_t *o, const char *key)
{
	struct key_dh *k = NULL;
	uint8_t private[32];

	if (!fixed_of(o, key, private, 32) || key_dh_from_private(private, &k) != 0)
		return NULL;
	return k;
}

static void
serialise(const struct key_dh *k, uint8_t out[33])
{
	out[0] = PREFIX;
	memcpy(out + 1, key_dh_public(k), 32);
}

/* --- Signal's framing ------------------------------------------------------------------------ */

static void
put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		if (buf_put_u8(b, (uint8_t)(v | 0x80)) != 0)
			abort();
	if (buf_put_u8(b, (uint8_t)v) != 0)
		abort();
}

static void
put_number(struct buf *b, unsigned field, uint64_t v)
{
	put_varint(b, field << 3);
	put_varint(b, v);
}

static void
put_octets(struct buf *b, unsigned field, const void *p, size_t n)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, n);
	if (buf_put(b, p, n) != 0)
		abort();
}

struct field {
	uint64_t number;
	struct bytes octets;
};

static bool
get_varint(struct bytes *in, uint64_t *v)
{
	uint8_t c = 0x80;

	*v = 0;
	for (unsigned shift = 0; (c & 0x80) != 0; shift += 7)
		if (shift > 56 || bytes_get_u8(in, &c) != 0)
			return false;
		else
			*v |= (uint64_t)(c & 0x7f) << shift;
	return true;
}

/* Fields 1..7 of a protobuf message. */
static bool
get_fields(struct bytes in, struct field out[8])
{
	uint64_t tag, n;

	memset(out, 0, 8 * sizeof(*out));
	while (in.n > 0) {
		if (!get_varint(&in, &tag) || tag >> 3 > 7 || !get_varint(&in, &n))
			return false;
		if ((tag & 7) == 0)
			out[tag >> 3].number = n;
		else if ((tag & 7) != 2 || bytes_get_view(&in, n, &out[tag >> 3].octets) != 0)
			return false;
	}
	return true;
}

/* --- message keys and the cipher ------------------------------------------------------------- */

struct keys {
	uint8_t cipher[32], mac[32], iv[16];
};

static void
expand(const uint8_t message_key[32], struct keys *k)
{
	uint8_t prk[32];

	if (kdf_extract(KDF_SHA256, (struct bytes){ NULL, 0 }, (struct bytes){ message_key, 32 },
	    prk) != 0 || kdf_expand(&(struct kdf_expand){ .hash = KDF_SHA256, .prk = { prk, 32 },
	    .info = TEXT("WhisperMessageKeys") }, (uint8_t *)k, sizeof(*k)) != 0)
		abort();
}

static struct buf *
cbc(const struct keys *k, struct bytes in, int encrypt)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	struct buf *out = buf_new(0);
	int n = 0, m = 0;
	uint8_t *p;

	if (buf_reserve(out, in.n + 16, &p) != 0 ||
	    EVP_CipherInit_ex(c, EVP_aes_256_cbc(), NULL, k->cipher, k->iv, encrypt) != 1 ||
	    EVP_CipherUpdate(c, p, &n, in.p, (int)in.n) != 1 ||
	    EVP_CipherFinal_ex(c, p + n, &m) != 1 || buf_truncate(out, (size_t)(n + m)) != 0)
		buf_free(&out);
	EVP_CIPHER_CTX_free(c);
	return out;
}

static void
mac(const struct keys *k, const uint8_t *sender, const uint8_t *receiver, struct bytes message,
    uint8_t out[32])
{
	struct bytes parts[] = { { sender, 33 }, { receiver, 33 }, message };

	if (kdf_hmac(KDF_SHA256, (struct bytes){ k->mac, 32 }, parts, 3, out) != 0)
		abort();
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
	struct key_dh *base = pair_of(v, "ourBaseKey"), *first = pair_of(v, "ourEphemeralKey"),
	    *identity = pair_of(v, "ourIdentityKey");
	struct talk *t = new_talk(r);
	struct ratchet_secrets secrets;
	uint8_t spk[33], opk[33], dh[4][32];
	int rc = -1;

	if (!fixed_of(keys, "identityKey", t->peer_identity, 33) ||
	    !fixed_of(json_object_get(device, "signedPreKey"), "publicKey", spk, 33) ||
	    !fixed_of(json_object_get(device, "preKey"), "publicKey", opk, 33) || base == NULL ||
	    first == NULL || identity == NULL ||
	    key_dh_agree(identity, spk + 1, dh[0]) != 0 ||
	    key_dh_agree(base, t->peer_identity + 1, dh[1]) != 0 ||
	    key_dh_agree(base, spk + 1, dh[2]) != 0 || key_dh_agree(base, opk + 1, dh[3]) != 0 ||
	    !root_of((const uint8_t(*)[32])dh, &secrets) ||
	    ratchet_new_initiator(&signal_profile, &secrets, spk + 1, first, &t->ratchet) != 0) {
		fail(r, "X3DH as initiator");
		goto out;
	}
	serialise(base, t->base_key);
	serialise(identity, t->own_identity);
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
accept(struct run *r, json_t *v, const struct field f[8])
{
	struct key_dh *opk = pair_of(v, "ourPreKey"), *spk = pair_of(v, "ourSignedPreKey"),
	    *identity = pair_of(v, "ourIdentityKey");
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
	serialise(identity, t->own_identity);
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
		put_octets(b, 1, text, strlen(text));
	if (json_is_true(json_object_get(v, "endSession")))
		put_number(b, 4, 1);
	if (buf_put_u8(b, 0x80) != 0 || buf_reserve(b, PADDED - buf_len(b), &p) != 0)
		abort();
	return b;
}

static struct buf *
seal(struct talk *t, struct bytes plaintext)
{
	struct buf *out = buf_new(0), *sealed;
	struct ratchet_sealing s;
	uint8_t key[33] = { PREFIX }, tag[32];
	struct keys k;

	if (ratchet_send(t->ratchet, &s) != 0)
		abort();
	expand(s.message_key, &k);
	sealed = cbc(&k, plaintext, 1);
	memcpy(key + 1, s.header.key, 32);
	if (buf_put_u8(out, VERSION) != 0)
		abort();
	put_octets(out, 1, key, sizeof(key));
	put_number(out, 2, s.header.number);
	put_number(out, 3, s.header.previous > 0 ? s.header.previous - 1 : 0);
	put_octets(out, 4, buf_ptr(sealed), buf_len(sealed));
	mac(&k, t->own_identity, t->peer_identity, buf_view(out), tag);
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
	put_number(b, 1, (uint64_t)json_integer_value(json_object_get(pre, "keyId")));
	put_octets(b, 2, t->base_key, 33);
	put_octets(b, 3, t->own_identity, 33);
	put_octets(b, 4, message.p, message.n);
	put_number(b, 5, (uint64_t)t->registration_id);
	put_number(b, 6, (uint64_t)json_integer_value(json_object_get(signed_pre, "keyId")));
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
	want = hex_of(v, "expectedCiphertext");
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
	struct field f[8];

	while (got.n > 0 && got.p[got.n - 1] == 0)
		got.n--;
	if (got.n == 0 || got.p[got.n - 1] != 0x80)
		return false;
	got.n--;
	if (!get_fields(got, f))
		return false;
	if (json_is_true(json_object_get(v, "expectTerminateSession")))
		return f[4].number == 1;
	return text != NULL &&
	    bytes_equal(f[1].octets, (struct bytes){ (const uint8_t *)text, strlen(text) });
}

static struct buf *
open_sealed(const struct talk *t, const uint8_t message_key[32], struct bytes message,
    struct bytes sealed)
{
	struct bytes tag = { message.p + message.n - MAC_LEN, MAC_LEN };
	uint8_t want[32];
	struct keys k;

	message.n -= MAC_LEN;
	expand(message_key, &k);
	mac(&k, t->peer_identity, t->own_identity, message, want);
	if (!bytes_equal(tag, (struct bytes){ want, MAC_LEN }))
		return NULL;
	return cbc(&k, sealed, 0);
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
	struct field f[8];
	int rc = -1;

	if (message.n < 1 + MAC_LEN || message.p[0] != VERSION || !get_fields(inner, f) ||
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
	if ((next = pair_of(v, "newEphemeralKey")) == NULL || ratchet_turn(t->ratchet, next) != 0)
		rc = fail(r, "no turn is due");
	key_dh_free(&next);
	return rc;
}

static int
receive_message(struct run *r, json_t *v)
{
	struct buf *b = hex_of(v, "message");
	struct bytes message = buf_view(b);
	struct talk *t = r->count > 0 ? &r->talks[r->count - 1] : NULL;
	struct field f[8];
	int rc = -1;

	if (json_integer_value(json_object_get(v, "type")) == 3) {
		if (message.n < 1 || !get_fields((struct bytes){ message.p + 1, message.n - 1 }, f) ||
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
	json_array_foreach (json_object_get(c, "vectors"), i, step) {
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

static bool
equals(const json_t *o, const char *key, const void *p, size_t n)
{
	struct buf *want = hex_of(o, key);
	bool same = bytes_equal(buf_view(want), (struct bytes){ p, n });

	buf_free(&want);
	return same;
}

static const char *
kdf_hkdf_case(const json_t *v)
{
	struct buf *ikm = hex_of(v, "ikm"), *salt = hex_of(v, "salt"), *info = hex_of(v, "info"),
	    *want = hex_of(v, "okm");
	uint8_t prk[32], okm[128];
	const char *why = "the output differs";

	if (kdf_extract(KDF_SHA256, buf_view(salt), buf_view(ikm), prk) == 0 &&
	    kdf_expand(&(struct kdf_expand){ .hash = KDF_SHA256, .prk = { prk, 32 },
	    .info = buf_view(info) }, okm, buf_len(want)) == 0 &&
	    bytes_equal(buf_view(want), (struct bytes){ okm, buf_len(want) }))
		why = NULL;
	buf_free(&ikm);
	buf_free(&salt);
	buf_free(&info);
	buf_free(&want);
	return why;
}

/* The responder's first chain key is the second half of the agreement. */
static const char *
kdf_session_case(const json_t *v)
{
	struct key_dh *identity = pair_of(v, "bobIdentityPrivate"),
	    *spk = pair_of(v, "bobSignedPreKeyPrivate");
	uint8_t peer[33], base[33], dh[3][32], out[64];
	const char *why = "the chain key differs";

	if (identity != NULL && spk != NULL && fixed_of(v, "aliceIdentityPublic", peer, 33) &&
	    fixed_of(v, "aliceBasePublic", base, 33) && key_dh_agree(spk, peer + 1, dh[0]) == 0 &&
	    key_dh_agree(identity, base + 1, dh[1]) == 0 &&
	    key_dh_agree(spk, base + 1, dh[2]) == 0 &&
	    x3dh_derive((const uint8_t(*)[32])dh, 3, (struct bytes)TEXT("WhisperText"), out,
	    sizeof(out)) == 0 && equals(v, "senderChain", out + 32, 32))
		why = NULL;
	key_dh_free(&identity);
	key_dh_free(&spk);
	return why;
}

/* One step of a sending chain that starts at the seed, through the ratchet's packed form: the
 * chain's key lies behind flags, root, pair, peer, PN and serial. */
static const char *
kdf_chain_case(const json_t *v)
{
	enum { FLAG_SENDING = 2, AT = 1 + 4 * 32 + 8 };
	uint8_t packed[AT + 32 + 4 + 4] = { FLAG_SENDING };
	struct bytes in = { packed, sizeof(packed) };
	struct buf *after = buf_new_secret(4096);
	struct ratchet *ratchet = NULL;
	const char *why = "a key differs";
	struct ratchet_sealing s;
	struct keys k;

	if (fixed_of(v, "seed", packed + AT, 32) &&
	    ratchet_unpack(&signal_profile, &in, &ratchet) == 0 &&
	    ratchet_send(ratchet, &s) == 0 && ratchet_pack(ratchet, after) == 0) {
		expand(s.message_key, &k);
		if (equals(v, "messageKey", k.cipher, 32) && equals(v, "macKey", k.mac, 32) &&
		    equals(v, "nextChainKey", buf_ptr(after) + AT, 32))
			why = NULL;
	}
	ratchet_free(&ratchet);
	buf_free(&after);
	return why;
}

static int
run_kdf(const char *name, const json_t *v)
{
	const char *why = "a case of an unknown form";

	if (json_object_get(v, "okm") != NULL)
		why = kdf_hkdf_case(v);
	else if (json_object_get(v, "seed") != NULL)
		why = kdf_chain_case(v);
	else if (json_object_get(v, "senderChain") != NULL)
		why = kdf_session_case(v);
	return report("signal_v3_kdf", name, why);
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
	json_array_foreach (transcripts, i, v)
		failed += run_transcript(v);
	json_object_foreach (kdf, name, v)
		failed += run_kdf(name, v);
	json_decref(transcripts);
	json_decref(kdf);
	return failed > 0 ? 1 : 0;
}
