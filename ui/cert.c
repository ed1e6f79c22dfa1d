#include "ui/cert.h"

#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "ui/i18n.h"
#include "ui/label.h"

const struct core_link_cert *
cert_leaf(const struct core_whois *w)
{
	return w == NULL || w->chain_count == 0 ? NULL : &w->chain[w->chain_count - 1];
}

const char *
cert_state(const struct core_link_cert *link, uint64_t now_ms, enum theme_role *role)
{
	const char *revocation = link->revocation == NULL ? "" : link->revocation;

	*role = THEME_BAD;
	if (strcmp(revocation, "revoked") == 0)
		return _("REVOKED");
	if (now_ms > link->not_after)
		return _("EXPIRED");
	if (now_ms < link->not_before)
		return _("NOT YET");
	*role = THEME_GOOD;
	if (strcmp(revocation, "good") == 0 || strcmp(revocation, "n/a") == 0)
		return _("OK");
	*role = THEME_WARN;
	return "?";
}

static int
severity(enum theme_role role)
{
	return role == THEME_BAD ? 2 : role == THEME_WARN ? 1 : 0;
}

const char *
cert_chain_state(const struct core_whois *w, uint64_t now_ms, enum theme_role *role)
{
	const char *worst = _("OK");
	enum theme_role r;

	*role = THEME_GOOD;
	for (size_t i = 0; i < w->chain_count; i++) {
		const char *state = cert_state(&w->chain[i], now_ms, &r);

		if (severity(r) > severity(*role)) {
			worst = state;
			*role = r;
		}
	}
	if (w->chain_count == 0) {
		*role = THEME_WARN;
		return _("none");
	}
	if (w->trust == '!' && *role != THEME_BAD) {
		*role = THEME_BAD;
		return _("BAD");
	}
	return worst;
}

const char *
cert_revocation(const struct core_link_cert *link, char out[WHEN_MAX * 2])
{
	char age[WHEN_MAX];
	const char *state = link->revocation == NULL ? "unknown" : link->revocation;

	if (strcmp(state, "n/a") == 0 || link->revocation_age_s < 0)
		snprintf(
		    out, WHEN_MAX * 2, "%s", strcmp(state, "n/a") == 0 ? _("n/a") : _("not known"));
	else if (strcmp(state, "good") == 0)
		snprintf(out, WHEN_MAX * 2, _("OK  %s old"),
		    when_span((uint64_t)link->revocation_age_s, age));
	else
		snprintf(out, WHEN_MAX * 2, _("%s, %s old"), label_word(state),
		    when_span((uint64_t)link->revocation_age_s, age));
	return out;
}

char *
cert_summary(const struct core_whois *w, uint64_t now_ms)
{
	const struct core_link_cert *leaf = cert_leaf(w);
	enum theme_role role;
	char age[WHEN_MAX], until[WHEN_MAX];
	const char *state;

	if (leaf == NULL)
		return mem_strdup(_("no certificate"));
	state = cert_chain_state(w, now_ms, &role);
	when_date(leaf->not_after, until);
	if (leaf->revocation_age_s < 0)
		return mem_format(_("chain %s  CRL ?  →%.4s"), state, until);
	return mem_format(_("chain %s  CRL %s  →%.4s"), state,
	    when_span((uint64_t)leaf->revocation_age_s, age), until);
}

const char *
cert_hex_line(const char *hex, int group, int per_line, int line, char out[96])
{
	size_t at = (size_t)line * (size_t)per_line * (size_t)group, n = strlen(hex), used = 0;

	for (int g = 0; g < per_line && at < n && used + (size_t)group + 2 < 96; g++) {
		size_t take = n - at < (size_t)group ? n - at : (size_t)group;

		if (g > 0)
			out[used++] = ' ';
		memcpy(out + used, hex + at, take);
		used += take;
		at += take;
	}
	out[used] = '\0';
	return out;
}

const char *
cert_words_line(const char *words, int per_line, int line, char out[96])
{
	size_t used = 0;

	for (int skip = line * per_line; skip > 0 && *words != '\0'; skip--) {
		words += strcspn(words, " ");
		words += strspn(words, " ");
	}
	for (int g = 0; g < per_line && *words != '\0'; g++) {
		size_t n = strcspn(words, " ");

		if (used + n + 2 > 96)
			break;
		if (g > 0)
			out[used++] = ' ';
		memcpy(out + used, words, n);
		used += n;
		words += n;
		words += strspn(words, " ");
	}
	out[used] = '\0';
	return out;
}
