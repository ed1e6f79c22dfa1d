/* recadod ca list and ca revoke: certificates of the relay's own CA. Both work beside a running relay. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/cmd.h"
#include "server/control.h"
#include "server/datadir.h"
#include "server/store.h"

#define SERIAL_LEN 16
#define PREFIX_MIN 8 /* hex digits that may stand for a serial number */

/* ---------------------------------------------------------------------------- list */

static const char *
state_of(const struct store_certificate *c, uint64_t now)
{
	return c->revoked != 0 ? "revoked" : c->expires < now ? "expired" : "valid";
}

/* Names are clean already: no control characters. */
static void
print_quoted(const char *key, struct bytes v)
{
	printf(",\"%s\":\"", key);
	for (size_t i = 0; i < v.n; i++)
		printf("%s%c", v.p[i] == '"' || v.p[i] == '\\' ? "\\" : "", v.p[i]);
	putchar('"');
}

static void
print_time(const char *key, uint64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(ms, text);
	if (ms != 0)
		printf(",\"%s\":\"%s\"", key, text);
	else
		printf(",\"%s\":null", key);
}

static int
print_json(const struct store_certificate *c, void *arg)
{
	char serial[2 * SERIAL_LEN + 1];

	hex_encode(c->serial, SERIAL_LEN, serial);
	printf("{\"v\":1,\"type\":\"certificate\",\"serial\":\"%s\",\"state\":\"%s\"", serial,
	    state_of(c, *(const uint64_t *)arg));
	print_quoted("name", c->user_name);
	print_quoted("subject", c->subject);
	print_time("issued_at", c->made);
	print_time("not_after", c->expires);
	print_time("revoked_at", c->revoked);
	puts("}");
	return 0;
}

static int
print_line(const struct store_certificate *c, void *arg)
{
	char serial[2 * SERIAL_LEN + 1], until[CLOCK_TEXT_MAX];

	hex_encode(c->serial, SERIAL_LEN, serial);
	clock_text(c->expires, until);
	printf("%s  %-7s  until %.10s  %-16.*s  %.*s\n", serial,
	    state_of(c, *(const uint64_t *)arg), until, c->user_name.n != 0 ? (int)c->user_name.n : 1,
	    c->user_name.n != 0 ? (const char *)c->user_name.p : "-", (int)c->subject.n,
	    (const char *)c->subject.p);
	return 0;
}

static int
list(const struct cmd_context *x, struct fault *f)
{
	uint64_t now = clock_now_ms();
	struct store *s = NULL;
	int r;

	if ((r = store_sqlite.open(x->config->data, true, &s, f)) != 0)
		return r;
	r = store_sqlite.each_certificate(s, x->json ? print_json : print_line, &now);
	store_sqlite.close(&s);
	return r == 0 ? 0
		      : fault_set(f, r, x->config->data, "the certificates cannot be read (%s)",
			    err_text(r));
}

/* ---------------------------------------------------------------------------- revoke */

struct found {
	uint8_t serial[SERIAL_LEN];
	bool revoked, named; /* named: by its account, and not by its number */
	char account[NAME_MAX_BYTES + 1]; /* "": of none yet */
};

/* What was asked for, and what was found. */
struct search {
	const char *name;
	char serial[2 * SERIAL_LEN + 1]; /* lower case, without colons; "": no serial number */
	struct found *found;
	size_t count, named;
};

static void
read_serial(const char *text, struct search *q)
{
	size_t n = 0;

	for (; *text != '\0' && n < 2 * SERIAL_LEN; text++) {
		if (*text == ':')
			continue;
		if (!isxdigit((unsigned char)*text))
			break;
		q->serial[n++] = (char)tolower((unsigned char)*text);
	}
	q->serial[*text == '\0' && n >= PREFIX_MIN ? n : 0] = '\0';
}

static int
search_one(const struct store_certificate *c, void *arg)
{
	struct search *q = arg;
	char serial[2 * SERIAL_LEN + 1];
	bool named = c->user_name.n == strlen(q->name) && c->user_name.n != 0 &&
	    memcmp(c->user_name.p, q->name, c->user_name.n) == 0;
	bool numbered;

	hex_encode(c->serial, SERIAL_LEN, serial);
	numbered = q->serial[0] != '\0' && strncmp(serial, q->serial, strlen(q->serial)) == 0;
	if (!named && !numbered)
		return 0;
	q->found = mem_grow(q->found, q->count + 1, sizeof(*q->found));
	memcpy(q->found[q->count].serial, c->serial, SERIAL_LEN);
	q->found[q->count].revoked = c->revoked != 0;
	snprintf(q->found[q->count].account, sizeof(q->found[q->count].account), "%.*s",
	    (int)c->user_name.n, (const char *)c->user_name.p);
	q->found[q->count++].named = !numbered;
	q->named += !numbered;
	return 0;
}

/* A name can be made of hex digits, and somebody may have chosen one for that. A whole serial number is
 * one; what may be a name as well as the beginning of a number, or of several, is asked again. */
