/*
 * The answers of one command as lines: people, states, devices, cards, messages. One function a
 * kind of event writes its lines; Enter on a person goes to them, and on a message to its place.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/command_devices.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/label.h"
#include "ui/pane.h"
#include "ui/tick.h"
#include "ui/ui.h"
#include "ui/view.h"
#include "ui/when.h"

struct entry {
	char *text, *name; /* name: of whom Enter goes to, or of a device; NULL */
	char *device;      /* id of one that can be removed; NULL */
	enum theme_role role;
};

struct list {
	char *title;
	uint64_t seq;
	bool done, ascii, devices;
	bool changes; /* the devices: they are listed when it is done */
	struct entry *entry;
	size_t count;
	struct view_cursor at;
};

static const struct view_hint hints[] = {
	{ "j k", N_("Move") },
	{ N_("Enter"), N_("Open") },
	{ "q", N_("Back") },
	{ NULL, NULL },
};

static const struct view_hint device_hints[] = {
	{ "j k", N_("Move") },
	{ "x", N_("Remove") },
	{ "q", N_("Back") },
	{ NULL, NULL },
};

static void *
init(struct ui *ui, const void *arg)
{
	const struct view_list_arg *a = arg;
	struct list *l = mem_alloc(sizeof *l);

	l->ascii = term_ascii(ui->term);
	l->title = mem_strdup(a->title);
	l->devices = a->cmd->op == CORE_DEVICES;
	l->changes = l->devices && a->cmd->flags != 0;
	l->seq = ui_send(ui, a->cmd);
	l->done = l->seq == 0;
	return l;
}

static void
drop_entries(struct list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->entry[i].text);
		free(l->entry[i].name);
		free(l->entry[i].device);
	}
	free(l->entry);
	l->entry = NULL;
	l->count = 0;
}

static void
release(struct ui *ui, void *self)
{
	struct list *l = self;

	(void)ui;
	drop_entries(l);
	free(l->title);
	free(l);
}

