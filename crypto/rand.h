/*
 * rand: random octets from OpenSSL's generator (private instance for keys).
 */
#ifndef RECADO_CRYPTO_RAND_H
#define RECADO_CRYPTO_RAND_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/* Fill; ERR_BUG when the generator is not seeded (out is zero then). */
int rand_bytes(void *out, size_t n) MUST_CHECK;
/* The same from the generator kept for secrets: keys, nonces that must stay unknown. */
int rand_secret(void *out, size_t n) MUST_CHECK;
/* Uniform in [low, high], both included; low <= high. */
int rand_range(uint32_t low, uint32_t high, uint32_t *out) MUST_CHECK;

#endif
