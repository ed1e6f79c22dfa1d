/*
 * The core's side of the card thread: jobs go into one queue, results and questions come out of
 * another, and answers to questions go into a third.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/cards_int.h"

#define CARDS_QUEUE 32

struct pending {
	LIST_ENTRY(pending) link;
	uint64_t number;
	struct op *op; /* NULL: gone */
	cards_fn *fn;
};

struct cards {
	struct engine *engine;
	struct cards_thread *thread;
	struct event *wake;
	LIST_HEAD(, pending) pending;
	uint64_t numbers, asking; /* asking: the job that waits for an answer */
	uint64_t away;            /* the job whose module has the terminal; 0: none */
	uint32_t away_ask;        /* the question that let it have it */
	char *summary;
};

static struct pending *
pending_find(struct cards *c, uint64_t number)
{
	struct pending *p;

	LIST_FOREACH(p, &c->pending, link)
		if (p->number == number)
			return p;
	return NULL;
}

/* ----------------------------------------------------------------------------- questions */

static void
give(struct cards *c, enum cards_answer_kind kind, const char *text)
{
	struct cards_given a = { .kind = kind };

	c->asking = 0;
	if (text != NULL) {
		a.pin = mem_secret_alloc(strlen(text) + 1);
		memcpy(a.pin, text, strlen(text) + 1);
	}
	if (queue_push(c->thread->answers, &a) != 0)
		cards_given_clear(&a);
}

static void
person_answered(struct op *op, const char *text)
{
	give(op->e->cards, text != NULL ? CARDS_YES : CARDS_NO, text);
}

/* The first answer lets the module have the terminal; a second one, a cancel, takes it back. */
static void
screen_left(struct op *op, const char *text)
{
	struct cards *c = op->e->cards;

	if (c->asking == 0) {
		if (text == NULL)
			cards_thread_interrupt(c->thread);
	} else if (text == NULL) {
		c->away = 0;
		give(c, CARDS_NO, NULL);
	} else {
		give(c, CARDS_YES, text);
	}
	if (c->away != 0) {
		op->ask = c->away_ask;
		op->answer = screen_left;
	}
}

/* A module that asks by itself does so in a window or, without a display, on this process's
 * terminal; who asked from another process is not there. */
static bool
is_elsewhere(const struct op *op)
{
	return op->port->remote && getenv("DISPLAY") == NULL && getenv("WAYLAND_DISPLAY") == NULL;
}

static void
result_ask(struct cards *c, struct cards_result *res)
{
	struct pending *p = pending_find(c, res->number);
	bool suspend = res->question.kind == CORE_ASK_SUSPEND;

	c->away = 0;
	if (p == NULL || p->op == NULL) {
		if (res->answered)
			give(c, CARDS_NO, NULL);
		return;
	}
	if (res->answered)
		c->asking = res->number;
	if (suspend && is_elsewhere(p->op)) {
		give(c, CARDS_ELSEWHERE, NULL);
		return;
	}
	op_ask(p->op, &res->question,
	    !res->answered  ? NULL
	        : suspend   ? screen_left
	                    : person_answered);
	if (suspend) {
		c->away = res->number;
		c->away_ask = p->op->ask;
	}
	memset(&res->question, 0, sizeof(res->question)); /* taken over */
}

/* ----------------------------------------------------------------------------- the status bar */

static const struct {
	int code;
	const char *text;
} absences[] = {
	{ ERR_NO_MODULE, "no card software" },
	{ ERR_NO_SERVICE, "pcscd is not running" },
	{ ERR_NO_READER, "no card reader" },
	{ ERR_NO_CARD, "no card" },
	{ ERR_CARD_REMOVED, "no card" },
	{ ERR_CARD, "the card cannot be used" },
};

/* "JOÃO GONÇALVES, tries full" */
static char *
present(const char *label, const uint8_t *cert, size_t len, enum card_tries tries)
{
	char *name = NULL, *civil_id = NULL, *text;

	if (cert == NULL || cert_holder((struct bytes){ cert, len }, &name, &civil_id) != 0)
		name = civil_id = NULL;
	text = mem_format("%s, tries %s", name != NULL && name[0] != '\0' ? name : label,
	    card_tries_name(tries));
	free(name);
	free(civil_id);
	return text;
}

static char *
of_tokens(const struct cards_result *res)
{
	for (size_t i = 0; i < res->token_count; i++) {
		const struct card_token *t = &res->tokens[i];

		for (size_t k = 0; k < t->cert_count; k++)
			if (t->certs[k].use == CERT_USE_AUTHENTICATION)
				return present(t->label, t->certs[k].der, t->certs[k].der_len, t->tries);
	}
	return mem_strdup("the card cannot be used");
}

static char *
summary_of(const struct cards_result *res)
{
	if (res->token_count > 0)
		return of_tokens(res);
	if (res->holder != NULL)
		return present(
		    res->holder->label, res->holder->cert, res->holder->cert_len, res->holder->tries);
	for (size_t i = 0; i < sizeof(absences) / sizeof(absences[0]); i++)
		if (absences[i].code == res->code)
			return mem_strdup(absences[i].text);
	return NULL;
}

static void
remember(struct cards *c, const struct cards_result *res)
{
	char *now = summary_of(res);

	if (now == NULL || (c->summary != NULL && strcmp(c->summary, now) == 0)) {
		free(now);
		return;
	}
	free(c->summary);
	c->summary = now;
	engine_status(c->engine, NULL);
}

char *
cards_summary(const struct cards *c)
{
	return mem_strdup(c->summary != NULL ? c->summary : "");
}

