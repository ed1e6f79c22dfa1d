#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/code.h"
#include "crypto/identity.h"
#include "crypto/kdf.h"
#include "crypto/label.h"
#include "crypto/warrant.h"

#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* ---------------------------------------------------------------------------- the relay */

static FILE *
create(const struct relay *r, const char *name)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	must((f = fopen(path, "w")) != NULL);
	return f;
}

static void
make_folder(const struct relay *r, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	must(mkdir(path, 0700) == 0);
}

void
relay_new(struct relay *r, const char *extra, const char *trust)
{
	FILE *f;

	memset(r, 0, sizeof(*r));
	snprintf(r->dir, sizeof(r->dir), "/tmp/recadod-test-XXXXXX");
	must(mkdtemp(r->dir) != NULL);
	make_folder(r, "anchors");
	make_folder(r, "crls");
	r->ca = person_ca_new();
	f = create(r, "anchors/ca.der");
	must(fwrite(buf_ptr(r->ca->der), buf_len(r->ca->der), 1, f) == 1 && fclose(f) == 0);
	relay_revoke(r, NULL);
	f = create(r, "recadod.conf");
	fprintf(f, "listen = \"127.0.0.1:0\"; data = \"%s/data\";\n", r->dir);
	fprintf(f, "trust = { anchors = \"%s/anchors\"; ", r->dir);
	fprintf(f, trust != NULL ? trust : "revocation = \"off\";", r->dir);
	fprintf(f, " };\n%s\n", extra != NULL ? extra : "");
	must(fclose(f) == 0);
	relay_start(r);
}

/* --- revocation */

static void
add_revoked(X509_CRL *crl, const struct person_card *card, long now)
{
	const uint8_t *p = buf_ptr(card->der);
	X509 *c = d2i_X509(NULL, &p, (long)buf_len(card->der));
	X509_REVOKED *rev = X509_REVOKED_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, now);

	must(c != NULL && rev != NULL && t != NULL);
	must(X509_REVOKED_set_serialNumber(rev, X509_get_serialNumber(c)) == 1);
	must(X509_REVOKED_set_revocationDate(rev, t) == 1 && X509_CRL_add0_revoked(crl, rev) == 1);
	ASN1_TIME_free(t);
	X509_free(c);
}

static void
add_crl_extensions(X509_CRL *crl, const struct relay *r, long number)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	X509_EXTENSION *aki;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, r->ca->cert, NULL, NULL, crl, 0);
	must(
	    (aki = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid")) != NULL);
	must(X509_CRL_add_ext(crl, aki, -1) == 1);
	must(n != NULL && ASN1_INTEGER_set(n, number) == 1);
	must(X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) == 1);
	X509_EXTENSION_free(aki);
	ASN1_INTEGER_free(n);
}

void
relay_revoke(struct relay *r, const struct person_card *card)
{
	long now = (long)(clock_now_ms() / 1000);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, now - 60);
	char from[160], to[160];
	uint8_t *der = NULL;
	FILE *f;
	int n;

	must(crl != NULL && t != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1);
	must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(r->ca->cert)) == 1);
	must(X509_CRL_set1_lastUpdate(crl, t) == 1 && ASN1_TIME_set(t, now + 86400) != NULL);
	must(X509_CRL_set1_nextUpdate(crl, t) == 1);
	if (card != NULL)
		add_revoked(crl, card, now - 60);
	add_crl_extensions(crl, r, card != NULL ? 2 : 1);
	must(X509_CRL_sign(crl, r->ca->key, EVP_sha256()) > 0);
	must((n = i2d_X509_CRL(crl, &der)) > 0);
	f = create(r, "crls/new");
	must(fwrite(der, (size_t)n, 1, f) == 1 && fclose(f) == 0);
	snprintf(from, sizeof(from), "%s/crls/new", r->dir);
	snprintf(to, sizeof(to), "%s/crls/ca.crl", r->dir);
	must(rename(from, to) == 0);
	OPENSSL_free(der);
	ASN1_TIME_free(t);
	X509_CRL_free(crl);
}

