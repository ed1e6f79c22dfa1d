#include <stddef.h>

#include "core/record_fields.h"

static const char *const words_state[] = { "failed", "none", "queued", "sent", "delivered", "read",
	"notarised", NULL };
static const char *const words_direction[] = { "in", "out", NULL };
static const char *const words_proof[] = { "none", "warrant", "receipt", "card", NULL };
static const char *const words_contact[] = { "none", "contact", "request", "blocked", NULL };
static const char *const words_tries[] = { "full", "low", "final", "locked", NULL };
static const char *const words_net[] = { "offline", "connecting", "online", NULL };
static const char *const words_ask[] = { "passphrase", "new-passphrase", "code", "safety", "pin", "pinpad",
	"suspend", "resume", "can", NULL };
static const char *const words_op[] = { "nop", "unlock", "meet", "create", "watch", "sync", "list", "add",
	"accept", "block", "connect", "disconnect", "whois", "send", "recv", "all", "history",
	"status", "receipt", "read", "draft", "verify", "outbox", "card", "devices", "passphrase",
	"lock", "answer", "link", NULL };
_Static_assert(sizeof(words_op) / sizeof(words_op[0]) == CORE_OP_COUNT + 1, "a word for each op");

/* The field tables below use these; S is the struct at hand. */
#define TEXT(n, m, u) { .name = n, .type = RECORD_TEXT, .use = u, .offset = offsetof(S, m) }
#define NUMBER(n, m, t, u) { .name = n, .type = t, .use = u, .offset = offsetof(S, m) }
#define WORD(n, m, w, f, u)                                                                        \
	{ .name = n, .type = RECORD_WORD, .use = u, .offset = offsetof(S, m), .words = w, .first = f }
#define LIST(n, m, c, s, u)                                                                        \
	{ .name = n, .type = RECORD_LIST, .use = u, .offset = offsetof(S, m),                      \
	  .count_at = offsetof(S, c), .of = &(s) }
#define CHARS(n, m, u)                                                                             \
	{ .name = n, .type = RECORD_CHARS, .use = u, .offset = offsetof(S, m),                     \
	  .count = sizeof(((S *)0)->m) }
#define STRUCT(word, type, table)                                                                  \
	{ word, sizeof(type), table, sizeof(table) / sizeof((table)[0]) }

#define S struct core_cmd
static const struct record_field cmd_fields[] = {
	WORD("op", op, words_op, 0, RECORD_LOCAL),
	NUMBER("seq", seq, RECORD_U64, RECORD_LOCAL),
	NUMBER("flags", flags, RECORD_U32, RECORD_LOCAL),
	TEXT("name", name, RECORD_LOCAL),
	TEXT("id", id, RECORD_LOCAL),
	TEXT("text", text, RECORD_LOCAL),
	WORD("wait", wait, words_state, CORE_ST_FAILED, RECORD_LOCAL),
	NUMBER("timeout_ms", timeout_ms, RECORD_I64, RECORD_LOCAL),
	NUMBER("before", before, RECORD_U64, RECORD_LOCAL),
	NUMBER("limit", limit, RECORD_U32, RECORD_LOCAL),
	NUMBER("ask", ask, RECORD_U32, RECORD_LOCAL),
	TEXT("relay", relay, RECORD_LOCAL),
	TEXT("code", code, RECORD_LOCAL),
	TEXT("token", token, RECORD_LOCAL),
	TEXT("device_name", device_name, RECORD_LOCAL),
	TEXT("invite", invite, RECORD_LOCAL),
	TEXT("subject", subject, RECORD_LOCAL),
};
#undef S
const struct record_struct record_cmd = STRUCT("cmd", struct core_cmd, cmd_fields);

#define S struct fault
static const struct record_field fault_fields[] = {
	NUMBER("code", code, RECORD_ERROR, RECORD_BOTH),
	CHARS("what", what, RECORD_BOTH),
	CHARS("about", about, RECORD_BOTH),
	CHARS("do", hint, RECORD_BOTH),
};
#undef S
const struct record_struct record_fault = STRUCT("error", struct fault, fault_fields);

