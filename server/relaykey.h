/*
 * relaykey: the relay's identity: its signing key and the statements that lead to it from its first
 * one. One file, DATA/identity, 0600, replaced as a whole.
 */
#ifndef RECADO_SERVER_RELAYKEY_H
#define RECADO_SERVER_RELAYKEY_H

#include "base/buf.h"
#include "crypto/key.h"

struct relaykey;

/* dir must exist. A missing file is made; of two processes that make it at once one wins and both
 * read the same. A file others may read is tightened (*tightened, may be NULL). */
int relaykey_open(const char *dir, struct relaykey **out, int *tightened, struct fault *f)
    MUST_CHECK;
void relaykey_free(struct relaykey **pk);

const struct key_sign *relaykey_sign(const struct relaykey *k);
const uint8_t *relaykey_first(const struct relaykey *k); /* KEY_LEN: the code is made of it */
const uint8_t *relaykey_id(const struct relaykey *k);    /* 32 */
const struct bytes *relaykey_rotation(const struct relaykey *k, size_t *count);

/* The file's text, for a backup, and back: ERR_TAKEN when there is a key already. text: a secret
 * buf. */
int relaykey_export(const char *dir, struct buf *text, struct fault *f) MUST_CHECK;
int relaykey_import(const char *dir, struct bytes text, struct fault *f) MUST_CHECK;

/* A new key, signed by the old one; on disk when this returns. ERR_LIMIT. */
int relaykey_rotate(const char *dir, uint64_t now, struct fault *f) MUST_CHECK;

#endif
