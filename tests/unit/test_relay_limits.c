/*
 * A real recadod on loopback under pressure: rates, full mailboxes, registrations at once,
 * descriptors that run out, silence, and requests that are nearly right.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "relay.h"
#include "unit.h"

#define OK RECADO__STATUS__STATUS_OK
#define MANY 70 /* more than may register at once */
#define CROWD 120
#define DESCRIPTORS 80
#define NO_PLACE "too many registrations at once"

static struct relay relay;

static void
setup(void)
{
	relay_new(&relay,
	    "limits = { deposits = { per_minute = 1; burst = 5; };"
	    " name_checks = { per_minute = 1; burst = 5; }; mailbox = { envelopes = 3; }; };",
	    NULL);
}

static void
setup_few(void)
{
	struct rlimit few;

	/* The relay inherits it; this process, forked for the test, has few as well. */
	few = (struct rlimit){ DESCRIPTORS, DESCRIPTORS };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	relay_new(&relay, NULL, NULL);
}

static void
teardown(void)
{
	relay_free(&relay);
}

static uint32_t
deposit_status(struct client *c, struct account *from, const struct account *to, uint32_t seed)
{
	Recado__ReplyBody *body = client_reply(c, client_deposit(c, from, to, seed, 256));
	uint32_t status = body->status;

	pb_free(&body);
	return status;
}

START_TEST(a_full_mailbox_and_a_rate)
{
	struct account maria, joao;
	struct client *m;
	int i;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(deposit_status(m, &maria, &joao, (uint32_t)i), OK);
	ck_assert_uint_eq(deposit_status(m, &maria, &joao, 9), RECADO__STATUS__STATUS_BOX_FULL);
	ck_assert_uint_eq(deposit_status(m, &maria, &maria, 9), OK);
	/* Five are spent. A reconnection does not fill the bucket. */
	client_free(&m);
	m = client_sign_in(&relay, &maria);
	ck_assert_uint_eq(deposit_status(m, &maria, &maria, 10), RECADO__STATUS__STATUS_RATE_LIMIT);
	ck_assert(!client_is_ended(m, 100));
	client_free(&m);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

START_TEST(name_checks_have_a_rate)
{
	struct client *c = client_new(&relay, NULL);

	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(client_name_check(c, "maria"), OK);
	ck_assert_uint_eq(client_name_check(c, "maria"), RECADO__STATUS__STATUS_RATE_LIMIT);
	client_free(&c);
}
END_TEST

/* The first part of a long registration, and no more. */
static struct client *
half_registered(void)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Register reg = RECADO__REGISTER__INIT;
	struct client *c = client_new(&relay, NULL);
	struct buf *b = buf_new(0);
	uint8_t *octets = mem_alloc(12000);

	reg.invite = pb_data((struct bytes){ octets, 12000 });
	m.number = 1;
	m.op_case = RECADO__TO_RELAY__OP_REGISTER;
	m.register_ = &reg;
	ck_assert_int_eq(pb_pack(&m, b), 0);
	ck_assert_int_eq(channel_send(c->ch, buf_view(b)), 0);
	ck_assert_int_eq(channel_flush(c->ch, clock_mono_ms()), 0);
	client_send_raw(c, buf_ptr(channel_output(c->ch)), 8000);
	buf_free(&b);
	free(octets);
	return c;
}

/* So many were refused a place, and no more. */
static void
check_refused(unsigned times)
{
	ck_assert(relay_logs(&relay, NO_PLACE, times));
	usleep(500000);
	ck_assert_uint_eq(relay_logged_times(&relay, NO_PLACE), times);
}

START_TEST(so_many_register_at_once)
{
	struct client *half[MANY], *c;
	struct account maria;

	for (int i = 0; i < MANY; i++) {
		relay.from = INADDR_LOOPBACK + (uint32_t)(i / 8);
		half[i] = half_registered();
	}
	relay.from = 0;
	check_refused(MANY - 64);
	ck_assert(client_is_ended(half[MANY - 1], RELAY_WAIT_MS));
	c = client_new(&relay, NULL); /* small things go on */
	ck_assert_uint_eq(client_name_check(c, "maria"), OK);
	client_free(&c);
	for (int i = 0; i < MANY; i++) {
		half[i]->ended = true; /* nothing more can be said on these */
		client_free(&half[i]);
	}
	ck_assert(relay_counts(&relay, "connections", 0));
	account_make(&relay, &maria, "maria"); /* the places are free again */
	account_free(&maria);
}
END_TEST

/* One address takes its share of the places and leaves the others. */
START_TEST(so_many_register_from_one_address)
{
	struct client *half[20], *other;

	for (int i = 0; i < 20; i++)
		half[i] = half_registered();
	check_refused(4);
	relay.from = INADDR_LOOPBACK + 1;
	other = half_registered();
	relay.from = 0;
	ck_assert(!client_is_ended(other, 200));
	other->ended = true;
	client_free(&other);
	for (int i = 0; i < 20; i++) {
		half[i]->ended = true;
		client_free(&half[i]);
	}
}
END_TEST

/* Connected, and silent. */
START_TEST(silence_ends)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(relay.port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd pfd = { fd, POLLIN, 0 };
	struct client *c = client_new(&relay, NULL);
	char octet;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(poll(&pfd, 1, RELAY_WAIT_MS), 1);
	ck_assert_int_le(recv(fd, &octet, 1, 0), 0);
	close(fd);
	ck_assert(client_is_ended(c, RELAY_WAIT_MS)); /* it asked nothing either */
	client_free(&c);
}
END_TEST

