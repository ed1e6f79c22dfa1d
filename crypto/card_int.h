/*
 * card_int: what the parts of card share. Included by crypto/card*.c only.
 *
 *   card.c         the context: pkcs11-helper and the module under it
 *   card_find.c    which modules are installed
 *   card_watch.c   readers, and whether anything changed in them
 *   card_list.c    everything a card shows without a PIN
 *   card_select.c  whose card it is: the certificate and the way to its key
 *   card_sign.c    one signature, one PIN
 *   card_module.c  the module itself, for what pkcs11-helper does not offer
 *   card_object.c  bytes from a card
 */
#ifndef RECADO_CRYPTO_CARD_INT_H
#define RECADO_CRYPTO_CARD_INT_H

#include <pkcs11-helper-1.0/pkcs11h-certificate.h>
#include <pkcs11-helper-1.0/pkcs11h-core.h>
#include <pkcs11-helper-1.0/pkcs11h-token.h>

#include "crypto/card.h"
#include "crypto/card_object.h"

#define CARD_SLOTS_MAX 64
#define CARD_MECHANISMS_MAX 256

#define CARD_MIDDLEWARE "libpteidpkcs11"

struct card {
	char *path;          /* of the module */
	bool automatic;      /* chosen by us, not by the configuration */
	bool middleware;     /* the state's: it asks for the PIN in every C_Sign */
	void *library;       /* a second handle on the module pkcs11-helper has loaded */
	CK_FUNCTION_LIST *f; /* its functions */
	CK_C_INITIALIZE_ARGS init;
	bool initialized; /* pkcs11h_initialize was called */
};

/* ---- card_module.c */
/* Slots (filled: only those with a token in them), at most CARD_SLOTS_MAX. */
int card_module_slots(struct card *c, bool filled, CK_SLOT_ID slots[CARD_SLOTS_MAX], size_t *count)
    MUST_CHECK;
/* The slot of an initialised token with this serial and label; ERR_NO_CARD. */
int card_module_find(struct card *c, const char *serial, const char *label, CK_SLOT_ID *slot,
    CK_TOKEN_INFO *info) MUST_CHECK;
enum card_tries card_module_tries(const CK_TOKEN_INFO *info);
/* Objects of a class: called for each; stops when visit returns nonzero. */
int card_module_objects(struct card *c, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
    int (*visit)(struct card *c, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, void *arg),
    void *arg) MUST_CHECK;
/* One attribute of at most max octets, into memory to be freed; *out is empty (p not NULL) where
 * the object has none. ERR_LIMIT, ERR_CARD. */
int card_module_attribute(struct card *c, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, size_t max, struct bytes *out) MUST_CHECK;
/* One C_SignInit, one C_Sign with the private key of this id, in a session of its own. */
CK_RV card_module_sign(struct card *c, CK_SLOT_ID slot, struct bytes id,
    CK_MECHANISM_TYPE mechanism, struct bytes data, uint8_t *sig, size_t *len);

/* ---- card.c */
/* A PKCS#11 return value as our code, knowing whether the card is (still) there. Takes two seconds to say
 * ERR_CARD. */
int card_code(struct card *c, CK_RV rv, const char *serial, const char *label);

#endif
