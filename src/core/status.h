/*
 * status: what the Status of a reply means for a person.
 */
#ifndef RECADO_CORE_STATUS_H
#define RECADO_CORE_STATUS_H

#include <stdint.h>
#include "base/err.h"
#include "wire/pb.h"

/* 0 for STATUS_OK. detail: the relay's text, sanitised here; NULL. */
int status_fault(uint32_t status, const char *detail, const char *about, struct fault *f);
/* The same of a reply, with what it says itself. */
int status_reply(const Recado__ReplyBody *reply, const char *about, struct fault *f);

#endif