static void
become(const struct relay *r)
{
	const char *build = getenv("RECADO_BUILD");
	char program[512], config[160], log[160];
	int fd;

	snprintf(program, sizeof(program), "%s/recadod", build != NULL ? build : ".");
	snprintf(config, sizeof(config), "%s/recadod.conf", r->dir);
	snprintf(log, sizeof(log), "%s/log", r->dir);
	if ((fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0 || dup2(fd, 2) < 0)
		_exit(99);
	execl(program, program, "--config", config, (char *)NULL);
	_exit(98);
}

/* Until it says where it listens. */
static void
wait_address(struct relay *r)
{
	char path[160], text[128];
	int status;
	FILE *f;

	snprintf(path, sizeof(path), "%s/data/address", r->dir);
	for (int i = 0; i < RELAY_WAIT_MS / 10; i++) {
		must(waitpid(r->pid, &status, WNOHANG) == 0);
		if ((f = fopen(path, "r")) != NULL) {
			text[0] = '\0';
			if (fgets(text, sizeof(text), f) != NULL && strchr(text, '\n') != NULL)
				r->port = (uint16_t)atoi(strrchr(text, ':') + 1);
			fclose(f);
			if (r->port != 0)
				return;
		}
		usleep(10000);
	}
	must(!"the relay starts");
}

static struct client *connect_to(struct relay *r, const struct account *a);

void
relay_start(struct relay *r)
{
	char path[160];
	struct client *c;

	snprintf(path, sizeof(path), "%s/data/address", r->dir);
	unlink(path);
	r->port = 0;
	must((r->pid = fork()) >= 0);
	if (r->pid == 0)
		become(r);
	wait_address(r);
	c = connect_to(r, NULL);
	client_free(&c);
	must(code_relay_id(r->identity, r->id) == 0);
}

int
relay_end(struct relay *r, int sig)
{
	int status;

	must(r->pid > 0 && kill(r->pid, sig) == 0);
	must(waitpid(r->pid, &status, 0) == r->pid);
	r->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void
relay_free(struct relay *r)
{
	char command[128];

	if (r->pid > 0)
		must(relay_end(r, SIGTERM) == 0);
	must(!relay_logged(r, "Sanitizer"));
	snprintf(command, sizeof(command), "rm -rf '%s'", r->dir);
	must(system(command) == 0);
	person_ca_free(&r->ca);
}

bool
relay_logged(const struct relay *r, const char *text)
{
	char path[160], line[4096];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", r->dir);
	must((f = fopen(path, "r")) != NULL);
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = strstr(line, text) != NULL;
	fclose(f);
	return found;
}

/* ---------------------------------------------------------------------------- octets */

static void
write_all(struct client *c, const uint8_t *p, size_t n)
{
	size_t piece;
	ssize_t done;

	while (n != 0 && !c->ended) {
		piece = c->piece != 0 && c->piece < n ? c->piece : n;
		done = send(c->fd, p, piece, MSG_NOSIGNAL);
		if (done < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			c->ended = true;
			return;
		}
		must(done > 0);
		p += done;
		n -= (size_t)done;
	}
}

static void
flush(struct client *c)
{
	struct buf *out = channel_output(c->ch);

	/* Fails on a channel that has ended, which reading tells. */
	(void)!channel_flush(c->ch, clock_mono_ms());
	write_all(c, buf_ptr(out), buf_len(out));
	buf_reset(out);
}

static void
on_event(struct client *c, const struct channel_event *ev)
{
	switch (ev->kind) {
	case CHANNEL_EV_IDENTITY:
		memcpy(c->relay->identity, ev->identity, 32);
		must(channel_confirm(c->ch, clock_mono_ms()) == 0);
		break;
	case CHANNEL_EV_MESSAGE:
		must(buf_put_string(c->inbox, ev->body.p, ev->body.n) == 0);
		break;
	case CHANNEL_EV_CLOSED:
		c->ended = true;
		break;
	default:
		break;
	}
}

bool
client_read(struct client *c, int ms)
{
	struct pollfd pfd = { c->fd, POLLIN, 0 };
	struct channel_event ev;
	const char *detail;
	uint8_t in[CHANNEL_INPUT_MAX];
	ssize_t n;
	int r;

	if (c->ended || poll(&pfd, 1, ms) <= 0)
		return false;
	if ((n = recv(c->fd, in, channel_is_open(c->ch) ? sizeof(in) : 4096, 0)) <= 0) {
		c->ended = true;
		return true;
	}
	must(channel_input(c->ch, in, (size_t)n, clock_mono_ms()) == 0);
	while ((r = channel_next(c->ch, clock_mono_ms(), &ev)) == 0)
		on_event(c, &ev);
	c->refused = channel_refused(c->ch, &detail);
	if (r != ERR_AGAIN)
		c->ended = true;
	else
		flush(c);
	return true;
}

static struct client *
connect_to(struct relay *r, const struct account *a)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(r->port) };
	struct channel_client p = { 0 };
	struct client *c = mem_alloc(sizeof(*c));

	c->relay = r;
	c->inbox = buf_new(64u << 20);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
	must(connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	if (a != NULL) {
		p.device_key = a->device->sign;
		p.user_id = a->device->binding.user_id;
		p.device_id = a->device->id;
	}
	must(channel_new_client(&p, clock_mono_ms(), &c->ch) == 0);
	flush(c);
	while (!channel_is_open(c->ch) && !c->ended)
		must(client_read(c, RELAY_WAIT_MS));
	return c;
}

struct client *
client_new(struct relay *r, const struct account *a)
{
	return connect_to(r, a);
}

void
client_free(struct client **pc)
{
	struct client *c = *pc;

	if (c == NULL)
		return;
	*pc = NULL;
	if (!c->ended && channel_close(c->ch, clock_mono_ms()) == 0)
		flush(c);
	close(c->fd);
	channel_free(&c->ch);
	buf_free(&c->inbox);
	free(c);
}

/* ---------------------------------------------------------------------------- messages */

void
client_send_raw(struct client *c, const void *p, size_t n)
{
	write_all(c, p, n);
}

void
client_send_octets(struct client *c, struct bytes message)
{
	must(channel_send(c->ch, message) == 0);
	flush(c);
}

uint64_t
client_send(struct client *c, Recado__ToRelay *m)
{
	struct buf *b = buf_new(0);

	m->number = ++c->number;
	must(pb_pack(m, b) == 0);
	must(kdf_sha256(buf_view(b), c->hashes[m->number % 4096]) == 0);
	client_send_octets(c, buf_view(b));
	buf_free(&b);
	return m->number;
}

/* The first message of the inbox that fits, taken out; NULL: none. */
static Recado__ToClient *
take_message(struct client *c, Recado__ToClient__OpCase kind, uint64_t number)
{
	struct buf *rest = buf_new(64u << 20);
	struct bytes all = buf_view(c->inbox), one;
	Recado__ToClient *m = NULL, *found = NULL;
	Recado__ReplyBody *body = NULL;

	while (all.n != 0) {
		must(bytes_get_string(&all, all.n, &one) == 0);
		must(pb_unpack(&recado__to_client__descriptor, one, &m) == 0);
		if (found == NULL && m->op_case == kind) {
			if (kind == RECADO__TO_CLIENT__OP_PUSH)
				found = m;
			else {
				must(pb_unpack(&recado__reply_body__descriptor,
					 pb_view(m->reply->body), &body) == 0);
				if (body->number == number)
					found = m;
				pb_free(&body);
			}
		}
		if (found != m) {
			must(buf_put_string(rest, one.p, one.n) == 0);
			pb_free(&m);
		}
		m = NULL;
	}
	buf_free(&c->inbox);
	c->inbox = rest;
	return found;
}

void
client_each(struct client *c, void (*fn)(const Recado__ToClient *m, void *arg), void *arg)
{
	struct bytes all = buf_view(c->inbox), one;
	Recado__ToClient *m = NULL;

	while (all.n != 0) {
		must(bytes_get_string(&all, all.n, &one) == 0);
		must(pb_unpack(&recado__to_client__descriptor, one, &m) == 0);
		fn(m, arg);
		pb_free(&m);
	}
	buf_reset(c->inbox);
}

/* Everything the relay signed about this reply. */
static void
verify_warrant(struct client *c, const Recado__Reply *reply, const Recado__ReplyBody *body)
{
	struct bytes transcript = channel_transcript(c->ch);
	struct buf *warrant = buf_new(0);
	struct warrant_reply leaf;
	uint8_t hash[32];

	must(pb_pack(reply->warrant, warrant) == 0);
	must(warrant_verify_reply(buf_view(warrant), c->relay->identity, &leaf) == 0);
	must(kdf_sha256(pb_view(reply->body), hash) == 0);
	must(memcmp(hash, leaf.reply_hash, 32) == 0);
	must(memcmp(c->hashes[body->number % 4096], leaf.request_hash, 32) == 0);
	must(leaf.number == body->number && leaf.status == body->status);
	must(leaf.transcript_len == transcript.n &&
	    memcmp(leaf.transcript, transcript.p, transcript.n) == 0);
	must(memcmp(leaf.relay_id, c->relay->id, 32) == 0 || mem_is_zero_ct(c->relay->id, 32));
	buf_free(&warrant);
}

Recado__ReplyBody *
client_reply_or_end(struct client *c, uint64_t number)
{
	Recado__ToClient *m;
	Recado__ReplyBody *body = NULL;

	while ((m = take_message(c, RECADO__TO_CLIENT__OP_REPLY, number)) == NULL) {
		if (c->ended)
			return NULL;
		must(client_read(c, RELAY_WAIT_MS));
	}
	must(pb_unpack(&recado__reply_body__descriptor, pb_view(m->reply->body), &body) == 0);
	verify_warrant(c, m->reply, body);
	pb_free(&m);
	return body;
}

Recado__ReplyBody *
client_reply(struct client *c, uint64_t number)
{
	Recado__ReplyBody *body = client_reply_or_end(c, number);

	must(body != NULL);
	return body;
}

Recado__ReplyBody *
client_call(struct client *c, Recado__ToRelay *m)
{
	return client_reply(c, client_send(c, m));
}

Recado__Push *
client_push(struct client *c, int ms)
{
	uint64_t until = clock_mono_ms() + (uint64_t)ms, now;
	Recado__ToClient *m;
	Recado__Push *push;

	while ((m = take_message(c, RECADO__TO_CLIENT__OP_PUSH, 0)) == NULL) {
		now = clock_mono_ms();
		if (c->ended || now >= until)
			return NULL;
		client_read(c, (int)(until - now));
	}
	push = m->push;
	m->push = NULL;
	m->op_case = RECADO__TO_CLIENT__OP__NOT_SET;
	pb_free(&m);
	return push;
}

bool
client_is_ended(struct client *c, int ms)
{
	uint64_t until = clock_mono_ms() + (uint64_t)ms, now;

	while (!c->ended && (now = clock_mono_ms()) < until)
		client_read(c, (int)(until - now));
	return c->ended;
}

uint32_t
client_name_check(struct client *c, const char *name)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__NameCheck check = RECADO__NAME_CHECK__INIT;
	Recado__ReplyBody *body;
	uint32_t status;

	check.user_name = pb_data((struct bytes){ (const uint8_t *)name, strlen(name) });
	m.op_case = RECADO__TO_RELAY__OP_NAME_CHECK;
	m.name_check = &check;
	body = client_call(c, &m);
	status = body->status;
	pb_free(&body);
	return status;
}

