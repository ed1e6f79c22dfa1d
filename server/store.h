/*
 * store: what the relay keeps on disk, as a table of functions, so that nothing above knows which
 * database it is. DESIGN 4, "Relay".
 *
 * One thread uses a store (writer.h). Changes happen between begin and commit; commit returns only
 * when they would survive a power cut. After an error inside a transaction the caller rolls back.
 * Reads see the transaction's own changes.
 *
 * Errors: ERR_IO, ERR_DISK_FULL, ERR_NOT_FOUND where said, ERR_LOCKED (another process holds it
 * for longer than the store waits), ERR_NOMEM.
 */
#ifndef RECADO_SERVER_STORE_H
#define RECADO_SERVER_STORE_H

#include <stdbool.h>
#include "base/buf.h"
#include "base/log.h"

struct store; /* each implementation's own */

struct store_user {
	const uint8_t *id; /* 32 */
	struct bytes name;
	uint32_t list_length;
	const uint8_t *list_head; /* 32 */
	struct bytes entry; /* encoded DirectoryEntry: name, id, bindings, events; no records */
};

struct store_found {
	uint8_t id[32], list_head[32];
	uint32_t list_length;
};

struct store_device {
	const uint8_t *id;          /* 16 */
	const uint8_t *user;        /* 32 */
	const uint8_t *signing_key; /* 32 */
	bool live;
};

/* A mailbox as of its last checkpoint; log entries with a higher index extend it. */
struct store_box {
	uint64_t id;           /* of the store's own; never 0 */
	const uint8_t *device; /* 16 */
	uint64_t length;       /* of the chain */
	const uint8_t *head;   /* 32, after length entries */
	uint64_t known;        /* length of the chain that the recipient has verified */
};

/* One deposit. Appended in arrival order; seq counts up and is the caller's. */
struct store_entry {
	uint64_t seq;
	uint64_t box, sender;       /* box ids of recipient and depositing device */
	uint64_t index, number;     /* in the mailbox; of the sender's deposits */
	const uint8_t *hash, *head; /* 32: of the envelope; of the chain after it */
	uint64_t time;              /* ms */
	uint32_t size;              /* of the envelope */
	bool body;                  /* each_entry: is the envelope still kept? */
};

struct store_prekey {
	uint32_t id;
	uint8_t key[32];
};

/* A certificate of the relay's own CA. */
struct store_certificate {
	const uint8_t *serial;  /* 16 */
	const uint8_t *request; /* 32: of the CSR's DER */
	const uint8_t *sha256;  /* 32: of the certificate's DER */
	const uint8_t *invite;  /* 32: of the code; NULL: none was asked */
	uint64_t made, expires, revoked; /* ms; revoked 0: it is not */
	struct bytes subject;   /* text */
	struct bytes user_name; /* of the account that lives by it; empty: none yet */
	struct bytes der;
};

/* Called by the each_ functions; what it is shown lives for the call. Nonzero ends the walk and
 * is returned. */
typedef int store_user_fn(const struct store_user *u, void *arg);
typedef int store_device_fn(const struct store_device *d, void *arg);
typedef int store_box_fn(const struct store_box *b, void *arg);
typedef int store_entry_fn(const struct store_entry *e, void *arg);
typedef int store_record_fn(struct bytes record, void *arg);
typedef int store_certificate_fn(const struct store_certificate *c, void *arg);

struct store_ops {
	const char *name;

	/* dir holds the store's files; read_only opens an existing one beside a running relay. */
	int (*open)(const char *dir, bool read_only, struct store **out, struct fault *f);
	void (*close)(struct store **ps);
	int (*begin)(struct store *s);
	int (*commit)(struct store *s);
	void (*rollback)(struct store *s);
	/* A consistent copy into a new file, while others use the store, and the relay's identity
	 * with it. ERR_TAKEN: the file exists. */
	int (*backup)(struct store *s, const char *path, struct bytes identity, struct fault *f);
	/* The other way, into a dir that has no store; one-time prekeys are left out, since some of
	 * them were given out after the backup. Appends the identity. */
	int (*restore)(const char *path, const char *dir, struct buf *identity, struct fault *f);

