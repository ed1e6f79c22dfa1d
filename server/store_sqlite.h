/*
 * store_sqlite: what the files of the sqlite3 store share. Nobody else includes this.
 */
#ifndef RECADO_SERVER_STORE_SQLITE_H
#define RECADO_SERVER_STORE_SQLITE_H

#include "server/store.h"

/* Of sqlite3.h, which only store_*.c include. */
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

#define STORE_SQLITE_FILE "recadod.db"

enum statement {
	Q_BEGIN,
	Q_COMMIT,
	Q_PUT_USER,
	Q_GET_ENTRY,
	Q_USER_BY_NAME,
	Q_USER_BY_ID,
	Q_EACH_USER,
	Q_PAGE_USERS,
	Q_PUT_DEVICE,
	Q_FIND_DEVICE,
	Q_EACH_DEVICE,
	Q_PUT_RECORD,
	Q_GET_RECORD,
	Q_EACH_RECORD,
	Q_PUT_PREKEY,
	Q_TAKE_PREKEY,
	Q_DROP_PREKEY,
	Q_COUNT_PREKEYS,
	Q_DROP_PREKEYS,
	Q_PUT_INVITE,
	Q_USE_INVITE,
	Q_PUT_CERTIFICATE,
	Q_CERTIFICATE_BY_REQUEST,
	Q_CERTIFICATE_BY_HASH,
	Q_EACH_CERTIFICATE,
	Q_CLAIM_CERTIFICATE,
	Q_REVOKE_CERTIFICATE,
	Q_COUNT_CERTIFICATES,
	Q_DROP_UNCLAIMED,
	Q_PUT_VALUE,
	Q_GET_VALUE,
	Q_ADD_BOX,
	Q_PUT_BOX,
	Q_EACH_BOX,
	Q_PUT_LOG,
	Q_GET_LOG,
	Q_DROP_LOG,
	Q_EACH_LOG,
	Q_PUT_BODY,
	Q_GET_BODY,
	Q_DROP_BODY,
	Q_COUNT
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *stmt[Q_COUNT];
};

/* store_sqlite_sql.c: statements. A prepared one is bound, run and finished before its next use. */
int store_sql_map_error(int rc);
int store_sql_prepare(struct store *s, enum statement q, sqlite3_stmt **out);
int store_sql_bind_blob(sqlite3_stmt *q, int i, const void *p, size_t n);
int store_sql_bind_int(sqlite3_stmt *q, int i, uint64_t v);
void store_sql_finish(sqlite3_stmt *q);
int store_sql_run(sqlite3_stmt *q); /* one that gives no rows; finishes it */
int store_sql_row(sqlite3_stmt *q); /* the next row, or ERR_NOT_FOUND; the caller finishes */
struct bytes store_sql_column(sqlite3_stmt *q, int i);
/* A column of exactly n octets; ERR_IO: the database is ours, but files rot. */
int store_sql_column_fixed(sqlite3_stmt *q, int i, const uint8_t **out, size_t n);
uint64_t store_sql_column_int(sqlite3_stmt *q, int i);
int store_sql_prepare_blob(
    struct store *s, enum statement n, const void *p, size_t len, sqlite3_stmt **q);
int store_sql_prepare_int(struct store *s, enum statement n, uint64_t v, sqlite3_stmt **q);
/* Appends column i of the only row to out (NULL: only asks whether there is one); finishes it. */
int store_sql_get_blob(sqlite3_stmt *q, int i, struct buf *out);

/* store_sqlite_backup.c, store_sqlite_users.c, store_sqlite_ca.c, store_sqlite_mail.c: the functions
 * of store.h. */
int store_sqlite_backup(struct store *s, const char *path, struct bytes identity, struct fault *f);
int store_sqlite_restore(const char *path, const char *dir, struct buf *identity, struct fault *f);
int store_sqlite_put_user(struct store *s, const struct store_user *u);
int store_sqlite_get_entry(struct store *s, const uint8_t user[32], struct buf *out);
int store_sqlite_find_user(
    struct store *s, struct bytes name, const uint8_t *id, struct store_found *out);
int store_sqlite_find_device(struct store *s, const uint8_t id[16], uint8_t user[32]);
int store_sqlite_each_user(struct store *s, store_user_fn *fn, void *arg);
int store_sqlite_page_users(
    struct store *s, struct bytes after, size_t max, store_user_fn *fn, void *arg);
int store_sqlite_put_device(struct store *s, const struct store_device *d);
int store_sqlite_each_device(struct store *s, store_device_fn *fn, void *arg);
int store_sqlite_put_record(
    struct store *s, const uint8_t device[16], uint64_t number, struct bytes record);
int store_sqlite_get_record(
    struct store *s, const uint8_t device[16], uint64_t *number, struct buf *out);
int store_sqlite_each_record(
    struct store *s, const uint8_t user[32], store_record_fn *fn, void *arg);
int store_sqlite_put_prekey(
    struct store *s, const uint8_t device[16], const struct store_prekey *k);
int store_sqlite_take_prekey(struct store *s, const uint8_t device[16], struct store_prekey *out);
int store_sqlite_count_prekeys(struct store *s, const uint8_t device[16], uint32_t *out);
int store_sqlite_drop_prekeys(struct store *s, const uint8_t device[16]);
int store_sqlite_put_invite(struct store *s, const uint8_t hash[32], uint64_t time);
int store_sqlite_use_invite(struct store *s, const uint8_t hash[32], uint64_t time);
int store_sqlite_put_certificate(struct store *s, const struct store_certificate *c);
int store_sqlite_find_certificate(struct store *s, const uint8_t *request, const uint8_t *sha256,
    store_certificate_fn *fn, void *arg);
int store_sqlite_each_certificate(struct store *s, store_certificate_fn *fn, void *arg);
int store_sqlite_claim_certificate(
    struct store *s, const uint8_t sha256[32], struct bytes user_name);
int store_sqlite_revoke_certificate(struct store *s, const uint8_t serial[16], uint64_t time);
int store_sqlite_count_certificates(
    struct store *s, uint64_t after, uint64_t given, uint64_t *out);
int store_sqlite_drop_unclaimed(struct store *s, uint64_t until);
int store_sqlite_put_value(struct store *s, const char *name, struct bytes value);
int store_sqlite_get_value(struct store *s, const char *name, struct buf *out);
int store_sqlite_add_box(
    struct store *s, const uint8_t device[16], const uint8_t head[32], uint64_t *id);
int store_sqlite_put_box(struct store *s, const struct store_box *b);
int store_sqlite_each_box(struct store *s, store_box_fn *fn, void *arg);
int store_sqlite_put_entry(struct store *s, const struct store_entry *e);
int store_sqlite_get_entry_head(struct store *s, uint64_t seq, uint8_t head[32], uint64_t *time);
int store_sqlite_drop_entry(struct store *s, uint64_t seq);
int store_sqlite_each_entry(struct store *s, store_entry_fn *fn, void *arg);
int store_sqlite_put_body(struct store *s, uint64_t seq, struct bytes envelope);
int store_sqlite_get_body(struct store *s, uint64_t seq, struct buf *out);
int store_sqlite_drop_body(struct store *s, uint64_t seq);

#endif
