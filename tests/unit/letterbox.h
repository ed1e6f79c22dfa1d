/*
 * letterbox: an inbox and who writes to it. We are ines, with a device and prekeys in a real store; maria
 * is entry.h's, and writes from her laptop with sessions of her own.
 */
#ifndef RECADO_TESTS_UNIT_LETTERBOX_H
#define RECADO_TESTS_UNIT_LETTERBOX_H

#include "crypto/session.h"
#include "desk.h"
#include "wire/pb.h"

#define DAY_MS (24ull * 3600 * 1000)
#define ONE_TIME 500 /* id of the one-time prekey */

extern char notices[4096]; /* all there were */
extern struct session_party maria_party, our_party;
extern struct session_bundle bundle; /* ours, as the relay would hand it out */

/* Of every test. */
void letterbox_setup(void);
void letterbox_teardown(void);

/* The bundle with the last-resort prekey in place of the one-time one. */
struct session_bundle last_resort(void);
/* What these give is freed with the test, as is what mine is given. */
struct buf *mine(struct buf *b);
struct session *start(const struct session_party *from, const struct session_bundle *to, uint16_t suite);
struct buf *seal(struct session *s, Recado__Plaintext *pt);
/* pb_free it. */
Recado__SignedContent *text_of_maria(uint8_t name, const char *text);
/* From maria, who introduces herself: pt, and a text. */
struct buf *introduced(struct session *s, Recado__Plaintext *pt);
struct buf *says(struct session *s, uint8_t name, const char *text);
/* The same envelope with one octet of its body changed. */
struct buf *spoilt(const struct buf *envelope);

int take(const struct buf *envelope);
/* Messages there are. */
uint32_t kept(void);
bool is_seen(const struct buf *envelope);
/* Taken off the relay, and nothing came of it. */
void refused(const struct buf *envelope);
/* All with maria. */
void drop_sessions(void);

#endif
