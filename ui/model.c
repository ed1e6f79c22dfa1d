#include "ui/model.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "ui/label.h"

struct model *
model_new(void)
{
	return mem_alloc(sizeof(struct model));
}

static void
wipe_text(char **ps)
{
	if (*ps != NULL)
		mem_wipe(*ps, strlen(*ps));
	free(*ps);
	*ps = NULL;
}

static void
free_item(struct model_item *item)
{
	if (item->ev.kind == CORE_EV_MESSAGE && item->ev.message->text != NULL)
		mem_wipe(item->ev.message->text, strlen(item->ev.message->text));
	core_event_clear(&item->ev);
}

static void
free_conv(struct model_conv *c)
{
	for (size_t i = 0; i < c->count; i++)
		free_item(&c->items[i]);
	free(c->items);
	if (c->person.person != NULL)
		core_event_clear(&c->person);
	if (c->whois.whois != NULL)
		core_event_clear(&c->whois);
	wipe_text(&c->draft);
	free(c->new_id);
	free(c->label);
	free(c->name);
	free(c);
}

void
model_forget(struct model *m)
{
	for (size_t i = 0; i < m->count; i++)
		free_conv(m->convs[i]);
	free(m->convs);
	m->convs = NULL;
	m->count = 0;
	m->current = NULL;
}

void
model_free(struct model **pm)
{
	struct model *m = *pm;

	if (m == NULL)
		return;
	model_forget(m);
	if (m->status.status != NULL)
		core_event_clear(&m->status);
	free(m);
	*pm = NULL;
}

const struct core_status *
model_status(const struct model *m)
{
	static const struct core_status none;

	return m->status.status != NULL ? m->status.status : &none;
}

char
model_trust(const struct model_conv *c)
{
	return c->person.person != NULL && c->person.person->trust != 0 ? c->person.person->trust
									: '?';
}

/* ---- the list of conversations: who can be trusted first, then by name; it does not move when
 * mail comes, so that Alt-1..9 stay where the hand expects them. */

static int
rank(const struct model_conv *c)
{
	static const char order[] = "VCR?!";
	const struct core_person *p = c->person.person;
	const char *at;

	if (p != NULL && p->contact == CORE_CONTACT_BLOCKED)
		return 9;
	if (p != NULL && p->contact == CORE_CONTACT_REQUEST)
		return 8;
	at = strchr(order, model_trust(c));
	return at == NULL ? 7 : (int)(at - order);
}

static int
compare(const void *a, const void *b)
{
	const struct model_conv *x = *(struct model_conv *const *)a;
	const struct model_conv *y = *(struct model_conv *const *)b;
	int d = rank(x) - rank(y);

	return d != 0 ? d : strcmp(x->name, y->name);
}

static void
sort_list(struct model *m)
{
	qsort(m->convs, m->count, sizeof *m->convs, compare);
}

struct model_conv *
model_find(const struct model *m, const char *name)
{
	for (size_t i = 0; name != NULL && i < m->count; i++)
		if (strcmp(m->convs[i]->name, name) == 0)
			return m->convs[i];
	return NULL;
}

struct model_conv *
model_get(struct model *m, const char *name)
{
	struct model_conv *c = model_find(m, name);

	if (c != NULL)
		return c;
	c = mem_alloc(sizeof *c);
	c->name = mem_strdup(name);
	c->label = label_person(NULL, name);
	c->draft = mem_strdup("");
	m->convs = mem_grow(m->convs, m->count + 1, sizeof *m->convs);
	m->convs[m->count++] = c;
	sort_list(m);
	return c;
}

size_t
model_index(const struct model *m, const struct model_conv *c)
{
	size_t i;

	for (i = 0; i < m->count && m->convs[i] != c; i++)
		;
	return i;
}

static void
take_person(struct model *m, struct core_event *ev)
{
	struct model_conv *c = model_get(m, ev->person->name);
	bool changed = c->person.person == NULL || c->person.person->trust != ev->person->trust ||
	    c->person.person->devices != ev->person->devices;

	if (c->person.person != NULL)
		core_event_clear(&c->person);
	c->person = *ev;
	free(c->label);
	c->label = label_person(c->person.person, c->name);
	if (changed)
		c->asked_whois = 0;
	sort_list(m);
}

static void
take_whois(struct model *m, struct core_event *ev)
{
	struct model_conv *c = model_get(m, ev->whois->name);

	if (c->whois.whois != NULL)
		core_event_clear(&c->whois);
	c->whois = *ev;
	c->asked_whois = MODEL_HAVE;
}

/* A conversation without a session that is written in may have one by now. */
static void
doubt_session(struct model_conv *c)
{
	const struct core_whois *w = c->whois.whois;

	if (w != NULL && (w->suite == NULL || w->suite[0] == '\0') && c->asked_whois == MODEL_HAVE)
		c->asked_whois = 0;
}

