/*
 * relay_state: what the files of relay share.
 */
#ifndef RECADO_CORE_RELAY_STATE_H
#define RECADO_CORE_RELAY_STATE_H

#include "core/relay.h"

enum relay_state { RELAY_IDLE, RELAY_TRYING, RELAY_ONLINE, RELAY_WAITING };

struct relay {
	struct engine *engine;
	enum relay_state state;
	struct link_address address;
	struct conn *conn;
	struct event *retry, *ping;
	uint32_t delay_ms;
	uint64_t retry_at; /* monotonic */
	struct fault why;
	struct channel_limits limits;
	uint64_t upkept; /* monotonic: when prekeys were last looked after */
	struct fault said; /* its last words on this connection */
	bool paused;
	bool removed; /* told that this device was removed */
	bool listed; /* the lists were asked for on this connection */
	uint8_t (*online)[STORE_USER];
	size_t online_count;
};

/* relay_presence.c. What the relay says of a user; of nobody any more. */
void relay_presence_set(struct relay *r, const uint8_t *user_id, bool on);
void relay_presence_forget(struct relay *r);

#endif
