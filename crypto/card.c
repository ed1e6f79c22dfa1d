#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/card_int.h"

#define PROVIDER "card"
#define LEAVING_LOOKS 20
#define LEAVING_PAUSE_NS (100 * 1000 * 1000)

const char *
card_tries_name(enum card_tries t)
{
	static const char *const names[] = { [CARD_TRIES_FULL] = "full",
		[CARD_TRIES_LOW] = "low",
		[CARD_TRIES_FINAL] = "final",
		[CARD_TRIES_LOCKED] = "locked" };

	return t <= CARD_TRIES_LOCKED ? names[t] : "locked";
}

/* ------------------------------------------------------------------------------- the module */

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

static void
unload(struct card *c)
{
	if (c->initialized)
		pkcs11h_terminate();
	if (c->library != NULL)
		dlclose(c->library);
	free(c->path);
	*c = (struct card){ .automatic = c->automatic };
}

static int
fail_load(const char *path, const char *why, struct fault *f)
{
	size_t n = strlen(path);

	if (strncmp(why, path, n) == 0 && strncmp(why + n, ": ", 2) == 0)
		why += n + 2; /* it is said already */
	fault_set(f, ERR_CARD, path, "the PKCS#11 module does not start (%.100s)", why);
	fault_hint(f,
	    "Is it whole, with the libraries it needs? token.module in recado.conf names another.");
	return ERR_CARD;
}

static int
load(struct card *c, const char *path, struct fault *f)
{
	void *probe;
	CK_RV rv;
	int r = 0;

	if (access(path, R_OK) != 0) {
		fault_set(f, ERR_NO_MODULE, path, "there is no such PKCS#11 module");
		fault_hint(f, "token.module in recado.conf is to be the path of a module.");
		return ERR_NO_MODULE;
	}
	/* Of a library that cannot be loaded the helper does not say why. */
	if ((probe = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL)
		return fail_load(path, dlerror(), f);
	c->path = mem_strdup(path);
	c->middleware = strstr(path, CARD_MIDDLEWARE) != NULL;
	if ((rv = start_helper(c)) != CKR_OK)
		r = fail_load(path, pkcs11h_getMessage(rv), f);
	else if (attach(c) != 0)
		r = fail_load(path, "it has no functions of PKCS#11", f);
	dlclose(probe);
	if (r != 0)
		unload(c);
	return r;
}

static bool
shows_card(struct card *c)
{
	struct card_token *tokens;
	size_t count;
	bool any = card_tokens(c, &tokens, &count, NULL) == 0 && count > 0;

	card_tokens_free(&tokens, &count);
	return any;
}

static int
load_first(struct card *c, char **paths, size_t count, bool with_card)
{
	for (size_t i = 0; i < count; i++) {
		unload(c);
		if (load(c, paths[i], NULL) == 0 && (!with_card || shows_card(c)))
			return 0;
	}
	unload(c);
	return ERR_NO_CARD;
}

static int
choose(struct card *c, struct fault *f)
{
	size_t count;
	char **paths;
	int r = 0;

	card_modules(NULL, &paths, &count);
	if (count == 0) {
		fault_set(f, ERR_NO_MODULE, NULL, "no software that reads cards is installed");
		fault_hint(f,
		    "For a Citizen Card get the state's, from autenticacao.gov.pt; for one from "
		    "before June 2024 `apt-get install opensc-pkcs11 pcscd` will do. Any other "
		    "PKCS#11 module is named by token.module in recado.conf.");
		r = ERR_NO_MODULE;
	} else if (load_first(c, paths, count, true) != 0 &&
	    load_first(c, paths, count, false) != 0) {
		r = load(c, paths[0], f); /* says why not */
	}
	card_modules_free(&paths, &count);
	return r;
}

int
card_open(const struct card_options *o, struct card **out, struct fault *f)
{
	struct card *c = mem_alloc(sizeof(*c));
	int r;

	c->automatic = o->module == NULL;
	r = c->automatic ? choose(c, f) : load(c, o->module, f);
	if (r != 0)
		card_close(&c);
	*out = c;
	return r;
}

void
card_close(struct card **pc)
{
	struct card *c = *pc;

	*pc = NULL;
	if (c == NULL)
		return;
	unload(c);
	free(c);
}

const char *
card_module(const struct card *c)
{
	return c->path != NULL ? c->path : "";
}

int
card_rescan(struct card *c, struct fault *f)
{
	CK_RV rv;

	if (c->path != NULL && card_present(c, NULL))
		return 0;
	if (c->automatic)
		return choose(c, f);
	if ((rv = pkcs11h_plugAndPlay()) == CKR_OK)
		return 0;
	return fail_load(c->path, pkcs11h_getMessage(rv), f);
}

bool
card_present(struct card *c, const char *serial)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;

	return card_module_find(c, serial, NULL, &slot, &info) == 0;
}

/* ---------------------------------------------------------------------------------- failures */

/* A reader that is polled tells of a card that was taken out a moment after the card has stopped
 * answering: before the card is blamed it is looked for a little longer. */
static bool
is_leaving(struct card *c, const char *serial, const char *label)
{
	static const struct timespec pause = { 0, LEAVING_PAUSE_NS };
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;

	for (int i = 0; i < LEAVING_LOOKS; i++) {
		nanosleep(&pause, NULL);
		if (card_module_find(c, serial, label, &slot, &info) != 0)
			return true;
	}
	return false;
}

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
		return is_leaving(c, serial, label) ? ERR_CARD_REMOVED : ERR_CARD;
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
