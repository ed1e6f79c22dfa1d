/*
 * Conformance of the primitives, each through the product's own wrapper: Wycheproof, NIST's AES-CTR
 * and RFC 7914's scrypt values.
 *
 * Prints `suite <tab> id <tab> ok|FAIL|skip <tab> reason`, one case a line; exit 1 when one failed,
 * 77 without data. `valid` must be accepted with exactly this output, `invalid` refused, and
 * `acceptable` may be refused but not answered otherwise. A file of an algorithm that recado does
 * not use is one line, out of scope.
 */
#include <dirent.h>
#include <stdbool.h>

#include <jansson.h>

#include "crypto/cert.h"
#include "crypto/kdf.h"
#include "crypto/key.h"
#include "crypto/suite.h"
#include "vectors.h"

#define FIELDS 7
#define OUT_OF_SCOPE "out of scope: "
#define OKM_MAX (255 * 64)

struct tally {
	unsigned ok, failed, skipped;
};

struct octets {
	uint8_t *p;
	size_t n;
};

/* What the product made of a case. */
enum outcome { REFUSED, RIGHT, WRONG };

/* One case; skip: why it is left out, or NULL. */
typedef enum outcome judge_fn(json_t *group, json_t *test, const char **skip);

static struct octets
hex_field(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));
	struct octets v = { NULL, 0 };

	if (s == NULL) {
		fprintf(stderr, "run-crypto: a case without %s\n", name);
		exit(2);
	}
	v.p = vectors_hex(s, &v.n);
	return v;
}

static struct bytes
view(struct octets v)
{
	return (struct bytes){ v.p, v.n };
}

static void
report(struct tally *t, const char *suite, const char *id, const char *verdict, const char *reason)
{
	printf("%s\t%s\t%s\t%s\n", suite, id, verdict, reason);
	t->ok += strcmp(verdict, "ok") == 0;
	t->failed += strcmp(verdict, "FAIL") == 0;
	t->skipped += strcmp(verdict, "skip") == 0;
}

static void
weigh(struct tally *t, const char *suite, const char *id, const char *result, enum outcome o)
{
	if (strcmp(result, "valid") == 0 && o != RIGHT)
		report(t, suite, id, "FAIL", o == REFUSED ? "valid, refused" : "wrong output");
	else if (strcmp(result, "invalid") == 0 && o == RIGHT)
		report(t, suite, id, "FAIL", "invalid, accepted");
	else if (strcmp(result, "acceptable") == 0 && o == WRONG)
		report(t, suite, id, "FAIL", "wrong output");
	else
		report(t, suite, id, "ok", o == RIGHT ? "" : "refused");
}

/* --- Sealing ------------------------------------------------------------------------------------ */

struct sealing {
	uint16_t suite;
	const uint8_t *material;
	struct bytes ad, plain, sealed;
	bool only_prefix; /* the suite adds a MAC that the data does not have */
};

/* Seal, compare, and open again. */
static enum outcome
seal_and_open(const struct sealing *s)
{
	struct buf *sealed = buf_new(1 << 20), *opened = buf_new(1 << 20);
	enum outcome o = WRONG;
	struct bytes got;

	if (suite_seal(s->suite, s->material, s->ad, s->plain, sealed) != 0)
		goto out;
	got = buf_view(sealed);
	if (s->only_prefix && got.n > s->sealed.n)
		got.n = s->sealed.n;
	if (bytes_equal(got, s->sealed) &&
	    suite_open(s->suite, s->material, s->ad, buf_view(sealed), opened) == 0 &&
	    bytes_equal(buf_view(opened), s->plain))
		o = RIGHT;
out:
	buf_free(&sealed);
	buf_free(&opened);
	return o;
}

static enum outcome
open_only(const struct sealing *s)
{
	struct buf *opened = buf_new(1 << 20);
	int r = suite_open(s->suite, s->material, s->ad, s->sealed, opened);
	enum outcome o = r != 0 ? REFUSED : bytes_equal(buf_view(opened), s->plain) ? RIGHT : WRONG;

	buf_free(&opened);
	return o;
}

