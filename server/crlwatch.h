/*
 * crlwatch: reads the directory of revocation lists again when it changes, and on demand; tells
 * everybody when what is served is another.
 */
#ifndef RECADO_SERVER_CRLWATCH_H
#define RECADO_SERVER_CRLWATCH_H

#include "server/loop.h"

struct crlwatch;

/* Without a directory there is nothing to watch: then only crlwatch_now reads. */
int crlwatch_open(struct server *srv, struct crlwatch **out) MUST_CHECK;
void crlwatch_free(struct crlwatch **pw);
void crlwatch_now(struct crlwatch *w);

#endif
