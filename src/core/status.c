#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/status.h"
#include "wire/pb.h"

#define STATUS_BRIEF 80 /* octets that stand in brackets; what is longer has a place of its own */

struct meaning {
	uint32_t status;
	int code;
	const char *what, *hint;
};

static const struct meaning meanings[] = {
	{ RECADO__STATUS__STATUS_BAD_REQUEST, ERR_UNEXPECTED, "the relay did not accept the request",
	    "Is it of the same version?" },
	{ RECADO__STATUS__STATUS_NO_USER, ERR_NO_USER, "there is no such user", "Names are exact." },
	{ RECADO__STATUS__STATUS_NAME_TAKEN, ERR_TAKEN, "this name is taken at the relay",
	    "Choose another." },
	{ RECADO__STATUS__STATUS_CERT_REFUSED, ERR_CERT, "the relay refused the certificate", "" },
	{ RECADO__STATUS__STATUS_CERT_REVOKED, ERR_CERT_REVOKED,
	    "the relay refused the certificate: revoked", "Use a card that is valid." },
	{ RECADO__STATUS__STATUS_CERT_EXPIRED, ERR_CERT_TIME,
	    "the relay refused the certificate: not valid at this time", "Use a card that is valid." },
	{ RECADO__STATUS__STATUS_REGISTER_CLOSED, ERR_INVITE, "the relay takes no new accounts",
	    "Ask who runs it for an invitation." },
	{ RECADO__STATUS__STATUS_ENROL_CLOSED, ERR_ENROL_CLOSED,
	    "the relay gives no certificates to people without a card", "Use a card." },
	{ RECADO__STATUS__STATUS_INVITE_UNKNOWN, ERR_INVITE, "the invitation is unknown or was used",
	    "Ask for a new one." },
	{ RECADO__STATUS__STATUS_STALE_LIST, ERR_AGAIN, "the device list has grown", "" },
	{ RECADO__STATUS__STATUS_BOX_FULL, ERR_BOX_FULL, "the mailbox is full",
	    "It goes out when there is room." },
	{ RECADO__STATUS__STATUS_RATE_LIMIT, ERR_RATE, "the relay asks to go slower",
	    "Try again in a minute." },
	{ RECADO__STATUS__STATUS_NUMBER_REUSED, ERR_REPLAY,
	    "the relay has another message under this number", "" },
	{ RECADO__STATUS__STATUS_TOO_LARGE, ERR_LIMIT, "it is larger than the relay takes", "" },
	{ RECADO__STATUS__STATUS_NOT_ALLOWED, ERR_UNTRUSTED, "the relay does not allow it", "" },
	{ RECADO__STATUS__STATUS_NOT_FOUND, ERR_NOT_FOUND, "the relay does not have it", "" },
	{ RECADO__STATUS__STATUS_UNKNOWN_DEVICE, ERR_NO_DEVICE, "the relay does not know this device",
	    "Is it the relay where the account was made?" },
	{ RECADO__STATUS__STATUS_DEVICE_REMOVED, ERR_REMOVED, "this device was removed from the account",
	    "What is here can still be read. To go on, `recado create` in another --home adds a new "
	    "device with your card." },
	{ RECADO__STATUS__STATUS_SHUTTING_DOWN, ERR_CLOSED, "the relay is shutting down", "" },
	{ RECADO__STATUS__STATUS_UNAVAILABLE, ERR_UNREACHABLE, "the relay cannot store at the moment",
	    "" },
};

int
status_fault(uint32_t status, const char *detail, const char *about, struct fault *f)
{
	char *clean = text_clean(detail != NULL ? detail : "", detail != NULL ? strlen(detail) : 0,
	    TEXT_LINE);
	const struct meaning *m = NULL;
	size_t i;
	int r = ERR_UNEXPECTED;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].status == status)
			m = &meanings[i];
	if (status == RECADO__STATUS__STATUS_OK) {
		r = 0;
	} else if (m == NULL) {
		r = fault_set(f, r, about, "the relay answered with an unknown status");
	} else {
		bool brief = clean[0] != '\0' && strlen(clean) <= STATUS_BRIEF;

		r = fault_set(f, m->code, about, "%s%s%s%s", m->what, brief ? " (" : "",
		    brief ? clean : "", brief ? ")" : "");
		if (clean[0] != '\0' && !brief)
			fault_hint(f, "The relay says: %s", clean);
		else if (m->hint[0] != '\0')
			fault_hint(f, "%s", m->hint);
	}
	free(clean);
	return r;
}

int
status_reply(const Recado__ReplyBody *reply, const char *about, struct fault *f)
{
	char *detail = mem_strndup(
	    reply->detail.len != 0 ? (const char *)reply->detail.data : "", reply->detail.len);
	int r = status_fault(reply->status, detail, about, f);

	free(detail);
	return r;
}
