/*
 * One table says of each key where its value goes and what it may be. The file is walked, not asked:
 * so a key that is in no table is found, with its line.
 */
#include "server/config.h"

#include <libconfig.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/channel.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

#define DEFAULT_FILE SYSCONFDIR "/recado/recadod.conf"
#define DEFAULT_LISTEN "0.0.0.0:7443"
#define DEFAULT_DATA "/var/lib/recadod"
#define KEY_MAX 128

/* ---------------------------------------------------------------------------- the table */

enum value {
	VALUE_TEXT,
	VALUE_LISTEN,
	VALUE_ALLOW,
	VALUE_SUITES,
	VALUE_POLICIES,
	VALUE_BOOL,
	VALUE_U32,
	VALUE_U64,
	VALUE_WORD,
	VALUE_GROUP
};

struct word {
	const char *text;
	int value;
};

struct key {
	const char *path;
	enum value kind;
	size_t at;         /* in struct config */
	uint64_t min, max; /* numbers */
	const struct word *words;
};

static const struct word register_words[] = { { "card", REGISTER_CARD },
	{ "invite", REGISTER_INVITE }, { "closed", REGISTER_CLOSED }, { NULL, 0 } };
static const struct word enrol_words[] = { { "closed", ENROL_CLOSED }, { "invite", ENROL_INVITE },
	{ "open", ENROL_OPEN }, { NULL, 0 } };
static const struct word directory_words[] = { { "exact", DIRECTORY_EXACT },
	{ "open", DIRECTORY_OPEN }, { NULL, 0 } };
static const struct word log_words[] = { { "error", CONFIG_LOG_ERROR }, { "warn", CONFIG_LOG_WARN },
	{ "info", CONFIG_LOG_INFO }, { "debug", CONFIG_LOG_DEBUG }, { NULL, 0 } };
static const struct word profile_words[] = { { "standard", CERT_STANDARD },
	{ "strict", CERT_STRICT }, { NULL, 0 } };
static const struct word revocation_words[] = { { "require", CERT_REVOCATION_REQUIRE },
	{ "prefer", CERT_REVOCATION_PREFER }, { "off", CERT_REVOCATION_OFF }, { NULL, 0 } };

#define AT(member) offsetof(struct config, member)
#define TEXT(path, member)                                                                         \
	{                                                                                          \
		path, VALUE_TEXT, AT(member), 0, 0, NULL                                           \
	}
#define U32(path, member, min, max)                                                                \
	{                                                                                          \
		path, VALUE_U32, AT(member), min, max, NULL                                        \
	}
#define U64(path, member, min, max)                                                                \
	{                                                                                          \
		path, VALUE_U64, AT(member), min, max, NULL                                        \
	}
#define WORD(path, member, words)                                                                  \
	{                                                                                          \
		path, VALUE_WORD, AT(member), 0, 0, words                                          \
	}
#define GROUP(path)                                                                                \
	{                                                                                          \
		path, VALUE_GROUP, 0, 0, 0, NULL                                                   \
	}
#define RATE(path, member)                                                                         \
	GROUP(path), U32(path ".per_minute", member.per_minute, 0, 1000000),                       \
	    U32(path ".burst", member.burst, 1, 1000000)

