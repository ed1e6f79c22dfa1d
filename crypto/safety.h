/*
 * safety: the safety number two people compare. DESIGN 3.3.
 */
#ifndef RECADO_CRYPTO_SAFETY_H
#define RECADO_CRYPTO_SAFETY_H

#include "crypto/identity.h"

#define SAFETY_ITERATIONS 5200
#define SAFETY_TEXT (12 * 6) /* 12 groups of 5 digits with single spaces, NUL */

int safety_number(const struct identity *a, const struct identity *b, char out[SAFETY_TEXT])
    MUST_CHECK;

#endif
