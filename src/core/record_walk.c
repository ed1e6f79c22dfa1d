#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/record_walk.h"

#define RECORD_LIST_MAX 4096 /* entries of a list from another process */

static void *
at(const void *p, size_t offset)
{
	return (char *)(uintptr_t)p + offset;
}

#define AS(type, p, f) (*(type *)at(p, (f)->offset))
#define COUNT(p, f) (*(size_t *)at(p, (f)->count_at))

/* ------------------------------------------------------------------------------ freeing, copying */

static void
text_clear(char **s)
{
	if (*s != NULL)
		mem_wipe(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

void
record_clear(const struct record_struct *rs, void *p)
{
	size_t i, k;

	for (i = 0; i < rs->field_count; i++) {
		const struct record_field *f = &rs->fields[i];

		if (f->type == RECORD_TEXT) {
			text_clear(&AS(char *, p, f));
		} else if (f->type == RECORD_TEXTS) {
			for (k = 0; k < COUNT(p, f); k++)
				free(AS(char **, p, f)[k]);
			free(AS(char **, p, f));
		} else if (f->type == RECORD_LIST) {
			for (k = 0; k < COUNT(p, f); k++)
				record_clear(f->of, AS(char *, p, f) + k * f->of->size);
			free(AS(void *, p, f));
		}
	}
	memset(p, 0, rs->size);
}

void
record_copy(const struct record_struct *rs, const void *p, void *out)
{
	size_t i, k;

	memcpy(out, p, rs->size);
	for (i = 0; i < rs->field_count; i++) {
		const struct record_field *f = &rs->fields[i];
		size_t n = f->type == RECORD_TEXTS || f->type == RECORD_LIST ? COUNT(p, f) : 0;

		if (f->type == RECORD_TEXT && AS(char *, p, f) != NULL) {
			AS(char *, out, f) = mem_strdup(AS(char *, p, f));
		} else if (f->type == RECORD_TEXTS && n > 0) {
			AS(char **, out, f) = mem_array(n, sizeof(char *));
			for (k = 0; k < n; k++)
				AS(char **, out, f)[k] = mem_strdup(AS(char **, p, f)[k]);
		} else if (f->type == RECORD_LIST && n > 0) {
			AS(void *, out, f) = mem_array(n, f->of->size);
			for (k = 0; k < n; k++)
				record_copy(f->of, AS(char *, p, f) + k * f->of->size,
				    AS(char *, out, f) + k * f->of->size);
		}
	}
}

/* ------------------------------------------------------------------------------ writing */

static json_t *
put_time(uint64_t ms, bool public)
{
	char text[CLOCK_TEXT_MAX];

	if (!public)
		return json_integer((json_int_t)ms);
	if (ms == 0)
		return json_null();
	clock_text(ms, text);
	return json_string(text);
}

static json_t *
put_text(const char *s)
{
	json_t *j = s != NULL ? json_string(s) : NULL;

	return j != NULL ? j : json_null();
}

static json_t *
put_word(const struct record_field *f, const void *p)
{
	int v = f->count == sizeof(bool) ? AS(bool, p, f) : AS(int, p, f);

	return json_string(f->words[v - f->first]);
}

static json_t *
put_ints(const struct record_field *f, const void *p)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < f->count; i++)
		json_array_append_new(a, json_integer((&AS(int, p, f))[i]));
	return a;
}

static json_t *
put_list(const struct record_field *f, const void *p, bool public)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < COUNT(p, f); i++) {
		if (f->type == RECORD_TEXTS)
			json_array_append_new(a, put_text(AS(char **, p, f)[i]));
		else
			json_array_append_new(a,
			    record_put(f->of, AS(char *, p, f) + i * f->of->size, public));
	}
	return a;
}

static json_t *
put_field(const struct record_field *f, const void *p, bool public)
{
	char letter[2] = { 0, 0 };

	switch (f->type) {
	case RECORD_TEXT:
		return put_text(AS(char *, p, f));
	case RECORD_CHARS:
		return put_text(&AS(char, p, f));
	case RECORD_U32:
		return json_integer(AS(uint32_t, p, f));
	case RECORD_U64:
		return json_integer((json_int_t)AS(uint64_t, p, f));
	case RECORD_I64:
		return json_integer(AS(int64_t, p, f));
	case RECORD_INT:
		return json_integer(AS(int, p, f));
	case RECORD_BOOL:
		return json_boolean(AS(bool, p, f));
	case RECORD_TIME:
		return put_time(AS(uint64_t, p, f), public);
	case RECORD_LETTER:
		letter[0] = AS(char, p, f);
		return json_string(letter);
	case RECORD_WORD:
		return put_word(f, p);
	case RECORD_INTS:
		return put_ints(f, p);
	case RECORD_LIST:
	case RECORD_TEXTS:
		return put_list(f, p, public);
	case RECORD_ERROR:
		return public ? json_string(err_name(AS(int, p, f))) : json_integer(AS(int, p, f));
	}
	return json_null();
}

