/*
 * identity: everything verified about one user: bindings, the device list, the device records.
 *
 * Both relay (at registration) and client (for each directory entry or introduction) come through
 * identity_update, the one function that decides. What it accepted before is the memory against
 * which the new entry must be an extension: a shorter or different list is ERR_CHAIN. One exception:
 * a card-signed event may take the place of events that devices alone had signed, but brings no
 * removed device back, unless that device itself renews.
 * DESIGN 3.3.
 */
#ifndef RECADO_CRYPTO_IDENTITY_H
#define RECADO_CRYPTO_IDENTITY_H

#include "crypto/binding.h"
#include "crypto/cert.h"
#include "crypto/key.h"

#define IDENTITY_DEVICES_MAX 64
#define IDENTITY_SUITES_MAX 16

struct identity_device {
	uint8_t id[DEVICE_ID_LEN];
	char name[NAME_MAX_BYTES + 1];
	uint8_t signing_key[32], identity_key[32];
	uint8_t binding_hash[HASH_LEN];
	uint64_t bound_at, removed_at; /* ms; removed_at 0: live */
	/* From the newest verified device record; record_number 0: none. */
	uint64_t record_number;
	uint16_t suites[IDENTITY_SUITES_MAX];
	size_t suite_count;
	uint32_t signed_prekey_id, last_resort_id;
	uint8_t signed_prekey[32], last_resort[32];
	uint64_t signed_prekey_expires;
};

struct identity; /* one user, verified */

struct identity *identity_new(void);
struct identity *identity_copy(const struct identity *i);
void identity_free(struct identity **pi);

/* What to check certificates against, and when it is. */
struct identity_check {
	struct cert_store *store;
	uint64_t now;            /* wall ms */
	const uint8_t *relay_id; /* bindings must name this relay; NULL: not checked */
	/* The entry was taken before, and comes from a store of our own: chains that reached an anchor
	 * then need not now. What that makes of the user is in the verdict. */
	bool kept;
};

/* Extend i by an entry (Recado__DirectoryEntry, or the parts of an Introduction put into one).
 * Signatures, hash chain, purposes, user id and records are verified; all or nothing: on error i
 * is unchanged. The certificate's verdict is stored, not judged, so that the refused card's holder
 * can be shown: ask identity_verdict. Errors: ERR_SIGNATURE, ERR_CHAIN (what changed is in the
 * fault), ERR_UNTRUSTED (a card of somebody else adds or renews), ERR_CERT_CHAIN (a card of nobody
 * does, or after one), ERR_FORMAT, ERR_LIMIT. */
int identity_update(struct identity *i, const Recado__DirectoryEntry *entry,
    const struct identity_check *chk, struct fault *f) MUST_CHECK;
/* Judge the certificates again (revocation data or the date changed). */
int identity_recheck(struct identity *i, const struct identity_check *chk) MUST_CHECK;

const char *identity_name(const struct identity *i);
const uint8_t *identity_user_id(const struct identity *i); /* USER_ID_LEN */
/* The worst of the certificates that speak for live devices; until the next update or recheck. */
const struct cert_verdict *identity_verdict(const struct identity *i);
/* The verdict of now on the certificate that speaks for one device, live or removed: *out, with a
 * reference. ERR_NOT_FOUND: no such device. */
int identity_judge_device(const struct identity *i, const uint8_t id[DEVICE_ID_LEN],
    const struct identity_check *chk, const struct cert_verdict **out) MUST_CHECK;
struct bytes identity_certificate(const struct identity *i); /* DER, of the newest binding */
uint32_t identity_list_length(const struct identity *i);
const uint8_t *identity_list_head(const struct identity *i);
/* The head that the list had after its first `length` events. ERR_NOT_FOUND: it is shorter. */
int identity_head_at(const struct identity *i, uint32_t length, uint8_t head[HASH_LEN]) MUST_CHECK;
size_t identity_device_count(const struct identity *i); /* removed ones included */
const struct identity_device *identity_device(const struct identity *i, size_t n);
/* Is it a binding of this user, of now or of before? */
bool identity_has_binding(const struct identity *i, const uint8_t hash[HASH_LEN]);
const struct identity_device *identity_find_device(
    const struct identity *i, const uint8_t id[DEVICE_ID_LEN]); /* NULL when there is none */
/* Did a binding with this hash ever speak for the device? A renewal gives it another one, which not
 * everybody knows at once. */
bool identity_certified(
    const struct identity *i, const uint8_t id[DEVICE_ID_LEN], const uint8_t hash[HASH_LEN]);

/* Was the device removed, and a card had a part in the list in that event or later: does whoever holds
 * the card know of it? */
bool identity_card_removed(const struct identity *i, const uint8_t id[DEVICE_ID_LEN]);

/* For the store and for Introductions: the verified entry as encoded DirectoryEntry, and back
 * (back verifies again). */
int identity_pack(const struct identity *i, struct buf *out) MUST_CHECK;

/* Events and records of one's own. number, previous etc. are taken from i (NULL: a new user). */
int identity_make_event(const struct identity *i, const Recado__DeviceEvent *fields,
    const struct key_sign *signer, const uint8_t *signer_device, struct buf *signed_event)
    MUST_CHECK;
/* The same with number and previous as fields has them: a further device joins a list that it has
 * not seen yet. */
int identity_join_event(const Recado__DeviceEvent *fields, const struct key_sign *signer,
    const uint8_t *signer_device, struct buf *signed_event) MUST_CHECK;
int identity_make_record(const Recado__DeviceRecord *fields, const struct key_sign *signer,
    struct buf *signed_record) MUST_CHECK;

#endif
