/*
 * Requests of anybody, and of somebody who is signed in, as a whole relay takes them: channel,
 * dispatch, handlers, store. The relay runs in this process; whatever comes, it answers the next who
 * asks, and its warrants hold.
 *
 * Input: an octet (odd: signed in), then messages with two octets of length. ToRelay's number is put
 * before each; runs of '\1', '\2' and '\3' stand for the account's device id, user id and list head.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/code.h"
#include "server/server.h"
#include "tests/unit/relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGES_MAX 32

struct world {
	struct relay relay;
	struct config *config;
	struct server *server;
	pthread_t thread;
	struct account maria;
	uint64_t began;
};

#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "fuzz_dispatch: failed: %s\n", #x);                        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static void *
run(void *arg)
{
	must(server_run(arg) == 0);
	return NULL;
}

static void
write_anchor(const struct relay *r)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/ca.der", r->dir);
	must((f = fopen(path, "w")) != NULL);
	must(fwrite(buf_ptr(r->ca->der), buf_len(r->ca->der), 1, f) == 1 && fclose(f) == 0);
}

/* The folder goes at once; what is open stays usable. */
static void
world_make(struct world *w)
{
	char text[1024], command[128];
	struct client *c;
	struct fault f = { 0 };

	snprintf(w->relay.dir, sizeof(w->relay.dir), "/tmp/recadod-fuzz-XXXXXX");
	must(mkdtemp(w->relay.dir) != NULL);
	w->relay.ca = person_ca_new();
	write_anchor(&w->relay);
	snprintf(text, sizeof(text),
	    "listen = \"127.0.0.1:0\"; data = \"%s/data\"; loops = 2; directory = \"open\";"
	    "trust = { anchors = \"%s/ca.der\"; revocation = \"off\"; };"
	    "limits = { lookups = { burst = 1000000; }; bundles = { burst = 1000000; };"
	    "  deposits = { burst = 1000000; }; strangers = { burst = 1000000; };"
	    "  registrations = { burst = 1000000; }; name_checks = { burst = 1000000; };"
	    "  device_events = { burst = 1000000; }; };",
	    w->relay.dir, w->relay.dir);
	must(config_parse(text, "fuzz", &w->config, &f) == 0);
	must(server_start(w->config, NULL, NULL, 0, &w->server, &f) == 0);
	w->relay.port = (uint16_t)atoi(strrchr(server_address(w->server), ':') + 1);
	must(pthread_create(&w->thread, NULL, run, w->server) == 0);
	c = client_new(&w->relay, NULL);
	client_free(&c);
	must(code_relay_id(w->relay.identity, w->relay.id) == 0);
	account_make(&w->relay, &w->maria, "maria");
	snprintf(command, sizeof(command), "rm -r %s", w->relay.dir);
	must(system(command) == 0);
	w->began = clock_mono_ms();
}

static void
put_name(uint8_t *p, size_t n, uint8_t mark, const uint8_t *name, size_t len)
{
	for (size_t i = 0; i + len <= n; i++) {
		size_t k = 0;

		while (k < len && p[i + k] == mark)
			k++;
		if (k == len)
			memcpy(p + i, name, len);
	}
}

static void
send_one(const struct world *w, struct client *c, struct bytes v)
{
	struct buf *b = buf_new(0);
	uint8_t *p;

	must(buf_put_u8(b, 0x08) == 0 && ++c->number < 128);
	must(buf_put_u8(b, (uint8_t)c->number) == 0 && buf_reserve(b, v.n, &p) == 0);
	memcpy(p, v.p, v.n);
	put_name(p, v.n, 1, w->maria.device->id, DEVICE_ID_LEN);
	put_name(p, v.n, 2, w->maria.device->binding.user_id, USER_ID_LEN);
	put_name(p, v.n, 3, w->maria.list_head, HASH_LEN);
	client_send_octets(c, buf_view(b));
	buf_free(&b);
}

/* A last question that it has to answer, or to hang up. */
static void
ask(struct client *c, bool signed_in)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__NameCheck check = RECADO__NAME_CHECK__INIT;
	Recado__Ping ping = RECADO__PING__INIT;
	Recado__ReplyBody *body;

	if (signed_in) {
		m.op_case = RECADO__TO_RELAY__OP_PING;
		m.ping = &ping;
	} else {
		check.user_name = pb_data((struct bytes){ (const uint8_t *)"rui", 3 });
		m.op_case = RECADO__TO_RELAY__OP_NAME_CHECK;
		m.name_check = &check;
	}
	body = client_reply_or_end(c, client_send(c, &m));
	must(body == NULL || body->status == RECADO__STATUS__STATUS_OK);
	pb_free(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	struct bytes rest = { data, size }, one;
	uint8_t first = 0;
	uint16_t n;
	struct client *c;

	if (w.server == NULL)
		world_make(&w);
#ifdef FUZZ_SECONDS /* a handshake each takes its time */
	if (clock_mono_ms() - w.began > FUZZ_SECONDS * 1000)
		return 0;
#endif
	if (bytes_get_u8(&rest, &first) != 0)
		return 0;
	c = client_new(&w.relay, (first & 1) != 0 ? &w.maria : NULL);
	must(!c->ended && c->refused == 0);
	for (int i = 0; i < MESSAGES_MAX && !c->ended && bytes_get_u16(&rest, &n) == 0; i++) {
		if (bytes_get_view(&rest, n < rest.n ? n : rest.n, &one) != 0)
			break;
		send_one(&w, c, one);
	}
	if (!c->ended)
		ask(c, (first & 1) != 0);
	client_free(&c);
	return 0;
}
