/*
 * inbox: from the relay's mailbox to a message in the store. DESIGN 2, 3.4, 3.5.
 *
 * An envelope is opened on a copy of its session; message, session state, receipt to send and the
 * memory of the envelope are one transaction; only then is it acked. An envelope seen before, or
 * one that will never open, is acked and forgotten.
 */
#ifndef RECADO_CORE_INBOX_H
#define RECADO_CORE_INBOX_H

#include "base/buf.h"
#include "core/engine.h"

struct inbox;

int inbox_open(struct engine *e) MUST_CHECK;
void inbox_close(struct engine *e);

/* Fetch all that waits. */
void inbox_fetch(struct engine *e);
/* An envelope came by itself. */
void inbox_push(struct engine *e, struct bytes envelope);
void inbox_offline(struct engine *e);
/* The relay is asked who person is, and then for this envelope again; what is behind it waits for a
 * minute at most, and then it is passed over for ten. False: the relay has answered. */
bool inbox_hold(struct engine *e, int64_t person, const uint8_t *hash);
/* The same of a user whom nobody knows here. */
bool inbox_hold_stranger(struct engine *e, const uint8_t *user_id, const uint8_t *hash);
/* A person was looked up (0: a stranger); answered: the relay said something about them. */
void inbox_looked_up(struct engine *e, int64_t person, bool answered);
/* A fetch or an ack is under way, or due. */
bool inbox_fetching(const struct engine *e);

/* Why mail that came could not be kept (a full disk); it stays at the relay and is fetched again. 0:
 * all was kept. */
int inbox_refused(const struct engine *e);

/* inbox_take.c: open one envelope and keep what is in it. 0: done with it, ack; ERR_AGAIN: it waits
 * for the relay's word about its sender (inbox_hold); another error: it could not be kept, it stays
 * at the relay. */
int inbox_take(struct engine *e, struct bytes envelope) MUST_CHECK;

#endif