/* ---------------------------------------------------------------------------- accounts */

void
account_new(struct relay *r, struct account *a, const char *name)
{
	memset(a, 0, sizeof(*a));
	a->card = person_card_new(r->ca, name, "BI900000017");
	a->device = person_device_new(name, "laptop");
	a->device->binding.created = clock_now_ms();
	memcpy(a->device->binding.relay_id, r->id, 32);
	person_bind(a->device, a->card);
}

void
account_free(struct account *a)
{
	person_card_free(&a->card);
	person_device_free(&a->device);
}

static Recado__SignedDeviceEvent *
first_event(struct account *a)
{
	const struct person_device *d = a->device;
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;
	Recado__SignedDeviceEvent *out = NULL;
	struct buf *b = buf_new(0);
	uint8_t hash[32];
	struct bytes parts[2];
	static const uint8_t zero[32];

	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_ADD;
	ev.user_id = pb_data((struct bytes){ d->binding.user_id, USER_ID_LEN });
	ev.device_id = pb_data((struct bytes){ d->id, DEVICE_ID_LEN });
	ev.binding_hash = pb_data((struct bytes){ d->binding.hash, HASH_LEN });
	ev.time = d->binding.created; /* so that it is the same each time */
	must(identity_make_event(NULL, &ev, d->sign, d->id, b) == 0);
	must(pb_unpack(&recado__signed_device_event__descriptor, buf_view(b), &out) == 0);
	must(kdf_sha256(pb_view(out->body), hash) == 0);
	parts[0] = (struct bytes){ zero, 32 };
	parts[1] = (struct bytes){ hash, 32 };
	must(label_hash("device-list", parts, 2, a->list_head) == 0);
	buf_free(&b);
	return out;
}

