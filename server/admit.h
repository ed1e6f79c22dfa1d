/*
 * admit: who comes in. A sign-in is looked up in the directory and its signature checked; unless the
 * card that speaks for the device was judged not long ago, the user's entry is then read from the
 * store and that card judged again.
 */
#ifndef RECADO_SERVER_ADMIT_H
#define RECADO_SERVER_ADMIT_H

#include <stdint.h>

struct peer;

/* Both end in peer_judged, now or after the store has answered. */
void admit_sign_in(struct peer *p);
void admit_stranger(struct peer *p);

/* What is known of certificates changed: a peer whose card is no longer good is ended. */
void admit_again(struct peer *p);

/* Mail from the store for a peer that was too slow for pushes; ends in peer_catch_up. after: index
 * in its mailbox; since: ms. */
void admit_catch_up(struct peer *p, uint64_t after, uint64_t since);

#endif