#define S struct core_ask
static const struct record_field ask_fields[] = {
	WORD("kind", kind, words_ask, 0, RECORD_LOCAL),
	NUMBER("number", number, RECORD_U32, RECORD_LOCAL),
	{ .name = "groups", .type = RECORD_INTS, .use = RECORD_LOCAL,
	  .offset = offsetof(S, groups), .count = 3 },
	TEXT("token", token, RECORD_LOCAL),
	TEXT("text", text, RECORD_LOCAL),
	WORD("tries", tries, words_tries, 0, RECORD_LOCAL),
};
#undef S
const struct record_struct record_ask = STRUCT("ask", struct core_ask, ask_fields);

#define S struct core_status
static const struct record_field status_fields[] = {
	NUMBER("profile", profile, RECORD_BOOL, RECORD_LOCAL),
	NUMBER("locked", locked, RECORD_BOOL, RECORD_LOCAL),
	TEXT("account", account, RECORD_LOCAL),
	TEXT("device", device, RECORD_LOCAL),
	TEXT("relay", relay, RECORD_LOCAL),
	TEXT("suite", suite, RECORD_LOCAL),
	WORD("net", net, words_net, 0, RECORD_LOCAL),
	TEXT("net_error", net_error, RECORD_LOCAL),
	NUMBER("retry_s", retry_s, RECORD_U32, RECORD_LOCAL),
	NUMBER("lag_ms", lag_ms, RECORD_U32, RECORD_LOCAL),
	NUMBER("outbox", outbox, RECORD_U32, RECORD_LOCAL),
	TEXT("card", card, RECORD_LOCAL),
};
#undef S
const struct record_struct record_status = STRUCT("link", struct core_status, status_fields);

#define S struct core_device_state
static const struct record_field device_state_fields[] = {
	TEXT("id", device, RECORD_BOTH),
	WORD("state", state, words_state, CORE_ST_FAILED, RECORD_BOTH),
};
#undef S
static const struct record_struct device_state =
    STRUCT("device_state", struct core_device_state, device_state_fields);

#define S struct core_message
static const struct record_field message_fields[] = {
	TEXT("id", id, RECORD_BOTH),
	TEXT("conversation", conversation, RECORD_BOTH),
	TEXT("from", from, RECORD_BOTH),
	TEXT("device", device, RECORD_BOTH),
	TEXT("civil_name", civil_name, RECORD_BOTH),
	TEXT("civil_id", civil_id, RECORD_LOCAL),
	TEXT("card_validity", card_validity, RECORD_LOCAL),
	NUMBER("trust", trust, RECORD_LETTER, RECORD_BOTH),
	TEXT("text", text, RECORD_BOTH),
	NUMBER("sent_at", sent_at, RECORD_TIME, RECORD_BOTH),
	NUMBER("received_at", received_at, RECORD_TIME, RECORD_BOTH),
	{ .name = "direction", .type = RECORD_WORD, .use = RECORD_BOTH, .words = words_direction,
	  .offset = offsetof(S, outgoing), .count = sizeof(bool) },
	WORD("state", state, words_state, CORE_ST_FAILED, RECORD_BOTH),
	LIST("devices", devices, device_count, device_state, RECORD_BOTH),
	NUMBER("unread", unread, RECORD_BOOL, RECORD_LOCAL),
	NUMBER("first_contact", first_contact, RECORD_BOOL, RECORD_LOCAL),
	NUMBER("late", late, RECORD_BOOL, RECORD_LOCAL),
	TEXT("error", error, RECORD_LOCAL),
	NUMBER("row", row, RECORD_U64, RECORD_LOCAL),
};
#undef S
const struct record_struct record_message = STRUCT("message", struct core_message, message_fields);