/* ---- messages */

struct model_item *
model_item(struct model_conv *c, const char *id)
{
	for (size_t i = c->count; id != NULL && i-- > 0;)
		if (c->items[i].ev.kind == CORE_EV_MESSAGE &&
		    strcmp(c->items[i].ev.message->id, id) == 0)
			return &c->items[i];
	return NULL;
}

static bool
before(const struct model_item *a, const struct model_item *b)
{
	if (a->row != b->row)
		return a->row < b->row;
	if (a->ev.kind != b->ev.kind)
		return a->ev.kind == CORE_EV_MESSAGE;
	return a->at < b->at;
}

static void
insert(struct model_conv *c, const struct model_item *item)
{
	size_t i = c->count;

	if (c->count == c->capacity) {
		c->capacity = c->capacity == 0 ? 32 : c->capacity * 2;
		c->items = mem_grow(c->items, c->capacity, sizeof *c->items);
	}
	for (; i > 0 && before(item, &c->items[i - 1]); i--)
		c->items[i] = c->items[i - 1];
	c->items[i] = *item;
	c->count++;
}

static void
clean(char **ps, enum text_kind kind)
{
	char *s;

	if (*ps == NULL || text_is_clean(*ps, strlen(*ps), kind))
		return;
	s = text_clean(*ps, strlen(*ps), kind);
	free(*ps);
	*ps = s;
}

static void
take_message(struct model *m, struct core_event *ev)
{
	struct core_message *msg = ev->message;
	struct model_conv *c = model_get(m, msg->conversation);
	struct model_item *old = model_item(c, msg->id), item = { .ev = *ev };

	clean(&msg->text, TEXT_BLOCK);
	item.at = msg->outgoing || msg->received_at == 0 ? msg->sent_at : msg->received_at;
	item.row = msg->row != 0 ? msg->row : UINT64_MAX - 1;
	if (old != NULL) {
		item.bad = old->bad;
		if (old->ev.message->state > msg->state && msg->state != CORE_ST_FAILED)
			msg->state = old->ev.message->state;
		msg->unread = msg->unread && old->ev.message->unread;
		free_item(old);
		memmove(old, old + 1, (size_t)(c->items + c->count - old - 1) * sizeof *old);
		c->count--;
	} else if (msg->unread && !msg->outgoing && ev->seq == 0) {
		doubt_session(c);
		c->fresh = c != m->current;
	}
	insert(c, &item);
}

static void
take_notice(struct model *m, struct core_event *ev)
{
	struct model_conv *c = model_get(m, ev->note.name);
	struct model_item item = { .ev = *ev, .at = ev->note.at };

	clean(&ev->note.text, TEXT_LINE);
	item.ev = *ev;
	item.row = c->count == 0 ? 0 : c->items[c->count - 1].row;
	insert(c, &item);
}

static void
take_state(struct model *m, struct core_event *ev)
{
	struct core_state_change *s = ev->state;
	struct model_conv *c = model_find(m, s->conversation);
	struct model_item *item = c == NULL ? NULL : model_item(c, s->id);

	for (size_t i = 0; item == NULL && i < m->count; i++)
		item = model_item(m->convs[i], s->id);
	if (c != NULL && s->state >= CORE_ST_SENT)
		doubt_session(c);
	if (item != NULL) {
		struct core_message *msg = item->ev.message;

		if (s->state >= CORE_ST_DELIVERED && !s->verified) {
			item->bad = true;
		} else if (s->state > msg->state || s->state == CORE_ST_FAILED ||
		    msg->state == CORE_ST_FAILED) {
			msg->state = s->state;
		}
		if (s->error != NULL && s->error[0] != '\0') {
			free(msg->error);
			msg->error = mem_strdup(s->error);
		}
	}
	core_event_clear(ev);
}

bool
model_event(struct model *m, struct core_event *ev)
{
	struct core_event empty = { .kind = CORE_EV_DONE, .seq = ev->seq };

	switch (ev->kind) {
	case CORE_EV_LINK:
		if (m->status.status != NULL)
			core_event_clear(&m->status);
		m->status = *ev;
		break;
	case CORE_EV_PERSON:
		take_person(m, ev);
		break;
	case CORE_EV_WHOIS:
		take_whois(m, ev);
		break;
	case CORE_EV_MESSAGE:
		take_message(m, ev);
		break;
	case CORE_EV_STATE:
		take_state(m, ev);
		break;
	case CORE_EV_DRAFT:
		model_set_draft(model_get(m, ev->draft->name), ev->draft->text);
		core_event_clear(ev);
		break;
	case CORE_EV_NOTICE:
		if (ev->note.name == NULL)
			return false;
		take_notice(m, ev);
		break;
	default:
		return false;
	}
	*ev = empty;
	return true;
}
