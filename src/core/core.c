/*
 * The caller's side: a handle on the engine of this process, or on the socket of the process that
 * owns the home.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/attach.h"
#include "core/core.h"
#include "core/engine.h"
#include "core/record.h"
#include "crypto/suite.h"

#define CORE_OPEN_MS 10000 /* for an owner that is just starting or leaving: more than it lingers */

struct core {
	struct engine_thread *engine; /* we own the home */
	struct attach *attach;        /* or somebody else does */
	atomic_uint_fast64_t seq;
};

/* What the command line says about suites wins over the configuration. */
static int
suites_choose(const struct core_options *o, struct suite_list *out, struct fault *f)
{
	char names[SUITE_NAMES_MAX], about[64];
	struct suite_list chosen;
	const char *bad;

	if (o->suites == NULL)
		return 0;
	if (suite_list_parse(o->suites, &chosen, &bad) == 0) {
		*out = chosen;
		return 0;
	}
	snprintf(about, sizeof(about), "%.*s", (int)strcspn(bad, ","), bad);
	suite_names(names, sizeof(names));
	fault_set(f, ERR_USAGE, about, "--suites takes suites with commas between them, each once");
	return fault_hint(f, "They are %s.", names);
}

static int
core_config(const struct core_options *o, const struct profile *p, struct config **out,
    struct fault *f)
{
	int r = config_load(o->config != NULL ? o->config : profile_config(p), o->config == NULL, out, f);

	return r != 0 ? r : suites_choose(o, &(*out)->suites, f);
}

static int
core_own(const struct core_options *o, struct profile **profile, struct core *c, struct fault *f)
{
	struct engine_options eo = { .one_shot = o->one_shot };
	int r = core_config(o, *profile, &eo.config, f);

	if (r != 0) {
		config_free(&eo.config);
		return r;
	}
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
		if (r == 0 && o->suites != NULL) {
			fault_set(f, ERR_USAGE, "--suites", "the recado that runs has chosen its suites");
			return fault_hint(f, "End it first, or set suites in recado.conf.");
		}
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
	struct suite_list chosen;
	int r;

	*out = NULL;
	r = suites_choose(o, &chosen, f);
	if (r == 0)
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

int
core_suites(const struct core_options *o, struct core_suite out[CORE_SUITES], struct fault *f)
{
	struct profile *p = NULL;
	struct config *config = NULL;
	size_t i, n = 0;
	int r = profile_open(o->home, &p, f);

	_Static_assert(CORE_SUITES == SUITE_COUNT, "core.h and suite.h do not agree");
	if (r == 0)
		r = core_config(o, p, &config, f);
	for (; r == 0 && n < config->suites.count; n++)
		out[n] = (struct core_suite){ suite_name(config->suites.id[n]), (uint32_t)n + 1 };
	for (i = 0; r == 0 && i < SUITE_COUNT; i++)
		if (!suite_list_has(&config->suites, suite_all()[i]))
			out[n++] = (struct core_suite){ suite_name(suite_all()[i]), 0 };
	config_free(&config);
	profile_free(&p);
	return r;
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
