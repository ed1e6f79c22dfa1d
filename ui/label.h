/*
 * label: what people and certificates are called on the screen.
 */
#ifndef RECADO_UI_LABEL_H
#define RECADO_UI_LABEL_H

#include "core/core.h"
#include "ui/theme.h"

#define LABEL_MAX 256

/* Of a card holder (V, C, and ! who was one) first and last civil name, "Guilherme Cardeal"; of
 * everybody else, whose civil name nobody vouches for, the account name. p may be NULL. Caller
 * frees. */
char *label_person(const struct core_person *p, const char *name);
/* The first word of a label, for the prompt and beside messages. Caller frees. */
char *label_first(const char *label);
/* The value of an attribute ("CN") in a distinguished name as text; the whole name when it is not
 * in there. Writes at most LABEL_MAX bytes; returns out. */
const char *label_dn(const char *dn, const char *attribute, char out[LABEL_MAX]);
/* "verified", "card valid", ...: what the letter means, translated. */
const char *label_trust(char trust);
enum theme_role label_trust_role(char trust);
/* A word of the core ("revoked", "good", "changed", ...), translated; unknown ones as they are. */
const char *label_word(const char *word);
/* Host of HOST:PORT. Writes at most LABEL_MAX bytes; returns out. */
const char *label_host(const char *relay, char out[LABEL_MAX]);

#endif
