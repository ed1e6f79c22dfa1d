/*
 * profile: where a person's files lie, and who owns them.
 *
 *     --home DIR                      XDG                          what
 *     DIR/recado.conf                 ~/.config/recado/recado.conf
 *     DIR/profile/keys                ~/.local/share/recado/profile/keys     key file
 *     DIR/profile/store               ~/.local/share/recado/profile/store    vault
 *     DIR/lock                        ~/.local/share/recado/lock             owner's lock
 *     DIR/run/sock                    $XDG_RUNTIME_DIR/recado/PROFILE/sock   owner's socket
 *
 * PROFILE is 16 hex digits of the SHA-256 of the data folder's path; without XDG_RUNTIME_DIR the
 * socket is in ~/.local/share/recado/run. Folders are 0700 and files 0600; looser ones are tightened. A profile exists when `keys` does.
 * A new one is built beside it, in profile.new, and moved into place when it is complete; the file
 * `promised` stands beside it from when the relay may know of it until then, and `requested` from when
 * the relay may have certified a key that lies in it.
 */
#ifndef RECADO_CORE_PROFILE_H
#define RECADO_CORE_PROFILE_H

#include <stdbool.h>
#include <stdio.h>
#include "base/buf.h"
#include "base/err.h"

struct profile;

/* home NULL: XDG. Makes the folders; takes no lock. */
int profile_open(const char *home, struct profile **out, struct fault *f) MUST_CHECK;
void profile_free(struct profile **pp); /* gives the lock back */
/* Become the owner: 0, or ERR_LOCKED when another process is. */
int profile_lock(struct profile *p, struct fault *f) MUST_CHECK;

bool profile_exists(const struct profile *p);
const char *profile_config(const struct profile *p); /* recado.conf of this profile */
const char *profile_store(const struct profile *p);
const char *profile_socket(const struct profile *p);
const char *profile_data(const struct profile *p); /* the folder that holds profile/ */
FILE *profile_log(const struct profile *p);         /* run/log, appended to; NULL */
int profile_run_fd(const struct profile *p);       /* the runtime folder, open */

/* The key file. keys_write replaces it atomically and is on disk when it returns. */
int profile_keys_read(const struct profile *p, struct buf *out, struct fault *f) MUST_CHECK;
int profile_keys_write(const struct profile *p, struct bytes file, struct fault *f) MUST_CHECK;

/* A new profile: stage makes an empty profile.new and points store and keys into it; commit moves
 * it into place (no file of it may be open), abort removes it. */
int profile_stage(struct profile *p, struct fault *f) MUST_CHECK;
int profile_commit(struct profile *p, struct fault *f) MUST_CHECK;
void profile_abort(struct profile *p);
/* The relay is about to be told of the staged profile, whose account is name: from here on it
 * outlives this process, until commit or abort. */
int profile_promise(struct profile *p, const char *name) MUST_CHECK;
/* The relay is about to be asked to certify a key of the staged profile, under whatever name: from here
 * on that outlives this process, and a promise that came to nothing, until commit or abort. */
int profile_request(struct profile *p) MUST_CHECK;
bool profile_requested(const struct profile *p);
void profile_unpromise(struct profile *p);
/* A promised profile that was never put in place: its name. ERR_NOT_FOUND. */
int profile_promised(const struct profile *p, char *name, size_t len) MUST_CHECK;
/* Go on with it as staged; leave it for another time. */
void profile_resume(struct profile *p);
void profile_leave(struct profile *p);

/* A small file of the data folder, replaced atomically: what first contact drew. */
int profile_note_read(const struct profile *p, const char *name, char *out, size_t outlen)
    MUST_CHECK;
int profile_note_write(const struct profile *p, const char *name, const char *text) MUST_CHECK;
void profile_note_remove(const struct profile *p, const char *name);

#endif
