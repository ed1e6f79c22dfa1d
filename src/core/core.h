/*
 * core: the whole interface between the messenger and whoever shows it: the screen, the headless
 * commands, or another process on this machine.
 *
 * A struct core is a handle on an engine. In the process that owns the home it is the core thread
 * behind two bounded queues; in any other process it is a socket to that owner. Both are used in
 * the same way: put commands in, take events out. Events that answer a command carry its seq and
 * end with CORE_EV_DONE; events that nobody asked for (mail, ticks, presence) carry seq 0 and come
 * to those who sent CORE_WATCH (a CORE_EV_NOTICE to everybody). Where the engine needs something
 * only a person has (passphrase, PIN, groups of the relay's code) it sends CORE_EV_ASK with the
 * command's seq and waits for CORE_ANSWER.
 *
 * Everything in an event is verified and sanitised: it may be drawn as it is.
 */
#ifndef RECADO_CORE_CORE_H
#define RECADO_CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct core;

struct core_options {
	const char *home;   /* NULL: XDG directories */
	const char *config; /* NULL: HOME/recado.conf or XDG */
	const char *suites; /* "A,B,...": offered in place of the configured ones; NULL: those */
	bool attach_only;   /* never become the owner (ERR_NOT_FOUND without one) */
	bool one_shot;      /* flush receipts at once instead of after 0.5..3 s */
};

/* Own the home (threads start, HOME/run/sock listens) or attach to who does. The profile need not
 * exist yet and is still locked. Its threads block all signals, so that they reach the caller. */
int core_open(const struct core_options *o, struct core **out, struct fault *f) MUST_CHECK;
/* Stop: an owner finishes the transaction at hand, says goodbye to the relay, wipes its keys. */
void core_close(struct core **pc);
/* May be called before core_open. */
bool core_profile_exists(const struct core_options *o);
/* The suites there are, those that would be offered first and in their order. May be called before
 * core_open. ERR_CONFIG, ERR_USAGE. */
#define CORE_SUITES 5
struct core_suite {
	const char *name;
	uint32_t place; /* in the offer, from 1; 0: not offered */
};
int core_suites(const struct core_options *o, struct core_suite out[CORE_SUITES], struct fault *f)
    MUST_CHECK;

/* ------------------------------------------------------------------------------ commands */

/*
 * What a one-shot command sends: CORE_UNLOCK, then CORE_SYNC where it needs the relay's news, then
 * its own op, then CORE_SYNC again where the op may have queued something (mail, receipts). The
 * ops between answer from the local store and wait for the relay only where only the relay knows
 * (LIST with ALL, the first ADD, CONNECT, SEND above queued). Ops go out one at a time: the next
 * after the DONE of the last, but for ANSWER. SYNC is done when what waits at the relay is in the
 * store, the deposits and receipts queued so far have their replies, or 5 s after connecting;
 * no relay: 69. SEND without a relay is done 0 at queued; above queued it goes on trying until
 * timeout_ms (75). The trailing SYNC of a one-shot is not counted against its exit status.
 */