static enum outcome
aead(uint16_t suite, json_t *test)
{
	struct octets key = hex_field(test, "key"), iv = hex_field(test, "iv"),
		      aad = hex_field(test, "aad"), msg = hex_field(test, "msg"),
		      ct = hex_field(test, "ct"), tag = hex_field(test, "tag");
	uint8_t material[SUITE_MATERIAL_MAX], *sealed = mem_alloc(ct.n + tag.n + 1);
	struct sealing s = { suite, material, view(aad), view(msg), { sealed, ct.n + tag.n },
		false };
	enum outcome o;

	memcpy(material, key.p, key.n);
	memcpy(material + key.n, iv.p, iv.n);
	memcpy(sealed, ct.p, ct.n);
	memcpy(sealed + ct.n, tag.p, tag.n);
	o = open_only(&s);
	if (o == RIGHT)
		o = seal_and_open(&s);
	free(key.p), free(iv.p), free(aad.p), free(msg.p), free(ct.p), free(tag.p), free(sealed);
	return o;
}

static const char *
aead_skip(json_t *group)
{
	if (json_integer_value(json_object_get(group, "keySize")) != 256)
		return "AES-GCM is used with 256-bit keys only";
	if (json_integer_value(json_object_get(group, "ivSize")) != 96)
		return "nonces are of 96 bits";
	if (json_integer_value(json_object_get(group, "tagSize")) != 128)
		return "tags are of 128 bits";
	return NULL;
}

static enum outcome
judge_gcm(json_t *group, json_t *test, const char **skip)
{
	*skip = aead_skip(group);
	return *skip ? REFUSED : aead(SUITE_ECDHE_AES256_GCM_SHA384, test);
}

static enum outcome
judge_chacha(json_t *group, json_t *test, const char **skip)
{
	*skip = aead_skip(group);
	return *skip ? REFUSED : aead(SUITE_ECDHE_CHACHA20_POLY1305_SHA256, test);
}

/* --- Agreement and signatures ------------------------------------------------------------------- */

static enum outcome
judge_x25519(json_t *group, json_t *test, const char **skip)
{
	struct octets public = hex_field(test, "public"), private = hex_field(test, "private"),
		      shared = hex_field(test, "shared");
	uint8_t got[KEY_LEN];
	struct key_dh *k = NULL;
	enum outcome o = REFUSED;

	(void)group;
	(void)skip;
	if (public.n == KEY_LEN && private.n == KEY_LEN &&
	    key_dh_from_private(private.p, &k) == 0 && key_dh_agree(k, public.p, got) == 0)
		o = shared.n == KEY_LEN && memcmp(got, shared.p, KEY_LEN) == 0 ? RIGHT : WRONG;
	key_dh_free(&k);
	free(public.p), free(private.p), free(shared.p);
	return o;
}

static enum outcome
judge_ed25519(json_t *group, json_t *test, const char **skip)
{
	struct octets pk = hex_field(json_object_get(group, "publicKey"), "pk"),
		      msg = hex_field(test, "msg"), sig = hex_field(test, "sig");
	int r = key_verify_raw(view(pk), view(msg), view(sig));

	(void)skip;
	free(pk.p), free(msg.p), free(sig.p);
	return r == 0 ? RIGHT : REFUSED;
}

static enum outcome
verify_spki(json_t *group, json_t *test, enum cert_scheme scheme)
{
	struct octets spki = hex_field(group, "publicKeyDer"), msg = hex_field(test, "msg"),
		      sig = hex_field(test, "sig");
	int r = cert_verify_spki(view(spki), scheme, view(msg), view(sig));

	free(spki.p), free(msg.p), free(sig.p);
	return r == 0 ? RIGHT : REFUSED;
}

static enum outcome
judge_ecdsa(json_t *group, json_t *test, const char **skip)
{
	(void)skip;
	return verify_spki(group, test, CERT_ECDSA_P256_SHA256);
}

static enum outcome
judge_rsa(json_t *group, json_t *test, const char **skip)
{
	(void)skip;
	return verify_spki(group, test, CERT_RSA_PKCS1_SHA256);
}

/* --- Derivation --------------------------------------------------------------------------------- */

static enum outcome
hmac(enum kdf_hash h, json_t *group, json_t *test)
{
	struct octets key = hex_field(test, "key"), msg = hex_field(test, "msg"),
		      tag = hex_field(test, "tag");
	size_t n = (size_t)json_integer_value(json_object_get(group, "tagSize")) / 8;
	struct bytes part = view(msg);
	uint8_t mac[KDF_MAX];
	bool right;

	if (kdf_hmac(h, view(key), &part, 1, mac) != 0)
		exit(2);
	right = tag.n == n && n <= kdf_len(h) && mem_equal_ct(mac, tag.p, n);
	free(key.p), free(msg.p), free(tag.p);
	return right ? RIGHT : REFUSED;
}

