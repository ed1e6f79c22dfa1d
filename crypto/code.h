/*
 * code: the relay's code, which people compare. scrypt(first identity key, salt "recado/1 code",
 * N = 2^17, r = 8, p = 1), 32 octets as 16 groups of 4 hex digits. DESIGN 3.2.
 */
#ifndef RECADO_CRYPTO_CODE_H
#define RECADO_CRYPTO_CODE_H

#include "base/buf.h"
#include "crypto/key.h"

#define CODE_LEN 32
#define CODE_GROUPS 16
#define CODE_TEXT (16 * 5) /* with single spaces and NUL */

int code_derive(const uint8_t first_identity[KEY_LEN], uint8_t code[CODE_LEN]) MUST_CHECK;
void code_text(const uint8_t code[CODE_LEN], char out[CODE_TEXT]);
/* Any case, with or without separators (space, '-', ':'); ERR_FORMAT. */
int code_parse(const char *text, uint8_t code[CODE_LEN]) MUST_CHECK;
/* One group (1..16) typed by a person, compared in constant time. */
int code_group_matches(const uint8_t code[CODE_LEN], int group, const char *typed);
int code_relay_id(const uint8_t first_identity[KEY_LEN], uint8_t relay_id[32]) MUST_CHECK;

/* recado://HOST:PORT/CODE[?invite=X] */
struct code_link {
	char host[256];
	uint16_t port;
	uint8_t code[CODE_LEN];
	char invite[64]; /* empty: none */
};
int code_link_parse(const char *text, struct code_link *out) MUST_CHECK;
int code_link_text(const struct code_link *l, char *out, size_t outlen) MUST_CHECK;

#endif
