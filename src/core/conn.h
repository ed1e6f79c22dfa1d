/*
 * conn: a connection to the relay as requests and verified replies.
 *
 * Requests are numbered; a reply is believed only with a warrant of this relay over this channel,
 * this request and this reply. A reply without one ends the connection.
 */
#ifndef RECADO_CORE_CONN_H
#define RECADO_CORE_CONN_H

#include "core/link.h"
#include "wire/pb.h"

#define CONN_REPLY_MS 20000

struct conn;

/* err 0: reply is there, with whatever status it has. Otherwise no reply will come (ERR_CLOSED,
 * ERR_TIMEOUT) and reply is NULL. */
typedef void conn_reply_fn(void *arg, int err, const Recado__ReplyBody *reply);

struct conn_hooks {
	void *arg;
	/* The relay's keys; 0: go on. */
	int (*identity)(void *arg, const struct rotation_chain *relay, struct fault *f);
	void (*open)(void *arg, const struct channel_event *welcome);
	void (*push)(void *arg, const Recado__Push *push); /* may be NULL */
	/* Once; all requests have been answered with an error before. Free it in here. */
	void (*closed)(void *arg, const struct fault *why);
};

int conn_new(struct engine *e, const struct link_address *to, const struct channel_client *who,
    const struct conn_hooks *hooks, struct conn **out) MUST_CHECK;
/* Requests still open end with ERR_CLOSED. */
void conn_free(struct conn **pc);

/* Send a request (its number is set here). 0: fn is called exactly once, later. arg also names
 * the owner for conn_cancel. */
int conn_request(struct conn *c, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg) MUST_CHECK;
/* The owner is gone: his replies are taken and dropped. */
void conn_cancel(struct conn *c, const void *arg);
size_t conn_waiting(const struct conn *c); /* requests without a reply yet */
uint32_t conn_lag(const struct conn *c);   /* ms the last reply took */

bool conn_goodbye(struct conn *c);
void conn_choke(struct conn *c, bool on);
uint16_t conn_suite(const struct conn *c);

#endif
