/*
 * The card thread owns the PKCS#11 context. What it needs from a person it asks for by putting a
 * question into the result queue and sleeping on the answer queue, so that the hooks of card_sign
 * look like ordinary blocking calls to it.
 *
 * While somebody watches it looks into the readers twice a second, between jobs. A module that
 * sees no reader at all, or did not start, is started again now and then: some list readers once.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "core/cards_int.h"

#define WATCH_MS 500
#define WATCH_REST 19 /* looks between two attempts to start a module */
#define STOP_TRIES 15
#define STOP_MS 200

/* A signal that does nothing but end a read: nobody else has a use for it here. */
#define INTERRUPT SIGURG

struct worker {
	struct cards_thread *t;
	struct card *card;
	uint64_t number;
	bool elsewhere; /* the person who asked is not at the terminal the module would use */
	bool watching, seen;
	int code; /* of the last look */
	struct card_glance glance;
	unsigned rest;
};

/* ----------------------------------------------------------------------------- questions */

static int
worker_ask(struct worker *w, enum core_ask_kind kind, const struct card_ask *ask, bool wait,
    char *pin, size_t max)
{
	struct cards_result res = { .ask = true, .number = w->number, .answered = wait };
	struct cards_given a = { CARDS_NO, NULL };
	int r;

	res.question.kind = kind;
	if (ask != NULL) {
		res.question.token = mem_format("%s%s%s", ask->token,
		    ask->civil_name[0] != '\0' ? ", " : "", ask->civil_name);
		res.question.tries = (enum core_tries)ask->tries;
	}
	if ((r = queue_push(w->t->results, &res)) != 0) {
		free(res.question.token);
		return ERR_CANCELED;
	}
	if (!wait)
		return 0;
	if (queue_pop_wait(w->t->answers, &a, -1) != 0 || a.kind != CARDS_YES)
		r = ERR_CANCELED;
	else if (pin != NULL && (a.pin == NULL || strlen(a.pin) + 1 > max))
		r = ERR_CANCELED;
	else if (pin != NULL)
		memcpy(pin, a.pin, strlen(a.pin) + 1);
	w->elsewhere = a.kind == CARDS_ELSEWHERE;
	mem_secret_free(&a.pin);
	return r;
}