static enum outcome
judge_hmac256(json_t *group, json_t *test, const char **skip)
{
	(void)skip;
	return hmac(KDF_SHA256, group, test);
}

static enum outcome
judge_hmac384(json_t *group, json_t *test, const char **skip)
{
	(void)skip;
	return hmac(KDF_SHA384, group, test);
}

static enum outcome
hkdf(enum kdf_hash h, json_t *test)
{
	struct octets ikm = hex_field(test, "ikm"), salt = hex_field(test, "salt"),
		      info = hex_field(test, "info"), okm = hex_field(test, "okm");
	size_t n = (size_t)json_integer_value(json_object_get(test, "size"));
	uint8_t prk[KDF_MAX], *got = mem_alloc(OKM_MAX);
	struct kdf_expand x = { h, { prk, kdf_len(h) }, view(info) };
	enum outcome o = REFUSED;

	if (n <= OKM_MAX && kdf_extract(h, view(salt), view(ikm), prk) == 0 &&
	    kdf_expand(&x, got, n) == 0)
		o = okm.n == n && memcmp(got, okm.p, n) == 0 ? RIGHT : WRONG;
	free(ikm.p), free(salt.p), free(info.p), free(okm.p), free(got);
	return o;
}

static enum outcome
judge_hkdf256(json_t *group, json_t *test, const char **skip)
{
	(void)group;
	(void)skip;
	return hkdf(KDF_SHA256, test);
}

static enum outcome
judge_hkdf384(json_t *group, json_t *test, const char **skip)
{
	(void)group;
	(void)skip;
	return hkdf(KDF_SHA384, test);
}

/* --- Wycheproof --------------------------------------------------------------------------------- */

static const struct {
	const char *file;
	judge_fn *judge; /* NULL: out of scope, why */
	const char *why;
} files[] = {
	{ "aes_gcm.json", judge_gcm, NULL },
	{ "chacha20_poly1305.json", judge_chacha, NULL },
	{ "x25519.json", judge_x25519, NULL },
	{ "ed25519.json", judge_ed25519, NULL },
	{ "ecdsa_secp256r1_sha256.json", judge_ecdsa, NULL },
	{ "rsa_signature_2048_sha256.json", judge_rsa, NULL },
	{ "hmac_sha256.json", judge_hmac256, NULL },
	{ "hmac_sha384.json", judge_hmac384, NULL },
	{ "hkdf_sha256.json", judge_hkdf256, NULL },
	{ "hkdf_sha384.json", judge_hkdf384, NULL },
	{ "ecdh_secp256r1.json", NULL, OUT_OF_SCOPE "agreement is by X25519" },
	{ "ecdh_secp256r1_ecpoint.json", NULL, OUT_OF_SCOPE "agreement is by X25519" },
	{ "ecdh_secp384r1.json", NULL, OUT_OF_SCOPE "agreement is by X25519" },
	{ "rsa_pss_2048_sha256_mgf1_32.json", NULL, OUT_OF_SCOPE "cards sign by PKCS#1 v1.5" },
	{ NULL, NULL, NULL },
};

static void
run_cases(struct tally *t, const char *suite, json_t *root, judge_fn *judge)
{
	json_t *group, *test;
	const char *skip, *result;
	enum outcome o;
	size_t g, i;
	char id[32];

	json_array_foreach(json_object_get(root, "testGroups"), g, group)
	{
		json_array_foreach(json_object_get(group, "tests"), i, test)
		{
			snprintf(id, sizeof id, "%lld",
			    (long long)json_integer_value(json_object_get(test, "tcId")));
			result = json_string_value(json_object_get(test, "result"));
			skip = NULL;
			o = judge(group, test, &skip);
			if (skip != NULL)
				report(t, suite, id, "skip", skip);
			else
				weigh(t, suite, id, result != NULL ? result : "valid", o);
		}
	}
}

