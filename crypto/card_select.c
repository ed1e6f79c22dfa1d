/*
 * Whose card it is. Several certificates lie on a Citizen Card; the one to authenticate with is
 * told by its key usage, and where that leaves a choice by the name of its issuer. The other one,
 * for legal signatures, is never taken, whatever it is called.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/card_int.h"

#define ID_TEXT_MAX 2048

struct search {
	struct card *c;
	const char *which;
	struct card_holder *found[CARD_TOKENS_MAX];
	size_t count;
	size_t unfit; /* tokens with certificates but none to authenticate with */
	struct fault unfit_fault;
};

void
card_holder_free(struct card_holder **ph)
{
	struct card_holder *h = *ph;

	*ph = NULL;
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->intermediate_count; i++)
		free((void *)(uintptr_t)h->intermediates[i].p);
	free(h->label);
	free(h->serial);
	free(h->civil_name);
	free(h->cert);
	free(h->id);
	free(h);
}

static struct bytes
blob(pkcs11h_certificate_id_t id)
{
	return (struct bytes){ id->certificate_blob, id->certificate_blob_size };
}

/* Authorities for authentication are called so, in the languages we know of. */
static int
issuer_rank(struct bytes der)
{
	static const char *const words[] = { "Autentica", "Authentic", "AUTENTICA", "AUTH" };
	struct cert_link link;
	int rank = 0;

	if (cert_describe(der, &link) != 0)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(link.issuer, words[i]) != NULL)
			rank = 1;
	cert_link_clear(&link);
	return rank;
}

static pkcs11h_certificate_id_t
choose(pkcs11h_certificate_id_list_t list)
{
	pkcs11h_certificate_id_t best = NULL;
	int rank, best_rank = -1;

	for (; list != NULL; list = list->next) {
		struct bytes der = blob(list->certificate_id);

		if (der.p == NULL || cert_use(der) != CERT_USE_AUTHENTICATION)
			continue;
		if ((rank = issuer_rank(der)) > best_rank) {
			best = list->certificate_id;
			best_rank = rank;
		}
	}
	return best;
}

/* From the leaf upwards as far as the card goes; a root is left out, it proves nothing. */
static void
take_intermediates(struct card_holder *h, pkcs11h_certificate_id_list_t issuers)
{
	struct bytes below = { h->cert, h->cert_len };
	bool grown = true;

	while (grown && h->intermediate_count < CERT_INTERMEDIATES_MAX) {
		grown = false;
		for (pkcs11h_certificate_id_list_t i = issuers; i != NULL && !grown; i = i->next) {
			struct bytes der = blob(i->certificate_id);
			uint8_t *copy;

			if (der.p == NULL || der.n > CERT_DER_MAX || !cert_is_issuer(der, below) ||
			    cert_is_issuer(der, der))
				continue;
			copy = mem_alloc(der.n);
			memcpy(copy, der.p, der.n);
			below = h->intermediates[h->intermediate_count++] =
			    (struct bytes){ copy, der.n };
			grown = true;
		}
	}
}

static int
fill(struct search *s, pkcs11h_certificate_id_t id, pkcs11h_certificate_id_list_t issuers,
    struct card_holder *h)
{
	struct bytes der = blob(id);
	size_t max = ID_TEXT_MAX;
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;
	char *civil_id;
	int r;

