/*
 * One signature for one action of the user, with at most one PIN.
 *
 * pkcs11-helper logs in by itself when an operation fails, asks again, and repeats the operation;
 * on a card with three tries that is one too many. So its PIN hook always refuses (card.c), the
 * login is made here, once, and its answer is the one reported. Modules that ask for the PIN inside
 * C_Sign are called without the helper, which would repeat that as well.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/mem.h"
#include "crypto/card_int.h"

struct job {
	struct card *c;
	const struct card_holder *h;
	const struct card_hooks *hooks;
	pkcs11h_certificate_id_t id;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
	struct card_ask ask;
	struct fault *f;
};

static const struct {
	int code;
	const char *what, *hint;
} failures[] = {
	{ ERR_NO_CARD, "the card is not in a reader", "Put it in and try again." },
	{ ERR_CARD_REMOVED, "the card was removed", "Put it back in and try again." },
	{ ERR_CANCELED, "cancelled, nothing was signed", "" },
	{ ERR_PIN_LOCKED, "the PIN is locked, 0 tries left",
	    "Unlock it with the PUK, at a counter or with the card's own software." },
	{ ERR_PIN_FINAL, "wrong PIN, 1 try left", "One more miss locks the card." },
	{ ERR_PIN, "wrong PIN", "Check the authentication PIN and try again." },
	{ ERR_CARD, "the card could not sign", "Take it out, put it back in and try again." },
};

/* Some cards keep what is left to themselves. */
static const char *
wrong_pin(struct job *j)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;

	if (card_module_find(j->c, j->h->serial, j->h->label, &slot, &info) != 0)
		return "wrong PIN";
	return card_module_tries(&info) == CARD_TRIES_LOW ? "wrong PIN, 2 tries left" : "wrong PIN";
}

static int
fail(struct job *j, int code, CK_RV rv)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].code != code)
			continue;
		if (code == ERR_CARD)
			fault_set(j->f, code, j->h->label, "%s (%s)", failures[i].what,
			    pkcs11h_getMessage(rv));
		else
			fault_set(j->f, code, j->h->label, "%s",
			    code == ERR_PIN ? wrong_pin(j) : failures[i].what);
		fault_hint(j->f, "%s", failures[i].hint);
		return code;
	}
	return fault_set(j->f, code, j->h->label, "%s", err_text(code));
}

static int
fail_rv(struct job *j, CK_RV rv)
{
	return fail(j, card_code(j->c, rv, j->h->serial, j->h->label), rv);
}

/* --------------------------------------------------------------------------------------- login */

/* It opens the way to the card, and no try of the PIN is spent on it. */
static int
fail_can(struct job *j, const char *what)
{
	fault_set(j->f, ERR_PIN, j->h->label, "%s", what);
	fault_hint(j->f,
	    "It is the six digits printed on the card, not the PIN. Laid into a reader with "
	    "contacts, the card does not ask for it.");
	return ERR_PIN;
}

static bool
is_can(const char *text)
{
	return strspn(text, "0123456789") == CARD_CAN_LEN && text[CARD_CAN_LEN] == '\0';
}

static int
login_as(struct job *j, const char *pin)
{
	CK_RV rv = pkcs11h_token_login(j->id->token_id, TRUE, pin);
	int r;

	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return 0;
	r = card_code(j->c, rv, j->h->serial, j->h->label);
	if (j->ask.can && (r == ERR_PIN || r == ERR_PIN_FINAL || r == ERR_PIN_LOCKED))
		return fail_can(j, "wrong card access number");
	return fail(j, r, rv);
}

static int
login_typed(struct job *j)
{
	char *pin = mem_secret_alloc(CARD_PIN_MAX);
	int r = ERR_CANCELED;

	if (j->hooks->pin != NULL)
		r = j->hooks->pin(j->hooks->arg, &j->ask, pin, CARD_PIN_MAX);
	pin[CARD_PIN_MAX - 1] = '\0';
	if (r == 0 && pin[0] == '\0')
		r = ERR_CANCELED; /* some modules take an empty PIN for a keypad's */
	if (r != 0)
		r = fail(j, r, CKR_OK);
	else if (j->ask.can && !is_can(pin))
		r = fail_can(j, "this is no card access number");
	else
		r = login_as(j, pin);
	mem_secret_free(&pin);
	return r;
}

static int
login_keypad(struct job *j)
{
	if (j->hooks->pinpad != NULL)
		j->hooks->pinpad(j->hooks->arg, &j->ask);
	return login_as(j, NULL);
}

static int
login(struct job *j)
{
	if (!(j->info.flags & CKF_LOGIN_REQUIRED))
		return 0;
	if (j->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH)
		return login_keypad(j);
	/* A contactless card of the middleware's wants the number printed on it first. */
	j->ask.can = j->h->self_prompt;
	return login_typed(j);
}

