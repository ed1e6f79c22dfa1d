/*
 * datadir: the relay's folder: 0700, files in it 0600, one relay at a time.
 *
 *     identity      the relay's key (relaykey.h)
 *     recadod.db    the store
 *     lock          held by the running relay
 *     address       where it listens, while it runs
 *     control       its control socket
 */
#ifndef RECADO_SERVER_DATADIR_H
#define RECADO_SERVER_DATADIR_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

/* Makes the folder (and what is missing above it); tightens one of ours that is too open
 * (*tightened), refuses one that is somebody else's. */
int datadir_open(const char *dir, bool *tightened, struct fault *f) MUST_CHECK;
/* Tighten files in it that others may read. */
void datadir_tighten(const char *dir, bool *tightened);
/* *fd holds the lock until it is closed. ERR_LOCKED. */
int datadir_lock(const char *dir, int *fd, struct fault *f) MUST_CHECK;

/* "HOST:PORT" of the running relay. read: ERR_NOT_FOUND unless one runs. */
int datadir_write_address(const char *dir, const char *address) MUST_CHECK;
int datadir_read_address(const char *dir, char *out, size_t outlen) MUST_CHECK;
void datadir_remove_address(const char *dir);

#endif
