/*
 * secret: passphrases and PINs, from a file descriptor or typed on the terminal; never from the
 * command line or the environment.
 *
 * A descriptor gives one line a secret (the newline is dropped) and is read octet by octet, so
 * that several secrets, and the text of a message after them, may come down the same one.
 */
#ifndef RECADO_CMD_SECRET_H
#define RECADO_CMD_SECRET_H

#include <stdbool.h>
#include "base/err.h"

#define SECRET_MAX 1024 /* octets, with the NUL */

/* One line from fd in *out (mem_secret_free). ERR_IO, ERR_LIMIT. */
int secret_read_fd(int fd, const char *option, char **out, struct fault *f) MUST_CHECK;

/* Is there somebody to ask: a controlling terminal, and stdin or stderr on a terminal. */
bool secret_terminal(void);

/* Ask on the terminal; echo off unless shown. Signals that would end the process and are blocked
 * by the caller are watched through signal_fd (a signalfd, -1 for none): one of them leaves the
 * terminal as it was and gives ERR_CANCELED, as does end of input. *out: mem_secret_free. */
struct secret_prompt {
	const char *text; /* without a colon */
	bool shown;
	int signal_fd;
};
int secret_ask(const struct secret_prompt *p, char **out, struct fault *f) MUST_CHECK;

#endif