	/* Accounts. put_ inserts or replaces. each_user leaves entry empty. */
	int (*put_user)(struct store *s, const struct store_user *u);
	int (*get_entry)(struct store *s, const uint8_t user[32], struct buf *out);
	/* The user of a name, or (name.p NULL) of an id: ERR_NOT_FOUND. */
	int (*find_user)(
	    struct store *s, struct bytes name, const uint8_t *id, struct store_found *out);
	int (*each_user)(struct store *s, store_user_fn *fn, void *arg);
	/* At most max users with a name after `after`, by name. */
	int (*page_users)(
	    struct store *s, struct bytes after, size_t max, store_user_fn *fn, void *arg);
	int (*put_device)(struct store *s, const struct store_device *d);
	int (*find_device)(struct store *s, const uint8_t id[16], uint8_t user[32]);
	int (*each_device)(struct store *s, store_device_fn *fn, void *arg);

	/* Device records (encoded SignedDeviceRecord), newest only. */
	int (*put_record)(
	    struct store *s, const uint8_t device[16], uint64_t number, struct bytes record);
	/* ERR_NOT_FOUND; out may be NULL. */
	int (*get_record)(
	    struct store *s, const uint8_t device[16], uint64_t *number, struct buf *out);
	int (*each_record)(struct store *s, const uint8_t user[32], store_record_fn *fn, void *arg);

	/* One-time prekeys. take gives the oldest and forgets it; ERR_NOT_FOUND. */
	int (*put_prekey)(struct store *s, const uint8_t device[16], const struct store_prekey *k);
	int (*take_prekey)(struct store *s, const uint8_t device[16], struct store_prekey *out);
	int (*count_prekeys)(struct store *s, const uint8_t device[16], uint32_t *out);
	int (*drop_prekeys)(struct store *s, const uint8_t device[16]);

	/* Invitations, by hash of the code; each serves once. use: ERR_NOT_FOUND. */
	int (*put_invite)(struct store *s, const uint8_t hash[32], uint64_t time);
	int (*use_invite)(struct store *s, const uint8_t hash[32], uint64_t time);

	/* Certificates. find_ by hash of the request, or (request NULL) of the certificate:
	 * ERR_NOT_FOUND. claim_ notes the account, once: ERR_NOT_FOUND when there is no such
	 * certificate. revoke_: ERR_NOT_FOUND also when it is revoked. count_: those that end after
	 * `after` and are not revoked; of those that no account lives by and no invitation was
	 * spent on, those made after `given`. drop_unclaimed: of these, those made until then go. */
	int (*put_certificate)(struct store *s, const struct store_certificate *c);
	int (*find_certificate)(struct store *s, const uint8_t *request, const uint8_t *sha256,
	    store_certificate_fn *fn, void *arg);
	int (*each_certificate)(struct store *s, store_certificate_fn *fn, void *arg);
	int (*claim_certificate)(struct store *s, const uint8_t sha256[32], struct bytes user_name);
	int (*revoke_certificate)(struct store *s, const uint8_t serial[16], uint64_t time);
	int (*count_certificates)(
	    struct store *s, uint64_t after, uint64_t given, uint64_t *out);
	int (*drop_unclaimed)(struct store *s, uint64_t until);

	/* Small things of the relay's own, by name. get: ERR_NOT_FOUND. */
	int (*put_value)(struct store *s, const char *name, struct bytes value);
	int (*get_value)(struct store *s, const char *name, struct buf *out);

	/* Mail. add_box makes a box with an empty chain and says its id. */
	int (*add_box)(
	    struct store *s, const uint8_t device[16], const uint8_t head[32], uint64_t *id);
	int (*put_box)(struct store *s, const struct store_box *b); /* checkpoint; device unused */
	int (*each_box)(struct store *s, store_box_fn *fn, void *arg);
	int (*put_entry)(struct store *s, const struct store_entry *e);
	int (*get_entry_head)(struct store *s, uint64_t seq, uint8_t head[32], uint64_t *time);
	int (*drop_entry)(struct store *s, uint64_t seq);
	int (*each_entry)(struct store *s, store_entry_fn *fn, void *arg); /* in order of seq */
	int (*put_body)(struct store *s, uint64_t seq, struct bytes envelope);
	int (*get_body)(struct store *s, uint64_t seq, struct buf *out); /* ERR_NOT_FOUND */
	int (*drop_body)(struct store *s, uint64_t seq);
};

extern const struct store_ops store_sqlite;

#endif