enum core_op {
	CORE_NOP,
	CORE_UNLOCK,  /* open the profile (asks for the passphrase if it is locked) */
	CORE_MEET,    /* first contact, before CORE_CREATE and without it optional: relay (HOST:PORT or
	                 link), code. Takes the relay's key, closes, asks CORE_ASK_CODE unless the link
	                 or `code` has it, and keeps the pin for the CORE_CREATE that follows, which then
	                 does not ask again. Nothing about the user is sent. done 0, 69 or 76 */
	CORE_CREATE,  /* create: keys, binding, account or further device */
	CORE_WATCH,   /* from now on all unasked events come here too; first a CORE_EV_LINK, every
	                 CORE_EV_PERSON and every CORE_EV_DRAFT */
	CORE_SYNC,    /* connect, send what is queued, fetch what waits; done 0 or 69 */
	CORE_LIST,    /* text = filter or NULL, CORE_F_ALL: the relay's directory -> PERSON... */
	CORE_ADD,     /* name -> PERSON */
	CORE_ACCEPT,  /* name -> PERSON */
	CORE_BLOCK,   /* name -> PERSON */
	CORE_CONNECT, /* name -> WHOIS (session opened; suite set) */
	CORE_DISCONNECT, /* name */
	CORE_WHOIS,   /* name -> WHOIS; CORE_F_PEM: certificates in pem; CORE_F_ALL: the relay is asked
	                 first, for revocation lists, too, where it can be reached */
	CORE_SEND,    /* name, text, wait, timeout_ms -> MESSAGE, then STATE... until wait holds */
	CORE_RECV,    /* id or NULL; CORE_F_PEEK, CORE_F_FOLLOW -> MESSAGE... oldest first */
	CORE_ALL,     /* inbox unread first, then outbox -> MESSAGE... */
	CORE_HISTORY, /* name or NULL, text = search words or NULL, before/limit -> MESSAGE...
	                 oldest first; CORE_F_VERIFY -> CHECK... */
	CORE_STATUS,  /* id -> STATE... */
	CORE_RECEIPT, /* id; CORE_F_CARD: notarised */
	CORE_READ,    /* name, id: mark read up to and including id (NULL: all); it was shown */
	CORE_DRAFT,   /* name, text: keep the draft (empty: forget it) */
	CORE_VERIFY,  /* name -> WHOIS. text = the whole number as the other side has it;
	                 CORE_F_GROUPS: asks for three groups of it (CORE_ASK_SAFETY); CORE_F_CONFIRM:
	                 compared by other means; none of them: shows it. Another number: done 1 */
	CORE_OUTBOX,  /* -> MESSAGE... unsent and undelivered */
	CORE_CARD,    /* -> CARD... ; CORE_F_PEM */
	CORE_DEVICES, /* -> DEVICE...; id (prefix or name) + CORE_F_REMOVE removes it for all -> DEVICE;
	                 CORE_F_RENEW with token: the card in the reader renews (asks CORE_ASK_PIN);
	                 without a card: the relay's own CA certifies the same key again */
	CORE_PASSPHRASE, /* change it (asks for old and new) */
	CORE_LOCK,    /* drop the keys; CORE_UNLOCK opens again */
	CORE_ANSWER,  /* ask = the question's number; text = answer; CORE_F_CANCEL */
	CORE_LINK,    /* -> LINK, as it is now; opens and connects nothing */
	CORE_OP_COUNT
};

enum core_flag {
	CORE_F_ALL = 1 << 0,
	CORE_F_PEEK = 1 << 1,
	CORE_F_FOLLOW = 1 << 2,
	CORE_F_VERIFY = 1 << 3,
	CORE_F_CARD = 1 << 4,  /* create: with the card */
	CORE_F_ENROL = 1 << 5, /* create: certificate from the relay's CA */
	CORE_F_PEM = 1 << 6,
	CORE_F_REMOVE = 1 << 7,
	CORE_F_CANCEL = 1 << 8,
	CORE_F_CONFIRM = 1 << 9,
	CORE_F_GROUPS = 1 << 10,
	CORE_F_RENEW = 1 << 12, /* devices: a new certificate of the same person takes over for all */
};

enum core_state { /* of a message; only ever moves up, but for FAILED */
	CORE_ST_FAILED = -1,
	CORE_ST_NONE = 0,
	CORE_ST_QUEUED,
	CORE_ST_SENT,
	CORE_ST_DELIVERED,
	CORE_ST_READ,
	CORE_ST_NOTARISED,
};
const char *core_state_name(enum core_state s);
int core_state_parse(const char *text, enum core_state *out) MUST_CHECK;

/* A command. Strings are owned by the struct (mem_strdup); NULL where not given. */
struct core_cmd {
	enum core_op op;
	uint64_t seq; /* chosen by the caller, not 0 */
	uint32_t flags;
	char *name, *id, *text;
	enum core_state wait;  /* send */
	int64_t timeout_ms;    /* send; -1: none */
	uint64_t before;       /* history: only rows below this row number; 0: newest */
	uint32_t limit;        /* history: rows; 0: all */
	uint32_t ask;          /* answer */
	/* create */
	char *relay;       /* HOST:PORT or recado:// link */
	char *code;        /* --relay-code */
	char *token;       /* label or serial */
	char *device_name; /* --device */
	char *invite, *subject;
};
/* A zeroed command with its op and a fresh seq. */
struct core_cmd core_cmd_new(struct core *c, enum core_op op);
void core_cmd_clear(struct core_cmd *cmd); /* frees and wipes the strings */

