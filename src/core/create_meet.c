#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/create.h"
#include "core/relay.h"
#include "crypto/rand.h"

#define MEET_NOTE "groups" /* what the folder remembers: three groups, and whether one was missed */

/* ------------------------------------------------------------------------------ the code */

static int
groups_draw(int groups[3])
{
	uint32_t v;
	int i, k, r;

	for (i = 0; i < 3; i++) {
		do {
			if ((r = rand_range(1, CODE_GROUPS, &v)) != 0)
				return r;
			for (k = 0; k < i && groups[k] != (int)v; k++)
				;
		} while (k < i);
		groups[i] = (int)v;
	}
	return 0;
}

/* Drawn once and kept: who could make us draw again could wait for groups that suit. */
static int
groups_get(struct create *c)
{
	char text[64], word[8] = "";
	int r;

	if (profile_note_read(c->e->profile, MEET_NOTE, text, sizeof(text)) == 0 &&
	    sscanf(text, "%d %d %d %7s", &c->groups[0], &c->groups[1], &c->groups[2], word) >= 3) {
		c->missed = strcmp(word, "missed") == 0;
		return 0;
	}
	if ((r = groups_draw(c->groups)) != 0)
		return r;
	snprintf(text, sizeof(text), "%d %d %d\n", c->groups[0], c->groups[1], c->groups[2]);
	return profile_note_write(c->e->profile, MEET_NOTE, text);
}

static void
groups_missed(struct create *c)
{
	char text[64];

	c->missed = true;
	snprintf(text, sizeof(text), "%d %d %d missed\n", c->groups[0], c->groups[1], c->groups[2]);
	if (profile_note_write(c->e->profile, MEET_NOTE, text) != 0)
		log_warn(c->e->log, "create", "the miss cannot be kept");
}

/* The whole code, or the three groups in order with anything between them. */
static bool
code_matches(const struct create *c, const char *typed)
{
	uint8_t whole[CODE_LEN];
	char group[3][8];

	if (code_parse(typed, whole) == 0)
		return mem_equal_ct(whole, c->derived, CODE_LEN);
	if (c->missed ||
	    sscanf(typed, "%7[0-9a-fA-F]%*[^0-9a-fA-F]%7[0-9a-fA-F]%*[^0-9a-fA-F]%7[0-9a-fA-F]", group[0],
	        group[1], group[2]) != 3)
		return false;
	return code_group_matches(c->derived, c->groups[0], group[0]) &&
	    code_group_matches(c->derived, c->groups[1], group[1]) &&
	    code_group_matches(c->derived, c->groups[2], group[2]);
}

static void
meet_mismatch(struct create *c)
{
	struct fault f = { 0 };

	fault_set(&f, ERR_RELAY_KEY, c->address, "the relay's code does not match");
	fault_hint(&f, "This is another relay, or somebody is in between. Ask who runs it for the code.");
	op_fail(c->op, &f);
}

static void
meet_end(struct create *c)
{
	struct account_pin pin;
	op_then *then = c->then;
	int r;

	memset(&pin, 0, sizeof(pin));
	memcpy(pin.relay, c->address, strlen(c->address) + 1);
	memcpy(pin.first, c->first, KEY_LEN);
	profile_note_remove(c->e->profile, MEET_NOTE);
	if ((r = account_pin_set(c->e, &pin)) != 0)
		op_fail_with(c->op, r, profile_data(c->e->profile), "the relay's key cannot be kept");
	else
		then(c->op, NULL);
}

static void meet_ask(struct create *c, const char *text);

static void
meet_answered(struct op *op, const char *text)
{
	struct create *c = op->state;

	if (text == NULL) {
		op_fail_with(op, ERR_CANCELED, c->address, "the relay's code was not given");
	} else if (code_matches(c, text)) {
		meet_end(c);
	} else if (c->missed) {
		meet_mismatch(c);
	} else {
		groups_missed(c);
		meet_ask(c, "That does not match. Type the whole code.");
	}
}

static void
meet_ask(struct create *c, const char *text)
{
	struct core_ask ask = { .kind = CORE_ASK_CODE, .token = mem_strdup(c->address) };

	if (text != NULL)
		ask.text = mem_strdup(text);
	if (!c->missed)
		memcpy(ask.groups, c->groups, sizeof(ask.groups));
	op_ask(c->op, &ask, meet_answered);
}

/* ------------------------------------------------------------------------------ first contact */

