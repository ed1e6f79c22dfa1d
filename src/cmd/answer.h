/*
 * answer: who answers when the core asks for a passphrase, a PIN or the relay's code: a
 * descriptor, the person at the terminal, or nobody.
 */
#ifndef RECADO_CMD_ANSWER_H
#define RECADO_CMD_ANSWER_H

#include "cmd/run.h"

/* Answer k, or cancel it and leave the exit status in r->refused with the reason on stderr.
 * ERR_CANCELED after a signal. */
int answer_ask(struct run *r, const struct core_ask *k) MUST_CHECK;

#endif
