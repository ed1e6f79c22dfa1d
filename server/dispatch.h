/*
 * dispatch: one message of a peer to the handler of its kind. Each handler is an entry of a const
 * table and says in which states it may come; what is not listed ends the connection.
 */
#ifndef RECADO_SERVER_DISPATCH_H
#define RECADO_SERVER_DISPATCH_H

#include "server/loop.h"
#include "server/peer.h"
#include "server/warrants.h"
#include "wire/pb.h"

struct request {
	struct peer *peer;
	struct loop *loop;
	struct server *srv;
	const Recado__ToRelay *msg;
	struct ticket ticket;
};

struct handler {
	const char *name;
	unsigned states; /* of enum peer_state */
	enum server_rate rate;
	bool large; /* may be longer than 4 KiB before sign-in */
	/* Answers, or has answered later. An error is the peer's fault and ends it. */
	int (*handle)(const struct request *rq);
};

extern const struct handler handle_name_check, handle_register, handle_enrol, handle_lookup,
    handle_put_record, handle_put_prekeys, handle_get_bundles, handle_deposit, handle_fetch,
    handle_ack, handle_watch, handle_get_revocation, handle_get_blob, handle_put_device_event,
    handle_list_directory, handle_ping, handle_get_ca, handle_get_issuers, handle_renew;

/* One ToRelay as it was received. */
void dispatch_message(struct peer *p, struct bytes message);
/* The handler of a kind; NULL: none. */
const struct handler *dispatch_handler(Recado__ToRelay__OpCase op);

/* Reply now. */
int dispatch_reply(const struct request *rq, uint32_t status, const char *detail) MUST_CHECK;
/* STATUS_OK with an encoded message in field of ReplyBody. */
int dispatch_reply_op(const struct request *rq, unsigned field, struct bytes op) MUST_CHECK;

/* Numbers of ReplyBody's oneof. */
enum {
	REPLY_REGISTERED = 10,
	REPLY_ENROLLED = 11,
	REPLY_ENTRY = 12,
	REPLY_PREKEY_COUNT = 13,
	REPLY_BUNDLES = 14,
	REPLY_DEPOSITED = 15,
	REPLY_FETCHED = 16,
	REPLY_ACKED = 17,
	REPLY_WATCHING = 18,
	REPLY_REVOCATION = 19,
	REPLY_BLOB = 20,
	REPLY_DIRECTORY_PAGE = 21,
	REPLY_RELAY_CA = 22,
	REPLY_LIST_HEAD = 23,
	REPLY_ISSUERS = 24,
};

#endif