#define S struct core_state_change
static const struct record_field state_fields[] = {
	TEXT("id", id, RECORD_BOTH),
	TEXT("conversation", conversation, RECORD_LOCAL),
	WORD("state", state, words_state, CORE_ST_FAILED, RECORD_BOTH),
	NUMBER("at", at, RECORD_TIME, RECORD_BOTH),
	WORD("proof", proof, words_proof, 0, RECORD_BOTH),
	NUMBER("verified", verified, RECORD_BOOL, RECORD_BOTH),
	TEXT("by", by, RECORD_BOTH),
	TEXT("error", error, RECORD_BOTH),
};
#undef S
const struct record_struct record_state = STRUCT("state", struct core_state_change, state_fields);

#define S struct core_person
static const struct record_field person_fields[] = {
	TEXT("name", name, RECORD_BOTH),
	NUMBER("trust", trust, RECORD_LETTER, RECORD_BOTH),
	TEXT("civil_name", civil_name, RECORD_BOTH),
	TEXT("civil_id", civil_id, RECORD_BOTH),
	NUMBER("online", online, RECORD_BOOL, RECORD_BOTH),
	NUMBER("devices", devices, RECORD_U32, RECORD_BOTH),
	WORD("state", contact, words_contact, 0, RECORD_BOTH),
	NUMBER("unread", unread, RECORD_U32, RECORD_LOCAL),
	NUMBER("last_at", last_at, RECORD_TIME, RECORD_LOCAL),
	TEXT("why", why, RECORD_LOCAL),
	NUMBER("mixed_scripts", mixed_scripts, RECORD_BOOL, RECORD_LOCAL),
};
#undef S
const struct record_struct record_person = STRUCT("person", struct core_person, person_fields);

#define S struct core_link_cert
static const struct record_field chain_fields[] = {
	TEXT("subject", subject, RECORD_BOTH),
	TEXT("issuer", issuer, RECORD_BOTH),
	TEXT("serial", serial, RECORD_BOTH),
	NUMBER("not_before", not_before, RECORD_TIME, RECORD_BOTH),
	NUMBER("not_after", not_after, RECORD_TIME, RECORD_BOTH),
	TEXT("key", key, RECORD_BOTH),
	TEXT("sig", sig, RECORD_BOTH),
	TEXT("usage", usage, RECORD_LOCAL),
	TEXT("sha256", sha256, RECORD_BOTH),
	TEXT("revocation", revocation, RECORD_BOTH),
	NUMBER("revocation_age_s", revocation_age_s, RECORD_I64, RECORD_BOTH),
	NUMBER("revocation_next", revocation_next, RECORD_TIME, RECORD_LOCAL),
	NUMBER("revoked_at", revoked_at, RECORD_TIME, RECORD_LOCAL),
	TEXT("reason", reason, RECORD_LOCAL),
	TEXT("crl_url", crl_url, RECORD_LOCAL),
	TEXT("policies", policies, RECORD_LOCAL),
	TEXT("pem", pem, RECORD_GIVEN),
};
#undef S
static const struct record_struct chain = STRUCT("certificate", struct core_link_cert, chain_fields);

#define S struct core_device
static const struct record_field device_fields[] = {
	TEXT("id", id, RECORD_BOTH),
	TEXT("name", name, RECORD_BOTH),
	NUMBER("bound_at", bound_at, RECORD_TIME, RECORD_BOTH),
	NUMBER("removed_at", removed_at, RECORD_TIME, RECORD_BOTH),
	NUMBER("this", this_device, RECORD_BOOL, RECORD_BOTH),
};
static const struct record_field whois_device_fields[] = {
	TEXT("id", id, RECORD_BOTH),
	TEXT("name", name, RECORD_BOTH),
	NUMBER("bound_at", bound_at, RECORD_TIME, RECORD_BOTH),
	NUMBER("removed_at", removed_at, RECORD_TIME, RECORD_LOCAL),
	NUMBER("this", this_device, RECORD_BOOL, RECORD_LOCAL),
};
#undef S
const struct record_struct record_device = STRUCT("device", struct core_device, device_fields);
static const struct record_struct whois_device =
    STRUCT("device", struct core_device, whois_device_fields);