static const struct key keys[] = {
	{ "listen", VALUE_LISTEN, 0, 0, 0, NULL },
	TEXT("host", host),
	TEXT("data", data),
	TEXT("metrics", metrics),
	GROUP("trust"),
	TEXT("trust.anchors", trust.anchors),
	TEXT("trust.intermediates", trust.intermediates),
	TEXT("trust.crls", trust.crls),
	{ "trust.policies", VALUE_POLICIES, 0, 0, 0, NULL },
	WORD("trust.profile", trust.policy.profile, profile_words),
	WORD("trust.revocation", trust.policy.revocation, revocation_words),
	U32("trust.max_age_h", trust.policy.max_age_h, 0, 24 * 366),
	GROUP("revocation"),
	{ "revocation.fetch", VALUE_BOOL, AT(revocation.fetch), 0, 0, NULL },
	{ "revocation.allow", VALUE_ALLOW, 0, 0, 0, NULL },
	U32("revocation.interval_min", revocation.interval_min, 1, 7 * 24 * 60),
	U32("revocation.timeout_s", revocation.timeout_s, 1, 600),
	WORD("register", reg, register_words),
	WORD("enrol", enrol, enrol_words),
	WORD("directory", directory, directory_words),
	GROUP("ca"),
	TEXT("ca.name", ca.name),
	U32("ca.days", ca.days, 1, 3650),
	U32("ca.root_years", ca.root_years, 1, 50),
	U32("ca.list_hours", ca.list_hours, 1, 24 * 90),
	U32("ca.certificates", ca.certificates, 1, 10000000),
	WORD("log", log, log_words),
	{ "suites", VALUE_SUITES, 0, 0, 0, NULL },
	U32("loops", loops, 0, 256),
	U32("rekey", rekey, 0, CHANNEL_REKEY_TOP),
	GROUP("limits"),
	RATE("limits.name_checks", limits.name_checks),
	RATE("limits.registrations", limits.registrations),
	RATE("limits.lookups", limits.lookups),
	RATE("limits.bundles", limits.bundles),
	RATE("limits.deposits", limits.deposits),
	RATE("limits.device_events", limits.device_events),
	RATE("limits.strangers", limits.strangers),
	GROUP("limits.mailbox"),
	U32("limits.mailbox.envelopes", limits.mailbox_envelopes, 1, 10000000),
	U64("limits.mailbox.bytes", limits.mailbox_bytes, 32768, 1ull << 40),
	GROUP("limits.connections"),
	U32("limits.connections.max", limits.connections, 1, 1000000),
	U32("limits.connections.idle_s", limits.idle_s, 10, 86400),
};

static const struct key *
find_key(const char *path)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].path, path) == 0)
			return &keys[i];
	return NULL;
}

/* ---------------------------------------------------------------------------- values */

struct place { /* for messages */
	const char *file;
	int line;
	const char *path;
	struct fault *fault;
};

static int
complain(const struct place *at, const char *what)
{
	char about[128];

	snprintf(about, sizeof(about), "%s:%d", at->file, at->line);
	return fault_set(at->fault, ERR_CONFIG, about, "%s: %s", at->path, what);
}

static int
set_text(char **slot, const config_setting_t *s, const struct place *at)
{
	const char *v = config_setting_get_string(s);

	if (v == NULL || v[0] == '\0')
		return complain(at, "a string in quotes is needed");
	free(*slot);
	*slot = mem_strdup(v);
	return 0;
}

static int
set_number(void *slot, const struct key *k, const config_setting_t *s, const struct place *at)
{
	char text[96];
	int64_t v;

	if (config_setting_type(s) != CONFIG_TYPE_INT &&
	    config_setting_type(s) != CONFIG_TYPE_INT64)
		return complain(at, "a number is needed");
	v = config_setting_get_int64(s);
	if (v < 0 || (uint64_t)v < k->min || (uint64_t)v > k->max) {
		snprintf(text, sizeof(text), "%lld is not between %llu and %llu", (long long)v,
		    (unsigned long long)k->min, (unsigned long long)k->max);
		return complain(at, text);
	}
	if (k->kind == VALUE_U64)
		*(uint64_t *)slot = (uint64_t)v;
	else
		*(uint32_t *)slot = (uint32_t)v;
	return 0;
}

static int
set_word(void *slot, const struct key *k, const config_setting_t *s, const struct place *at)
{
	const char *v = config_setting_get_string(s);
	char text[128] = "one of";
	size_t n;

	for (const struct word *w = k->words; w->text != NULL; w++) {
		if (v != NULL && strcmp(v, w->text) == 0) {
			*(int *)slot = w->value;
			return 0;
		}
		n = strlen(text);
		snprintf(text + n, sizeof(text) - n, " \"%s\"", w->text);
	}
	return complain(at, text);
}