/* Hand a command over; on 0 the strings are the core's and *cmd is cleared. ERR_AGAIN: the queue
 * is full and *cmd is untouched (say so, keep the draft). ERR_CLOSED: the engine is gone. */
int core_send(struct core *c, struct core_cmd *cmd) MUST_CHECK;

/* ------------------------------------------------------------------------------ events */

struct core_message {
	char *id;           /* 16 hex digits */
	char *conversation; /* the peer's account name (or a group's) */
	char *from;         /* account name */
	char *device;       /* sending device's id, hex */
	char *civil_name, *civil_id;
	char *card_validity; /* "2026-01-04 to 2031-01-03"; with first_contact */
	char trust;         /* 'V' 'C' 'R' '?' '!' */
	char *text;
	uint64_t sent_at, received_at; /* ms; received_at 0 for our own */
	bool outgoing, unread;
	bool first_contact; /* the first message ever from this person */
	bool late;          /* arrived out of its hash-linked order */
	enum core_state state;
	char *error;        /* with CORE_ST_FAILED: why; of OUTBOX also why one that is queued waits */
	uint64_t row;       /* position in the history, for paging */
	struct core_device_state {
		char *device; /* hex id */
		enum core_state state;
	} *devices;
	size_t device_count;
};

enum core_proof { CORE_PROOF_NONE, CORE_PROOF_WARRANT, CORE_PROOF_RECEIPT, CORE_PROOF_CARD };

struct core_state_change {
	char *id, *conversation;
	enum core_state state;
	uint64_t at;
	enum core_proof proof;
	bool verified; /* false with state READ..: a bad signature came (tick "!") */
	char *by;      /* who signed: relay, or device id */
	char *error;
};

enum core_contact { CORE_CONTACT_NONE, CORE_CONTACT, CORE_CONTACT_REQUEST, CORE_CONTACT_BLOCKED };

struct core_person {
	char *name;
	char trust;
	char *civil_name, *civil_id;
	bool online;
	uint32_t devices, unread;
	enum core_contact contact;
	uint64_t last_at;  /* newest message; 0: none */
	char *why;         /* with '!': "revoked", "suspended", "expired", "not yet valid", "changed",
	                      "broken" */
	bool mixed_scripts;
};

struct core_link_cert { /* one link of a chain, anchor first */
	char *subject, *issuer, *serial;
	uint64_t not_before, not_after;
	char *key, *sig; /* "RSA-3072", "RSA-SHA256" */
	char *usage;     /* "digitalSignature, keyAgreement" */
	char *sha256;    /* hex */
	char *revocation; /* "good", "revoked", "unknown", "n/a" */
	int64_t revocation_age_s; /* -1: none */
	uint64_t revocation_next; /* nextUpdate, ms; 0: none */
	uint64_t revoked_at;      /* with "revoked"; 0: not said */
	char *reason;             /* with "revoked": "key compromise", "on hold"; "" */
	char *crl_url, *policies;
	char *pem; /* with CORE_F_PEM */
};

struct core_device {
	char *id, *name;
	uint64_t bound_at, removed_at;
	bool this_device;
};

struct core_whois {
	char *name;
	char *verdict; /* a sentence */
	char trust;
	char *civil_name, *civil_id;
	struct core_link_cert *chain;
	size_t chain_count;
	char *safety_number; /* 12 groups of 5 */
	uint64_t verified_at; /* safety number compared; 0: never */
	struct core_device *devices;
	size_t device_count;
	char *suite;  /* of the session; "" without one */
	bool online;
	uint64_t session_at; /* when it began; 0: none */
	struct core_past {
		uint64_t at;
		char *what;
	} *history; /* of the identity, newest first */
	size_t history_count;
};

enum core_tries { CORE_TRIES_FULL, CORE_TRIES_LOW, CORE_TRIES_FINAL, CORE_TRIES_LOCKED };

struct core_card {
	char *reader, *token, *module, *serial;
	enum core_tries tries;
	struct core_card_cert {
		char *id, *label, *subject, *use, *sha256, *pem;
	} *certificates;
	size_t certificate_count;
	struct core_card_key {
		char *id, *label, *type;
	} *keys;
	size_t key_count;
	char **mechanisms;
	size_t mechanism_count;
};