#define S struct core_past
static const struct record_field past_fields[] = {
	NUMBER("at", at, RECORD_TIME, RECORD_LOCAL),
	TEXT("what", what, RECORD_LOCAL),
};
#undef S
static const struct record_struct past = STRUCT("past", struct core_past, past_fields);

#define S struct core_whois
static const struct record_field whois_fields[] = {
	TEXT("name", name, RECORD_BOTH),
	TEXT("verdict", verdict, RECORD_BOTH),
	NUMBER("trust", trust, RECORD_LETTER, RECORD_BOTH),
	TEXT("civil_name", civil_name, RECORD_BOTH),
	TEXT("civil_id", civil_id, RECORD_BOTH),
	LIST("chain", chain, chain_count, chain, RECORD_BOTH),
	TEXT("safety_number", safety_number, RECORD_BOTH),
	LIST("devices", devices, device_count, whois_device, RECORD_BOTH),
	TEXT("suite", suite, RECORD_BOTH),
	NUMBER("verified_at", verified_at, RECORD_TIME, RECORD_LOCAL),
	NUMBER("online", online, RECORD_BOOL, RECORD_LOCAL),
	NUMBER("session_at", session_at, RECORD_TIME, RECORD_LOCAL),
	LIST("history", history, history_count, past, RECORD_LOCAL),
};
#undef S
const struct record_struct record_whois = STRUCT("whois", struct core_whois, whois_fields);

#define S struct core_card_cert
static const struct record_field card_cert_fields[] = {
	TEXT("id", id, RECORD_BOTH),
	TEXT("label", label, RECORD_BOTH),
	TEXT("subject", subject, RECORD_BOTH),
	TEXT("use", use, RECORD_BOTH),
	TEXT("sha256", sha256, RECORD_BOTH),
	TEXT("pem", pem, RECORD_GIVEN),
};
#undef S
static const struct record_struct card_cert =
    STRUCT("certificate", struct core_card_cert, card_cert_fields);

#define S struct core_card_key
static const struct record_field card_key_fields[] = {
	TEXT("id", id, RECORD_BOTH),
	TEXT("label", label, RECORD_BOTH),
	TEXT("type", type, RECORD_BOTH),
};
#undef S
static const struct record_struct card_key = STRUCT("key", struct core_card_key, card_key_fields);

#define S struct core_card
static const struct record_field card_fields[] = {
	TEXT("reader", reader, RECORD_BOTH),
	TEXT("token", token, RECORD_BOTH),
	TEXT("module", module, RECORD_BOTH),
	TEXT("serial", serial, RECORD_LOCAL),
	WORD("tries", tries, words_tries, 0, RECORD_BOTH),
	LIST("certificates", certificates, certificate_count, card_cert, RECORD_BOTH),
	LIST("keys", keys, key_count, card_key, RECORD_BOTH),
	{ .name = "mechanisms", .type = RECORD_TEXTS, .use = RECORD_BOTH,
	  .offset = offsetof(S, mechanisms), .count_at = offsetof(S, mechanism_count) },
};
#undef S
const struct record_struct record_card = STRUCT("card", struct core_card, card_fields);

#define S struct core_check
static const struct record_field check_fields[] = {
	NUMBER("line", line, RECORD_U32, RECORD_BOTH),
	NUMBER("ok", ok, RECORD_BOOL, RECORD_BOTH),
	TEXT("what", what, RECORD_BOTH),
	TEXT("reason", reason, RECORD_BOTH),
};
#undef S
const struct record_struct record_check = STRUCT("check", struct core_check, check_fields);

#define S struct core_draft
static const struct record_field draft_fields[] = {
	TEXT("name", name, RECORD_LOCAL),
	TEXT("text", text, RECORD_LOCAL),
};
#undef S
const struct record_struct record_draft = STRUCT("draft", struct core_draft, draft_fields);