static int
hook_pin(void *arg, const struct card_ask *ask, char *pin, size_t max)
{
	return worker_ask(arg, ask->can ? CORE_ASK_CAN : CORE_ASK_PIN, ask, true, pin, max);
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

/* ----------------------------------------------------------------------------- jobs */

static int
check_certificate(const struct card_holder *h, const struct cards_job *j, struct fault *f)
{
	uint8_t hash[CERT_HASH_LEN];

	cert_sha256((struct bytes){ h->cert, h->cert_len }, hash);
	if (!j->certain || memcmp(hash, j->certificate, sizeof(hash)) == 0)
		return 0;
	fault_set(f, ERR_NO_CARD, h->civil_name, "another card is in the reader");
	fault_hint(f, "Put in the card that these keys belong to and try again.");
	return ERR_NO_CARD;
}

static int
worker_sign(struct worker *w, const struct cards_job *j, struct cards_result *res)
{
	struct card_hooks hooks = { w, hook_pin, hook_pinpad, hook_suspend, hook_resume };
	struct card_holder *h = NULL;
	int r = card_select(w->card, j->which, &h, &res->fault);

	w->elsewhere = false;
	if (r == 0)
		r = check_certificate(h, j, &res->fault);
	if (r == 0) {
		res->signature = mem_alloc(sizeof(*res->signature));
		r = card_sign(w->card, h, buf_view(j->message), &hooks, res->signature, &res->fault);
	}
	if (r == ERR_CANCELED && w->elsewhere) {
		fault_set(&res->fault, ERR_CANCELED, h->label,
		    "this card's own software asks for the PIN, on the terminal of the recado that "
		    "is open");
		fault_hint(&res->fault, "Do it there, or close it and run this again.");
	}
	card_holder_free(&h);
	return r;
}

static int
worker_list(struct worker *w, struct cards_result *res)
{
	int r = card_tokens(w->card, &res->tokens, &res->token_count, &res->fault);

	return r == 0 && res->token_count == 0 ? cards_help(w->card, &res->fault) : r;
}

static int
worker_open(struct worker *w, struct fault *f)
{
	struct card_options o = { .module = w->t->module };
	int r = w->card == NULL ? card_open(&o, &w->card, f) : card_rescan(w->card, f);

	if (r == 0)
		return 0;
	card_close(&w->card);
	return cards_help(NULL, f);
}

static int
worker_run(struct worker *w, const struct cards_job *j, struct cards_result *res)
{
	int r = worker_open(w, &res->fault);

	if (r != 0)
		return r;
	switch (j->kind) {
	case CARDS_LIST:
		return worker_list(w, res);
	case CARDS_HOLDER:
		r = card_select(w->card, j->which, &res->holder, &res->fault);
		break;
	default:
		r = worker_sign(w, j, res);
		break;
	}
	return r == ERR_NO_CARD && j->which == NULL && !card_present(w->card, NULL)
	    ? cards_help(w->card, &res->fault)
	    : r;
}

/* ----------------------------------------------------------------------------- watching */

/* The module as it is, or started now that it is time to. */
static int
watch_open(struct worker *w, struct fault *f)
{
	bool try = w->rest == 0;

	if (w->card != NULL && (w->glance.readers > 0 || !w->seen))
		return 0;
	w->rest = try ? WATCH_REST : w->rest - 1;
	if (!try)
		return w->card != NULL ? 0 : ERR_AGAIN;
	return worker_open(w, f);
}

static void
watch(struct worker *w)
{
	struct cards_result res = { .number = 0 };
	struct card_glance now = { .readers = 0 };
	int r = watch_open(w, &res.fault);

	if (r == ERR_AGAIN)
		return;
	if (r == 0 && (r = card_glance(w->card, &now)) != 0) {
		card_close(&w->card);
		r = cards_help(NULL, &res.fault);
	}
	if (w->seen && r == w->code && memcmp(&now, &w->glance, sizeof(now)) == 0)
		return;
	w->seen = true;
	w->code = r;
	w->glance = now;
	res.code = r != 0 ? r : worker_list(w, &res);
	if (queue_push(w->t->results, &res) != 0) {
		w->seen = false; /* told the next time */
		cards_result_clear(&res);
	}
}

/* ----------------------------------------------------------------------------- the thread */

void
cards_job_clear(void *p)
{
	struct cards_job *j = p;

	free(j->which);
	buf_free(&j->message);
}

void
cards_result_clear(void *p)
{
	struct cards_result *r = p;

	card_holder_free(&r->holder);
	free(r->signature);
	card_tokens_free(&r->tokens, &r->token_count);
	free(r->question.token);
	free(r->question.text);
}

void
cards_given_clear(void *p)
{
	mem_secret_free(&((struct cards_given *)p)->pin);
}

static void
take_job(struct worker *w, struct cards_job *j)
{
	struct cards_result res = { .number = j->number };

	w->number = j->number;
	res.code = worker_run(w, j, &res);
	/* At most as many results as jobs and one question: there is room, or all is over. */
	if (queue_push(w->t->results, &res) != 0)
		cards_result_clear(&res);
}

static void *
worker_main(void *arg)
{
	struct worker w = { .t = arg };
	struct cards_job j;
	int r;

	while ((r = queue_pop_wait(w.t->jobs, &j, w.watching ? WATCH_MS : -1)) == 0 ||
	    r == ERR_TIMEOUT) {
		if (r == 0 && j.kind != CARDS_WATCH)
			take_job(&w, &j);
		if (r == 0 && j.kind == CARDS_WATCH) {
			w.watching = true;
			w.seen = false;
		}
		if (r == 0)
			cards_job_clear(&j);
		if (w.watching)
			watch(&w);
	}
	card_close(&w.card);
	return NULL;
}

static void
interrupted(int number)
{
	(void)number;
}

int
cards_thread_start(struct cards_thread *t)
{
	struct sigaction act = { .sa_handler = interrupted }; /* and no SA_RESTART */
	sigset_t all, old;

	sigemptyset(&act.sa_mask);
	if (sigaction(INTERRUPT, &act, NULL) != 0)
		return ERR_NOMEM;
	sigfillset(&all);
	sigdelset(&all, INTERRUPT);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	t->started = pthread_create(&t->thread, NULL, worker_main, t) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return t->started ? 0 : ERR_NOMEM;
}

void
cards_thread_interrupt(struct cards_thread *t)
{
	if (t->started)
		(void)pthread_kill(t->thread, INTERRUPT);
}

bool
cards_thread_stop(struct cards_thread *t)
{
	struct timespec until;

	if (!t->started)
		return true;
	queue_close(t->jobs);
	queue_close(t->answers);
	queue_close(t->results);
	for (int i = 0; i < STOP_TRIES; i++) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += STOP_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (pthread_timedjoin_np(t->thread, NULL, &until) == 0)
			return true;
		if (i > 0)
			cards_thread_interrupt(t);
	}
	(void)pthread_detach(t->thread);
	return false;
}
