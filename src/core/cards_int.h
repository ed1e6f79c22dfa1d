/*
 * cards_int: what the two sides of the card thread share. cards.c lives on the core thread,
 * cards_thread.c on the card thread; they meet in these queues only.
 */
#ifndef RECADO_CORE_CARDS_INT_H
#define RECADO_CORE_CARDS_INT_H

#include <pthread.h>

#include "base/queue.h"
#include "core/cards.h"

enum cards_job_kind { CARDS_LIST, CARDS_HOLDER, CARDS_SIGN, CARDS_WATCH };

struct cards_job {
	enum cards_job_kind kind;
	uint64_t number; /* which op waits for it; 0: none */
	char *which;
	struct buf *message;
	uint8_t certificate[CERT_HASH_LEN]; /* that the card must have */
	bool certain;                       /* certificate is given */
};

struct cards_result {
	bool ask; /* a question of the job's; otherwise the job is done */
	uint64_t number;
	int code;
	struct fault fault;
	struct card_holder *holder;
	struct card_signature *signature;
	struct card_token *tokens;
	size_t token_count;
	struct core_ask question; /* answered is true when an answer is awaited */
	bool answered;
};

enum cards_answer_kind { CARDS_NO, CARDS_YES, CARDS_ELSEWHERE };

struct cards_given {
	enum cards_answer_kind kind;
	char *pin; /* in the secret arena */
};

/* What the card thread needs; nothing here changes while it runs. */
struct cards_thread {
	struct queue *jobs, *results, *answers;
	char *module; /* configured, or NULL */
	pthread_t thread;
	bool started;
};

void cards_job_clear(void *job);
void cards_result_clear(void *result);
void cards_given_clear(void *given);

int cards_thread_start(struct cards_thread *t) MUST_CHECK;
/* A module that reads the terminal meanwhile: make its read fail. */
void cards_thread_interrupt(struct cards_thread *t);
/* Close the queues and wait for the call at hand; false: it does not come back, and what it may
 * still touch must stay. */
bool cards_thread_stop(struct cards_thread *t);

/* Why there is nothing to work with: fills f, returns its code. c: NULL when no module could be
 * opened, and then f says already why. On the card thread. */
int cards_help(struct card *c, struct fault *f);

#endif
