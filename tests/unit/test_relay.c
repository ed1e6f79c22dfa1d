/*
 * A real recadod on loopback: who comes in, what it keeps through kill -9, and that somebody's
 * faults are nobody else's.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/warrant.h"
#include "relay.h"
#include "unit.h"

#define OK RECADO__STATUS__STATUS_OK

static struct relay relay;

static void
setup(void)
{
	relay_new(&relay, NULL, NULL);
}

static void
teardown(void)
{
	relay_free(&relay);
}

/* ---------------------------------------------------------------------------- helpers */

static Recado__ReplyBody *
fetch(struct client *c, uint64_t after, uint64_t known)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Fetch f = RECADO__FETCH__INIT;

	f.after = after;
	f.known = known;
	m.op_case = RECADO__TO_RELAY__OP_FETCH;
	m.fetch = &f;
	return client_call(c, &m);
}

static Recado__ReplyBody *
ack(struct client *c, const uint8_t hash[32], uint64_t known)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Ack a = RECADO__ACK__INIT;
	ProtobufCBinaryData d = { 32, (uint8_t *)(uintptr_t)hash };

	a.n_envelope_hashes = hash != NULL;
	a.envelope_hashes = &d;
	a.known = known;
	m.op_case = RECADO__TO_RELAY__OP_ACK;
	m.ack = &a;
	return client_call(c, &m);
}

/* The chain of a part, from its start, must end at its head. */
static void
check_chain(const struct account *to, const Recado__ChainPart *part)
{
	uint8_t head[32];

	ck_assert_uint_eq(part->first, 1);
	ck_assert_uint_eq(part->n_hashes, part->length);
	ck_assert_int_eq(warrant_chain_start(relay.id, to->device->id, head), 0);
	for (size_t i = 0; i < part->n_hashes; i++)
		ck_assert_int_eq(warrant_chain_step(head, i + 1, part->hashes[i].data), 0);
	ck_assert_mem_eq(head, part->head.data, 32);
}

static void
hash_of(uint32_t seed, size_t size, uint8_t out[32])
{
	uint8_t *e = mem_alloc(size);

	client_envelope(seed, e, size);
	ck_assert_int_eq(kdf_sha256((struct bytes){ e, size }, out), 0);
	free(e);
}

/* The reply to a deposit is good, and its proof speaks of this envelope at this index. */
static void
check_deposited(
    struct client *c, uint64_t number, const struct account *to, uint32_t seed, uint64_t index)
{
	Recado__ReplyBody *body = client_reply(c, number);
	struct buf *proof = buf_new(0);
	struct warrant_deposit leaf;
	uint8_t hash[32];

	ck_assert_uint_eq(body->status, OK);
	ck_assert_uint_eq(body->deposited->index, index);
	ck_assert_int_eq(pb_pack(body->deposited->proof, proof), 0);
	ck_assert_int_eq(warrant_verify_deposit(buf_view(proof), relay.identity, &leaf), 0);
	hash_of(seed, 256, hash);
	ck_assert_mem_eq(leaf.envelope_hash, hash, 32);
	ck_assert_mem_eq(leaf.mailbox, to->device->id, 16);
	ck_assert_uint_eq(leaf.index, index);
	buf_free(&proof);
	pb_free(&body);
}

/* ---------------------------------------------------------------------------- tests */

START_TEST(registers_and_signs_in)
{
	struct account maria, again;
	struct client *c = client_new(&relay, NULL);

	ck_assert_uint_eq(client_name_check(c, "maria"), OK);
	ck_assert_uint_eq(client_name_check(c, "Maria!"), RECADO__STATUS__STATUS_BAD_REQUEST);
	account_make(&relay, &maria, "maria");
	ck_assert_uint_eq(client_name_check(c, "maria"), RECADO__STATUS__STATUS_NAME_TAKEN);
	account_new(&relay, &again, "maria");
	ck_assert_uint_eq(
	    account_register(&relay, &again, NULL), RECADO__STATUS__STATUS_NAME_TAKEN);
	/* The very same registration again: the reply was lost, the account is there. */
	ck_assert_uint_eq(account_register(&relay, &maria, NULL), OK);
	client_free(&c);
	c = client_sign_in(&relay, &maria);
	client_free(&c);
	c = client_new(&relay, &again);
	ck_assert_uint_eq(c->refused, RECADO__STATUS__STATUS_UNKNOWN_DEVICE);
	client_free(&c);
	account_free(&maria);
	account_free(&again);
}
END_TEST

