#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/card_int.h"

#define PROVIDER "card"
#define MIDDLEWARE "libpteidpkcs11"

static const char *const known_modules[] = {
	"/usr/local/lib/libpteidpkcs11.so",
	"/usr/lib/libpteidpkcs11.so",
	"/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
	"/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
	"/usr/lib/opensc-pkcs11.so",
	NULL,
};

const char *const *
card_modules(void)
{
	return known_modules;
}

const char *
card_tries_name(enum card_tries t)
{
	static const char *const names[] = { [CARD_TRIES_FULL] = "full",
		[CARD_TRIES_LOW] = "low",
		[CARD_TRIES_FINAL] = "final",
		[CARD_TRIES_LOCKED] = "locked" };

	return t <= CARD_TRIES_LOCKED ? names[t] : "locked";
}

int
card_tries_left(enum card_tries t)
{
	return t <= CARD_TRIES_LOCKED ? CARD_TRIES_LOCKED - t : 0;
}

/* ------------------------------------------------------------------------------- the module */

static const char *
installed_module(void)
{
	for (const char *const *m = known_modules; *m != NULL; m++)
		if (access(*m, R_OK) == 0)
			return *m;
	return NULL;
}

/* Nobody is asked through pkcs11-helper: card_sign logs in by itself, once. */
static PKCS11H_BOOL
refuse_pin(void *const global, void *const user, const pkcs11h_token_id_t token,
    const unsigned retry, char *const pin, const size_t max)
{
	return FALSE;
}

static PKCS11H_BOOL
refuse_token(
    void *const global, void *const user, const pkcs11h_token_id_t token, const unsigned retry)
{
	return FALSE;
}

static CK_RV
set_property(unsigned property, const void *value, size_t size)
{
	return pkcs11h_setProviderProperty(PROVIDER, property, value, size);
}

static CK_RV
start_helper(struct card *c)
{
	CK_C_INITIALIZE_ARGS *init = &c->init;
	PKCS11H_BOOL yes = TRUE;
	unsigned sign = PKCS11H_PRIVATEMODE_MASK_SIGN;
	CK_RV rv;

	/* Without arguments a module may do without locks, and threads are not ours to forbid. */
	c->init.flags = CKF_OS_LOCKING_OK;
	if ((rv = pkcs11h_initialize()) != CKR_OK)
		return rv;
	c->initialized = true;
	pkcs11h_setLogLevel(PKCS11H_LOG_QUIET);
	if ((rv = pkcs11h_setForkMode(FALSE)) != CKR_OK ||
	    (rv = pkcs11h_setMaxLoginRetries(1)) != CKR_OK ||
	    (rv = pkcs11h_setProtectedAuthentication(TRUE)) != CKR_OK ||
	    (rv = pkcs11h_setPINPromptHook(refuse_pin, NULL)) != CKR_OK ||
	    (rv = pkcs11h_setTokenPromptHook(refuse_token, NULL)) != CKR_OK ||
	    (rv = pkcs11h_registerProvider(PROVIDER)) != CKR_OK ||
	    (rv = set_property(PKCS11H_PROVIDER_PROPERTY_LOCATION, c->path, strlen(c->path) + 1)) !=
		CKR_OK ||
	    (rv = set_property(
		 PKCS11H_PROVIDER_PROPERTY_ALLOW_PROTECTED_AUTH, &yes, sizeof(yes))) != CKR_OK ||
	    (rv = set_property(PKCS11H_PROVIDER_PROPERTY_MASK_PRIVATE_MODE, &sign, sizeof(sign))) !=
		CKR_OK ||
	    (rv = set_property(PKCS11H_PROVIDER_PROPERTY_INIT_ARGS, &init, sizeof(init))) != CKR_OK)
		return rv;
	return pkcs11h_initializeProvider(PROVIDER);
}

static int
attach(struct card *c)
{
	CK_RV (*get)(CK_FUNCTION_LIST **);

	c->library = dlopen(c->path, RTLD_NOW | RTLD_NOLOAD);
	if (c->library == NULL)
		return ERR_CARD;
	*(void **)&get = dlsym(c->library, "C_GetFunctionList");
	if (get == NULL || get(&c->f) != CKR_OK || c->f == NULL)
		return ERR_CARD;
	return 0;
}

int
card_open(const struct card_options *o, struct card **out, struct fault *f)
{
	const char *path = o->module != NULL ? o->module : installed_module();
	struct card *c;
	CK_RV rv;

	*out = NULL;
	if (path == NULL) {
		fault_set(f, ERR_NO_CARD, NULL, "no PKCS#11 module is installed");
		return fault_hint(f,
		    "Install the Citizen Card middleware, or opensc-pkcs11, or "
		    "set card.module.");
	}
	if (access(path, R_OK) != 0) {
		fault_set(f, ERR_NO_CARD, path, "there is no such PKCS#11 module");
		return fault_hint(f, "Set card.module to the module of the card.");
	}
	c = mem_alloc(sizeof(*c));
	c->path = mem_strdup(path);
	c->middleware = strstr(path, MIDDLEWARE) != NULL;
	if ((rv = start_helper(c)) != CKR_OK || attach(c) != 0) {
		fault_set(f, ERR_CARD, path, "the PKCS#11 module does not start (%s)",
		    pkcs11h_getMessage(rv));
		fault_hint(f, "Is the card service running? For OpenSC that is pcscd.");
		card_close(&c);
		return ERR_CARD;
	}
	*out = c;
	return 0;
}

void
card_close(struct card **pc)
{
	struct card *c = *pc;

	*pc = NULL;
	if (c == NULL)
		return;
	if (c->initialized)
		pkcs11h_terminate();
	if (c->library != NULL)
		dlclose(c->library);
	free(c->path);
	free(c);
}

const char *
card_module(const struct card *c)
{
	return c->path;
}

int
card_rescan(struct card *c, struct fault *f)
{
	CK_RV rv = pkcs11h_plugAndPlay();

	if (rv == CKR_OK)
		return 0;
	return fault_set(f, ERR_CARD, c->path, "the PKCS#11 module does not start again (%s)",
	    pkcs11h_getMessage(rv));
}

bool
card_present(struct card *c, const char *serial)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;

	return card_module_find(c, serial, NULL, &slot, &info) == 0;
}

/* ---------------------------------------------------------------------------------- failures */

int
card_code(struct card *c, CK_RV rv, const char *serial, const char *label)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;

	switch (rv) {
	case CKR_OK:
		return 0;
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
		return ERR_CARD_REMOVED;
	case CKR_CANCEL:
	case CKR_FUNCTION_CANCELED:
		return ERR_CANCELED;
	default:
		break;
	}
	/* Some modules say "PIN locked" when there is no card: look before believing it. */
	if (card_module_find(c, serial, label, &slot, &info) != 0)
		return ERR_CARD_REMOVED;
	switch (rv) {
	case CKR_PIN_LOCKED:
		return ERR_PIN_LOCKED;
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		break;
	default:
		return ERR_CARD;
	}
	switch (card_module_tries(&info)) {
	case CARD_TRIES_LOCKED:
		return ERR_PIN_LOCKED;
	case CARD_TRIES_FINAL:
		return ERR_PIN_FINAL;
	default:
		return ERR_PIN;
	}
}
