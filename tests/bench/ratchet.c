/*
 * ratchet: what a message between two devices costs, beside the primitives it cannot do without,
 * measured in the same run.
 *
 *     ratchet          a table, sizes, and ratios with their aims
 *     ratchet --tsv    the rows alone: name, median ns, min, max, operations a second
 *
 * Every message is 200 octets, sealed and opened with sealed headers, and both sessions are packed
 * after each, as they are before anything leaves. The floors use OpenSSL with contexts and
 * algorithms fetched beforehand, and SHA-256 without EVP, which is the fastest it has.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <string.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "bench.h"
#include "tests/unit/pair.h"

#define TEXT 200

/* --- raw primitives -------------------------------------------------------------------------- */

static EVP_CIPHER *gcm;
static EVP_CIPHER_CTX *enc, *dec;
static EVP_PKEY_CTX *keygen;
static EVP_PKEY *own;
static uint8_t peer[32], text[TEXT], sealed[TEXT + 16];

struct mac {
	SHA256_CTX inner, outer;
};

static void
mac_init(struct mac *m, const uint8_t key[32])
{
	uint8_t pad[64];

	memset(pad, 0x36, sizeof(pad));
	for (int i = 0; i < 32; i++)
		pad[i] ^= key[i];
	SHA256_Init(&m->inner);
	SHA256_Update(&m->inner, pad, 64);
	for (int i = 0; i < 64; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&m->outer);
	SHA256_Update(&m->outer, pad, 64);
}

static void
mac_of(const struct mac *m, const void *p, size_t n, uint8_t out[32])
{
	SHA256_CTX c = m->inner;

	SHA256_Update(&c, p, n);
	SHA256_Final(out, &c);
	c = m->outer;
	SHA256_Update(&c, out, 32);
	SHA256_Final(out, &c);
}

/* One step of a chain and the expansion of its key: two MACs each. */
static void
step(uint8_t chain[32], uint8_t material[64])
{
	uint8_t key[32];
	struct mac m;

	mac_init(&m, chain);
	mac_of(&m, "\x01", 1, key);
	mac_of(&m, "\x02", 1, chain);
	mac_init(&m, key);
	mac_of(&m, "message\x01", 8, material);
	mac_of(&m, "message\x02", 8, material + 32);
}