static void put(struct list *l, enum theme_role role, const char *name, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

static void
put(struct list *l, enum theme_role role, const char *name, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	l->entry = mem_grow(l->entry, l->count + 1, sizeof *l->entry);
	l->entry[l->count++] =
	    (struct entry){ mem_strdup(text), name == NULL ? NULL : mem_strdup(name), NULL, role };
}

/* ---- one function a kind */

static void
put_person(struct list *l, const struct core_event *ev)
{
	const struct core_person *p = ev->person;

	put(l, label_trust_role(p->trust), p->name, "%s%c %-24s %s  %s", p->online ? "●" : "○",
	    p->trust, p->name, p->civil_name == NULL ? "" : p->civil_name,
	    p->why == NULL ? "" : label_word(p->why));
}

static void
put_state(struct list *l, const struct core_event *ev)
{
	static const char *const proof[] = { [CORE_PROOF_NONE] = N_("no proof"),
		[CORE_PROOF_WARRANT] = N_("warrant of the relay"),
		[CORE_PROOF_RECEIPT] = N_("receipt signed by the device"),
		[CORE_PROOF_CARD] = N_("receipt signed by the card") };
	const struct core_state_change *s = ev->state;
	char when[WHEN_MAX];

	put(l, tick_role(s->state, false), NULL, "%-10s %s  %s  %s %s", tick_words(s->state, false),
	    s->at == 0 ? "" : when_exact(s->at, when),
	    _(proof[s->proof <= CORE_PROOF_CARD ? s->proof : CORE_PROOF_NONE]),
	    s->proof == CORE_PROOF_NONE ? ""
		: s->verified           ? _("correct")
					: _("BAD SIGNATURE"),
	    s->by == NULL ? "" : s->by);
	if (s->error != NULL && s->error[0] != '\0')
		put(l, THEME_BAD, NULL, "  %s", s->error);
}

static void
put_device(struct list *l, const struct core_event *ev)
{
	const struct core_device *d = ev->device;
	char bound[WHEN_MAX], removed[WHEN_MAX];

	put(l, d->removed_at != 0 ? THEME_DIM : THEME_TEXT, d->name, _("%s  %-16s since %s%s%s  %s"),
	    d->id, d->name == NULL ? "" : d->name, when_date(d->bound_at, bound),
	    d->removed_at != 0 ? _(", removed ") : "",
	    d->removed_at != 0 ? when_date(d->removed_at, removed) : "",
	    d->this_device ? _("(this device)") : "");
	if (d->removed_at == 0 && !d->this_device)
		l->entry[l->count - 1].device = mem_strdup(d->id);
}

static void
put_card(struct list *l, const struct core_event *ev)
{
	static const char *const tries[] = { [CORE_TRIES_FULL] = N_("3 tries left"),
		[CORE_TRIES_LOW] = N_("2 tries left"),
		[CORE_TRIES_FINAL] = N_("one try left"),
		[CORE_TRIES_LOCKED] = N_("PIN locked") };
	const struct core_card *k = ev->card;

	put(l, THEME_HEADING, NULL, "%s  %s  %s", k->token == NULL ? "" : k->token,
	    k->reader == NULL ? "" : k->reader, _(tries[k->tries & 3]));
	for (size_t i = 0; i < k->certificate_count; i++) {
		put(l, THEME_TEXT, NULL, _("  certificate %s  %s"), k->certificates[i].id,
		    k->certificates[i].label == NULL ? "" : k->certificates[i].label);
		put(l, THEME_DIM, NULL, "    %s", k->certificates[i].subject);
	}
	for (size_t i = 0; i < k->key_count; i++)
		put(l, THEME_TEXT, NULL, _("  key %s  %s  %s"), k->keys[i].id, k->keys[i].type,
		    k->keys[i].label == NULL ? "" : k->keys[i].label);
}

static void
put_message(struct list *l, const struct core_event *ev)
{
	const struct core_message *m = ev->message;
	char when[WHEN_MAX], clock[WHEN_MAX];

	put(l, m->unread ? THEME_UNREAD : THEME_TEXT, m->conversation, "%s %s  %-12s %s  %s",
	    when_date(m->sent_at, when), when_clock(m->sent_at, clock),
	    m->outgoing ? _("you") : m->from,
	    m->outgoing ? tick_text(m->state, false, l->ascii) : "   ",
	    m->text == NULL ? "" : m->text);
}

static void
put_check(struct list *l, const struct core_event *ev)
{
	put(l, ev->check->ok ? THEME_GOOD : THEME_BAD, NULL, "%u  %s  %s", ev->check->line,
	    ev->check->what, ev->check->reason == NULL ? "" : ev->check->reason);
}

static void
put_fault(struct list *l, const struct core_event *ev)
{
	char line[sizeof(struct fault)];

	fault_line(ev->fault, line, sizeof line);
	put(l, THEME_BAD, NULL, "%s", line);
}

static void
put_done(struct list *l, const struct core_event *ev)
{
	l->done = true;
	if (l->count == 0)
		put(l, THEME_DIM, NULL, "%s", ev->exit == 0 ? _("nothing") : _("failed"));
}

static void (*const writers[])(struct list *l, const struct core_event *ev) = {
	[CORE_EV_DONE] = put_done,
	[CORE_EV_ERROR] = put_fault,
	[CORE_EV_MESSAGE] = put_message,
	[CORE_EV_STATE] = put_state,
	[CORE_EV_PERSON] = put_person,
	[CORE_EV_DEVICE] = put_device,
	[CORE_EV_CARD] = put_card,
	[CORE_EV_CHECK] = put_check,
};

/* They were changed: the whole list as it is now. */
static void
list_again(struct ui *ui, struct list *l)
{
	struct core_cmd core = core_cmd_new(ui->core, CORE_DEVICES);

	l->changes = false;
	drop_entries(l);
	l->seq = ui_send(ui, &core);
	l->done = l->seq == 0;
}

static bool
event(struct ui *ui, void *self, struct core_event *ev)
{
	struct list *l = self;

	if (ev->seq == 0 || ev->seq != l->seq ||
	    (size_t)ev->kind >= sizeof writers / sizeof *writers || writers[ev->kind] == NULL)
		return false;
	if (ev->kind == CORE_EV_DONE && ev->exit == 0 && l->changes)
		list_again(ui, l);
	else
		writers[ev->kind](l, ev);
	return true;
}

static void
remove_device(struct ui *ui, const struct list *l)
{
	const struct entry *e = l->at.at < l->count ? &l->entry[l->at.at] : NULL;

	if (e != NULL && e->device != NULL)
		command_devices_remove(ui, e->device, e->name != NULL ? e->name : e->device);
	else
		ui_say(ui, THEME_WARN, "%s",
		    _("Only another device, and one that is not removed yet, can be removed here."));
}

static bool
key(struct ui *ui, void *self, uint32_t key)
{
	struct list *l = self;
	char *name;

	if (view_cursor_key(&l->at, key))
		return true;
	if (key == 'q' || key == K_ESC || key == K_C('c')) {
		ui_pop(ui);
		return true;
	}
	if (key == 'x' && l->devices && l->done) {
		remove_device(ui, l);
		return true;
	}
	if (key == K_ENTER && !l->devices && l->at.at < l->count && l->entry[l->at.at].name != NULL) {
		name = mem_strdup(l->entry[l->at.at].name);
		ui_pop(ui);
		ui_select(ui, model_get(ui->model, name));
		free(name);
		return true;
	}
	return keys_is_text(key);
}

static void
draw(struct ui *ui, void *self, const struct canvas *c)
{
	struct list *l = self;
	int rows = c->rows - 4;

	view_title(c, l->title, l->done ? "" : _("working ..."));
	view_cursor_fit(&l->at, l->count, rows);
	for (int i = 0; i < rows && l->at.top + (size_t)i < l->count; i++) {
		size_t n = l->at.top + (size_t)i;

		(void)canvas_field(c, 2 + i, 1, c->cols - 2,
		    n == l->at.at ? THEME_SELECTED : l->entry[n].role, l->entry[n].text);
	}
	canvas_cursor(c, 2 + (int)(l->at.at - l->at.top), 0);
	pane_status_line(ui, c, c->rows - 2, "");
	view_hints(c, c->rows - 1, l->devices ? device_hints : hints, _("Ctrl-Q Quit"));
}

const struct view view_list = {
	.name = "list",
	.init = init,
	.free = release,
	.key = key,
	.event = event,
	.draw = draw,
};
