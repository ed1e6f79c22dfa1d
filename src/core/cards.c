/*
 * Two queues and a third for answers to questions. The card thread owns the PKCS#11 context; what
 * it needs from a person it asks for by putting an ASK into the result queue and sleeping on the
 * answer queue, so that pkcs11-helper's hooks look like ordinary blocking calls to it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/queue.h"
#include "core/cards.h"

#define CARDS_QUEUE 32

enum job_kind { JOB_LIST, JOB_HOLDER, JOB_SIGN };

struct job {
	enum job_kind kind;
	uint64_t number; /* which op waits for it */
	char *which;
	struct buf *message;
};

enum result_kind { RESULT_DONE, RESULT_ASK };

struct result {
	enum result_kind kind;
	uint64_t number;
	int code;
	struct fault fault;
	struct card_holder *holder;
	struct card_signature *signature;
	struct card_token *tokens;
	size_t token_count;
	char *module;
	struct core_ask ask; /* RESULT_ASK; answered is true when an answer is awaited */
	bool answered;
};

struct answer {
	bool given;
	char *pin; /* in the secret arena */
};

struct pending {
	LIST_ENTRY(pending) link;
	uint64_t number;
	struct op *op; /* NULL: gone */
	cards_fn *fn;
};

struct cards {
	struct engine *engine;
	pthread_t thread;
	bool started;
	struct queue *jobs, *results, *answers;
	struct event *wake;
	LIST_HEAD(, pending) pending;
	uint64_t numbers, asking; /* asking: the job that waits for an answer */
	char *module_path;
	char *summary;
};

/* ------------------------------------------------------------------------------ card thread */

/* What lives on the card thread only. */
struct worker {
	struct cards *cards;
	struct card *card;
	uint64_t number;
};

static int
worker_ask(struct worker *w, enum core_ask_kind kind, const struct card_ask *ask, bool wait,
    char *pin, size_t max)
{
	struct result res = { .kind = RESULT_ASK, .number = w->number, .answered = wait };
	struct answer a = { false, NULL };
	int r;

	res.ask.kind = kind;
	if (ask != NULL) {
		res.ask.token = mem_format("%s%s%s", ask->token, ask->civil_name[0] != '\0' ? ", " : "",
		    ask->civil_name);
		res.ask.tries = (enum core_tries)ask->tries;
	}
	if ((r = queue_push(w->cards->results, &res)) != 0) {
		free(res.ask.token);
		return ERR_CANCELED;
	}
	if (!wait)
		return 0;
	if (queue_pop_wait(w->cards->answers, &a, -1) != 0 || !a.given)
		r = ERR_CANCELED;
	else if (pin != NULL && (a.pin == NULL || strlen(a.pin) + 1 > max))
		r = ERR_CANCELED;
	else if (pin != NULL)
		memcpy(pin, a.pin, strlen(a.pin) + 1);
	mem_secret_free(&a.pin);
	return r;
}

static int
hook_pin(void *arg, const struct card_ask *ask, char *pin, size_t max)
{
	return worker_ask(arg, CORE_ASK_PIN, ask, true, pin, max);
}

static void
hook_pinpad(void *arg, const struct card_ask *ask)
{
	if (worker_ask(arg, CORE_ASK_PINPAD, ask, false, NULL, 0) != 0)
		return;
}

static int
hook_suspend(void *arg, const struct card_ask *ask)
{
	return worker_ask(arg, CORE_ASK_SUSPEND, ask, true, NULL, 0);
}

static void
hook_resume(void *arg)
{
	if (worker_ask(arg, CORE_ASK_RESUME, NULL, false, NULL, 0) != 0)
		return;
}

static int
worker_sign(struct worker *w, const struct job *j, struct result *res)
{
	struct card_hooks hooks = { w, hook_pin, hook_pinpad, hook_suspend, hook_resume };
	struct card_holder *h = NULL;
	int r = card_select(w->card, j->which, &h, &res->fault);

	if (r == 0) {
		res->signature = mem_alloc(sizeof(*res->signature));
		r = card_sign(w->card, h, buf_view(j->message), &hooks, res->signature, &res->fault);
	}
	card_holder_free(&h);
	return r;
}

static int
worker_run(struct worker *w, const struct job *j, struct result *res)
{
	struct card_options o = { .module = w->cards->module_path };
	int r = 0;

	if (w->card == NULL)
		r = card_open(&o, &w->card, &res->fault);
	else
		r = card_rescan(w->card, &res->fault);
	if (r != 0)
		return r;
	res->module = mem_strdup(card_module(w->card));
	switch (j->kind) {
	case JOB_LIST:
		return card_tokens(w->card, &res->tokens, &res->token_count, &res->fault);
	case JOB_HOLDER:
		return card_select(w->card, j->which, &res->holder, &res->fault);
	default:
		return worker_sign(w, j, res);
	}
}

static void
job_clear(void *p)
{
	struct job *j = p;

	free(j->which);
	buf_free(&j->message);
}

static void
result_clear(void *p)
{
	struct result *r = p;

	card_holder_free(&r->holder);
	free(r->signature);
	card_tokens_free(&r->tokens, &r->token_count);
	free(r->module);
	free(r->ask.token);
	free(r->ask.text);
}

static void
answer_clear(void *p)
{
	mem_secret_free(&((struct answer *)p)->pin);
}

static void *
worker_main(void *arg)
{
	struct worker w = { .cards = arg };
	struct job j;

	while (queue_pop_wait(w.cards->jobs, &j, -1) == 0) {
		struct result res = { .kind = RESULT_DONE, .number = j.number };

		w.number = j.number;
		res.code = worker_run(&w, &j, &res);
		job_clear(&j);
		/* At most as many results as jobs and one question: there is room, or all is over. */
		if (queue_push(w.cards->results, &res) != 0)
			result_clear(&res);
	}
	card_close(&w.card);
	return NULL;
}

