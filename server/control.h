/*
 * control: a socket in the data folder by which `recadod status` asks a running relay how it is.
 * Whoever connects gets a text and the end; nothing is read.
 */
#ifndef RECADO_SERVER_CONTROL_H
#define RECADO_SERVER_CONTROL_H

#include "server/loop.h"

struct control;

int control_open(struct server *srv, const char *dir, struct control **out) MUST_CHECK;
void control_free(struct control **pc);

/* The other side: the text of the relay that runs on dir. ERR_NOT_FOUND: none does. */
int control_ask(const char *dir, struct buf *out) MUST_CHECK;

#endif