static int
settle(struct search *q, struct fault *f)
{
	bool whole = strlen(q->serial) == 2 * SERIAL_LEN;
	size_t numbered = q->count - q->named;

	if (q->count == 0) {
		fault_set(f, ERR_NOT_FOUND, q->name, "no certificate of this relay's CA is called so");
		return fault_hint(f, "Give an account's name or a serial number of `recadod ca list`.");
	}
	if (!whole && numbered > 0 && q->count > 1) {
		fault_set(f, ERR_USAGE, q->name,
		    q->named > 0 ? "an account is called so, and another's certificate begins so"
				 : "several certificates begin so");
		return fault_hint(f, "Give the whole serial number, as `recadod ca list` shows it.");
	}
	for (size_t i = q->count; whole && numbered > 0 && i-- > 0;)
		if (q->found[i].named)
			q->found[i] = q->found[--q->count];
	return 0;
}

/* All certificates of an account are for one key and one person: the others go with this one. */
static int
add_others(struct store *s, struct search *q)
{
	struct search all = { .name = q->found[0].account };
	int r;

	if (q->count != 1 || q->found[0].account[0] == '\0')
		return 0;
	if ((r = store_sqlite.each_certificate(s, search_one, &all)) == 0) {
		struct found *one = q->found;

		q->found = all.found;
		q->count = all.count;
		all.found = one;
	}
	free(all.found);
	return r;
}

static int
revoke_found(struct store *s, struct search *q, struct fault *f)
{
	char serial[2 * SERIAL_LEN + 1];
	int r;

	if ((r = settle(q, f)) != 0 || (r = add_others(s, q)) != 0)
		return r;
	for (size_t i = 0; i < q->count && r == 0; i++) {
		const struct found *c = &q->found[i];

		hex_encode(c->serial, SERIAL_LEN, serial);
		if (!c->revoked)
			r = store_sqlite.revoke_certificate(s, c->serial, clock_now_ms());
		if (r == 0)
			printf("%s %s\n", serial, c->revoked ? "was revoked already" : "revoked");
	}
	return r == 0 ? 0 : fault_set(f, r, q->name, "it cannot be revoked (%s)", err_text(r));
}

static int
revoke_in_store(const char *dir, struct search *q, struct fault *f)
{
	struct store *s = NULL;
	int r;

	if ((r = store_sqlite.open(dir, false, &s, f)) != 0)
		return r;
	if ((r = store_sqlite.begin(s)) == 0 &&
	    (r = store_sqlite.each_certificate(s, search_one, q)) == 0 &&
	    (r = revoke_found(s, q, f)) == 0)
		r = store_sqlite.commit(s);
	store_sqlite.close(&s);
	return r == 0 || (f != NULL && f->code != 0)
	    ? r
	    : fault_set(f, r, dir, "the store cannot be used (%s)", err_text(r));
}

/* A running relay ends their connections and tells everybody; one that is stopped when it starts. */
static int
tell_relay(const char *dir, struct fault *f)
{
	struct buf *answer = buf_new(0);
	int r = control_ask(dir, "ca", answer);

	if (r == ERR_NOT_FOUND) {
		fprintf(stderr, "recadod: the relay is not running; it refuses them when it starts\n");
		r = 0;
	} else if (r != 0) {
		fault_set(f, r, dir, "revoked, but the running relay did not answer");
		r = fault_hint(f, "Run the command again: until the relay hears of it, it lets them in.");
	} else if (buf_len(answer) < 2 || memcmp(buf_ptr(answer), "ok", 2) != 0) {
		fault_set(f, ERR_IO, dir, "revoked, but the relay could not issue a new list");
		r = fault_hint(f, "See its log; it tries again by itself, and when it starts.");
	}
	buf_free(&answer);
	return r;
}

static int
revoke(const struct cmd_context *x, struct fault *f)
{
	struct search q = { .name = x->args[1] };
	bool tightened;
	int r;

	read_serial(x->args[1], &q);
	if ((r = datadir_open(x->config->data, &tightened, f)) == 0 &&
	    (r = revoke_in_store(x->config->data, &q, f)) == 0)
		r = tell_relay(x->config->data, f);
	if (r == 0 && x->config->trust.policy.revocation == CERT_REVOCATION_OFF)
		fputs("recadod: trust.revocation is \"off\": this relay goes on letting them in\n",
		    stderr);
	free(q.found);
	return r;
}

static int
ca(const struct cmd_context *x, struct fault *f)
{
	if (strcmp(x->args[0], "list") == 0 && x->arg_count == 1)
		return list(x, f);
	if (strcmp(x->args[0], "revoke") == 0 && x->arg_count == 2)
		return revoke(x, f);
	fault_set(f, ERR_USAGE, x->args[0], "not a command for the relay's CA");
	return fault_hint(f, "It is `ca list` or `ca revoke SERIAL|NAME`.");
}

const struct cmd cmd_ca = {
	.name = "ca",
	.usage = "list | revoke SERIAL|NAME",
	.summary = "Shows the certificates of the relay's own CA, or revokes somebody's.",
	.args_min = 1,
	.args_max = 2,
	.run = ca,
};