	if ((r = cert_holder(der, &h->civil_name, &civil_id)) != 0)
		return r;
	free(civil_id);
	h->id = mem_alloc(max);
	if (pkcs11h_certificate_serializeCertificateId(h->id, &max, id) != CKR_OK)
		return ERR_CARD;
	h->cert = mem_alloc(der.n);
	memcpy(h->cert, der.p, der.n);
	h->cert_len = der.n;
	if ((r = card_module_find(s->c, h->serial, h->label, &slot, &info)) != 0)
		return r;
	h->tries = card_module_tries(&info);
	h->pinpad = (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	h->self_prompt = s->c->middleware || !(info.flags & CKF_LOGIN_REQUIRED);
	take_intermediates(h, issuers);
	return cert_scheme(der, &h->scheme);
}

static void
note_unfit(struct search *s, int code, const char *label, const char *what)
{
	if (s->unfit++ == 0)
		fault_set(&s->unfit_fault, code, label, "%s", what);
}

static void
look_at(struct search *s, pkcs11h_token_id_t token)
{
	pkcs11h_certificate_id_list_t issuers = NULL, ends = NULL;
	struct card_holder *h = mem_alloc(sizeof(*h));
	pkcs11h_certificate_id_t id;
	int r;

	h->label = card_object_text(token->label, strnlen(token->label, sizeof(token->label)));
	h->serial = card_object_text(
	    token->serialNumber, strnlen(token->serialNumber, sizeof(token->serialNumber)));
	if (s->which != NULL && !card_object_named(s->which, h->label, h->serial))
		goto out;
	if (pkcs11h_certificate_enumTokenCertificateIds(
		token, PKCS11H_ENUM_METHOD_RELOAD, NULL, 0, &issuers, &ends) != CKR_OK)
		goto out;
	if ((id = choose(ends)) == NULL) {
		if (ends != NULL)
			note_unfit(s, ERR_CERT_USAGE, h->label,
			    "no certificate on this card is for authentication");
	} else if ((r = fill(s, id, issuers, h)) != 0) {
		note_unfit(s, r, h->label,
		    r == ERR_KEY ? "the key of this card must not be relied on"
				 : "the certificate on this card cannot be used");
	} else if (s->count < CARD_TOKENS_MAX) {
		s->found[s->count++] = h;
		h = NULL;
	}
out:
	pkcs11h_certificate_freeCertificateIdList(issuers);
	pkcs11h_certificate_freeCertificateIdList(ends);
	card_holder_free(&h);
}

/* "SERIAL (JOÃO GONÇALVES), SERIAL (...)" */
static int
several(const struct search *s, struct fault *f)
{
	char list[160] = "";
	size_t n = 0;

	for (size_t i = 0; i < s->count && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s (%s)", i > 0 ? ", " : "",
		    s->found[i]->serial, s->found[i]->civil_name);
	fault_set(f, ERR_USAGE, NULL, "%zu cards are in readers: %s", s->count, list);
	return fault_hint(f, "Name one with --token SERIAL.");
}

static int
none(const struct search *s, struct fault *f)
{
	if (s->unfit > 0) {
		if (f != NULL)
			*f = s->unfit_fault;
		return s->unfit_fault.code;
	}
	if (s->which != NULL) {
		fault_set(f, ERR_NO_CARD, s->which, "no card of this label or serial number");
		fault_hint(f, "`recado card` lists the cards that are in readers.");
	} else {
		fault_set(f, ERR_NO_CARD, NULL, "no card in any reader");
		fault_hint(f, "Put the card into the reader and try again.");
	}
	return ERR_NO_CARD;
}

int
card_select(struct card *c, const char *which, struct card_holder **out, struct fault *f)
{
	struct search s = { .c = c, .which = which };
	pkcs11h_token_id_list_t tokens = NULL;
	int r = 0;

	*out = NULL;
	if (pkcs11h_token_enumTokenIds(PKCS11H_ENUM_METHOD_CACHE_EXIST, &tokens) != CKR_OK)
		return fault_set(f, ERR_CARD, c->path, "the card readers cannot be listed");
	for (pkcs11h_token_id_list_t t = tokens; t != NULL; t = t->next)
		look_at(&s, t->token_id);
	pkcs11h_token_freeTokenIdList(tokens);
	if (s.count == 0) {
		r = none(&s, f);
	} else if (s.count > 1) {
		r = several(&s, f);
	} else {
		*out = s.found[0];
		s.found[0] = NULL;
	}
	for (size_t i = 0; i < s.count; i++)
		card_holder_free(&s.found[i]);
	return r;
}