/* ----------------------------------------------------------------------------- results */

static void
result_done(struct cards *c, struct cards_result *res)
{
	struct pending *p = pending_find(c, res->number);
	struct cards_answer a = { res->code, &res->fault, res->holder, res->signature, res->tokens,
		res->token_count };
	struct op *op = p != NULL ? p->op : NULL;

	/* What a signature failed of says little about what is in the reader. */
	if (p == NULL || res->code == 0)
		remember(c, res);
	if (res->number == c->away)
		c->away = 0;
	if (p == NULL)
		return;
	LIST_REMOVE(p, link);
	if (op != NULL)
		p->fn(op, &a);
	free(p);
}

static void
results_came(evutil_socket_t fd, short what, void *arg)
{
	struct cards *c = arg;
	struct cards_result res;

	while (queue_pop(c->thread->results, &res) == 0) {
		if (res.ask)
			result_ask(c, &res);
		else
			result_done(c, &res);
		cards_result_clear(&res);
	}
}

/* ----------------------------------------------------------------------------- jobs */

static void
submit(struct cards *c, struct op *op, struct cards_job *j, cards_fn *fn)
{
	struct pending *p;

	j->number = ++c->numbers;
	if (queue_push(c->thread->jobs, j) != 0) {
		cards_job_clear(j);
		op_fail_with(op, ERR_CARD, NULL, "too much is asked of the card at once");
		return;
	}
	p = mem_alloc(sizeof(*p));
	p->number = j->number;
	p->op = op;
	p->fn = fn;
	LIST_INSERT_HEAD(&c->pending, p, link);
}

void
cards_watch(struct cards *c)
{
	struct cards_job j = { .kind = CARDS_WATCH };

	if (queue_push(c->thread->jobs, &j) != 0)
		log_debug(c->engine->log, "cards", "the readers cannot be looked at now");
}

void
cards_list(struct cards *c, struct op *op, cards_fn *fn)
{
	struct cards_job j = { .kind = CARDS_LIST };

	submit(c, op, &j, fn);
}

void
cards_holder(struct cards *c, struct op *op, const char *which, cards_fn *fn)
{
	struct cards_job j = { .kind = CARDS_HOLDER,
		.which = which != NULL ? mem_strdup(which) : NULL };

	submit(c, op, &j, fn);
}

void
cards_sign(struct cards *c, struct op *op, const struct cards_order *order, cards_fn *fn)
{
	struct cards_job j = { .kind = CARDS_SIGN,
		.which = order->which != NULL ? mem_strdup(order->which) : NULL,
		.certain = order->certificate != NULL,
		.message = buf_new(order->message.n) };

	if (j.certain)
		memcpy(j.certificate, order->certificate, sizeof(j.certificate));
	if (buf_put_bytes(j.message, order->message) != 0) {
		cards_job_clear(&j);
		op_fail_with(op, ERR_BUG, NULL, "the message cannot be handed to the card");
		return;
	}
	submit(c, op, &j, fn);
}

void
cards_cancel(struct cards *c, const struct op *op)
{
	struct pending *p;

	LIST_FOREACH(p, &c->pending, link) {
		if (p->op != op)
			continue;
		p->op = NULL;
		if (c->asking == p->number)
			give(c, CARDS_NO, NULL);
		else if (c->away == p->number)
			cards_thread_interrupt(c->thread);
	}
}

/* ----------------------------------------------------------------------------- life */

static void
thread_free(struct cards_thread *t)
{
	queue_free(&t->jobs, cards_job_clear);
	queue_free(&t->results, cards_result_clear);
	queue_free(&t->answers, cards_given_clear);
	free(t->module);
	free(t);
}

static int
thread_new(struct engine *e, struct cards_thread **out)
{
	struct cards_thread *t = mem_alloc(sizeof(*t));

	*out = t;
	if (e->config->token_module != NULL)
		t->module = mem_strdup(e->config->token_module);
	t->jobs = queue_new(CARDS_QUEUE, sizeof(struct cards_job));
	t->results = queue_new(2 * CARDS_QUEUE, sizeof(struct cards_result));
	t->answers = queue_new(4, sizeof(struct cards_given));
	return t->jobs != NULL && t->results != NULL && t->answers != NULL ? 0 : ERR_NOMEM;
}

int
cards_new(struct engine *e, struct cards **out, struct fault *f)
{
	struct cards *c = mem_alloc(sizeof(*c));
	int r;

	*out = NULL;
	c->engine = e;
	LIST_INIT(&c->pending);
	if ((r = thread_new(e, &c->thread)) == 0) {
		c->wake = event_new(
		    e->base, queue_fd(c->thread->results), EV_READ | EV_PERSIST, results_came, c);
		r = c->wake != NULL ? cards_thread_start(c->thread) : ERR_NOMEM;
	}
	if (r != 0) {
		cards_free(&c);
		return fault_set(f, r, NULL, "the card thread cannot start");
	}
	event_add(c->wake, NULL);
	*out = c;
	return 0;
}

void
cards_free(struct cards **pc)
{
	struct cards *c = *pc;
	struct pending *p;

	if (c == NULL)
		return;
	*pc = NULL;
	if (c->wake != NULL)
		event_free(c->wake);
	if (cards_thread_stop(c->thread))
		thread_free(c->thread);
	else
		log_warn(c->engine->log, "cards", "a call of the card's module does not come back");
	while ((p = LIST_FIRST(&c->pending)) != NULL) {
		LIST_REMOVE(p, link);
		free(p);
	}
	free(c->summary);
	free(c);
}
