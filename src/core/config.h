/*
 * config: recado.conf (libconfig). recado.conf(5), DESIGN 5.
 *
 * Defaults need no file. An unknown key, a wrong type or a value that is none of the listed words
 * is ERR_CONFIG with file and line.
 */
#ifndef RECADO_CORE_CONFIG_H
#define RECADO_CORE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/suite.h"

enum config_revocation { CONFIG_REVOCATION_REQUIRE, CONFIG_REVOCATION_PREFER, CONFIG_REVOCATION_OFF };
enum config_profile { CONFIG_PROFILE_STANDARD, CONFIG_PROFILE_STRICT };
enum config_receipts { CONFIG_RECEIPTS_ON, CONFIG_RECEIPTS_ASK, CONFIG_RECEIPTS_OFF };
enum config_requests { CONFIG_REQUESTS_CARD, CONFIG_REQUESTS_HOLD };

#define CONFIG_LOG_NONE (-1)

struct config {
	char *relay;          /* HOST:PORT or link; NULL */
	char *device;         /* name of this device; NULL: the host's */
	char *token_module;   /* PKCS#11 module; NULL: looked for */
	char *token_label;    /* label or serial; NULL: the only one */
	char *trust_anchors;  /* folder or file; NULL: the pinned state roots */
	char *trust_intermediates, *trust_crls;
	struct cert_policies policies; /* of cards; none: the Citizen Card's, where anchors are NULL */
	int profile;          /* enum config_profile */
	int revocation;       /* enum config_revocation */
	int max_age_h;
	int receipts;         /* enum config_receipts */
	int requests;         /* enum config_requests */
	int lock_after_min;   /* without a command; 0: never */
	struct suite_list suites; /* offered, in this order; all of them by default */
	int log_level;        /* enum log_level, or CONFIG_LOG_NONE; the log names people in clear */
};

/* Read path. missing_ok: no file means defaults. */
int config_load(const char *path, bool missing_ok, struct config **out, struct fault *f) MUST_CHECK;
void config_free(struct config **pc);

#endif