static int
add_listen(struct config *c, const char *v, const struct place *at)
{
	char host[256];
	uint16_t port;

	if (v == NULL || config_address(v, host, &port) != 0)
		return complain(at, "an address is \"HOST:PORT\", \"[V6]:PORT\" or \"PORT\"");
	if (c->listen_count == CONFIG_LISTEN_MAX)
		return complain(at, "too many addresses");
	c->listen[c->listen_count++] = mem_strdup(v);
	return 0;
}

static void
clear_listen(struct config *c)
{
	while (c->listen_count != 0)
		free(c->listen[--c->listen_count]);
}

static int
add_allow(struct config *c, const char *v, const struct place *at)
{
	int r = v != NULL ? netaddr_allow(&c->revocation.allow, v) : ERR_FORMAT;

	if (r == ERR_LIMIT)
		return complain(at, "too many addresses");
	return r == 0 ? 0 : complain(at, "an address is \"IP\", \"IP:PORT\" or \"[V6]:PORT\"");
}

/* One text, or a list of them. */
static int
set_texts(struct config *c, config_setting_t *s, const struct place *at,
    int (*add)(struct config *c, const char *v, const struct place *at))
{
	int n, r = 0;

	if (config_setting_type(s) == CONFIG_TYPE_STRING)
		return add(c, config_setting_get_string(s), at);
	if (!config_setting_is_aggregate(s) || config_setting_is_group(s) ||
	    (n = config_setting_length(s)) == 0)
		return complain(at, "a string or a list of them is needed");
	for (int i = 0; i < n && r == 0; i++)
		r = add(c, config_setting_get_string_elem(s, i), at);
	return r;
}

static int
set_bool(void *slot, const config_setting_t *s, const struct place *at)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return complain(at, "true or false is needed");
	*(bool *)slot = config_setting_get_bool(s) != 0;
	return 0;
}

static int
add_suite(struct config *c, const char *v, const struct place *at)
{
	char names[SUITE_NAMES_MAX];

	if (v != NULL && suite_list_add(&c->suites, v) == 0)
		return 0;
	suite_names(names, sizeof(names));
	complain(at, "a list of suites, each once, is needed");
	return fault_hint(at->fault, "The suites are %s.", names);
}

static int
add_policy(struct config *c, const char *v, const struct place *at)
{
	if (v != NULL && cert_policies_add(&c->trust.policy.required, v) == 0)
		return 0;
	complain(at, "a list of certificate policies, each once, is needed");
	return fault_hint(at->fault, "The Citizen Card's is \"%s\".", CERT_POLICY_CARD);
}

/* ---------------------------------------------------------------------------- walk */

static int walk(struct config *c, config_setting_t *group, const char *prefix, struct place *at);

static int
take(struct config *c, config_setting_t *s, const struct key *k, struct place *at)
{
	void *slot = (char *)c + k->at;

	switch (k->kind) {
	case VALUE_TEXT:
		return set_text(slot, s, at);
	case VALUE_LISTEN:
		clear_listen(c);
		return set_texts(c, s, at, add_listen);
	case VALUE_ALLOW:
		return set_texts(c, s, at, add_allow);
	case VALUE_BOOL:
		return set_bool(slot, s, at);
	case VALUE_SUITES:
		c->suites.count = 0;
		return set_texts(c, s, at, add_suite);
	case VALUE_POLICIES:
		return set_texts(c, s, at, add_policy);
	case VALUE_U32:
	case VALUE_U64:
		return set_number(slot, k, s, at);
	case VALUE_WORD:
		return set_word(slot, k, s, at);
	case VALUE_GROUP:
		if (!config_setting_is_group(s))
			return complain(at, "a section in braces is needed");
		return walk(c, s, k->path, at);
	}
	return ERR_BUG;
}

static int
walk(struct config *c, config_setting_t *group, const char *prefix, struct place *at)
{
	char path[KEY_MAX];
	config_setting_t *s;
	const struct key *k;
	int r = 0;

	for (int i = 0; i < config_setting_length(group) && r == 0; i++) {
		s = config_setting_get_elem(group, (unsigned)i);
		snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] != '\0' ? "." : "",
		    config_setting_name(s));
		at->path = path;
		at->line = config_setting_source_line(s);
		k = find_key(path);
		r = k != NULL ? take(c, s, k, at) : complain(at, "there is no such key");
	}
	return r;
}

