/*
 * inbox: what other threads hand to a loop: posts, and jobs that the store has done. An eventfd
 * wakes the loop when the first of them arrives.
 */
#ifndef RECADO_SERVER_INBOX_H
#define RECADO_SERVER_INBOX_H

#include "server/loop.h"

struct inbox;

struct inbox *inbox_new(void); /* NULL: descriptors are out */
/* Frees what is inside, sockets and jobs too. */
void inbox_free(struct inbox **pi);
int inbox_fd(const struct inbox *i); /* readable while something waits */

/* Any thread: a copy of p; a list of jobs. */
void inbox_post(struct inbox *i, const struct loop_post *p);
void inbox_return(struct inbox *i, struct job *list);
/* The loop: everything, in order of arrival; the lists are the caller's. */
void inbox_take(struct inbox *i, struct loop_post **posts, struct job **jobs);

#endif