START_TEST(refuses_cards_of_other_anchors)
{
	struct person_ca *rogue = person_ca_new(), *ours = relay.ca;
	struct account a;

	relay.ca = rogue;
	account_new(&relay, &a, "falso");
	relay.ca = ours;
	ck_assert_uint_eq(account_register(&relay, &a, NULL), RECADO__STATUS__STATUS_CERT_REFUSED);
	account_free(&a);
	person_ca_free(&rogue);
}
END_TEST

START_TEST(carries_mail)
{
	struct account maria, joao;
	struct client *m, *j;
	Recado__ReplyBody *body;
	Recado__Push *push;
	uint8_t hash[32], envelope[256];
	uint64_t n[3];

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	for (uint32_t i = 0; i < 3; i++)
		n[i] = client_deposit(m, &maria, &joao, i, 256);
	for (uint32_t i = 0; i < 3; i++)
		check_deposited(m, n[i], &joao, i, i + 1);

	j = client_sign_in(&relay, &joao);
	body = fetch(j, 0, 0);
	ck_assert_uint_eq(body->fetched->n_mail, 3);
	client_envelope(1, envelope, 256);
	ck_assert_mem_eq(body->fetched->mail[1]->envelope.data, envelope, 256);
	check_chain(&joao, body->fetched->chain);
	pb_free(&body);

	hash_of(1, 256, hash);
	body = ack(j, hash, 0);
	ck_assert_uint_eq(body->acked->deleted, 1);
	check_chain(&joao, body->acked->chain);
	pb_free(&body);
	body = ack(j, hash, 0);
	ck_assert_uint_eq(body->acked->deleted, 0);
	pb_free(&body);
	body = fetch(j, 0, 2);
	ck_assert_uint_eq(body->fetched->n_mail, 2);
	ck_assert_uint_eq(body->fetched->chain->first, 3);
	ck_assert_uint_eq(body->fetched->chain->length, 3);
	pb_free(&body);

	/* Online, it comes by itself. */
	n[0] = client_deposit(m, &maria, &joao, 77, 256);
	push = client_push(j, RELAY_WAIT_MS);
	ck_assert_ptr_nonnull(push);
	client_envelope(77, envelope, 256);
	ck_assert_mem_eq(push->mail->envelope.data, envelope, 256);
	pb_free(&push);
	check_deposited(m, n[0], &joao, 77, 4);
	client_free(&m);
	client_free(&j);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

START_TEST(keeps_what_it_acknowledged_through_kill)
{
	struct account maria, joao;
	struct client *m, *j;
	Recado__ReplyBody *body;
	uint64_t n[40], acknowledged = 0;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	for (uint32_t i = 0; i < 40; i++)
		n[i] = client_deposit(m, &maria, &joao, i, 256);
	for (; acknowledged < 20; acknowledged++)
		check_deposited(
		    m, n[acknowledged], &joao, (uint32_t)acknowledged, acknowledged + 1);
	ck_assert_int_eq(relay_end(&relay, SIGKILL), 128 + SIGKILL);
	client_free(&m);
	relay_start(&relay);
	m = client_sign_in(&relay, &maria);
	/* All of it again, under the same numbers: what it had keeps its place. */
	maria.deposits = 0;
	for (uint32_t i = 0; i < 40; i++)
		n[i] = client_deposit(m, &maria, &joao, i, 256);
	for (uint32_t i = 0; i < 40; i++)
		check_deposited(m, n[i], &joao, i, i + 1);
	j = client_sign_in(&relay, &joao);
	body = fetch(j, 0, 0);
	ck_assert_uint_eq(body->fetched->n_mail, 40);
	check_chain(&joao, body->fetched->chain);
	pb_free(&body);
	client_free(&m);
	client_free(&j);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

START_TEST(knows_repeats_and_stale_lists)
{
	struct account maria, joao;
	struct client *m;
	Recado__ReplyBody *body;
	uint64_t n;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	n = client_deposit(m, &maria, &joao, 5, 256);
	check_deposited(m, n, &joao, 5, 1);
	maria.deposits = 0;
	n = client_deposit(m, &maria, &joao, 5, 256);
	check_deposited(m, n, &joao, 5, 1);
	maria.deposits = 0;
	n = client_deposit(m, &maria, &joao, 6, 256);
	body = client_reply(m, n);
	ck_assert_uint_eq(body->status, RECADO__STATUS__STATUS_NUMBER_REUSED);
	pb_free(&body);
	joao.list_head[0] ^= 1;
	n = client_deposit(m, &maria, &joao, 7, 256);
	body = client_reply(m, n);
	ck_assert_uint_eq(body->status, RECADO__STATUS__STATUS_STALE_LIST);
	ck_assert_uint_eq(body->deposited->entry->n_bindings, 1);
	ck_assert_uint_eq(body->deposited->entry->n_events, 1);
	ck_assert_uint_eq(body->deposited->entry->n_records, 1);
	pb_free(&body);
	client_free(&m);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

/* Each ends its own connection, and the one beside it goes on. */
START_TEST(a_fault_is_nobody_elses)
{
	static const uint8_t junk[] = { 0xff, 0xff, 0xff, 0xff, 0xff };
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Ping ping = RECADO__PING__INIT;
	Recado__Fetch f = RECADO__FETCH__INIT;
	struct client *good = client_new(&relay, NULL), *bad;
	Recado__NameCheck check = RECADO__NAME_CHECK__INIT;
	uint8_t *big = mem_alloc(6000);

	bad = client_new(&relay, NULL); /* not protobuf */
	client_send_octets(bad, (struct bytes){ junk, sizeof(junk) });
	ck_assert(client_is_ended(bad, RELAY_WAIT_MS));
	client_free(&bad);
	ck_assert(relay_logged(&relay, "malformed request"));

	bad = client_new(&relay, NULL); /* not a record */
	client_send_raw(bad, "\0\0\0\020aaaaaaaaaaaaaaaa", 20);
	ck_assert(client_is_ended(bad, RELAY_WAIT_MS));
	client_free(&bad);

	bad = client_new(&relay, NULL); /* an announced length beyond reason */
	client_send_raw(bad, junk, 4);
	ck_assert(client_is_ended(bad, RELAY_WAIT_MS));
	client_free(&bad);

	bad = client_new(&relay, NULL); /* needs a sign-in */
	m.op_case = RECADO__TO_RELAY__OP_FETCH;
	m.fetch = &f;
	client_send(bad, &m);
	ck_assert(client_is_ended(bad, RELAY_WAIT_MS));
	client_free(&bad);
	ck_assert(relay_logged(&relay, "request needs a sign-in"));

	bad = client_new(&relay, NULL); /* too long before sign-in */
	check.user_name = pb_data((struct bytes){ big, 6000 });
	m.op_case = RECADO__TO_RELAY__OP_NAME_CHECK;
	m.name_check = &check;
	client_send(bad, &m);
	ck_assert(client_is_ended(bad, RELAY_WAIT_MS));
	client_free(&bad);
	ck_assert(relay_logged(&relay, "request too long before sign-in"));

	bad = client_new(&relay, NULL); /* a number out of order */
	bad->number = 7;
	m.op_case = RECADO__TO_RELAY__OP_PING;
	m.ping = &ping;
	client_send(bad, &m);
	ck_assert(client_is_ended(bad, RELAY_WAIT_MS));
	client_free(&bad);
	ck_assert(relay_logged(&relay, "request number out of order"));

	ck_assert_uint_eq(client_name_check(good, "maria"), OK);
	client_free(&good);
	free(big);
}
END_TEST

START_TEST(takes_an_octet_at_a_time)
{
	struct account maria, joao;
	struct client *m;
	uint64_t n;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	m->piece = 1;
	n = client_deposit(m, &maria, &joao, 1, 256);
	check_deposited(m, n, &joao, 1, 1);
	client_free(&m);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

START_TEST(tells_who_is_online)
{
	struct account maria, joao;
	struct client *m, *j;
	Recado__ToRelay msg = RECADO__TO_RELAY__INIT;
	Recado__Watch w = RECADO__WATCH__INIT;
	ProtobufCBinaryData user;
	Recado__ReplyBody *body;
	Recado__Push *push;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	user = pb_data((struct bytes){ joao.device->binding.user_id, USER_ID_LEN });
	w.n_user_ids = 1;
	w.user_ids = &user;
	msg.op_case = RECADO__TO_RELAY__OP_WATCH;
	msg.watch = &w;
	body = client_call(m, &msg);
	ck_assert_uint_eq(body->status, OK);
	ck_assert_uint_eq(body->watching->n_online, 0);
	pb_free(&body);
	j = client_sign_in(&relay, &joao);
	push = client_push(m, RELAY_WAIT_MS);
	ck_assert(
	    push != NULL && push->op_case == RECADO__PUSH__OP_PRESENCE && push->presence->online);
	pb_free(&push);
	client_free(&j);
	push = client_push(m, RELAY_WAIT_MS);
	ck_assert(
	    push != NULL && push->op_case == RECADO__PUSH__OP_PRESENCE && !push->presence->online);
	pb_free(&push);
	client_free(&m);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

START_TEST(a_device_is_signed_in_once)
{
	struct account maria;
	struct client *first, *second;
	Recado__Push *push;

	account_make(&relay, &maria, "maria");
	first = client_sign_in(&relay, &maria);
	second = client_sign_in(&relay, &maria);
	push = client_push(first, RELAY_WAIT_MS);
	ck_assert(push != NULL && push->op_case == RECADO__PUSH__OP_NOTICE);
	pb_free(&push);
	ck_assert(client_is_ended(first, RELAY_WAIT_MS));
	ck_assert(!client_is_ended(second, 200));
	client_free(&first);
	client_free(&second);
	account_free(&maria);
}
END_TEST

START_TEST(drains_when_it_stops)
{
	struct account maria;
	struct client *m;
	Recado__Push *push;

	account_make(&relay, &maria, "maria");
	m = client_sign_in(&relay, &maria);
	ck_assert_int_eq(relay_end(&relay, SIGTERM), 0);
	push = client_push(m, RELAY_WAIT_MS);
	ck_assert(push != NULL && push->op_case == RECADO__PUSH__OP_NOTICE);
	ck_assert_uint_eq(push->notice->status, RECADO__STATUS__STATUS_SHUTTING_DOWN);
	pb_free(&push);
	ck_assert(client_is_ended(m, RELAY_WAIT_MS));
	client_free(&m);
	account_free(&maria);
}
END_TEST

/* A recipient that does not read misses pushes, and gets them when it reads again. */
START_TEST(a_slow_reader_catches_up)
{
	struct account maria, joao;
	struct client *m, *j;
	Recado__ReplyBody *body;
	Recado__Push *push;
	unsigned got = 0;
	uint64_t n;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	j = client_sign_in(&relay, &joao);
	for (uint32_t i = 0; i < 600; i++) {
		n = client_deposit(m, &maria, &joao, i, 16384);
		if (i % 50 == 49) {
			body = client_reply(m, n);
			ck_assert_uint_eq(body->status, OK);
			pb_free(&body);
		}
	}
	while (got < 600 && (push = client_push(j, RELAY_WAIT_MS)) != NULL) {
		got++;
		pb_free(&push);
	}
	ck_assert_uint_ge(got, 600);
	client_free(&m);
	client_free(&j);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { registers_and_signs_in, refuses_cards_of_other_anchors,
		carries_mail, keeps_what_it_acknowledged_through_kill,
		knows_repeats_and_stale_lists, a_fault_is_nobody_elses, takes_an_octet_at_a_time,
		tells_who_is_online, a_device_is_signed_in_once, drains_when_it_stops,
		a_slow_reader_catches_up, NULL };
	Suite *s = suite_create("relay");
	TCase *t = tcase_create("relay");

	tcase_add_checked_fixture(t, setup, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(s, t);
	return unit_run(s);
}
