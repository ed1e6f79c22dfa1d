/*
 * account: the profile as the core sees it: opening it with the passphrase, making it.
 */
#ifndef RECADO_CORE_ACCOUNT_H
#define RECADO_CORE_ACCOUNT_H

#include "core/engine.h"
#include "crypto/keyfile.h"

/* Let a port see the profile: open it with the passphrase and load what stands in it, or, where another
 * port has it open, compare the passphrase. The process's own port ends e->shut. */
int account_admit(struct port *p, const char *passphrase, struct fault *f) MUST_CHECK;
/* Close it: everything that was decrypted is gone. */
void account_lock(struct engine *e);
/* Close it for every port: ops that need it end, and each port is asked for the passphrase again. */
void account_shut(struct engine *e);
/* A port has gone. Close what nobody who is left may see. */
void account_left(struct engine *e);
/* Forget what is past its time, if that was not done today. */
void account_upkeep(struct engine *e);

/* Read and open the key file. ERR_PASSPHRASE, ERR_NOT_FOUND. */
int account_keys(struct engine *e, const char *passphrase, struct keyfile **out, struct fault *f)
    MUST_CHECK;
/* Seal keys into the profile's key file. */
int account_keys_write(struct engine *e, const struct keyfile *k, const char *passphrase,
    struct fault *f) MUST_CHECK;
/* Between the store's values and e->account. */
int account_load(struct account *a, struct store *s) MUST_CHECK;
int account_save(const struct account *a, struct store *s) MUST_CHECK;
int account_save_relay(const struct account *a, struct store *s) MUST_CHECK; /* its keys */
void account_clear(struct account *a);

/* First contact's result, kept in the profile's folder until a profile is made: the relay's first
 * key and who it is. */
struct account_pin {
	char relay[272]; /* HOST:PORT */
	uint8_t first[32];
};
int account_pin_get(struct engine *e, struct account_pin *out) MUST_CHECK;
int account_pin_set(struct engine *e, const struct account_pin *pin) MUST_CHECK;

#endif
