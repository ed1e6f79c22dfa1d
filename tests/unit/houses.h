/*
 * houses: two engines, maria's and rui's, with everything of the messenger but the network: stores, trust,
 * inbox, outbox and receipts are the real ones. Between them is a relay that does what a test says and
 * when: it answers, carries, delays, changes the order, doubles and forges. The clock is the test's.
 *
 * Link with HOUSES_WRAP.
 */
#ifndef RECADO_TESTS_UNIT_HOUSES_H
#define RECADO_TESTS_UNIT_HOUSES_H

#include "core/conn.h"
#include "core/trust.h"
#include "crypto/keyfile.h"
#include "crypto/session.h"
#include "entry.h"

#define HOUSE_MAIL 256
#define HOUR_MS (60 * 60 * 1000 + 1)

struct house_request {
	STAILQ_ENTRY(house_request) link;
	Recado__ToRelay *rq;
	conn_reply_fn *fn;
	void *arg;
};

struct house_inside {
	struct config config;
	struct keyfile keys;
	struct port listener;
	struct person_device *device;
	Recado__SignedDeviceRecord *record;
	uint32_t one_time; /* id of the last that the relay gave out */
	char dir[64], path[96], journal[112];
};

struct house {
	struct engine e;
	struct house *other;
	struct store_person peer;     /* the other one, as this one knows them */
	const uint8_t *peer_device;
	char notices[8192];           /* all there were, a line each */
	struct buf *mail[HOUSE_MAIL]; /* for this one at the relay; those before `next` were taken */
	size_t mail_count, next;
	size_t deposits;              /* that it made */
	STAILQ_HEAD(, house_request) requests;
	struct house_inside *inside;
};

extern struct house maria, rui;
extern uint64_t houses_now; /* wall clock, ms */
extern struct key_sign *houses_relay_key;

/* Of every test. Nothing has passed between the two yet, but each knows who the other is. */
void houses_setup(void);
void houses_teardown(void);

/* Run what is due. */
void house_turn(struct house *h);
int64_t house_says(struct house *h, const char *text); /* the message's row; nothing leaves yet */
void house_disconnects(struct house *h);
/* The relay answers: the bundles that were asked for; the deposits, which are then in the other's
 * mailbox. False: nothing was asked. */
bool house_bundles(struct house *h);
bool house_deposits(struct house *h);
bool house_acks(struct house *h); /* one; a turn has them answered */
/* One envelope for h arrives: any; the next in order, false without one; all there are, with every
 * answer that takes, at both, until nothing moves. */
void house_take(struct house *h, struct bytes envelope);
bool house_next(struct house *h);
void houses_settle(void);
void house_empty(struct house *h); /* the mailbox; the relay forgets what was in it */
/* As after a start of the program. */
void house_restart(struct house *h);
/* That many pass, each with a restart of both: what is put off is put off in the store. */
void houses_hours(int n);
/* An envelope with one octet of its body or header changed; the tag stays. */
struct buf *house_forged(const struct buf *envelope, bool header);

/* The session that h seals in with the other; NULL: none. */
struct session *house_session(const struct house *h);
/* Both seal in the same, and it was answered. */
void houses_agree(void);
uint32_t house_received(const struct house *h); /* messages */
int house_state(struct house *h, int64_t row);
size_t house_said(const struct house *h, const char *notice); /* how often */

#endif
