/*
 * The PKCS#11 module itself, through the handle that pkcs11-helper's loading left behind. For what
 * the helper does not offer: token flags (tries left), mechanisms, labels, keys; and for signing
 * with modules that ask for the PIN inside C_Sign, because the helper repeats what failed, and so
 * would ask the user twice.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/card_int.h"

#define FIND_BATCH 16

int
card_module_slots(
    struct card *c, bool filled, CK_SLOT_ID slots[CARD_SLOTS_MAX], size_t *count)
{
	unsigned char present = filled ? CK_TRUE : CK_FALSE;
	CK_ULONG n = 0;

	*count = 0;
	if (c->f->C_GetSlotList(present, NULL, &n) != CKR_OK)
		return ERR_CARD;
	if (n > CARD_SLOTS_MAX)
		return ERR_LIMIT;
	/* A module may say more the second time than there is room for. */
	if (n > 0 && (c->f->C_GetSlotList(present, slots, &n) != CKR_OK || n > CARD_SLOTS_MAX))
		return ERR_CARD;
	*count = n;
	return 0;
}

static bool
is_token(const CK_TOKEN_INFO *info, const char *serial, const char *label)
{
	char *s = card_object_text(info->serialNumber, sizeof(info->serialNumber));
	char *l = card_object_text(info->label, sizeof(info->label));
	bool is = (info->flags & CKF_TOKEN_INITIALIZED) != 0 &&
	    (serial == NULL || strcmp(s, serial) == 0) && (label == NULL || strcmp(l, label) == 0);

	free(s);
	free(l);
	return is;
}

int
card_module_find(
    struct card *c, const char *serial, const char *label, CK_SLOT_ID *slot, CK_TOKEN_INFO *info)
{
	CK_SLOT_ID slots[CARD_SLOTS_MAX];
	size_t count;
	int r;

	*slot = 0;
	memset(info, 0, sizeof(*info));
	if ((r = card_module_slots(c, true, slots, &count)) != 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (c->f->C_GetTokenInfo(slots[i], info) == CKR_OK &&
		    is_token(info, serial, label)) {
			*slot = slots[i];
			return 0;
		}
	memset(info, 0, sizeof(*info));
	return ERR_NO_CARD;
}

enum card_tries
card_module_tries(const CK_TOKEN_INFO *info)
{
	if (info->flags & CKF_USER_PIN_LOCKED)
		return CARD_TRIES_LOCKED;
	if (info->flags & CKF_USER_PIN_FINAL_TRY)
		return CARD_TRIES_FINAL;
	if (info->flags & CKF_USER_PIN_COUNT_LOW)
		return CARD_TRIES_LOW;
	return CARD_TRIES_FULL;
}

int
card_module_objects(struct card *c, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
    int (*visit)(struct card *c, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, void *arg),
    void *arg)
{
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_OBJECT_HANDLE objects[CARD_OBJECTS_MAX];
	CK_ULONG count = 0, got;
	int r = 0;

	/* Collected before they are looked at: a search and other calls do not always mix. */
	if (c->f->C_FindObjectsInit(session, template, 1) != CKR_OK)
		return ERR_CARD;
	do {
		CK_ULONG room = CARD_OBJECTS_MAX - count;

		got = 0;
		if (c->f->C_FindObjects(session, objects + count,
			room < FIND_BATCH ? room : FIND_BATCH, &got) != CKR_OK ||
		    got > room)
			r = ERR_CARD;
		else
			count += got;
	} while (r == 0 && got > 0 && count < CARD_OBJECTS_MAX);
	(void)c->f->C_FindObjectsFinal(session);
	for (CK_ULONG i = 0; r == 0 && i < count; i++)
		r = visit(c, session, objects[i], arg);
	return r;
}

int
card_module_attribute(struct card *c, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, size_t max, struct bytes *out)
{
	CK_ATTRIBUTE a = { type, NULL, 0 };
	uint8_t *p;
	CK_RV rv = c->f->C_GetAttributeValue(session, object, &a, 1);

	*out = (struct bytes){ mem_alloc(1), 0 };
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
	    (rv == CKR_OK && (a.ulValueLen == 0 || a.ulValueLen == (CK_ULONG)-1)))
		return 0;
	if (rv != CKR_OK)
		return ERR_CARD;
	if (a.ulValueLen > max)
		return ERR_LIMIT;
	max = a.ulValueLen;
	p = mem_alloc(max);
	a.pValue = p;
	rv = c->f->C_GetAttributeValue(session, object, &a, 1);
	if (rv != CKR_OK || a.ulValueLen > max) {
		free(p);
		return ERR_CARD;
	}
	free((void *)(uintptr_t)out->p);
	*out = (struct bytes){ p, a.ulValueLen };
	return 0;
}

static CK_RV
find_key(struct card *c, CK_SESSION_HANDLE session, struct bytes id, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, (void *)(uintptr_t)id.p, id.n } };
	CK_ULONG count = 0;
	CK_RV rv = c->f->C_FindObjectsInit(session, template, 2);

	if (rv != CKR_OK)
		return rv;
	rv = c->f->C_FindObjects(session, key, 1, &count);
	(void)c->f->C_FindObjectsFinal(session);
	return rv == CKR_OK && count == 0 ? CKR_KEY_HANDLE_INVALID : rv;
}

CK_RV
card_module_sign(struct card *c, CK_SLOT_ID slot, struct bytes id, CK_MECHANISM_TYPE mechanism,
    struct bytes data, uint8_t *sig, size_t *len)
{
	CK_MECHANISM m = { mechanism, NULL, 0 };
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
	CK_OBJECT_HANDLE key;
	CK_ULONG n = *len;
	CK_RV rv;

	*len = 0;
	rv = c->f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
	if (rv != CKR_OK)
		return rv;
	if ((rv = find_key(c, session, id, &key)) == CKR_OK &&
	    (rv = c->f->C_SignInit(session, &m, key)) == CKR_OK)
		rv = c->f->C_Sign(session, (CK_BYTE *)(uintptr_t)data.p, data.n, sig, &n);
	(void)c->f->C_CloseSession(session);
	if (rv == CKR_OK)
		*len = n;
	return rv;
}
