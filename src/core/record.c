#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/record.h"
#include "core/record_walk.h"

/* What an event's union holds, by kind: a pointer to a struct with a table, a note, a number. */
struct kind {
	const char *word;
	const struct record_struct *of; /* NULL: note or exit */
	bool public;
};

static const struct kind kinds[] = {
	[CORE_EV_DONE] = { "done", NULL, false },
	[CORE_EV_ERROR] = { "error", &record_fault, true },
	[CORE_EV_ASK] = { "ask", &record_ask, false },
	[CORE_EV_PROGRESS] = { "progress", NULL, false },
	[CORE_EV_NOTICE] = { "notice", NULL, false },
	[CORE_EV_LINK] = { "link", &record_status, false },
	[CORE_EV_MESSAGE] = { "message", &record_message, true },
	[CORE_EV_STATE] = { "state", &record_state, true },
	[CORE_EV_PERSON] = { "person", &record_person, true },
	[CORE_EV_WHOIS] = { "whois", &record_whois, true },
	[CORE_EV_DEVICE] = { "device", &record_device, true },
	[CORE_EV_CARD] = { "card", &record_card, true },
	[CORE_EV_CHECK] = { "check", &record_check, true },
	[CORE_EV_DRAFT] = { "draft", &record_draft, false },
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* All pointers of the union are one: to the kind's struct. */
static void *
payload(const struct core_event *ev)
{
	return ev->fault;
}

static char *
dump(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text != NULL ? text : mem_strdup("{}");
}

/* ------------------------------------------------------------------------------ memory */

/* Passphrases and PINs pass through here between processes. */
static void
wiping_free(void *p)
{
	if (p != NULL)
		mem_wipe(p, malloc_usable_size(p));
	free(p);
}

/* Before main: no thread can be using jansson yet. */
static __attribute__((constructor)) void
wipe_json(void)
{
	json_set_alloc_funcs(malloc, wiping_free);
}

void
core_cmd_clear(struct core_cmd *cmd)
{
	record_clear(&record_cmd, cmd);
}

void
core_event_clear(struct core_event *ev)
{
	const struct kind *k = &kinds[ev->kind];

	if (k->of != NULL && payload(ev) != NULL) {
		record_clear(k->of, payload(ev));
		free(payload(ev));
	} else if (ev->kind == CORE_EV_PROGRESS || ev->kind == CORE_EV_NOTICE) {
		free(ev->note.name);
		free(ev->note.text);
	}
	memset(ev, 0, sizeof(*ev));
}

void
record_copy_event(const struct core_event *ev, struct core_event *out)
{
	const struct kind *k = &kinds[ev->kind];

	*out = *ev;
	if (k->of != NULL) {
		out->fault = mem_alloc(k->of->size);
		record_copy(k->of, payload(ev), out->fault);
	} else if (ev->kind == CORE_EV_PROGRESS || ev->kind == CORE_EV_NOTICE) {
		out->note.name = ev->note.name != NULL ? mem_strdup(ev->note.name) : NULL;
		out->note.text = ev->note.text != NULL ? mem_strdup(ev->note.text) : NULL;
	}
}

/* ------------------------------------------------------------------------------ local form */

char *
record_put_cmd(const struct core_cmd *cmd)
{
	return dump(record_put(&record_cmd, cmd, false));
}

int
record_get_cmd(const char *line, size_t n, struct core_cmd *out)
{
	json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	int r = o != NULL ? record_get(&record_cmd, o, out) : ERR_FORMAT;

	if (o == NULL)
		memset(out, 0, sizeof(*out));
	json_decref(o);
	return r;
}

static json_t *
put_body(const struct core_event *ev)
{
	json_t *o;

	if (kinds[ev->kind].of != NULL)
		return record_put(kinds[ev->kind].of, payload(ev), false);
	o = json_object();
	if (ev->kind == CORE_EV_DONE) {
		json_object_set_new(o, "exit", json_integer(ev->exit));
		return o;
	}
	if (ev->note.name != NULL)
		json_object_set_new(o, "name", json_string(ev->note.name));
	if (ev->note.text != NULL)
		json_object_set_new(o, "text", json_string(ev->note.text));
	json_object_set_new(o, "at", json_integer((json_int_t)ev->note.at));
	return o;
}

char *
record_put_event(const struct core_event *ev)
{
	json_t *o = json_object();

	json_object_set_new(o, "event", json_string(kinds[ev->kind].word));
	json_object_set_new(o, "seq", json_integer((json_int_t)ev->seq));
	json_object_set_new(o, "body", put_body(ev));
	return dump(o);
}

static char *
note_text(const json_t *body, const char *key)
{
	const char *s = json_string_value(json_object_get(body, key));

	return s != NULL ? mem_strdup(s) : NULL;
}

static int
get_body(const json_t *body, struct core_event *out)
{
	const struct record_struct *of = kinds[out->kind].of;
	int r;

	if (!json_is_object(body))
		return ERR_FORMAT;
	if (of != NULL) {
		out->fault = mem_alloc(of->size);
		r = record_get(of, body, out->fault);
		if (r != 0) {
			free(out->fault);
			out->fault = NULL;
		}
		return r;
	}
	if (out->kind == CORE_EV_DONE) {
		out->exit = (int)json_integer_value(json_object_get(body, "exit"));
		return 0;
	}
	out->note.name = note_text(body, "name");
	out->note.text = note_text(body, "text");
	out->note.at = (uint64_t)json_integer_value(json_object_get(body, "at"));
	return 0;
}

int
record_get_event(const char *line, size_t n, struct core_event *out)
{
	json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	const char *word = json_string_value(json_object_get(o, "event"));
	size_t i;
	int r = ERR_FORMAT;

	memset(out, 0, sizeof(*out));
	for (i = 0; word != NULL && i < KIND_COUNT; i++) {
		if (strcmp(kinds[i].word, word) != 0)
			continue;
		out->kind = (enum core_event_kind)i;
		out->seq = (uint64_t)json_integer_value(json_object_get(o, "seq"));
		r = get_body(json_object_get(o, "body"), out);
	}
	if (r != 0)
		memset(out, 0, sizeof(*out));
	json_decref(o);
	return r;
}

/* ------------------------------------------------------------------------------ public form */

char *
core_event_json(const struct core_event *ev)
{
	const struct kind *k = &kinds[ev->kind];
	json_t *o, *body;

	if (!k->public)
		return NULL;
	o = json_pack("{s:i, s:s}", "v", 1, "type", k->word);
	body = record_put(k->of, payload(ev), true);
	json_object_update(o, body);
	json_decref(body);
	return dump(o);
}

/* ------------------------------------------------------------------------------ words */

static const char *const state_words[] = { "failed", "none", "queued", "sent", "delivered", "read",
	"notarised" };

const char *
core_state_name(enum core_state s)
{
	return s >= CORE_ST_FAILED && s <= CORE_ST_NOTARISED ? state_words[s - CORE_ST_FAILED] : "none";
}

int
core_state_parse(const char *text, enum core_state *out)
{
	int i;

	*out = CORE_ST_NONE;
	for (i = CORE_ST_QUEUED; i <= CORE_ST_NOTARISED; i++) {
		if (strcmp(text, core_state_name((enum core_state)i)) == 0) {
			*out = (enum core_state)i;
			return 0;
		}
	}
	return ERR_USAGE;
}
