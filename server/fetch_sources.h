/*
 * fetch_sources: the addresses that lists are fetched from, and what came of it; kept in the file
 * `sources` of lists.h's folder.
 */
#ifndef RECADO_SERVER_FETCH_SOURCES_H
#define RECADO_SERVER_FETCH_SOURCES_H

#include <stdbool.h>
#include "crypto/revocation.h"
#include "server/httpget.h"
#include "server/url.h"

#define FETCH_SOURCES_MAX 1024

struct fetch_source {
	char url[URL_MAX + 1];
	char host[URL_HOST_MAX + 1]; /* of the url */
	uint64_t wanted;             /* wall ms: when a certificate last named it */
	uint64_t tried;              /* wall ms; 0: never */
	uint64_t fetched;            /* wall ms: when it last gave a list that counts; 0: never */
	uint32_t failures;           /* since then */
	char error[192];             /* of the last; "" */
	uint8_t list[REVOCATION_HASH_LEN]; /* what it last gave; zero: nothing */
	/* not in the file */
	void *owner;
	uint64_t asked;      /* monotonic ms; 0: not in this life */
	uint64_t due;        /* monotonic ms */
	struct httpget *get; /* under way */
	unsigned waited;     /* by so many */
	char date[HTTPGET_DATE_MAX];
};

struct fetch_sources {
	struct fetch_source **at;
	size_t count;
};

void fetch_sources_clear(struct fetch_sources *s);
/* What cannot be read is left out: it comes again. */
void fetch_sources_load(struct fetch_sources *s, const char *dir);
int fetch_sources_save(const struct fetch_sources *s, const char *dir) MUST_CHECK;
struct fetch_source *fetch_sources_find(const struct fetch_sources *s, const char *url);
/* Found or made; NULL: there are too many, or it is no address. */
struct fetch_source *fetch_sources_add(struct fetch_sources *s, const char *url);
void fetch_sources_remove(struct fetch_sources *s, size_t i);

#endif
