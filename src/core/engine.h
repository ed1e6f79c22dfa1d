/*
 * engine: the core thread: its loop, who talks to it (ports), and what it is doing for them (ops).
 *
 * Everything in libcore but core.c and attach.c runs on this thread and shares this struct; nothing
 * of it is touched from another. The caller reaches it through two queues, the card thread through
 * two more.
 */
#ifndef RECADO_CORE_ENGINE_H
#define RECADO_CORE_ENGINE_H

#include <event2/event.h>
#include <stdio.h>
#include <sys/queue.h>

#include "base/queue.h"
#include "core/config.h"
#include "core/core.h"
#include "core/profile.h"
#include "core/store.h"
#include "crypto/rotation.h"

struct aging;
struct cards;
struct copies;
struct engine;
struct evdns_base;
struct inbox;
struct keyfile;
struct local;
struct log;
struct op;
struct outbox;
struct receipts;
struct recert;
struct relay;
struct trust;

/* ------------------------------------------------------------------------------ ports */

/* Somebody who sends commands and takes events. */
struct port {
	LIST_ENTRY(port) link;
	struct engine *engine;
	bool watching; /* takes unasked events too */
	bool remote;   /* another process's */
	bool admitted; /* gave the passphrase since the engine was shut */
	/* Takes *ev over. */
	void (*emit)(struct port *p, struct core_event *ev);
	void *arg;
};

void port_add(struct engine *e, struct port *p);
/* Its ops end without a word; the port itself belongs to who made it. */
void port_remove(struct port *p);
/* A command from a port; *cmd is taken over. */
void port_command(struct port *p, struct core_cmd *cmd);
/* May it see what the profile holds? */
bool port_sees(const struct port *p);

/* ------------------------------------------------------------------------------ ops */

/* What ops wait for. */
enum op_news {
	OP_NEWS_LINK,    /* the relay was reached, lost, or could not be reached (what: NULL) */
	OP_NEWS_IDLE,    /* some request ended: look again whether all is done (NULL) */
	OP_NEWS_STATE,   /* of a message (struct op_change) */
	OP_NEWS_MESSAGE, /* a new one came (int64_t row) */
	OP_NEWS_PERSON,  /* learned something about one (int64_t id) */
};

/* A message's state changed: to what, and the event that says so. */
struct op_change {
	int64_t row;
	int code; /* of a failure */
	const struct core_event *ev;
};

struct op;
typedef void op_then(struct op *op, const struct fault *f);
typedef void op_found(struct op *op, struct store_person *p, const struct fault *f);

/* A command under way. Callbacks get the op and may end it. */
struct op {
	TAILQ_ENTRY(op) link;
	struct engine *e;
	struct port *port;
	struct core_cmd cmd;
	void *state; /* of the command; drop frees it (called without the op) */
	void (*drop)(void *state);
	void (*notify)(struct op *op, enum op_news news, const void *what);
	void (*answer)(struct op *op, const char *text); /* NULL text: cancelled */
	uint32_t ask;                                    /* the question that is open; 0: none */
	void (*alarm)(struct op *op);
	struct event *timer;
	op_then *then;      /* what follows await_relay */
	op_found *found;    /* what follows contact_find */
	int64_t person, row; /* whom and which message the command is about */
};

/* Give an event to who asked (seq is filled in); *ev is taken over. */
void op_emit(struct op *op, struct core_event *ev);
void op_progress(struct op *op, const char *text);
/* End it without a word. */
void op_free(struct op *op);
/* End it: DONE. The op is gone afterwards. */
void op_done(struct op *op, int exit);
/* End it with an ERROR and its exit status. */
void op_fail(struct op *op, const struct fault *f);
void op_fail_with(struct op *op, int code, const char *about, const char *what);
/* End with 0, or with the failure. */
void op_end(struct op *op, int r, const struct fault *f);
/* Put a question; *ask's strings are taken over, its number is set. */
void op_ask(struct op *op, struct core_ask *ask, void (*answer)(struct op *op, const char *text));
/* Call alarm in ms; one a time, a new one replaces it. */
void op_alarm(struct op *op, int64_t ms, void (*alarm)(struct op *op));
/* Tell all ops that have a notify. */
void op_notify_all(struct engine *e, enum op_news news, const void *what);

/* ------------------------------------------------------------------------------ engine */

struct account { /* of an unlocked profile; valid while store is */
	char name[STORE_NAME], device_name[STORE_NAME];
	uint8_t user_id[STORE_USER], device_id[STORE_DEVICE], binding_hash[STORE_HASH];
	uint8_t relay_id[32];
	struct rotation_chain relay_keys; /* as far as the relay has shown them */
	char *relay; /* HOST:PORT */
};

struct engine {
	struct event_base *base;
	struct evdns_base *dns; /* NULL: no resolver; addresses only */
	struct log *log; /* NULL unless configured */
	FILE *log_file;
	struct profile *profile;
	struct config *config;
	bool one_shot, stopping;
	/* From the start, and from a lock, until the process's own port gives the passphrase: till then
	 * each port needs it, and what another one opened closes when that one goes. */
	bool shut;

	struct keyfile *keys; /* NULL while locked, and then so is store */
	struct store *store;
	struct account account;
	int64_t own; /* our own user among the people of the store (own.h); 0: none */

	struct trust *trust;
	struct relay *relay;
	struct outbox *outbox;
	struct inbox *inbox;
	struct copies *copies;
	struct aging *aging;
	struct receipts *receipts;
	struct recert *recert; /* NULL: none is under way */
	struct cards *cards;
	struct local *local;
	struct event *idle; /* NULL: never locked by itself */

	LIST_HEAD(, port) ports;
	TAILQ_HEAD(, op) ops;
	uint32_t asks;

	struct queue *cmd_queue, *event_queue;
};

/* Start the thread. It owns profile (locked) and config from here on. */
struct engine_options {
	struct profile *profile;
	struct config *config;
	bool one_shot;
};
struct engine_thread;
int engine_start(const struct engine_options *o, struct engine_thread **out, struct fault *f)
    MUST_CHECK;
void engine_stop(struct engine_thread **pt); /* waits for it */
struct queue *engine_commands(struct engine_thread *t);
struct queue *engine_events(struct engine_thread *t);

/* To every port that watches; *ev is taken over. */
void engine_publish(struct engine *e, struct core_event *ev);
bool engine_watched(const struct engine *e); /* does one that may see? */
/* CORE_EV_LINK as it stands now: to one op, or to all that watch (NULL). */
void engine_status(struct engine *e, struct op *op);
/* A line in a conversation (name NULL: general; "": about another device of ours), to all that
 * watch. */
void engine_notice(struct engine *e, const char *name, const char *text);

#endif
