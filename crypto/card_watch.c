/*
 * What is in the readers, seen from afar. pkcs11-helper has slot events, but makes them on threads
 * of its own, twice each, and not with every module; asking on our one thread works with all of
 * them, and comparing what is there makes no event of what did not change.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "crypto/card_int.h"

static int
hash_slot(struct card *c, CK_SLOT_ID slot, EVP_MD_CTX *md)
{
	CK_TOKEN_INFO info;
	CK_FLAGS tries;
	CK_RV rv;

	memset(&info, 0, sizeof(info));
	rv = c->f->C_GetTokenInfo(slot, &info);
	tries = info.flags &
	    (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED |
		CKF_TOKEN_INITIALIZED);
	if (!EVP_DigestUpdate(md, &slot, sizeof(slot)) || !EVP_DigestUpdate(md, &rv, sizeof(rv)) ||
	    !EVP_DigestUpdate(md, &tries, sizeof(tries)) ||
	    !EVP_DigestUpdate(md, info.label, sizeof(info.label)) ||
	    !EVP_DigestUpdate(md, info.serialNumber, sizeof(info.serialNumber)))
		return ERR_NOMEM;
	return 0;
}

int
card_glance(struct card *c, struct card_glance *out)
{
	CK_SLOT_ID slots[CARD_SLOTS_MAX], filled[CARD_SLOTS_MAX];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t count;
	int r;

	memset(out, 0, sizeof(*out));
	r = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) ? 0 : ERR_NOMEM;
	if (r != 0 || (r = card_module_slots(c, false, slots, &out->readers)) != 0 ||
	    (r = card_module_slots(c, true, filled, &count)) != 0)
		goto out;
	if (!EVP_DigestUpdate(md, slots, out->readers * sizeof(slots[0])))
		r = ERR_NOMEM;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = hash_slot(c, filled[i], md);
	if (r == 0 && !EVP_DigestFinal_ex(md, out->state, NULL))
		r = ERR_NOMEM;
out:
	EVP_MD_CTX_free(md);
	return r;
}

/* ------------------------------------------------------------------------------------- readers */

/* A reader can have several slots. */
static void
add_name(struct card *c, CK_SLOT_ID slot, char **names, char **last)
{
	CK_SLOT_INFO info;
	char *name, *longer;

	if (c->f->C_GetSlotInfo(slot, &info) != CKR_OK)
		return;
	name = card_object_text(info.slotDescription, sizeof(info.slotDescription));
	if (name[0] == '\0' || (*last != NULL && strcmp(*last, name) == 0)) {
		free(name);
		return;
	}
	longer = mem_format("%s%s%s", *names, (*names)[0] != '\0' ? ", " : "", name);
	free(*names);
	*names = longer;
	free(*last);
	*last = name;
}

int
card_readers(struct card *c, struct card_readers *out)
{
	CK_SLOT_ID slots[CARD_SLOTS_MAX], filled[CARD_SLOTS_MAX];
	char *last = NULL;
	int r;

	*out = (struct card_readers){ .names = mem_strdup("") };
	if ((r = card_module_slots(c, false, slots, &out->readers)) != 0 ||
	    (r = card_module_slots(c, true, filled, &out->cards)) != 0)
		return r;
	for (size_t i = 0; i < (out->cards > 0 ? out->cards : out->readers); i++)
		add_name(c, out->cards > 0 ? filled[i] : slots[i], &out->names, &last);
	free(last);
	return 0;
}

void
card_readers_clear(struct card_readers *r)
{
	free(r->names);
	memset(r, 0, sizeof(*r));
}
