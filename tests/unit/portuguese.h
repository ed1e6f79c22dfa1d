/*
 * portuguese: what the tests of translated text share.
 */
#ifndef RECADO_TESTS_PORTUGUESE_H
#define RECADO_TESTS_PORTUGUESE_H

/* Speak Portuguese from now on, with the catalogue of this build. */
void portuguese_begin(void);
/* All the source of a folder, string literals joined and unescaped as the compiler does it. Caller
 * frees. */
char *portuguese_source(const char *folder);

#endif
