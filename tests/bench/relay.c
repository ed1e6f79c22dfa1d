/*
 * bench relay [PAIRS [WINDOW [SECONDS [SIZE]]]]: the rate at which a real recadod carries mail. In
 * each pair one device deposits, keeping WINDOW deposits on the way to their proof, and the other
 * acks what is pushed to it. Counted is what was deposited, proven, pushed and acked.
 *
 * Prints rate, the relay's CPU time a message, commits, and the age of a message at its recipient.
 * The clients' cost is on the same machine: gen says how busy they were.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../unit/relay.h"
#include "base/clock.h"
#include "base/mem.h"
#include "crypto/kdf.h"

#define ACKS_MAX 64

struct pair {
	struct account from, to;
	struct client *sender, *recipient;
	unsigned window;
	uint32_t seed;
	uint64_t proven, pushed, known;
	uint8_t hashes[ACKS_MAX][32];
	size_t acks;
	double age; /* sum, ms */
};

struct bench {
	struct relay relay;
	struct pair *pairs;
	size_t count;
	unsigned window;
	size_t size;
};

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* CPU time of a process, s. */
static double
cpu_of(pid_t pid)
{
	char path[64], line[1024], *p;
	unsigned long user = 0, sys = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL && (p = strrchr(line, ')')) != NULL)
		(void)!sscanf(
		    p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
	fclose(f);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static double
cpu_self(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* The envelope begins with the time it was sent at. */
static void
deposit(struct bench *b, struct pair *p)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Deposit d = RECADO__DEPOSIT__INIT;
	uint8_t *envelope = mem_alloc(b->size);
	double now = seconds();

	client_envelope(p->seed++, envelope, b->size);
	memcpy(envelope, &now, sizeof(now));
	d.number = ++p->from.deposits;
	d.mailbox = pb_data((struct bytes){ p->to.device->id, DEVICE_ID_LEN });
	d.list_head = pb_data((struct bytes){ p->to.list_head, HASH_LEN });
	d.envelope = pb_data((struct bytes){ envelope, b->size });
	m.op_case = RECADO__TO_RELAY__OP_DEPOSIT;
	m.deposit = &d;
	client_send(p->sender, &m);
	free(envelope);
}

static void
send_acks(struct pair *p)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Ack a = RECADO__ACK__INIT;
	ProtobufCBinaryData d[ACKS_MAX];

	for (size_t i = 0; i < p->acks; i++)
		d[i] = (ProtobufCBinaryData){ 32, p->hashes[i] };
	a.n_envelope_hashes = p->acks;
	a.envelope_hashes = d;
	a.known = p->known;
	m.op_case = RECADO__TO_RELAY__OP_ACK;
	m.ack = &a;
	client_send(p->recipient, &m);
	p->acks = 0;
}

/* What the recipient has of its chain now, as a client that verified it. */
static void
learn_chain(struct pair *p, const Recado__Reply *reply)
{
	Recado__ReplyBody *body = NULL;

	if (pb_unpack(&recado__reply_body__descriptor, pb_view(reply->body), &body) != 0 ||
	    body->op_case != RECADO__REPLY_BODY__OP_ACKED) {
		fprintf(stderr, "bench: an ack was refused\n");
		exit(1);
	}
	if (body->acked->chain->first == p->known + 1)
		p->known += body->acked->chain->n_hashes;
	pb_free(&body);
}

static void
at_recipient(const Recado__ToClient *m, void *arg)
{
	struct pair *p = arg;
	struct bytes e;
	double sent;

	if (m->op_case == RECADO__TO_CLIENT__OP_REPLY)
		learn_chain(p, m->reply);
	if (m->op_case != RECADO__TO_CLIENT__OP_PUSH || m->push->op_case != RECADO__PUSH__OP_MAIL)
		return;
	e = pb_view(m->push->mail->envelope);
	memcpy(&sent, e.p, sizeof(sent));
	p->age += (seconds() - sent) * 1000;
	p->pushed++;
	if (kdf_sha256(e, p->hashes[p->acks++]) != 0 || p->acks == ACKS_MAX)
		send_acks(p);
}