/* ------------------------------------------------------------------------------ core thread */

static struct pending *
pending_find(struct cards *c, uint64_t number)
{
	struct pending *p;

	LIST_FOREACH(p, &c->pending, link)
		if (p->number == number)
			return p;
	return NULL;
}

static void
give_answer(struct cards *c, const char *text)
{
	struct answer a = { .given = text != NULL };

	c->asking = 0;
	if (text != NULL) {
		a.pin = mem_secret_alloc(strlen(text) + 1);
		memcpy(a.pin, text, strlen(text) + 1);
	}
	if (queue_push(c->answers, &a) != 0)
		answer_clear(&a);
}

static void
person_answered(struct op *op, const char *text)
{
	give_answer(op->e->cards, text);
}

static void
result_ask(struct cards *c, struct result *res)
{
	struct pending *p = pending_find(c, res->number);

	if (p == NULL || p->op == NULL) {
		if (res->answered)
			give_answer(c, NULL);
		return;
	}
	if (res->answered)
		c->asking = res->number;
	op_ask(p->op, &res->ask, res->answered ? person_answered : NULL);
	memset(&res->ask, 0, sizeof(res->ask)); /* taken over */
}

static void
remember(struct cards *c, const struct result *res)
{
	char *now = NULL;

	if (res->token_count > 0)
		now = mem_format("%s, tries %s", res->tokens[0].label, card_tries_name(res->tokens[0].tries));
	else if (res->holder != NULL)
		now = mem_format("%s, tries %s", res->holder->label, card_tries_name(res->holder->tries));
	else if (res->code == ERR_NO_CARD || res->tokens != NULL)
		now = mem_strdup("no card");
	if (now == NULL)
		return;
	free(c->summary);
	c->summary = now;
	engine_status(c->engine, NULL);
}

static void
result_done(struct cards *c, struct result *res)
{
	struct pending *p = pending_find(c, res->number);
	struct cards_answer a = { res->code, &res->fault, res->holder, res->signature, res->tokens,
		res->token_count, res->module };
	struct op *op = p != NULL ? p->op : NULL;

	remember(c, res);
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
	struct result res;

	while (queue_pop(c->results, &res) == 0) {
		if (res.kind == RESULT_ASK)
			result_ask(c, &res);
		else
			result_done(c, &res);
		result_clear(&res);
	}
}

static void
submit(struct cards *c, struct op *op, struct job *j, cards_fn *fn)
{
	struct pending *p;

	j->number = ++c->numbers;
	if (queue_push(c->jobs, j) != 0) {
		job_clear(j);
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
cards_look(struct cards *c)
{
	struct job j = { .kind = JOB_LIST, .number = ++c->numbers };

	if (queue_push(c->jobs, &j) != 0)
		log_debug(c->engine->log, "cards", "the readers cannot be looked at now");
}

void
cards_list(struct cards *c, struct op *op, cards_fn *fn)
{
	struct job j = { .kind = JOB_LIST };

	submit(c, op, &j, fn);
}

void
cards_holder(struct cards *c, struct op *op, const char *which, cards_fn *fn)
{
	struct job j = { .kind = JOB_HOLDER, .which = which != NULL ? mem_strdup(which) : NULL };

	submit(c, op, &j, fn);
}

void
cards_sign(struct cards *c, struct op *op, const char *which, struct bytes message, cards_fn *fn)
{
	struct job j = { .kind = JOB_SIGN, .which = which != NULL ? mem_strdup(which) : NULL,
		.message = buf_new(message.n) };

	if (buf_put_bytes(j.message, message) != 0) {
		job_clear(&j);
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
			give_answer(c, NULL);
	}
}

char *
cards_summary(const struct cards *c)
{
	return mem_strdup(c->summary != NULL ? c->summary : "");
}

int
cards_new(struct engine *e, struct cards **out, struct fault *f)
{
	struct cards *c = mem_alloc(sizeof(*c));
	sigset_t all, old;

	*out = NULL;
	c->engine = e;
	LIST_INIT(&c->pending);
	if (e->config->token_module != NULL)
		c->module_path = mem_strdup(e->config->token_module);
	c->jobs = queue_new(CARDS_QUEUE, sizeof(struct job));
	c->results = queue_new(2 * CARDS_QUEUE, sizeof(struct result));
	c->answers = queue_new(4, sizeof(struct answer));
	if (c->jobs != NULL && c->results != NULL && c->answers != NULL)
		c->wake = event_new(e->base, queue_fd(c->results), EV_READ | EV_PERSIST, results_came, c);
	if (c->wake != NULL) {
		event_add(c->wake, NULL);
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		c->started = pthread_create(&c->thread, NULL, worker_main, c) == 0;
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	if (!c->started) {
		cards_free(&c);
		return fault_set(f, ERR_NOMEM, NULL, "the card thread cannot start");
	}
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
	if (c->started) {
		queue_close(c->jobs);
		queue_close(c->answers);
		queue_close(c->results);
		pthread_join(c->thread, NULL);
	}
	if (c->wake != NULL)
		event_free(c->wake);
	while ((p = LIST_FIRST(&c->pending)) != NULL) {
		LIST_REMOVE(p, link);
		free(p);
	}
	queue_free(&c->jobs, job_clear);
	queue_free(&c->results, result_clear);
	queue_free(&c->answers, answer_clear);
	free(c->module_path);
	free(c->summary);
	free(c);
}