static int
connect_raw(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(relay.port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Two processes crowd it, since each has few descriptors too; this one needs one to read the log. */
START_TEST(descriptors_run_out)
{
	int fds[CROWD], spare = dup(0);
	pid_t crowd = fork();
	struct client *c;

	ck_assert_int_ge(crowd, 0);
	for (int i = 0; i < CROWD; i++)
		fds[i] = connect_raw();
	while (crowd == 0)
		pause();
	close(spare);
	ck_assert(relay_logs(&relay, "out of file descriptors", 1));
	for (int i = 0; i < CROWD; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	ck_assert_int_eq(kill(crowd, SIGKILL), 0);
	ck_assert_int_eq(waitpid(crowd, NULL, 0), crowd);
	for (;;) { /* until it has noticed that they are gone, it turns away */
		c = client_new(&relay, NULL);
		if (!c->ended)
			break;
		client_free(&c);
		usleep(50000);
	}
	ck_assert_uint_eq(client_name_check(c, "maria"), OK);
	client_free(&c);
}
END_TEST

/* ---------------------------------------------------------------------------- nearly right */

static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Some field of each kind of request, so that a flipped bit lands somewhere. */
static void
some_request(Recado__ToRelay *m, uint64_t kind, struct buf *out)
{
	static const Recado__ToRelay__OpCase ops[] = { RECADO__TO_RELAY__OP_LOOKUP,
		RECADO__TO_RELAY__OP_GET_BUNDLES, RECADO__TO_RELAY__OP_DEPOSIT,
		RECADO__TO_RELAY__OP_FETCH, RECADO__TO_RELAY__OP_ACK, RECADO__TO_RELAY__OP_WATCH,
		RECADO__TO_RELAY__OP_GET_REVOCATION, RECADO__TO_RELAY__OP_PUT_PREKEYS };
	static uint8_t octets[512];
	ProtobufCBinaryData some = { 32, octets }, *list = &some;
	Recado__Lookup lookup = RECADO__LOOKUP__INIT;
	Recado__GetBundles bundles = RECADO__GET_BUNDLES__INIT;
	Recado__Deposit deposit = RECADO__DEPOSIT__INIT;
	Recado__Fetch fetch = RECADO__FETCH__INIT;
	Recado__Ack ack = RECADO__ACK__INIT;
	Recado__Watch watch = RECADO__WATCH__INIT;
	Recado__GetRevocation revocation = RECADO__GET_REVOCATION__INIT;
	Recado__PutPrekeys prekeys = RECADO__PUT_PREKEYS__INIT;
	Recado__OneTimePrekey key = RECADO__ONE_TIME_PREKEY__INIT, *keys = &key;
	void *const bodies[] = { &lookup, &bundles, &deposit, &fetch, &ack, &watch, &revocation,
		&prekeys };

	lookup.user_id = deposit.mailbox = deposit.list_head = key.key = some;
	deposit.envelope = (ProtobufCBinaryData){ 512, octets };
	deposit.number = fetch.max = fetch.known = 3;
	bundles.n_device_ids = ack.n_envelope_hashes = watch.n_user_ids = revocation.n_issuers =
	    prekeys.n_prekeys = 1;
	bundles.device_ids = ack.envelope_hashes = watch.user_ids = revocation.issuers = list;
	prekeys.prekeys = &keys;
	key.id = 1;
	m->op_case = ops[kind % 8];
	m->lookup = bodies[kind % 8]; /* every member of the union is a pointer */
	ck_assert_int_eq(pb_pack(m, out), 0);
}

START_TEST(survives_requests_that_are_nearly_right)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	struct buf *b = buf_new(0);
	uint64_t state = 20261121;
	struct account maria;
	struct client *c = NULL, *beside;
	uint8_t *p;

	account_make(&relay, &maria, "maria");
	beside = client_new(&relay, NULL);
	for (int i = 0; i < 600; i++) {
		if (c == NULL || c->ended) {
			client_free(&c);
			c = client_sign_in(&relay, &maria);
		}
		buf_reset(b);
		m.number = ++c->number;
		some_request(&m, draw(&state), b);
		p = mem_alloc(buf_len(b));
		memcpy(p, buf_ptr(b), buf_len(b));
		for (uint64_t n = draw(&state) % 4; n > 0; n--)
			p[draw(&state) % buf_len(b)] ^= (uint8_t)(1u << draw(&state) % 8);
		client_send_octets(c, (struct bytes){ p, buf_len(b) - draw(&state) % 3 });
		free(p);
		client_read(c, 2);
	}
	client_free(&c);
	client_free(&beside);
	beside = client_new(&relay, NULL);
	ck_assert_uint_eq(client_name_check(beside, "joao"), OK);
	client_free(&beside);
	account_free(&maria);
	buf_free(&b);
}
END_TEST

static void
add_case(Suite *s, const char *name, SFun start, const TTest *const *tests)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, start, teardown);
	for (; *tests != NULL; tests++)
		tcase_add_test(t, *tests);
	suite_add_tcase(s, t);
}

int
main(void)
{
	const TTest *const limits[] = { a_full_mailbox_and_a_rate, name_checks_have_a_rate,
		so_many_register_at_once, so_many_register_from_one_address, silence_ends, survives_requests_that_are_nearly_right,
		NULL };
	const TTest *const few[] = { descriptors_run_out, NULL };
	Suite *s = suite_create("relay limits");

	add_case(s, "limits", setup, limits);
	add_case(s, "descriptors", setup_few, few);
	return unit_run(s);
}