static void
at_sender(const Recado__ToClient *m, void *arg)
{
	struct pair *p = arg;
	Recado__ReplyBody *body = NULL;

	if (m->op_case != RECADO__TO_CLIENT__OP_REPLY)
		return;
	if (pb_unpack(&recado__reply_body__descriptor, pb_view(m->reply->body), &body) != 0 ||
	    body->status != RECADO__STATUS__STATUS_OK) {
		fprintf(stderr, "bench: a deposit was refused\n");
		exit(1);
	}
	pb_free(&body);
	p->proven++;
	p->window--;
}

static void
open_pairs(struct bench *b)
{
	char name[32];

	for (size_t i = 0; i < b->count; i++) {
		struct pair *p = &b->pairs[i];

		snprintf(name, sizeof(name), "from%zu", i);
		account_make(&b->relay, &p->from, name);
		snprintf(name, sizeof(name), "to%zu", i);
		account_make(&b->relay, &p->to, name);
		p->sender = client_new(&b->relay, &p->from);
		p->recipient = client_new(&b->relay, &p->to);
	}
}

static void
run(struct bench *b, double until)
{
	struct pollfd *fds = mem_array(2 * b->count, sizeof(*fds));

	for (size_t i = 0; i < b->count; i++) {
		fds[2 * i] = (struct pollfd){ b->pairs[i].sender->fd, POLLIN, 0 };
		fds[2 * i + 1] = (struct pollfd){ b->pairs[i].recipient->fd, POLLIN, 0 };
	}
	while (seconds() < until) {
		for (size_t i = 0; i < b->count; i++)
			for (; b->pairs[i].window < b->window; b->pairs[i].window++)
				deposit(b, &b->pairs[i]);
		if (poll(fds, (nfds_t)(2 * b->count), 100) <= 0)
			continue;
		for (size_t i = 0; i < b->count; i++) {
			struct pair *p = &b->pairs[i];

			if (fds[2 * i].revents != 0 && client_read(p->sender, 0))
				client_each(p->sender, at_sender, p);
			if (fds[2 * i + 1].revents != 0 && client_read(p->recipient, 0)) {
				client_each(p->recipient, at_recipient, p);
				if (p->acks != 0)
					send_acks(p);
			}
		}
	}
	free(fds);
}

static void
totals(const struct bench *b, uint64_t *proven, uint64_t *pushed, double *age)
{
	*proven = *pushed = 0;
	*age = 0;
	for (size_t i = 0; i < b->count; i++) {
		*proven += b->pairs[i].proven;
		*pushed += b->pairs[i].pushed;
		*age += b->pairs[i].age;
	}
}

static void
measure(struct bench *b, double secs)
{
	uint64_t proven0, pushed0, proven, pushed;
	double age0, age, t, server, self;

	run(b, seconds() + 1); /* warm up */
	totals(b, &proven0, &pushed0, &age0);
	t = seconds();
	server = cpu_of(b->relay.pid);
	self = cpu_self();
	run(b, t + secs);
	t = seconds() - t;
	server = cpu_of(b->relay.pid) - server;
	self = cpu_self() - self;
	totals(b, &proven, &pushed, &age);
	printf("pairs=%zu window=%u size=%zu proven/s=%.0f pushed/s=%.0f server_us/msg=%.1f "
	       "age_ms=%.2f gen=%.2f\n",
	    b->count, b->window, b->size, (double)(proven - proven0) / t,
	    (double)(pushed - pushed0) / t, server * 1e6 / (double)(proven - proven0),
	    (age - age0) / (double)(pushed - pushed0), self / t);
}

static unsigned long
argument(int argc, char **argv, int i, unsigned long otherwise)
{
	return argc > i ? strtoul(argv[i], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	struct bench b = { .count = argument(argc, argv, 1, 16),
		.window = (unsigned)argument(argc, argv, 2, 8),
		.size = argument(argc, argv, 4, 512) };

	b.pairs = mem_array(b.count, sizeof(*b.pairs));
	relay_new(&b.relay,
	    "limits = { deposits = { per_minute = 1000000; burst = 1000000; };"
	    " registrations = { burst = 100000; }; };",
	    NULL);
	open_pairs(&b);
	measure(&b, (double)argument(argc, argv, 3, 5));
	for (size_t i = 0; i < b.count; i++) {
		client_free(&b.pairs[i].sender);
		client_free(&b.pairs[i].recipient);
		account_free(&b.pairs[i].from);
		account_free(&b.pairs[i].to);
	}
	free(b.pairs);
	relay_free(&b.relay);
	return 0;
}