struct core_check {
	uint32_t line;
	bool ok;
	char *what, *reason;
};

enum core_ask_kind {
	CORE_ASK_PASSPHRASE,     /* of an existing profile */
	CORE_ASK_NEW_PASSPHRASE, /* of a new one; a screen asks twice */
	CORE_ASK_CODE,           /* the relay's code: groups[] (1..16), or the whole when groups[0]==0 */
	CORE_ASK_SAFETY,         /* the safety number as token (a person) reads it: groups[] (1..12), or
	                            the whole */
	CORE_ASK_PIN,            /* of token */
	CORE_ASK_PINPAD,         /* nothing to type: "enter the PIN on the reader"; not answered */
	CORE_ASK_SUSPEND,        /* the middleware will ask by itself: leave the screen, then answer;
	                            a later answer with CORE_F_CANCEL ends its asking */
	CORE_ASK_RESUME,         /* come back; not answered */
	CORE_ASK_CAN,            /* card access number: six digits printed on a card without contacts */
};

struct core_ask {
	enum core_ask_kind kind;
	uint32_t number; /* for CORE_ANSWER */
	int groups[3];
	char *token;     /* PIN: whose; CODE: relay host */
	char *text;      /* a sentence, for instance after a miss; may be NULL */
	enum core_tries tries;
};

enum core_net { CORE_NET_OFFLINE, CORE_NET_CONNECTING, CORE_NET_ONLINE };

struct core_status { /* for the title and status bars */
	bool profile, locked;
	char *account, *device;  /* own name, own device id */
	char *relay;             /* host:port */
	char *suite;             /* of the channel; "" offline */
	enum core_net net;
	char *net_error;         /* why offline; "" */
	uint32_t retry_s;        /* next attempt */
	uint32_t lag_ms;
	uint32_t outbox;         /* messages not yet sent */
	char *card;              /* "MARIA ..., tries full" or what is missing: "no card"... */
};

struct core_draft {
	char *name, *text;
};

enum core_event_kind {
	CORE_EV_DONE,     /* exit */
	CORE_EV_ERROR,    /* fault */
	CORE_EV_ASK,
	CORE_EV_PROGRESS, /* note: one line of what is being done */
	CORE_EV_NOTICE,   /* note in conversation `name`: session reset, new device, trust changed */
	CORE_EV_LINK,     /* status */
	CORE_EV_MESSAGE,
	CORE_EV_STATE,
	CORE_EV_PERSON,
	CORE_EV_WHOIS,
	CORE_EV_DEVICE,
	CORE_EV_CARD,
	CORE_EV_CHECK,
	CORE_EV_DRAFT,
};

struct core_event {
	enum core_event_kind kind;
	uint64_t seq; /* of the command it answers; 0: unasked */
	union {       /* owned by the event */
		int exit;
		struct fault *fault;
		struct core_ask *ask;
		struct {
			char *name; /* conversation or NULL */
			char *text;
			uint64_t at;
		} note;
		struct core_status *status;
		struct core_message *message;
		struct core_state_change *state;
		struct core_person *person;
		struct core_whois *whois;
		struct core_device *device;
		struct core_card *card;
		struct core_check *check;
		struct core_draft *draft;
	};
};
void core_event_clear(struct core_event *ev); /* frees what it owns */

/* Next event; timeout_ms -1 waits for ever, 0 does not. ERR_TIMEOUT, ERR_CLOSED. One reader. */
int core_next(struct core *c, struct core_event *ev, int timeout_ms) MUST_CHECK;
/* Readable while events wait (for poll). */
int core_fd(const struct core *c);
/* True when this process owns the home. */
bool core_is_owner(const struct core *c);

/* ------------------------------------------------------------------------------ records */

/* An event as one JSON line without newline: what --json prints (DESIGN section 5, the table of
 * types and keys) for MESSAGE, STATE, PERSON, WHOIS, DEVICE, CARD, CHECK and ERROR; NULL for the
 * other kinds. Caller frees. */
char *core_event_json(const struct core_event *ev);

#endif