json_t *
record_put(const struct record_struct *rs, const void *p, bool public)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < rs->field_count; i++) {
		const struct record_field *f = &rs->fields[i];
		json_t *v;

		if (public && f->use == RECORD_LOCAL)
			continue;
		v = put_field(f, p, public);
		if (json_is_null(v) && (!public || f->use == RECORD_GIVEN))
			json_decref(v);
		else
			json_object_set_new(o, f->name, v);
	}
	return o;
}

/* ------------------------------------------------------------------------------ reading */

static int
get_text(const json_t *v, char **out)
{
	if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
		return ERR_FORMAT;
	*out = mem_strdup(json_string_value(v));
	return 0;
}

static int
get_word(const struct record_field *f, const json_t *v, void *p)
{
	const char *s = json_string_value(v);
	int i;

	for (i = 0; s != NULL && f->words[i] != NULL; i++) {
		if (strcmp(f->words[i], s) != 0)
			continue;
		if (f->count == sizeof(bool))
			AS(bool, p, f) = i + f->first != 0;
		else
			AS(int, p, f) = i + f->first;
		return 0;
	}
	return ERR_FORMAT;
}

static int
get_number(const struct record_field *f, const json_t *v, void *p)
{
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v))
		return ERR_FORMAT;
	if (f->type == RECORD_I64 || f->type == RECORD_U64 || f->type == RECORD_TIME)
		AS(int64_t, p, f) = n;
	else if (f->type == RECORD_U32 && n >= 0 && n <= UINT32_MAX)
		AS(uint32_t, p, f) = (uint32_t)n;
	else if (f->type != RECORD_U32 && n >= INT32_MIN && n <= INT32_MAX)
		AS(int, p, f) = (int)n;
	else
		return ERR_FORMAT;
	return 0;
}

static int
get_ints(const struct record_field *f, const json_t *v, void *p)
{
	size_t i;

	if (json_array_size(v) != f->count)
		return ERR_FORMAT;
	for (i = 0; i < f->count; i++)
		(&AS(int, p, f))[i] = (int)json_integer_value(json_array_get(v, i));
	return 0;
}

static int
get_list(const struct record_field *f, const json_t *v, void *p)
{
	size_t i, n = json_array_size(v);
	int r = 0;

	if (!json_is_array(v) || n > RECORD_LIST_MAX)
		return ERR_FORMAT;
	if (n == 0)
		return 0;
	AS(void *, p, f) = mem_array(n, f->type == RECORD_TEXTS ? sizeof(char *) : f->of->size);
	for (i = 0; i < n && r == 0; i++) {
		const json_t *e = json_array_get(v, i);

		if (f->type == RECORD_TEXTS)
			r = get_text(e, &AS(char **, p, f)[i]);
		else
			r = record_get(f->of, e, AS(char *, p, f) + i * f->of->size);
		COUNT(p, f) = i + 1;
	}
	return r;
}

static int
get_chars(const struct record_field *f, const json_t *v, void *p)
{
	size_t n = json_string_length(v);

	if (!json_is_string(v) || n >= f->count)
		return ERR_FORMAT;
	memcpy(&AS(char, p, f), json_string_value(v), n + 1);
	return 0;
}

static int
get_field(const struct record_field *f, const json_t *v, void *p)
{
	switch (f->type) {
	case RECORD_TEXT:
		return get_text(v, &AS(char *, p, f));
	case RECORD_CHARS:
		return get_chars(f, v, p);
	case RECORD_BOOL:
		AS(bool, p, f) = json_is_true(v);
		return json_is_boolean(v) ? 0 : ERR_FORMAT;
	case RECORD_LETTER:
		AS(char, p, f) = json_string_length(v) == 1 ? json_string_value(v)[0] : 0;
		return json_is_string(v) ? 0 : ERR_FORMAT;
	case RECORD_WORD:
		return get_word(f, v, p);
	case RECORD_INTS:
		return get_ints(f, v, p);
	case RECORD_LIST:
	case RECORD_TEXTS:
		return get_list(f, v, p);
	default:
		return get_number(f, v, p);
	}
}

int
record_get(const struct record_struct *rs, const json_t *o, void *p)
{
	size_t i;
	int r = 0;

	memset(p, 0, rs->size);
	if (!json_is_object(o))
		return ERR_FORMAT;
	for (i = 0; i < rs->field_count && r == 0; i++) {
		const json_t *v = json_object_get(o, rs->fields[i].name);

		if (v != NULL)
			r = get_field(&rs->fields[i], v, p);
	}
	if (r != 0)
		record_clear(rs, p);
	return r;
}