/* ---------------------------------------------------------------------------- load */

static struct config *
defaults(void)
{
	struct config *c = mem_alloc(sizeof(*c));

	c->listen[c->listen_count++] = mem_strdup(DEFAULT_LISTEN);
	c->data = mem_strdup(DEFAULT_DATA);
	c->trust.policy = cert_policy_default();
	c->revocation.fetch = true;
	c->revocation.interval_min = 60;
	c->revocation.timeout_s = 60;
	c->log = CONFIG_LOG_INFO;
	suite_list_all(&c->suites);
	c->ca.days = 730;
	c->ca.root_years = 20;
	c->ca.list_hours = 24;
	c->ca.certificates = 100000;
	c->limits = (struct config_limits){
		.name_checks = { 120, 120 },
		.registrations = { 60, 60 },
		.lookups = { 600, 600 },
		.bundles = { 120, 240 },
		.deposits = { 3000, 3000 },
		.device_events = { 10, 30 },
		.strangers = { 6000, 20000 },
		.mailbox_envelopes = 10000,
		.mailbox_bytes = 64ull << 20,
		.connections = 100000,
		.idle_s = 300,
	};
	return c;
}

void
config_free(struct config **pc)
{
	struct config *c = *pc;

	if (c == NULL)
		return;
	*pc = NULL;
	clear_listen(c);
	free(c->path);
	free(c->host);
	free(c->data);
	free(c->metrics);
	free(c->ca.name);
	free(c->trust.anchors);
	free(c->trust.intermediates);
	free(c->trust.crls);
	free(c);
}

static int
finish(config_t *lc, int read, const char *name, struct config **out, struct fault *f)
{
	struct place at = { name, config_error_line(lc), "", f };
	struct config *c = NULL;
	char about[128];
	int r;

	*out = NULL;
	if (!read) {
		snprintf(about, sizeof(about), "%s:%d", name, config_error_line(lc));
		r = fault_set(f, ERR_CONFIG, about, "%s", config_error_text(lc));
	} else {
		c = defaults();
		r = walk(c, config_root_setting(lc), "", &at);
	}
	config_destroy(lc);
	if (r != 0)
		config_free(&c);
	*out = c;
	return r;
}

int
config_parse(const char *text, const char *name, struct config **out, struct fault *f)
{
	config_t lc;

	config_init(&lc);
	return finish(&lc, config_read_string(&lc, text) == CONFIG_TRUE, name, out, f);
}

int
config_load(const char *path, struct config **out, struct fault *f)
{
	const char *file = path != NULL ? path : DEFAULT_FILE;
	config_t lc;
	FILE *in;
	int r;

	*out = NULL;
	if ((in = fopen(file, "re")) == NULL) {
		if (path == NULL && access(file, F_OK) != 0) {
			*out = defaults();
			return 0;
		}
		fault_set(f, ERR_CONFIG, file, "the configuration cannot be read");
		return fault_hint(f, "Check the path given with --config.");
	}
	config_init(&lc);
	r = finish(&lc, config_read(&lc, in) == CONFIG_TRUE, file, out, f);
	fclose(in);
	if (r == 0)
		(*out)->path = mem_strdup(file);
	return r;
}

int
config_override(struct config *c, const char *listen, const char *data, struct fault *f)
{
	struct place at = { "--listen", 0, listen, f };
	char host[256];
	uint16_t port;

	if (data != NULL) {
		free(c->data);
		c->data = mem_strdup(data);
	}
	if (listen == NULL)
		return 0;
	if (config_address(listen, host, &port) != 0) {
		fault_set(f, ERR_USAGE, listen, "--listen needs an address");
		return fault_hint(f, "An address is HOST:PORT, [V6]:PORT or PORT.");
	}
	clear_listen(c);
	return add_listen(c, listen, &at);
}
