/*
 * control: a socket in the data folder by which recadod's commands reach a running relay. A client
 * writes one word and a newline, gets a text and the end.
 *
 *     status   how it is
 *     ca       certificates were revoked: issue the list again and tell everybody; "ok" when done
 */
#ifndef RECADO_SERVER_CONTROL_H
#define RECADO_SERVER_CONTROL_H

#include "server/loop.h"

struct control;

int control_open(struct server *srv, const char *dir, struct control **out) MUST_CHECK;
void control_free(struct control **pc);

/* The other side: what the relay that runs on dir answers. ERR_NOT_FOUND: none does. */
int control_ask(const char *dir, const char *word, struct buf *out) MUST_CHECK;

#endif
