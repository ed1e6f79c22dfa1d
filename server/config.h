/*
 * config: recadod.conf(5), read with libconfig. Every key has a default; unknown keys are errors.
 *
 * The limits are what recadod.conf's `limits` holds, a section each.
 */
#ifndef RECADO_SERVER_CONFIG_H
#define RECADO_SERVER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/suite.h"
#include "server/limit.h"
#include "server/netaddr.h"

#define CONFIG_LISTEN_MAX 16

enum config_register { REGISTER_CARD, REGISTER_INVITE, REGISTER_CLOSED };
enum config_enrol { ENROL_CLOSED, ENROL_INVITE, ENROL_OPEN };
enum config_directory { DIRECTORY_EXACT, DIRECTORY_OPEN };

struct config_limits {
	struct limit_rate name_checks, registrations; /* by address */
	struct limit_rate lookups, bundles, deposits; /* by device */
	struct limit_rate device_events; /* by device, too */
	struct limit_rate strangers;                  /* connections by address */
	uint32_t mailbox_envelopes;
	uint64_t mailbox_bytes;
	uint32_t connections; /* at once, in all */
	uint32_t idle_s;
};

struct config {
	char *path;                      /* of the file; NULL: defaults */
	char *listen[CONFIG_LISTEN_MAX]; /* "ADDR:PORT" */
	size_t listen_count;
	char *host; /* name in invitations; NULL: from listen */
	char *data;
	char *metrics; /* "ADDR:PORT" for HTTP; NULL: none */
	struct {
		char *anchors, *intermediates, *crls; /* NULL: none */
		struct cert_policy policy; /* required: without any, the Citizen Card's, where
		                              anchors are NULL */
	} trust;
	struct config_revocation { /* fetching lists */
		bool fetch;
		struct netaddr_rules allow;
		uint32_t interval_min; /* a list is asked for again at least so often */
		uint32_t timeout_s;    /* of one download */
	} revocation;
	enum config_register reg;
	enum config_enrol enrol;
	enum config_directory directory;
	struct { /* the relay's own CA */
		char *name; /* in its root; NULL: the host's */
		uint32_t days; /* that a certificate is good for */
		uint32_t root_years;
		uint32_t list_hours; /* that a revocation list is good for */
		uint32_t certificates; /* that are good at once, at most */
	} ca;
	uint32_t loops; /* 0: one a core */
	struct suite_list suites; /* allowed; the client's order decides */
	uint32_t rekey; /* 0: drawn for each epoch */
	enum config_log {
		CONFIG_LOG_ERROR,
		CONFIG_LOG_WARN,
		CONFIG_LOG_INFO,
		CONFIG_LOG_DEBUG
	} log;
	struct config_limits limits;
};

/* path NULL: SYSCONFDIR/recado/recadod.conf if it is there, else defaults. ERR_CONFIG with the
 * line; ERR_NOT_FOUND for a path that was asked for. */
int config_load(const char *path, struct config **out, struct fault *f) MUST_CHECK;
/* From memory; name is for messages. */
int config_parse(const char *text, const char *name, struct config **out, struct fault *f)
    MUST_CHECK;
void config_free(struct config **pc);
/* What the command line says wins: NULL leaves what is there. listen replaces the whole list. */
int config_override(struct config *c, const char *listen, const char *data, struct fault *f)
    MUST_CHECK;
/* "HOST:PORT", "[V6]:PORT" or "PORT"; host gets at most 255 octets, "" for any address. */
int config_address(const char *text, char host[256], uint16_t *port) MUST_CHECK;

#endif
