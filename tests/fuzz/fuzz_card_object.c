/* What a card says: an id, a label, a certificate, a signature. First octet: length of the id;
 * second: of the label. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/card_object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must_be_clean(const char *s)
{
	if (!text_is_clean(s, strlen(s), TEXT_LINE))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes v = { data, size }, id, label;
	uint8_t id_len, label_len, der[80];
	struct card_cert cert;
	char *text;
	size_t n;

	if (bytes_get_u8(&v, &id_len) != 0 || bytes_get_view(&v, id_len % 16, &id) != 0 ||
	    bytes_get_u8(&v, &label_len) != 0 || bytes_get_view(&v, label_len, &label) != 0)
		return 0;
	text = card_object_text(label.p, label.n);
	must_be_clean(text);
	(void)card_object_named(text, "CARTAO DE CIDADAO", "0123456789abcdef");
	free(text);
	if (card_object_cert(id, label, v, &cert) == 0) {
		must_be_clean(cert.label);
		must_be_clean(cert.subject);
		card_object_cert_clear(&cert);
	}
	if (v.n > 64)
		v.n = 64;
	if (card_object_ecdsa(v, der, sizeof(der), &n) == 0 && (n < 8 || n > 72))
		abort();
	return 0;
}
