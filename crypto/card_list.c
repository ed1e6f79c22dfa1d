#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/card_int.h"

static const struct {
	CK_MECHANISM_TYPE type;
	const char *name;
} mechanism_names[] = {
	{ CKM_RSA_PKCS, "CKM_RSA_PKCS" },
	{ CKM_RSA_9796, "CKM_RSA_9796" },
	{ CKM_MD5_RSA_PKCS, "CKM_MD5_RSA_PKCS" },
	{ CKM_RIPEMD160_RSA_PKCS, "CKM_RIPEMD160_RSA_PKCS" },
	{ CKM_RSA_PKCS_PSS, "CKM_RSA_PKCS_PSS" },
	{ CKM_RSA_X_509, "CKM_RSA_X_509" },
	{ CKM_SHA1_RSA_PKCS, "CKM_SHA1_RSA_PKCS" },
	{ CKM_SHA256_RSA_PKCS, "CKM_SHA256_RSA_PKCS" },
	{ CKM_SHA384_RSA_PKCS, "CKM_SHA384_RSA_PKCS" },
	{ CKM_SHA512_RSA_PKCS, "CKM_SHA512_RSA_PKCS" },
	{ CKM_SHA256_RSA_PKCS_PSS, "CKM_SHA256_RSA_PKCS_PSS" },
	{ CKM_RSA_PKCS_KEY_PAIR_GEN, "CKM_RSA_PKCS_KEY_PAIR_GEN" },
	{ CKM_EC_KEY_PAIR_GEN, "CKM_EC_KEY_PAIR_GEN" },
	{ CKM_ECDSA, "CKM_ECDSA" },
	{ CKM_ECDSA_SHA1, "CKM_ECDSA_SHA1" },
	{ CKM_ECDSA_SHA256, "CKM_ECDSA_SHA256" },
	{ CKM_ECDSA_SHA384, "CKM_ECDSA_SHA384" },
	{ CKM_ECDSA_SHA512, "CKM_ECDSA_SHA512" },
	{ CKM_ECDH1_DERIVE, "CKM_ECDH1_DERIVE" },
	{ CKM_MD5, "CKM_MD5" },
	{ CKM_RIPEMD160, "CKM_RIPEMD160" },
	{ CKM_SHA_1, "CKM_SHA_1" },
	{ CKM_SHA224, "CKM_SHA224" },
	{ CKM_SHA256, "CKM_SHA256" },
	{ CKM_SHA384, "CKM_SHA384" },
	{ CKM_SHA512, "CKM_SHA512" },
};

static char *
mechanism_name(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < sizeof(mechanism_names) / sizeof(mechanism_names[0]); i++)
		if (mechanism_names[i].type == type)
			return mem_strdup(mechanism_names[i].name);
	return mem_format("0x%lx", type);
}

static void
read_mechanisms(struct card *c, CK_SLOT_ID slot, struct card_token *t)
{
	CK_MECHANISM_TYPE list[CARD_MECHANISMS_MAX];
	CK_ULONG count = 0;

	if (c->f->C_GetMechanismList(slot, NULL, &count) != CKR_OK || count > CARD_MECHANISMS_MAX ||
	    c->f->C_GetMechanismList(slot, list, &count) != CKR_OK || count > CARD_MECHANISMS_MAX)
		return;
	t->mechanisms = mem_array(count + 1, sizeof(*t->mechanisms));
	for (CK_ULONG i = 0; i < count; i++)
		t->mechanisms[t->mechanism_count++] = mechanism_name(list[i]);
}

/* An object's id and label; freed with release. */
static int
read_names(struct card *c, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, struct bytes *id,
    struct bytes *label)
{
	int r = card_module_attribute(c, session, object, CKA_ID, CARD_LABEL_MAX, id);
	int s = card_module_attribute(c, session, object, CKA_LABEL, CARD_LABEL_MAX, label);

	return r != 0 ? r : s;
}

static void
release(struct bytes b)
{
	free((void *)(uintptr_t)b.p);
}

/* What cannot be read is passed over: a card may hold anything. */
static int
visit_cert(struct card *c, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, void *arg)
{
	struct card_token *t = arg;
	struct bytes id, label, value;
	struct card_cert cert;
	int r = read_names(c, session, object, &id, &label);
	int s = card_module_attribute(c, session, object, CKA_VALUE, CERT_DER_MAX, &value);

	if (r == 0 && s == 0 && t->cert_count < CARD_OBJECTS_MAX &&
	    card_object_cert(id, label, value, &cert) == 0) {
		t->certs = mem_grow(t->certs, t->cert_count + 1, sizeof(*t->certs));
		t->certs[t->cert_count++] = cert;
	}
	release(id);
	release(label);
	release(value);
	return 0;
}

static const char *
key_type(struct bytes value)
{
	CK_KEY_TYPE type;

	if (value.n != sizeof(type))
		return "other";
	memcpy(&type, value.p, sizeof(type));
	return type == CKK_RSA ? "RSA" : type == CKK_EC ? "EC" : "other";
}

