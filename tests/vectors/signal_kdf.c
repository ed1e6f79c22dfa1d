#include <string.h>

#include "crypto/kdf.h"
#include "crypto/x3dh.h"
#include "signal.h"

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

static bool
equals(const json_t *o, const char *key, const void *p, size_t n)
{
	struct buf *want = signal_hex_of(o, key);
	bool same = bytes_equal(buf_view(want), (struct bytes){ p, n });

	buf_free(&want);
	return same;
}

static const char *
hkdf_case(const json_t *v)
{
	struct buf *ikm = signal_hex_of(v, "ikm"), *salt = signal_hex_of(v, "salt"),
		   *info = signal_hex_of(v, "info"), *want = signal_hex_of(v, "okm");
	uint8_t prk[32], okm[128];
	const char *why = "the output differs";

	if (kdf_extract(KDF_SHA256, buf_view(salt), buf_view(ikm), prk) == 0 &&
	    kdf_expand(
		&(struct kdf_expand){
		    .hash = KDF_SHA256, .prk = { prk, 32 }, .info = buf_view(info) },
		okm, buf_len(want)) == 0 &&
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
session_case(const json_t *v)
{
	struct key_dh *identity = signal_pair_of(v, "bobIdentityPrivate"),
		      *spk = signal_pair_of(v, "bobSignedPreKeyPrivate");
	uint8_t peer[33], base[33], dh[3][32], out[64];
	const char *why = "the chain key differs";

	if (identity != NULL && spk != NULL &&
	    signal_fixed_of(v, "aliceIdentityPublic", peer, 33) &&
	    signal_fixed_of(v, "aliceBasePublic", base, 33) &&
	    key_dh_agree(spk, peer + 1, dh[0]) == 0 &&
	    key_dh_agree(identity, base + 1, dh[1]) == 0 &&
	    key_dh_agree(spk, base + 1, dh[2]) == 0 &&
	    x3dh_derive((const uint8_t(*)[32])dh, 3, (struct bytes)TEXT("WhisperText"), out,
		sizeof(out)) == 0 &&
	    equals(v, "senderChain", out + 32, 32))
		why = NULL;
	key_dh_free(&identity);
	key_dh_free(&spk);
	return why;
}

/* One step of a sending chain that starts at the seed, through the ratchet's packed form: the
 * chain's key lies behind flags, root, pair, peer, PN and serial. */
static const char *
chain_case(const json_t *v)
{
	enum { FLAG_SENDING = 2, AT = 1 + 4 * 32 + 8 };
	uint8_t packed[AT + 32 + 4 + 4] = { FLAG_SENDING };
	struct bytes in = { packed, sizeof(packed) };
	struct buf *after = buf_new_secret(4096);
	struct ratchet *ratchet = NULL;
	const char *why = "a key differs";
	struct ratchet_sealing s;
	struct signal_keys k;

	if (signal_fixed_of(v, "seed", packed + AT, 32) &&
	    ratchet_unpack(&signal_profile, &in, &ratchet) == 0 && ratchet_send(ratchet, &s) == 0 &&
	    ratchet_pack(ratchet, after) == 0) {
		signal_expand(s.message_key, &k);
		if (equals(v, "messageKey", k.cipher, 32) && equals(v, "macKey", k.mac, 32) &&
		    equals(v, "nextChainKey", buf_ptr(after) + AT, 32))
			why = NULL;
	}
	ratchet_free(&ratchet);
	buf_free(&after);
	return why;
}

const char *
signal_kdf_case(const json_t *v)
{
	const char *why = "a case of an unknown form";

	if (json_object_get(v, "okm") != NULL)
		why = hkdf_case(v);
	else if (json_object_get(v, "seed") != NULL)
		why = chain_case(v);
	else if (json_object_get(v, "senderChain") != NULL)
		why = session_case(v);
	return why;
}
