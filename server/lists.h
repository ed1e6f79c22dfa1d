/*
 * lists: the folder `revocation` of the data folder, where lists that were fetched outlive a restart.
 *
 *     HEX.crl         a list, DER; named by SHA-256 of where it came from
 *     issuers/HEX.der authorities of chains that were followed, to check the lists with
 *     sources         what is known of each address (fetch_sources.h)
 *
 * Nothing in it is believed: a list counts when its signature holds under an issuer whose own chain
 * reaches an anchor, when it is read as when it came.
 */
#ifndef RECADO_SERVER_LISTS_H
#define RECADO_SERVER_LISTS_H

#include "base/buf.h"
#include "base/log.h"
#include "crypto/cert.h"

#define LISTS_ISSUERS_MAX 256

/* The folder of a data folder, made if need be; caller frees *dir. */
int lists_open(const char *data, char **dir, struct fault *f) MUST_CHECK;
/* The same without making anything. */
char *lists_path(const char *data);
/* Authorities first, then lists. tidy: what is no list, or older than another, is removed; for who is
 * alone there, as a newer list may just be taking the place of the file that was read. */
void lists_load(const char *dir, struct cert_store *s, bool tidy, struct log *log);

/* All or nothing, and on disk on return. Replaces. */
int lists_write(const char *dir, const char *name, struct bytes content, struct fault *f)
    MUST_CHECK;
/* The list of an address (its own octets if url is NULL). */
int lists_keep(const char *dir, const char *url, struct bytes der, struct fault *f) MUST_CHECK;
void lists_drop(const char *dir, const char *url);
/* At most LISTS_ISSUERS_MAX; what is there already is left. */
int lists_keep_issuer(const char *dir, struct bytes der) MUST_CHECK;

#endif