/* The two halves of a pair are one key, and an authority's key is not the card's. */
static bool
has_key(const struct card_token *t, const char *id)
{
	for (size_t i = 0; i < t->cert_count; i++)
		if (t->certs[i].use == CERT_USE_CA && strcmp(t->certs[i].id, id) == 0)
			return true;
	for (size_t i = 0; i < t->key_count; i++)
		if (strcmp(t->keys[i].id, id) == 0)
			return true;
	return false;
}

static int
visit_key(struct card *c, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, void *arg)
{
	struct card_token *t = arg;
	struct bytes id, label, type;
	int r = read_names(c, session, object, &id, &label);
	int s = card_module_attribute(c, session, object, CKA_KEY_TYPE, sizeof(CK_KEY_TYPE), &type);
	char *hex = card_object_id(id);

	if (r == 0 && s == 0 && t->key_count < CARD_OBJECTS_MAX && !has_key(t, hex)) {
		t->keys = mem_grow(t->keys, t->key_count + 1, sizeof(*t->keys));
		t->keys[t->key_count++] = (struct card_key){ .id = hex,
			.label = card_object_text(label.p, label.n),
			.type = mem_strdup(key_type(type)) };
		hex = NULL;
	}
	free(hex);
	release(id);
	release(label);
	release(type);
	return 0;
}

static int
read_objects(struct card *c, CK_SLOT_ID slot, struct card_token *t)
{
	CK_SESSION_HANDLE session;
	int r;

	if (c->f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
		return ERR_CARD;
	if ((r = card_module_objects(c, session, CKO_CERTIFICATE, visit_cert, t)) == 0 &&
	    (r = card_module_objects(c, session, CKO_PRIVATE_KEY, visit_key, t)) == 0)
		r = card_module_objects(c, session, CKO_PUBLIC_KEY, visit_key, t);
	(void)c->f->C_CloseSession(session);
	return r;
}

static void
token_clear(struct card_token *t)
{
	for (size_t i = 0; i < t->cert_count; i++)
		card_object_cert_clear(&t->certs[i]);
	for (size_t i = 0; i < t->key_count; i++) {
		free(t->keys[i].id);
		free(t->keys[i].label);
		free(t->keys[i].type);
	}
	for (size_t i = 0; i < t->mechanism_count; i++)
		free(t->mechanisms[i]);
	free(t->certs);
	free(t->keys);
	free(t->mechanisms);
	free(t->reader);
	free(t->label);
	free(t->serial);
	free(t->manufacturer);
	free(t->model);
	free(t->module);
	memset(t, 0, sizeof(*t));
}

/* ERR_NO_CARD: nothing of use in this slot. */
static int
read_token(struct card *c, CK_SLOT_ID slot, struct card_token *t)
{
	CK_SLOT_INFO reader;
	CK_TOKEN_INFO info;
	int r;

	memset(t, 0, sizeof(*t));
	if (c->f->C_GetSlotInfo(slot, &reader) != CKR_OK ||
	    c->f->C_GetTokenInfo(slot, &info) != CKR_OK || !(info.flags & CKF_TOKEN_INITIALIZED))
		return ERR_NO_CARD;
	t->reader = card_object_text(reader.slotDescription, sizeof(reader.slotDescription));
	t->label = card_object_text(info.label, sizeof(info.label));
	t->serial = card_object_text(info.serialNumber, sizeof(info.serialNumber));
	t->manufacturer = card_object_text(info.manufacturerID, sizeof(info.manufacturerID));
	t->model = card_object_text(info.model, sizeof(info.model));
	t->module = mem_strdup(c->path);
	t->tries = card_module_tries(&info);
	t->pinpad = (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	t->self_prompt = c->middleware || !(info.flags & CKF_LOGIN_REQUIRED);
	read_mechanisms(c, slot, t);
	r = read_objects(c, slot, t);
	if (r == 0 && t->cert_count == 0)
		r = ERR_NO_CARD;
	if (r != 0)
		token_clear(t);
	return r;
}

int
card_tokens(struct card *c, struct card_token **out, size_t *count, struct fault *f)
{
	CK_SLOT_ID slots[CARD_SLOTS_MAX];
	size_t n;
	int r;

	*out = NULL;
	*count = 0;
	if ((r = card_module_slots(c, true, slots, &n)) != 0)
		return fault_set(f, r, c->path, "the card readers cannot be listed");
	*out = mem_array(CARD_TOKENS_MAX, sizeof(**out));
	for (size_t i = 0; i < n && *count < CARD_TOKENS_MAX; i++) {
		r = read_token(c, slots[i], *out + *count);
		if (r == 0)
			++*count;
	}
	return 0;
}

void
card_tokens_free(struct card_token **tokens, size_t *count)
{
	for (size_t i = 0; *tokens != NULL && i < *count; i++)
		token_clear(*tokens + i);
	free(*tokens);
	*tokens = NULL;
	*count = 0;
}
