/*
 * out: where a command's results and errors go: records to stdout as text or JSON lines, each
 * flushed as a whole, errors to stderr.
 */
#ifndef RECADO_CMD_OUT_H
#define RECADO_CMD_OUT_H

#include <stdbool.h>
#include <stdio.h>
#include "core/core.h"

struct out {
	FILE *stream, *errors; /* borrowed */
	bool json;
	bool pem;    /* certificates are shown as PEM */
	bool broken; /* stdout cannot be written any more */
};

/* Print a record (show.h has the text forms); kinds without a form print nothing. ERR_IO once
 * stdout is broken: nobody reads (EPIPE), or a disk is full. */
int out_event(struct out *o, const struct core_event *ev) MUST_CHECK;
/* A bare line, the id that `send` prints for instance. */
int out_line(struct out *o, const char *text) MUST_CHECK;
/* "recado: what: about. hint", or a JSON line of type error. Returns f's exit status. */
int out_fault(struct out *o, const struct fault *f);
/* A remark for a person, on stderr; nothing with --json. */
void out_note(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* What the core says, in the user's language: "ABOUT: SENTENCE", or the sentence (NULL). */
void out_say(struct out *o, const char *about, const char *english);

#endif
