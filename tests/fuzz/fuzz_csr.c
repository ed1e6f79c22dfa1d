/* A request for a certificate from anybody; what is accepted can be certified and stays valid. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/ca.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1790000000000ull
#define DAY (24ull * 3600 * 1000)

/* The same octets as a subject that somebody typed: what it gives fits a name. */
static void
as_text(const uint8_t *data, size_t size)
{
	char text[CSR_TEXT_MAX + 2];
	struct csr_subject s;

	if (size >= sizeof(text))
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	if (csr_subject_parse(text, "ana", &s, NULL) != 0)
		return;
	for (int a = 0; a < CSR_ATTRIBUTES; a++)
		if (!text_is_clean(s.value[a], strlen(s.value[a]), TEXT_NAME))
			abort();
	if (s.value[CSR_CN][0] == '\0')
		abort();
}

static void
certify(const struct csr *who)
{
	static const uint8_t relay[32];
	struct ca_root root = { "fuzz", relay, NOW - DAY, NOW + 20 * DAY };
	struct ca_validity v = { NOW - DAY, NOW + DAY };
	struct cert_store *s = cert_store_new(NULL);
	struct buf *leaf = buf_new(CERT_DER_MAX);
	const struct cert_verdict *verdict = NULL;
	struct cert_request rq = { .now_ms = NOW };
	uint8_t serial[CA_SERIAL_LEN];
	struct ca *c;

	if (ca_new(&root, &c) != 0 || ca_issue(c, who, &v, serial, leaf) != 0 ||
	    cert_store_add(s, CERT_RELAY_ANCHORS, ca_root_der(c), NULL) != 0)
		abort();
	rq.leaf = buf_view(leaf);
	if (cert_verify(s, &rq, &verdict, NULL) != 0 || verdict->trust != 'R' ||
	    verdict->civil_id[0] != '\0' ||
	    strcmp(verdict->civil_name, who->subject.value[CSR_CN]) != 0)
		abort();
	cert_verdict_free(&verdict);
	buf_free(&leaf);
	cert_store_free(&s);
	ca_free(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csr who;

	as_text(data, size);
	if (csr_parse((struct bytes){ data, size }, &who, NULL) == 0)
		certify(&who);
	return 0;
}
