/*
 * control: a socket in the data folder by which commands reach the running relay. One line is
 * asked, one text answered, and that is the end:
 *
 *     status               counters and gauges
 *     ca                   certificates were revoked: the list is issued again; "ok" when done
 *     revocation fetch     every list is fetched; then the answer, which is empty
 *     revocation reload    lists in folders are read again
 */
#ifndef RECADO_SERVER_CONTROL_H
#define RECADO_SERVER_CONTROL_H

#include "server/loop.h"

struct control;
struct crlwatch;

/* watch is borrowed. */
int control_open(struct server *srv, const char *dir, struct crlwatch *watch, struct control **out)
    MUST_CHECK;
void control_free(struct control **pc);

/* The other side: what the relay that runs on dir answers to a line. ERR_NOT_FOUND: none runs;
 * ERR_UNEXPECTED: it does not know this; ERR_IO. out may be NULL. */
int control_ask(const char *dir, const char *line, struct buf *out) MUST_CHECK;

#endif
