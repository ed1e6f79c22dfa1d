#include <errno.h>
#include <libconfig.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/config.h"

static const char *const words_profile[] = { "standard", "strict", NULL };
static const char *const words_revocation[] = { "require", "prefer", "off", NULL };
static const char *const words_receipts[] = { "on", "ask", "off", NULL };
static const char *const words_requests[] = { "card", "hold", NULL };
static const char *const words_log[] = { "error", "warn", "info", "debug", NULL };

enum key_type { KEY_TEXT, KEY_INT, KEY_WORD, KEY_SUITES, KEY_POLICIES };

struct key {
	const char *group; /* NULL: top level */
	const char *name;
	enum key_type type;
	size_t offset;
	const char *const *words; /* KEY_WORD */
	int min, max;             /* KEY_INT */
};

#define AT(field) offsetof(struct config, field)
static const struct key keys[] = {
	{ NULL, "relay", KEY_TEXT, AT(relay), NULL, 0, 0 },
	{ NULL, "device", KEY_TEXT, AT(device), NULL, 0, 0 },
	{ NULL, "receipts", KEY_WORD, AT(receipts), words_receipts, 0, 0 },
	{ NULL, "requests", KEY_WORD, AT(requests), words_requests, 0, 0 },
	{ NULL, "log", KEY_WORD, AT(log_level), words_log, 0, 0 },
	{ NULL, "suites", KEY_SUITES, AT(suites), NULL, 0, 0 },
	{ NULL, "lock_after_min", KEY_INT, AT(lock_after_min), NULL, 0, 24 * 60 },
	{ "token", "module", KEY_TEXT, AT(token_module), NULL, 0, 0 },
	{ "token", "label", KEY_TEXT, AT(token_label), NULL, 0, 0 },
	{ "trust", "anchors", KEY_TEXT, AT(trust_anchors), NULL, 0, 0 },
	{ "trust", "intermediates", KEY_TEXT, AT(trust_intermediates), NULL, 0, 0 },
	{ "trust", "crls", KEY_TEXT, AT(trust_crls), NULL, 0, 0 },
	{ "trust", "policies", KEY_POLICIES, AT(policies), NULL, 0, 0 },
	{ "trust", "profile", KEY_WORD, AT(profile), words_profile, 0, 0 },
	{ "trust", "revocation", KEY_WORD, AT(revocation), words_revocation, 0, 0 },
	{ "trust", "max_age_h", KEY_INT, AT(max_age_h), NULL, 1, 24 * 366 },
};
#undef AT
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

/* what: a format for the setting's name. */
static int
config_complain(const config_setting_t *s, const char *path, struct fault *f, const char *what)
{
	char about[128];

	snprintf(about, sizeof(about), "%.100s:%u", path, config_setting_source_line(s));
	return fault_set(f, ERR_CONFIG, about, what,
	    config_setting_name(s) != NULL ? config_setting_name(s) : "?");
}

static int
complain_value(const struct key *k, const config_setting_t *s, const char *path, struct fault *f)
{
	char names[SUITE_NAMES_MAX];
	int r = config_complain(s, path, f, "wrong value for \"%.60s\"");

	if (k->type == KEY_POLICIES)
		return fault_hint(f, "A list of certificate policies, each once: \"%s\" is the Citizen Card's.",
		    CERT_POLICY_CARD);
	if (k->type != KEY_SUITES)
		return r;
	suite_names(names, sizeof(names));
	return fault_hint(f, "A list of suites, each once: %s.", names);
}

static bool
is_group(const char *name)
{
	size_t i;

	for (i = 0; i < KEY_COUNT; i++)
		if (keys[i].group != NULL && strcmp(keys[i].group, name) == 0)
			return true;
	return false;
}

static const struct key *
key_find(const char *group, const char *name)
{
	size_t i;

	for (i = 0; i < KEY_COUNT; i++) {
		bool same = group == NULL ? keys[i].group == NULL
		                          : keys[i].group != NULL && strcmp(group, keys[i].group) == 0;

		if (same && strcmp(name, keys[i].name) == 0)
			return &keys[i];
	}
	return NULL;
}

static int
key_word(const struct key *k, const char *text, int *out)
{
	int i;

	for (i = 0; k->words[i] != NULL; i++) {
		if (strcmp(k->words[i], text) == 0) {
			*out = i;
			return 0;
		}
	}
	return ERR_CONFIG;
}

