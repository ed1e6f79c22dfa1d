/*
 * link: one connection to a relay: name lookup, socket, channel, from the first octet to the last.
 * What a message means is not known here.
 *
 * Hooks are called from the loop. A link that failed calls closed once and nothing afterwards; it
 * is freed by its owner, in closed or later, never from identity, open or message.
 */
#ifndef RECADO_CORE_LINK_H
#define RECADO_CORE_LINK_H

#include "core/engine.h"
#include "crypto/channel.h"

#define LINK_HOST 256
#define LINK_CONNECT_MS 10000

struct link;

struct link_address {
	char host[LINK_HOST];
	uint16_t port;
};
/* HOST:PORT, [V6]:PORT; ERR_USAGE. */
int link_address_parse(const char *text, struct link_address *out) MUST_CHECK;
void link_address_text(const struct link_address *a, char *out, size_t outlen);

struct link_hooks {
	void *arg;
	/* The relay proved the last of these keys. 0: go on; an error ends the link with it. */
	int (*identity)(void *arg, const struct rotation_chain *relay, struct fault *f);
	void (*open)(void *arg, const struct channel_event *welcome);
	/* body is valid during the call. An error ends the link with it. */
	int (*message)(void *arg, struct bytes body, struct fault *f);
	void (*closed)(void *arg, const struct fault *why);
};

/* The suites offered are those of the configuration. */
int link_new(struct engine *e, const struct link_address *to, const struct channel_client *who,
    const struct link_hooks *hooks, struct link **out) MUST_CHECK;
void link_free(struct link **pl);

/* Queue a message; those of one turn of the loop travel together. */
int link_send(struct link *l, struct bytes message) MUST_CHECK;
/* Say goodbye; true while octets of it are still to be written. No hook is called any more. */
bool link_goodbye(struct link *l);
/* Stop or go on reading the socket. */
void link_choke(struct link *l, bool on);

uint16_t link_suite(const struct link *l); /* 0 until it is chosen */
struct bytes link_transcript(const struct link *l);

#endif