static void
run_file(struct tally *t, const char *folder, const char *name)
{
	char *path = mem_format("%s/%s", folder, name),
	     *suite = mem_strndup(name, strlen(name) - 5);
	json_t *root = NULL;
	json_error_t error;
	size_t i;

	for (i = 0; files[i].file != NULL && strcmp(files[i].file, name) != 0; i++)
		continue;
	if (files[i].judge == NULL) {
		report(t, suite, "*", "skip",
		    files[i].why != NULL ? files[i].why
					 : OUT_OF_SCOPE "not an algorithm of recado's");
		goto out;
	}
	if ((root = json_load_file(path, 0, &error)) == NULL) {
		report(t, suite, "*", "FAIL", error.text);
		goto out;
	}
	run_cases(t, suite, root, files[i].judge);
out:
	json_decref(root);
	free(path);
	free(suite);
}

static int
is_json(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && strcmp(e->d_name + n - 5, ".json") == 0;
}

static void
run_wycheproof(struct tally *t)
{
	char *folder = vectors_path("wycheproof");
	struct dirent **names = NULL;
	int i, n = scandir(folder, &names, is_json, alphasort);

	for (i = 0; i < n; i++) {
		run_file(t, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	free(folder);
}

/* --- Known answers ------------------------------------------------------------------------------ */

typedef enum outcome known_fn(char *const field[FIELDS]);

/* id source key iv plaintext ciphertext, under the suites with AES-CTR. */
static enum outcome
known_ctr(char *const field[FIELDS])
{
	struct octets key, iv, plain, ct;
	uint8_t material[SUITE_MATERIAL_MAX] = { 0 };
	struct sealing s = { SUITE_NONE, material, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, true };
	enum outcome o = WRONG;

	key.p = vectors_hex(field[2], &key.n);
	iv.p = vectors_hex(field[3], &iv.n);
	plain.p = vectors_hex(field[4], &plain.n);
	ct.p = vectors_hex(field[5], &ct.n);
	if (key.n == 16)
		s.suite = SUITE_ECDHE_AES128_CTR_SHA256;
	else if (key.n == 32)
		s.suite = SUITE_ECDHE_AES256_CTR_SHA384;
	if (s.suite != SUITE_NONE && iv.n == 16) {
		memcpy(material, key.p, key.n);
		memcpy(material + key.n, iv.p, iv.n);
		s.plain = view(plain);
		s.sealed = view(ct);
		o = seal_and_open(&s);
	}
	free(key.p), free(iv.p), free(plain.p), free(ct.p);
	return o;
}

/* id password salt N r p out */
static enum outcome
known_scrypt(char *const field[FIELDS])
{
	struct octets secret, salt, want;
	struct kdf_scrypt in = { .n = strtoull(field[3], NULL, 10),
		.r = (uint32_t)strtoul(field[4], NULL, 10),
		.p = (uint32_t)strtoul(field[5], NULL, 10) };
	uint8_t *got;
	enum outcome o;
	int r;

	secret.p = vectors_hex(field[1], &secret.n);
	salt.p = vectors_hex(field[2], &salt.n);
	want.p = vectors_hex(field[6], &want.n);
	in.secret = view(secret);
	in.salt = view(salt);
	got = mem_alloc(want.n + 1);
	r = kdf_scrypt(&in, got, want.n);
	o = r != 0 ? REFUSED : memcmp(got, want.p, want.n) == 0 ? RIGHT : WRONG;
	free(secret.p), free(salt.p), free(want.p), free(got);
	return o;
}

static void
run_known(struct tally *t, const char *suite, size_t fields, known_fn *judge)
{
	char *name = mem_format("kat/%s.tsv", suite), *path = vectors_path(name), *line = NULL,
	     *rest, *field[FIELDS];
	FILE *f = fopen(path, "r");
	size_t size = 0, n;

	if (f == NULL)
		report(t, suite, "*", "FAIL", "cannot be read");
	while (f != NULL && (rest = vectors_line(f, &line, &size)) != NULL) {
		for (n = 0; n < fields && rest != NULL; n++)
			field[n] = strsep(&rest, "\t");
		if (n < fields || rest != NULL)
			report(t, suite, field[0], "FAIL", "malformed line");
		else
			weigh(t, suite, field[0], "valid", judge(field));
	}
	if (f != NULL)
		fclose(f);
	free(line);
	free(path);
	free(name);
}

int
main(void)
{
	struct tally t = { 0, 0, 0 };

	vectors_need("wycheproof");
	run_wycheproof(&t);
	run_known(&t, "aes_ctr", 6, known_ctr);
	run_known(&t, "scrypt", 7, known_scrypt);
	fprintf(stderr, "run-crypto: %u ok, %u failed, %u skipped\n", t.ok, t.failed, t.skipped);
	return t.failed > 0;
}
