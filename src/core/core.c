/*
 * The caller's side: a handle on the engine of this process, or on the socket of the process that
 * owns the home.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/attach.h"
#include "core/core.h"
#include "core/engine.h"
#include "core/record.h"

#define CORE_OPEN_MS 3000 /* for an owner that is just starting or leaving */

struct core {
	struct engine_thread *engine; /* we own the home */
	struct attach *attach;        /* or somebody else does */
	atomic_uint_fast64_t seq;
};

static int
core_own(const struct core_options *o, struct profile **profile, struct core *c, struct fault *f)
{
	struct engine_options eo = { .one_shot = o->one_shot };
	const char *path = o->config != NULL ? o->config : profile_config(*profile);
	int r = config_load(path, o->config == NULL, &eo.config, f);

	if (r != 0)
		return r;
	eo.profile = *profile;
	*profile = NULL;
	return engine_start(&eo, &c->engine, f);
}

/* Lock, or find the one who holds the lock; both can be missing for a moment. */
static int
core_settle(const struct core_options *o, struct profile **profile, struct core *c,
    struct fault *f)
{
	uint64_t until = clock_mono_ms() + CORE_OPEN_MS;
	struct timespec pause = { 0, 20 * 1000 * 1000 };
	int r;

	for (;;) {
		if (!o->attach_only) {
			r = profile_lock(*profile, f);
			if (r == 0)
				return core_own(o, profile, c, f);
			if (r != ERR_LOCKED)
				return r;
		}
		r = attach_open(*profile, &c->attach, f);
		if (r == 0 || o->attach_only || clock_mono_ms() >= until)
			return r == ERR_NOT_FOUND && !o->attach_only ? ERR_LOCKED : r;
		nanosleep(&pause, NULL);
	}
}

int
core_open(const struct core_options *o, struct core **out, struct fault *f)
{
	struct core *c = mem_alloc(sizeof(*c));
	struct profile *profile = NULL;
	int r;

	*out = NULL;
	r = profile_open(o->home, &profile, f);
	if (r == 0)
		r = core_settle(o, &profile, c, f);
	profile_free(&profile);
	if (r != 0) {
		core_close(&c);
		return r;
	}
	*out = c;
	return 0;
}

void
core_close(struct core **pc)
{
	struct core *c = *pc;

	if (c == NULL)
		return;
	*pc = NULL;
	engine_stop(&c->engine);
	attach_close(&c->attach);
	free(c);
}

bool
core_profile_exists(const struct core_options *o)
{
	struct profile *p;
	struct fault f;
	bool there;

	if (profile_open(o->home, &p, &f) != 0)
		return false;
	there = profile_exists(p);
	profile_free(&p);
	return there;
}

struct core_cmd
core_cmd_new(struct core *c, enum core_op op)
{
	return (struct core_cmd){ .op = op, .seq = atomic_fetch_add(&c->seq, 1) + 1,
		.timeout_ms = -1 };
}

int
core_send(struct core *c, struct core_cmd *cmd)
{
	int r;

	if (c->attach != NULL)
		return attach_send(c->attach, cmd);
	r = queue_push(engine_commands(c->engine), cmd);
	if (r == 0)
		*cmd = (struct core_cmd){ 0 };
	return r;
}

int
core_next(struct core *c, struct core_event *ev, int timeout_ms)
{
	int r;

	*ev = (struct core_event){ 0 };
	if (c->attach != NULL)
		return attach_next(c->attach, ev, timeout_ms);
	if (timeout_ms != 0)
		return queue_pop_wait(engine_events(c->engine), ev, timeout_ms);
	r = queue_pop(engine_events(c->engine), ev);
	return r == ERR_AGAIN ? ERR_TIMEOUT : r;
}

int
core_fd(const struct core *c)
{
	return c->attach != NULL ? attach_fd(c->attach) : queue_fd(engine_events(c->engine));
}

bool
core_is_owner(const struct core *c)
{
	return c->engine != NULL;
}
