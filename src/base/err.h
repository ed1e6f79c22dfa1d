/*
 * err: the one list of error codes, and the fault that tells a person about one.
 *
 * Every function that can fail returns 0 or one of these (negative). A code says what kind of
 * failure it was; where somebody will read about it, a struct fault carries what happened, to what,
 * and what to do next.
 */
#ifndef RECADO_BASE_ERR_H
#define RECADO_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* name, exit code (see recado(1), EXIT STATUS), text */
#define ERR_LIST(X)                                                                                \
	X(ERR_BUG, 70, "internal error")                                                           \
	X(ERR_NOMEM, 70, "out of memory")                                                          \
	X(ERR_USAGE, 64, "wrong usage")                                                            \
	X(ERR_CONFIG, 78, "configuration error")                                                   \
	X(ERR_IO, 74, "input or output failed")                                                    \
	X(ERR_DISK_FULL, 74, "no space left on the device")                                        \
	X(ERR_DAMAGED, 74, "what is kept here is damaged")                                         \
	X(ERR_NOT_FOUND, 67, "not found")                                                          \
	X(ERR_LOCKED, 74, "in use by another process")                                             \
	X(ERR_LIMIT, 74, "larger than the limit")                                                  \
	X(ERR_SHORT, 76, "truncated")                                                              \
	X(ERR_FORMAT, 76, "malformed")                                                             \
	X(ERR_TRAILING, 76, "trailing bytes")                                                      \
	X(ERR_FIELD, 76, "unknown field")                                                          \
	X(ERR_UNEXPECTED, 76, "message out of state")                                                   \
	X(ERR_VERSION, 76, "no common protocol version")                                           \
	X(ERR_SUITE, 76, "no common cipher suite")                                                 \
	X(ERR_KEY, 76, "unusable public key")                                                      \
	X(ERR_SIGNATURE, 76, "signature does not verify")                                          \
	X(ERR_MAC, 76, "authentication failed")                                                    \
	X(ERR_REPLAY, 76, "replayed")                                                              \
	X(ERR_CHAIN, 76, "hash chain is broken")                                                   \
	X(ERR_RELAY_KEY, 76, "relay key or code does not match")                                   \
	X(ERR_AGAIN, 75, "not yet")                                                                \
	X(ERR_TIMEOUT, 75, "timed out")                                                            \
	X(ERR_UNCONFIRMED, 75, "not confirmed in time")                                            \
	X(ERR_BOX_FULL, 75, "mailbox is full")                                                     \
	X(ERR_RATE, 75, "rate limit reached")                                                      \
	X(ERR_UNREACHABLE, 69, "relay unreachable")                                                \
	X(ERR_CLOSED, 69, "connection closed")                                                     \
	X(ERR_TAKEN, 73, "name or profile already taken")                                          \
	X(ERR_NO_USER, 67, "no such user")                                                         \
	X(ERR_CERT, 65, "certificate refused")                                                     \
	X(ERR_CERT_CHAIN, 65, "certificate chain does not reach a trust anchor")                   \
	X(ERR_CERT_TIME, 65, "certificate is not valid at this time")                              \
	X(ERR_CERT_USAGE, 65, "certificate is not for authentication")                             \
	X(ERR_CERT_REVOKED, 65, "certificate is revoked")                                          \
	X(ERR_CERT_REVOCATION, 65, "revocation state is unknown")                                  \
	X(ERR_UNTRUSTED, 65, "not trusted")                                                        \
	X(ERR_NO_PROFILE, 77, "no profile")                                                        \
	X(ERR_NO_MODULE, 77, "no PKCS#11 module")                                                  \
	X(ERR_NO_SERVICE, 77, "the card service is not running")                                   \
	X(ERR_NO_READER, 77, "no card reader")                                                     \
	X(ERR_NO_DEVICE, 77, "device unknown to the relay")                                        \
	X(ERR_REMOVED, 77, "this device was removed")                                              \
	X(ERR_NO_CARD, 77, "no card")                                                              \
	X(ERR_CARD, 77, "the card failed")                                                         \
	X(ERR_CARD_REMOVED, 77, "the card was removed")                                            \
	X(ERR_PIN, 77, "wrong PIN")                                                                \
	X(ERR_PIN_FINAL, 77, "wrong PIN, one try left")                                            \
	X(ERR_PIN_LOCKED, 77, "the PIN is locked")                                                 \
	X(ERR_CANCELED, 77, "cancelled")                                                           \
	X(ERR_PASSPHRASE, 77, "wrong passphrase")                                                  \
	X(ERR_ENROL_CLOSED, 77, "enrolment is closed")                                             \
	X(ERR_INVITE, 77, "invitation unknown or used")                                            \
	X(ERR_FALSE, 1, "checked and found false")

enum err {
	ERR_OK = 0,
	ERR_BASE_ = -1000,
#define X(name, exit, text) name,
	ERR_LIST(X)
#undef X
	ERR_LAST_
};

/* Short English text of a code; never NULL. Translate with gettext at the place of display. */
const char *err_text(int err);
/* The symbol, "ERR_MAC", for logs and JSON ("code"); never NULL. */
const char *err_name(int err);
/* Exit status for a code; 0 for ERR_OK, 70 for what is not in the list. */
int err_exit(int err);
/* Is it a failure of this machine, which says nothing about what somebody sent? */
bool err_is_local(int err);
/* The code for an errno value (ENOSPC, EDQUOT -> ERR_DISK_FULL, ...; otherwise ERR_IO). */
int err_from_errno(int errnum);

/* A failure as a person reads it. All strings are sanitised, NUL-terminated UTF-8. */
struct fault {
	int code;
	char what[192];  /* what happened: a clause, no full stop */
	char about[128]; /* to what: a name, file, address; may be empty */
	char hint[256];  /* what to do next: a sentence; may be empty */
};

/* Fill f (NULL is allowed: nothing is written) and return code, so `return fault_set(...)` reads
 * well. about may be NULL. what and hint are printf formats of one argument list each. */
int fault_set(struct fault *f, int code, const char *about, const char *what, ...)
    PRINTF_LIKE(4, 5);
/* Add the hint; returns f->code (or ERR_BUG when f is NULL). */
int fault_hint(struct fault *f, const char *hint, ...) PRINTF_LIKE(2, 3);
/* f as one line, "what: about. hint", into out; always terminated. */
void fault_line(const struct fault *f, char *out, size_t outlen);

#endif
