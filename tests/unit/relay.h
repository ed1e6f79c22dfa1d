/*
 * relay: a real recadod in a folder of its own, people with accounts on it, and their connections,
 * for tests and benchmarks. Everything aborts on failure.
 *
 * Every reply's warrant is verified as it comes in: against the request's octets, the reply's, the
 * channel's transcript and the relay's key.
 */
#ifndef RECADO_TESTS_UNIT_RELAY_H
#define RECADO_TESTS_UNIT_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "crypto/channel.h"
#include "person.h"
#include "wire/pb.h"

#define RELAY_WAIT_MS 60000 /* that anything expected may take */

struct relay {
	char dir[64]; /* holds data/, anchors/, recadod.conf, log */
	pid_t pid;
	uint16_t port;
	uint32_t from; /* the address clients connect from; 0: any */
	uint8_t id[32], identity[32];
	struct person_ca *ca;
};

/* extra: further lines of recadod.conf, may be NULL. trust: of its trust section; NULL: revocation is
 * off. In both %s is the folder. */
void relay_new(struct relay *r, const char *extra, const char *trust);
/* The same lines for its next start. */
void relay_configure(struct relay *r, const char *extra, const char *trust);
/* A list of the relay's CA in folder crls, in place of the last, revoking this card (NULL: none). */
void relay_revoke(struct relay *r, const struct person_card *card);
void relay_start(struct relay *r);
/* Sends the signal and waits; the exit status, or 128 + signal. */
int relay_end(struct relay *r, int sig);
/* Ends it if it runs (with SIGTERM, which must succeed) and removes the folder. */
void relay_free(struct relay *r);
/* The first line that `recadod COMMAND` prints beside it. */
void relay_ask(const struct relay *r, const char *command, char *out, size_t outlen);
/* Does the log hold this? How many lines of it do? Are there so many in time? */
bool relay_logged(const struct relay *r, const char *text);
unsigned relay_logged_times(const struct relay *r, const char *text);
bool relay_logs(const struct relay *r, const char *text, unsigned times);
/* Is a number of `recadod status` this in time? */
bool relay_counts(const struct relay *r, const char *name, unsigned value);

struct account {
	struct person_card *card;
	struct person_device *device;
	uint8_t list_head[HASH_LEN];
	uint64_t deposits; /* last number used */
};

struct client {
	struct relay *relay;
	int fd;
	struct channel *ch;
	uint64_t number;
	uint32_t refused; /* status of a Welcome that refused us */
	bool ended;
	size_t piece;             /* octets written at once; 0: all */
	struct buf *inbox;        /* messages read and not yet looked at: u32 length + octets */
	uint8_t hashes[4096][32]; /* of requests, by number */
};

/* Connects; with an account signs in. When the relay refuses, refused says why. */
struct client *client_new(struct relay *r, const struct account *a);
struct client *client_sign_in(struct relay *r, const struct account *a); /* and is let in */
void client_free(struct client **pc);
/* Sends one request and returns its number. m->number is set. */
uint64_t client_send(struct client *c, Recado__ToRelay *m);
/* Octets of our own as a message on the channel, or on the socket. */
void client_send_octets(struct client *c, struct bytes message);
void client_send_raw(struct client *c, const void *p, size_t n);
/* The reply to a request; other messages stay in the inbox. Free with pb_free. */
Recado__ReplyBody *client_reply(struct client *c, uint64_t number);
/* NULL when the relay ended the connection instead. */
Recado__ReplyBody *client_reply_or_end(struct client *c, uint64_t number);
Recado__ReplyBody *client_call(struct client *c, Recado__ToRelay *m);
/* Read what there is, waiting up to ms; false: nothing came. */
bool client_read(struct client *c, int ms);
/* Every message that was read, in order, taken out. Warrants are not verified. */
void client_each(struct client *c, void (*fn)(const Recado__ToClient *m, void *arg), void *arg);
/* The next push; NULL: none came in ms. */
Recado__Push *client_push(struct client *c, int ms);
/* True when the relay ends the connection in time. */
bool client_is_ended(struct client *c, int ms);

/* The status of a name check, of a registration. */
uint32_t client_name_check(struct client *c, const char *name);
/* Makes keys and card; not yet registered. */
void account_new(struct relay *r, struct account *a, const char *name);
void account_free(struct account *a);
uint32_t account_register(struct relay *r, struct account *a, const char *invite);
/* The first record of its device; pb_free. */
Recado__SignedDeviceRecord *account_record(const struct account *a);
/* New, registered. */
void account_make(struct relay *r, struct account *a, const char *name);

/* A deposit of size octets filled from seed, from a to b's device, under the next number. */
uint64_t client_deposit(
    struct client *c, struct account *from, const struct account *to, uint32_t seed, size_t size);
/* The envelope that client_deposit sent. */
void client_envelope(uint32_t seed, uint8_t *out, size_t size);

#endif
