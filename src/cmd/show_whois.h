/*
 * show_whois: all that is known of somebody, as text.
 */
#ifndef RECADO_CMD_SHOW_WHOIS_H
#define RECADO_CMD_SHOW_WHOIS_H

#include <stdio.h>
#include "core/core.h"

void show_whois(FILE *f, const struct core_whois *w);
/* The certificates themselves, the person's first. */
void show_whois_pem(FILE *f, const struct core_whois *w);

#endif