/* A key from an earlier first contact: 0 the same, ERR_NOT_FOUND none, or another. */
static int
pin_compare(struct create *c, struct fault *f)
{
	struct account_pin pin;
	int r = account_pin_get(c->e, &pin);

	if (r != 0 || strcmp(pin.relay, c->address) != 0)
		return ERR_NOT_FOUND;
	return relay_pin_check(pin.first, c->first, c->address, f);
}

static void
meet_heard(struct create *c)
{
	struct fault f = { 0 };
	int r;

	if ((r = code_derive(c->first, c->derived)) != 0) {
		op_fail_with(c->op, r, c->address, "the relay's code cannot be computed");
	} else if (c->has_code) {
		if (!mem_equal_ct(c->code, c->derived, CODE_LEN))
			meet_mismatch(c);
		else if (pin_compare(c, &f) == ERR_RELAY_KEY)
			op_fail(c->op, &f);
		else
			meet_end(c);
	} else if ((r = pin_compare(c, &f)) == 0) {
		meet_end(c);
	} else if (r == ERR_RELAY_KEY) {
		op_fail(c->op, &f);
	} else if ((r = groups_get(c)) != 0) {
		op_fail_with(c->op, r, profile_data(c->e->profile), "the groups cannot be kept");
	} else {
		meet_ask(c, NULL);
	}
}

/* Take the key and go: nothing of ours has been sent. */
static int
meet_identity(void *arg, const struct rotation_chain *shown, struct fault *f)
{
	struct create *c = arg;

	memcpy(c->first, rotation_first(shown), KEY_LEN);
	c->relay_keys = *shown;
	c->heard = true;
	return fault_set(f, ERR_CANCELED, c->address, "first contact is over");
}

static void
meet_opened(void *arg, const struct channel_event *welcome)
{
}

static void
meet_closed(void *arg, const struct fault *why)
{
	struct create *c = arg;
	struct fault f = *why;

	conn_free(&c->conn);
	if (c->heard)
		meet_heard(c);
	else
		op_fail(c->op, &f);
}

static int
meet_address(struct create *c, const char *relay, struct fault *f)
{
	struct code_link link;

	if (relay == NULL || relay[0] == '\0') {
		fault_set(f, ERR_USAGE, NULL, "which relay?");
		fault_hint(f, "Give HOST:PORT or a recado:// link with --relay.");
		return ERR_USAGE;
	}
	if (strncmp(relay, "recado:", 7) == 0) {
		if (code_link_parse(relay, &link) != 0)
			return fault_set(f, ERR_USAGE, NULL, "this is no recado:// link");
		memcpy(c->to.host, link.host, sizeof(c->to.host));
		c->to.port = link.port;
		memcpy(c->code, link.code, CODE_LEN);
		c->has_code = true;
		if (link.invite[0] != '\0' && c->invite == NULL)
			c->invite = mem_strdup(link.invite);
	} else if (link_address_parse(relay, &c->to) != 0) {
		return fault_set(f, ERR_USAGE, relay, "this is no HOST:PORT");
	}
	link_address_text(&c->to, c->address, sizeof(c->address));
	return 0;
}

void
create_meet(struct create *c, op_then *then)
{
	struct conn_hooks hooks = { c, meet_identity, meet_opened, NULL, meet_closed };
	struct channel_client who = { 0 };
	const struct core_cmd *cmd = &c->op->cmd;
	struct fault f = { 0 };
	uint8_t code[CODE_LEN];
	int r = meet_address(c, cmd->relay != NULL ? cmd->relay : c->e->config->relay, &f);

	c->then = then;
	if (r == 0 && cmd->code != NULL) {
		if (code_parse(cmd->code, code) != 0)
			r = fault_set(&f, ERR_USAGE, NULL, "this is no relay code: 16 groups of 4 hex digits");
		else if (c->has_code && memcmp(code, c->code, CODE_LEN) != 0)
			r = fault_set(&f, ERR_RELAY_KEY, c->address, "link and code name different relays");
		memcpy(c->code, code, CODE_LEN);
		c->has_code = true;
	}
	if (r == 0) {
		op_progress(c->op, "asking the relay for its key");
		if ((r = conn_new(c->e, &c->to, &who, &hooks, &c->conn)) != 0)
			fault_set(&f, r, c->address, "the connection cannot be tried");
	}
	if (r != 0)
		op_fail(c->op, &f);
}