static int
suite_take(void *out, const char *text)
{
	return suite_list_add(out, text);
}

static int
policy_take(void *out, const char *text)
{
	return cert_policies_add(out, text);
}

/* ( "A", "B" ), or one text. */
static int
texts_take(const config_setting_t *s, void *out, int (*take)(void *out, const char *text))
{
	int i, n = config_setting_length(s), r = 0;

	if (config_setting_type(s) == CONFIG_TYPE_STRING)
		return take(out, config_setting_get_string(s));
	if (!config_setting_is_aggregate(s) || config_setting_is_group(s) || n == 0)
		return ERR_CONFIG;
	for (i = 0; i < n && r == 0; i++) {
		const char *text = config_setting_get_string_elem(s, i);

		r = text != NULL ? take(out, text) : ERR_CONFIG;
	}
	return r;
}

static int
key_take(const struct key *k, const config_setting_t *s, struct config *c)
{
	char *at = (char *)c + k->offset;
	int v;

	if (k->type == KEY_INT) {
		if (config_setting_type(s) != CONFIG_TYPE_INT)
			return ERR_CONFIG;
		v = config_setting_get_int(s);
		if (v < k->min || v > k->max)
			return ERR_CONFIG;
		*(int *)(void *)at = v;
		return 0;
	}
	if (k->type == KEY_SUITES) {
		memset(at, 0, sizeof(struct suite_list));
		return texts_take(s, at, suite_take);
	}
	if (k->type == KEY_POLICIES)
		return texts_take(s, at, policy_take);
	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return ERR_CONFIG;
	if (k->type == KEY_WORD)
		return key_word(k, config_setting_get_string(s), (int *)(void *)at);
	*(char **)(void *)at = mem_strdup(config_setting_get_string(s));
	return 0;
}

static int
group_take(const config_setting_t *g, const char *group, const char *path, struct config *c,
    struct fault *f)
{
	int i, r, n = config_setting_length(g);

	for (i = 0; i < n; i++) {
		const config_setting_t *s = config_setting_get_elem(g, (unsigned)i);
		const char *name = config_setting_name(s);
		const struct key *k = key_find(group, name);

		if (group == NULL && is_group(name)) {
			if (config_setting_type(s) != CONFIG_TYPE_GROUP)
				return config_complain(s, path, f, "not a group: \"%.60s\"");
			if ((r = group_take(s, name, path, c, f)) != 0)
				return r;
		} else if (k == NULL) {
			return config_complain(s, path, f, "unknown key \"%.60s\"");
		} else if (key_take(k, s, c) != 0) {
			return complain_value(k, s, path, f);
		}
	}
	return 0;
}

static int
file_take(FILE *in, const char *path, struct config *c, struct fault *f)
{
	char about[128];
	config_t conf;
	int r;

	config_init(&conf);
	if (config_read(&conf, in)) {
		r = group_take(config_root_setting(&conf), NULL, path, c, f);
	} else {
		snprintf(about, sizeof(about), "%.100s:%d", path, config_error_line(&conf));
		r = fault_set(f, ERR_CONFIG, about, "%s",
		    config_error_text(&conf) != NULL ? config_error_text(&conf) : "not readable");
	}
	config_destroy(&conf);
	return r;
}

int
config_load(const char *path, bool missing_ok, struct config **out, struct fault *f)
{
	struct config *c = mem_alloc(sizeof(*c));
	FILE *in = fopen(path, "re");
	int r = 0;

	*out = NULL;
	c->max_age_h = 48;
	suite_list_all(&c->suites);
	c->log_level = CONFIG_LOG_NONE;
	if (in != NULL) {
		r = file_take(in, path, c, f);
		fclose(in);
	} else if (errno != ENOENT || !missing_ok) {
		r = fault_set(f, ERR_CONFIG, path, "the configuration cannot be read");
	}
	if (r != 0) {
		config_free(&c);
		return r;
	}
	*out = c;
	return 0;
}

void
config_free(struct config **pc)
{
	struct config *c = *pc;
	size_t i;

	if (c == NULL)
		return;
	*pc = NULL;
	for (i = 0; i < KEY_COUNT; i++)
		if (keys[i].type == KEY_TEXT)
			free(*(char **)(void *)((char *)c + keys[i].offset));
	free(c);
}
