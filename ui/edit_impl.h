/*
 * edit_impl: what edit.c (the text and its operations) and edit_keys.c (the keys) share.
 */
#ifndef RECADO_UI_EDIT_IMPL_H
#define RECADO_UI_EDIT_IMPL_H

#include "ui/edit.h"

#define EDIT_RING 16
#define EDIT_UNDO 200
#define EDIT_HISTORY 200

enum edit_last { EDIT_LAST_OTHER, EDIT_LAST_TYPED, EDIT_LAST_KILL, EDIT_LAST_YANK };

struct edit_snapshot {
	char *text;
	size_t cursor;
};

struct edit {
	char *text; /* max + 1 bytes */
	size_t len, max, cursor;
	unsigned flags;
	enum edit_last last;
	struct edit_snapshot undo[EDIT_UNDO];
	size_t undo_count;
	char *ring[EDIT_RING]; /* newest first */
	size_t ring_count, yank_index, yank_len;
	char *history[EDIT_HISTORY]; /* oldest first */
	size_t history_count, history_at;
	char *pending; /* what was being written before walking the history */
	int goal;      /* column that Up and Down aim at; -1: none */
};

/* Movements: a byte offset from one. */
size_t edit_prev_cluster(const struct edit *e, size_t at);
size_t edit_next_cluster(const struct edit *e, size_t at);
size_t edit_prev_word(const struct edit *e, size_t at);
size_t edit_next_word(const struct edit *e, size_t at);
size_t edit_prev_blank(const struct edit *e, size_t at); /* for Ctrl-W */
size_t edit_line_start(const struct edit *e, size_t at);
size_t edit_line_end(const struct edit *e, size_t at);

/* Changes, each an undo step. */
void edit_save(struct edit *e);
void edit_delete(struct edit *e, size_t from, size_t to);
void edit_kill(struct edit *e, size_t from, size_t to); /* into the ring; joins the kill before */
void edit_yank(struct edit *e);
void edit_yank_pop(struct edit *e);
void edit_walk(struct edit *e, int direction); /* history: -1 older */

#endif
