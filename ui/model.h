/*
 * model: what the screen knows: the people, their conversations, and how the core is doing. It
 * changes only through model_event and a few marks of the user's own (what was read, a draft).
 *
 * It keeps the events' own structures, so nothing is copied or renamed on the way.
 */
#ifndef RECADO_UI_MODEL_H
#define RECADO_UI_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/core.h"

#define MODEL_HAVE UINT64_MAX

/* A message or a notice ("-- text --") in a conversation. */
struct model_item {
	struct core_event ev; /* CORE_EV_MESSAGE or CORE_EV_NOTICE, owned */
	uint64_t row, at; /* order: row, then time of arrival; a notice has its predecessor's row */
	bool bad;         /* a signature did not verify */
};

struct model_conv {
	char *name;
	char *label;              /* how the screen calls them */
	struct core_event person; /* CORE_EV_PERSON, or of no kind yet (person.person NULL) */
	struct core_event whois;  /* CORE_EV_WHOIS, or whois.whois NULL */
	struct model_item *items;
	size_t count, capacity;
	char *draft;   /* "" without one */
	bool complete; /* the oldest message is here */
	bool opened;   /* its history was asked for */
	bool fresh;    /* new since this screen last showed it */
	char *new_id;  /* the first message that was new when it was shown; NULL */
	size_t new_count;
	uint64_t asked_whois;   /* seq; 0: to be asked (again); MODEL_HAVE: answered */
	uint64_t asked_history; /* seq; 0: none under way */
};

struct model {
	struct core_event status;  /* CORE_EV_LINK, or status.status NULL */
	struct model_conv **convs; /* in the order of the list */
	size_t count;
	struct model_conv *current; /* NULL: none */
};

struct model *model_new(void);
void model_free(struct model **pm);
/* Forget everything said by or known of people (the profile was locked). */
void model_forget(struct model *m);

/* Take an event in. Returns true when it was of a kind the model keeps; the event is then
 * an empty one. The texts of messages are made clean if they are not. */
bool model_event(struct model *m, struct core_event *ev);

/* NULL when there is none. */
struct model_conv *model_find(const struct model *m, const char *name);
/* The same, made when it is missing. */
struct model_conv *model_get(struct model *m, const char *name);
size_t model_index(const struct model *m, const struct model_conv *c); /* count: not there */

struct model_item *model_item(struct model_conv *c, const char *id);
/* The newest message of ours, or of theirs; NULL. */
struct model_item *model_last(struct model_conv *c, bool outgoing);
size_t model_unread(const struct model_conv *c);
size_t model_unread_all(const struct model *m);
/* The conversation to go to next for something unread: the fullest first after the current. NULL. */
struct model_conv *model_next_unread(const struct model *m);
/* Shown while the terminal had the focus: everything up to and including id is read. */
void model_mark_read(struct model_conv *c, const char *id);
/* Where the line "n new" goes: set when a conversation comes to the front, dropped when it leaves
 * or the user answers. */
void model_mark_new(struct model_conv *c);
void model_clear_new(struct model_conv *c);
void model_set_draft(struct model_conv *c, const char *text);

char model_trust(const struct model_conv *c);                  /* '?' when unknown */
const struct core_status *model_status(const struct model *m); /* never NULL */

#endif
