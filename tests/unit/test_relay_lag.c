/*
 * A real recadod on loopback, and somebody who was too slow for what is pushed. They have taken out of
 * the mailbox what they had missed; what comes while the relay looks there, and finds nothing, is
 * pushed all the same. Another process holds the store meanwhile, so that the relay looks for long.
 */
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "crypto/kdf.h"
#include "relay.h"
#include "unit.h"

#define OK RECADO__STATUS__STATUS_OK

enum { SIZE = 16384, STEP = 100, STEPS = 8, LAST = STEP * STEPS };

static struct relay relay;

static void
settle(struct client *c, uint64_t number)
{
	Recado__ReplyBody *body = client_reply(c, number);

	ck_assert_ptr_nonnull(body);
	ck_assert_uint_eq(body->status, OK);
	pb_free(&body);
}

/* Those of one step, and the reply is not waited for. */
static void
ack_step(struct client *c, uint32_t first)
{
	static uint8_t envelope[SIZE], hash[STEP][32];
	ProtobufCBinaryData of[STEP];
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Ack a = RECADO__ACK__INIT;

	for (uint32_t i = 0; i < STEP; i++) {
		client_envelope(first + i, envelope, SIZE);
		ck_assert_int_eq(kdf_sha256((struct bytes){ envelope, SIZE }, hash[i]), 0);
		of[i] = pb_data((struct bytes){ hash[i], 32 });
	}
	a.n_envelope_hashes = STEP;
	a.envelope_hashes = of;
	m.op_case = RECADO__TO_RELAY__OP_ACK;
	m.ack = &a;
	client_send(c, &m);
}

static sqlite3 *
hold_store(void)
{
	char path[160];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/data/recadod.db", relay.dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void
release_store(sqlite3 *db)
{
	ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Every push there is until nothing comes for ms; did this envelope come? */
static bool
drain(struct client *c, uint32_t seed, int ms)
{
	uint8_t expected[64];
	Recado__Push *push;
	bool came = false;

	client_envelope(seed, expected, sizeof(expected));
	while (!came && (push = client_push(c, ms)) != NULL) {
		came = push->op_case == RECADO__PUSH__OP_MAIL &&
		    memcmp(push->mail->envelope.data, expected, sizeof(expected)) == 0;
		pb_free(&push);
	}
	return came;
}

START_TEST(comes_while_nothing_is_found)
{
	struct account maria, joao;
	struct client *m, *j;
	uint64_t n = 0;
	sqlite3 *db;

	relay_new(&relay, NULL, NULL);
	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_new(&relay, &maria);
	j = client_new(&relay, &joao);
	for (uint32_t i = 0; i < LAST; i++) {
		n = client_deposit(m, &maria, &joao, i, SIZE);
		if (i % STEP == STEP - 1)
			settle(m, n);
	}
	for (uint32_t i = 0; i < LAST; i += STEP)
		ack_step(j, i);
	ck_assert(relay_counts(&relay, "acked", LAST)); /* and it goes on being unable to write */
	db = hold_store();
	ck_assert(!drain(j, LAST, 300)); /* the relay begins to look */
	n = client_deposit(m, &maria, &joao, LAST, SIZE);
	usleep(200000);
	release_store(db);
	settle(m, n);
	ck_assert(drain(j, LAST, RELAY_WAIT_MS));
	client_free(&m);
	client_free(&j);
	account_free(&maria);
	account_free(&joao);
	relay_free(&relay);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { comes_while_nothing_is_found, NULL };

	return unit_run(unit_suite("relay lag", tests));
}