static Recado__SignedDeviceRecord *
first_record(const struct account *a)
{
	static uint32_t suites[] = { 1, 2 };
	const struct person_device *d = a->device;
	Recado__DeviceRecord rec = RECADO__DEVICE_RECORD__INIT;
	Recado__SignedDeviceRecord *out = NULL;
	struct buf *b = buf_new(0);

	rec.user_id = pb_data((struct bytes){ d->binding.user_id, USER_ID_LEN });
	rec.device_id = pb_data((struct bytes){ d->id, DEVICE_ID_LEN });
	rec.number = 1;
	rec.suites = suites;
	rec.n_suites = 2;
	rec.signed_prekey = rec.last_resort_prekey =
	    pb_data((struct bytes){ key_dh_public(d->dh), KEY_LEN });
	rec.signed_prekey_id = 1;
	rec.last_resort_prekey_id = 2;
	rec.time = clock_now_ms();
	rec.signed_prekey_expires = rec.time + 1000000;
	must(identity_make_record(&rec, d->sign, b) == 0);
	must(pb_unpack(&recado__signed_device_record__descriptor, buf_view(b), &out) == 0);
	buf_free(&b);
	return out;
}

uint32_t
account_register(struct relay *r, struct account *a, const char *invite)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Register reg = RECADO__REGISTER__INIT;
	struct client *c = client_new(r, NULL);
	Recado__ReplyBody *body;
	uint32_t status;

	must(pb_unpack(&recado__signed_binding__descriptor, buf_view(a->device->signed_binding),
		 &reg.binding) == 0);
	reg.event = first_event(a);
	reg.record = first_record(a);
	if (invite != NULL)
		reg.invite = pb_data((struct bytes){ (const uint8_t *)invite, strlen(invite) });
	m.op_case = RECADO__TO_RELAY__OP_REGISTER;
	m.register_ = &reg;
	body = client_call(c, &m);
	status = body->status;
	must(status != RECADO__STATUS__STATUS_OK ||
	    memcmp(body->registered->user_id.data, a->device->binding.user_id, USER_ID_LEN) == 0);
	pb_free(&body);
	pb_free(&reg.binding);
	pb_free(&reg.event);
	pb_free(&reg.record);
	client_free(&c);
	return status;
}

void
account_make(struct relay *r, struct account *a, const char *name)
{
	account_new(r, a, name);
	must(account_register(r, a, NULL) == RECADO__STATUS__STATUS_OK);
}

void
client_envelope(uint32_t seed, uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(seed >> (8 * (i % 4)) ^ i * 31);
}

uint64_t
client_deposit(
    struct client *c, struct account *from, const struct account *to, uint32_t seed, size_t size)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Deposit d = RECADO__DEPOSIT__INIT;
	uint8_t *envelope = mem_alloc(size);
	uint64_t number;

	client_envelope(seed, envelope, size);
	d.number = ++from->deposits;
	d.mailbox = pb_data((struct bytes){ to->device->id, DEVICE_ID_LEN });
	d.list_head = pb_data((struct bytes){ to->list_head, HASH_LEN });
	d.envelope = pb_data((struct bytes){ envelope, size });
	m.op_case = RECADO__TO_RELAY__OP_DEPOSIT;
	m.deposit = &d;
	number = client_send(c, &m);
	free(envelope);
	return number;
}