/* ------------------------------------------------------------------------------------- signing */

static CK_RV
sign_by_helper(
    struct job *j, CK_MECHANISM_TYPE mechanism, struct bytes data, uint8_t *sig, size_t *len)
{
	pkcs11h_certificate_t cert = NULL;
	CK_RV rv;

	rv = pkcs11h_certificate_create(j->id, NULL, 0, PKCS11H_PIN_CACHE_INFINITE, &cert);
	if (rv != CKR_OK)
		return rv;
	if ((rv = pkcs11h_certificate_lockSession(cert)) == CKR_OK) {
		rv = pkcs11h_certificate_sign(cert, mechanism, data.p, data.n, sig, len);
		pkcs11h_certificate_releaseSession(cert);
	}
	pkcs11h_certificate_freeCertificate(cert);
	return rv;
}

static CK_RV
sign_by_module(
    struct job *j, CK_MECHANISM_TYPE mechanism, struct bytes data, uint8_t *sig, size_t *len)
{
	struct bytes id = { j->id->attrCKA_ID, j->id->attrCKA_ID_size };
	CK_RV rv;

	if (j->hooks->suspend == NULL || j->hooks->suspend(j->hooks->arg, &j->ask) != 0)
		return CKR_FUNCTION_CANCELED;
	rv = card_module_sign(j->c, j->slot, id, mechanism, data, sig, len);
	if (j->hooks->resume != NULL)
		j->hooks->resume(j->hooks->arg);
	return rv;
}

static int
sign(struct job *j, struct bytes message, struct card_signature *out)
{
	uint8_t digest[SHA256_DIGEST_LENGTH], raw[CERT_SIGNATURE_MAX];
	bool ecdsa = j->h->scheme == CERT_ECDSA_P256_SHA256;
	CK_MECHANISM_TYPE mechanism = ecdsa ? CKM_ECDSA : CKM_SHA256_RSA_PKCS;
	size_t len = sizeof(raw);
	CK_RV rv;

	if (ecdsa) {
		SHA256(message.p, message.n, digest);
		message = (struct bytes){ digest, sizeof(digest) };
	}
	j->ask.can = false;
	rv = j->h->self_prompt ? sign_by_module(j, mechanism, message, raw, &len)
			       : sign_by_helper(j, mechanism, message, raw, &len);
	if (rv != CKR_OK)
		return fail_rv(j, rv);
	if (len > sizeof(raw))
		return fail(j, ERR_CARD, CKR_GENERAL_ERROR);
	if (ecdsa)
		return card_object_ecdsa((struct bytes){ raw, len }, out->octets,
			   sizeof(out->octets), &out->len) == 0
		    ? 0
		    : fail(j, ERR_CARD, CKR_GENERAL_ERROR);
	memcpy(out->octets, raw, len);
	out->len = len;
	return 0;
}

static int
prepare(struct job *j)
{
	CK_RV rv = pkcs11h_certificate_deserializeCertificateId(&j->id, j->h->id);

	if (rv != CKR_OK)
		return fail(j, ERR_CARD, rv);
	if (card_module_find(j->c, j->h->serial, j->h->label, &j->slot, &j->info) != 0)
		return fail(j, ERR_NO_CARD, CKR_OK);
	j->ask = (struct card_ask){ .token = j->h->label,
		.serial = j->h->serial,
		.civil_name = j->h->civil_name,
		.tries = card_module_tries(&j->info) };
	if (j->ask.tries == CARD_TRIES_LOCKED)
		return fail(j, ERR_PIN_LOCKED, CKR_OK);
	return 0;
}

int
card_sign(struct card *c, const struct card_holder *h, struct bytes message,
    const struct card_hooks *hooks, struct card_signature *out, struct fault *f)
{
	struct job j = { .c = c, .h = h, .hooks = hooks, .f = f };
	int r;

	memset(out, 0, sizeof(*out));
	out->scheme = h->scheme;
	if ((r = prepare(&j)) != 0 || (r = login(&j)) != 0)
		goto out;
	if ((r = sign(&j, message, out)) != 0)
		goto out;
	/* A card may compute anything: it is told apart here and not by somebody else, later. */
	if (cert_verify_signature((struct bytes){ h->cert, h->cert_len }, (uint32_t)h->scheme,
		message, (struct bytes){ out->octets, out->len }) != 0)
		r = fail(&j, ERR_CARD, CKR_SIGNATURE_INVALID);
out:
	if (j.id != NULL) {
		(void)pkcs11h_token_logout(j.id->token_id);
		pkcs11h_certificate_freeCertificateId(j.id);
	}
	if (r != 0)
		memset(out, 0, sizeof(*out));
	return r;
}