static void
floor_one_way(long n)
{
	static uint8_t a[32], b[32];
	uint8_t material[64], tag[16], out[TEXT];
	int len;

	while (n-- > 0) {
		step(a, material);
		bench_must(EVP_EncryptInit_ex(enc, NULL, NULL, material, material + 32) == 1 &&
		    EVP_EncryptUpdate(enc, sealed, &len, text, TEXT) == 1 &&
		    EVP_EncryptFinal_ex(enc, sealed + len, &len) == 1 &&
		    EVP_CIPHER_CTX_ctrl(enc, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
		step(b, material);
		bench_must(EVP_DecryptInit_ex(dec, NULL, NULL, material, material + 32) == 1 &&
		    EVP_CIPHER_CTX_ctrl(dec, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
		    EVP_DecryptUpdate(dec, out, &len, sealed, TEXT) == 1 &&
		    EVP_DecryptFinal_ex(dec, out + len, &len) == 1);
	}
}

static void
raw_keygen(long n)
{
	while (n-- > 0) {
		EVP_PKEY *k = NULL;

		bench_must(EVP_PKEY_keygen(keygen, &k) == 1);
		EVP_PKEY_free(k);
	}
}

static void
raw_agree(long n)
{
	uint8_t shared[32];

	while (n-- > 0) {
		EVP_PKEY *p = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, 32);
		EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
		size_t len = 32;

		bench_must(EVP_PKEY_derive_init(c) == 1 &&
		    EVP_PKEY_derive_set_peer_ex(c, p, 0) == 1 &&
		    EVP_PKEY_derive(c, shared, &len) == 1);
		EVP_PKEY_CTX_free(c);
		EVP_PKEY_free(p);
	}
}

static void
raw_init(void)
{
	EVP_PKEY *other = NULL;
	size_t len = 32;

	gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	enc = EVP_CIPHER_CTX_new();
	dec = EVP_CIPHER_CTX_new();
	keygen = EVP_PKEY_CTX_new_id(EVP_PKEY_X25519, NULL);
	bench_must(EVP_EncryptInit_ex(enc, gcm, NULL, NULL, NULL) == 1 &&
	    EVP_DecryptInit_ex(dec, gcm, NULL, NULL, NULL) == 1 &&
	    EVP_PKEY_keygen_init(keygen) == 1 && EVP_PKEY_keygen(keygen, &own) == 1 &&
	    EVP_PKEY_keygen(keygen, &other) == 1 &&
	    EVP_PKEY_get_raw_public_key(other, peer, &len) == 1);
	EVP_PKEY_free(other);
}

static void
raw_clear(void)
{
	EVP_PKEY_free(own);
	EVP_PKEY_CTX_free(keygen);
	EVP_CIPHER_CTX_free(enc);
	EVP_CIPHER_CTX_free(dec);
	EVP_CIPHER_free(gcm);
}

/* --- the product ----------------------------------------------------------------------------- */

static struct pair_device alice, bob;
static struct session *a, *b;
static struct buf *envelope, *plain, *packed;

static void
pack(const struct session *s)
{
	buf_reset(packed);
	bench_must(session_pack(s, packed) == 0);
}

static void
message(struct session **from, struct session **to)
{
	struct session *next = NULL;

	bench_must(session_seal(*from, (struct bytes){ text, TEXT }, envelope) == 0);
	pack(*from);
	bench_must(session_open(*to, buf_view(envelope), PAIR_NOW, &next, plain) == 0);
	session_free(to);
	*to = next;
	pack(*to);
}

static void
set_up(struct session **from, struct session **to, uint16_t suite)
{
	*from = pair_start(&alice, &bob, suite);
	bench_must(session_seal(*from, (struct bytes){ text, TEXT }, envelope) == 0);
	pack(*from);
	bench_must(pair_accept(&bob, buf_view(envelope), to) == 0 &&
	    pair_open(to, buf_view(envelope), plain) == 0);
	pack(*to);
}

static void
one_way(long n)
{
	while (n-- > 0)
		message(&a, &b);
}

static void
ping_pong(long n)
{
	while (n-- > 0) {
		message(&b, &a);
		if (n-- > 0)
			message(&a, &b);
	}
}

static void
whole_set_up(long n)
{
	struct session *s = NULL, *t = NULL;

	while (n-- > 0) {
		set_up(&s, &t, 2);
		session_free(&s);
		session_free(&t);
	}
}

static void
pack_only(long n)
{
	while (n-- > 0)
		pack(a);
}

static void
unpack_only(long n)
{
	struct session *s = NULL;

	pack(a);
	while (n-- > 0) {
		bench_must(session_unpack(buf_view(packed), &s) == 0);
		session_free(&s);
	}
}

/* --- the report ------------------------------------------------------------------------------ */

enum { FLOOR, KEYGEN, AGREE, ONE_WAY, PING_PONG, SET_UP, PACK, UNPACK };

/* Octets that an envelope of the smallest size adds to the longest plaintext it holds. */
static size_t
overhead(void)
{
	size_t n = 0;

	do
		bench_must(session_seal(a, (struct bytes){ text, ++n }, envelope) == 0);
	while (buf_len(envelope) == ENVELOPE_MIN);
	return ENVELOPE_MIN - (n - 1);
}

static void
ratio(const char *what, double ns, double floor, double aim)
{
	printf("  %-58s %6.2f  (aim %.2f)\n", what, ns / floor, aim);
}

static void
report(const struct bench *r)
{
	double pong = bench_median(r, KEYGEN) + 2 * bench_median(r, AGREE);
	double start = 2 * bench_median(r, KEYGEN) + 10 * bench_median(r, AGREE);

	printf("%-60s %10s %10s %10s\n", "CPU time, us", "median", "min", "max");
	for (int i = 0; i < r->count; i++)
		printf("%-60s %10.2f %10.2f %10.2f\n", r->row[i].name, bench_median(r, i) / 1e3,
		    bench_min(r, i) / 1e3, bench_max(r, i) / 1e3);
	printf("\noctets\n");
	message(&b, &a);
	printf("  envelope of %d octets: %zu\n", TEXT, buf_len(envelope));
	printf("  overhead of a message before padding: %zu  (aim 100)\n", overhead());
	printf("  packed session: %zu\n", (pack(a), buf_len(packed)));
	printf("\nratios\n");
	ratio("one way / raw floor", bench_median(r, ONE_WAY), bench_median(r, FLOOR), 4);
	ratio(
	    "ping-pong / its X25519 (1 key, 2 agreements)", bench_median(r, PING_PONG), pong, 1.25);
	ratio("set-up / its X25519 (2 keys, 10 agreements)", bench_median(r, SET_UP), start, 1.2);
}

int
main(int argc, char **argv)
{
	struct bench r = { .count = 0 };

	raw_init();
	pair_device_init(&alice, 0x10);
	pair_device_init(&bob, 0x20);
	envelope = buf_new(ENVELOPE_MAX);
	plain = buf_new_secret(ENVELOPE_MAX);
	packed = buf_new_secret(SESSION_PACKED_MAX);
	set_up(&a, &b, 2);
	message(&b, &a);
	bench_add(&r, "floor: chain step, key expansion, AES-256-GCM, both sides", floor_one_way);
	bench_add(&r, "raw: X25519 key generation", raw_keygen);
	bench_add(&r, "raw: X25519 agreement, EVP_PKEY kept", raw_agree);
	bench_add(&r, "recado one way 200 B: seal, open, both packed", one_way);
	bench_add(&r, "recado ping-pong 200 B: seal, open, both packed", ping_pong);
	bench_add(&r, "recado setup: both sides + first message, both packed", whole_set_up);
	bench_add(&r, "recado pack a session", pack_only);
	bench_add(&r, "recado unpack a session", unpack_only);
	bench_run(&r);
	if (argc > 1 && strcmp(argv[1], "--tsv") == 0)
		for (int i = 0; i < r.count; i++)
			printf("%s\t%.1f\t%.1f\t%.1f\t%.0f\n", r.row[i].name, bench_median(&r, i),
			    bench_min(&r, i), bench_max(&r, i), 1e9 / bench_median(&r, i));
	else
		report(&r);
	session_free(&a);
	session_free(&b);
	buf_free(&envelope);
	buf_free(&plain);
	buf_free(&packed);
	pair_device_clear(&alice);
	pair_device_clear(&bob);
	raw_clear();
	return 0;
}
