/*
 * whois: all that is known of somebody, link by link.
 */
#ifndef RECADO_CORE_WHOIS_H
#define RECADO_CORE_WHOIS_H

#include "core/engine.h"

struct core_whois *whois_show(struct engine *e, const struct store_person *p, bool pem)
    __attribute__((returns_nonnull));
void whois_emit(struct op *op, const struct store_person *p);
/* Oneself: no safety number and no session, but chain, devices and when they came. */
void whois_emit_self(struct op *op);

#endif
