/* A binding: from anybody, and as a body that a card did sign. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/label.h"
#include "tests/unit/person.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct person_card *card;

static void
as_body(struct bytes body)
{
	struct buf *to_sign = buf_new(0), *sig = buf_new(0), *out = buf_new(0);
	Recado__SignedBinding *sb = NULL;
	struct binding b;

	if (label_wrap(to_sign, "binding", body) != 0)
		abort();
	person_card_sign(card, buf_view(to_sign), sig);
	if (binding_finish(body, 3, buf_view(sig), buf_view(card->der), NULL, 0, out) != 0 ||
	    pb_unpack(&recado__signed_binding__descriptor, buf_view(out), &sb) != 0)
		abort();
	if (binding_verify(sb, &b) == 0 && text_name_check(b.user_name, strlen(b.user_name)) != 0)
		abort();
	pb_free(&sb);
	buf_free(&to_sign);
	buf_free(&sig);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Recado__SignedBinding *sb = NULL;
	struct person_ca *ca;
	struct binding b;

	if (card == NULL) {
		ca = person_ca_new();
		card = person_card_new(ca, "Maria da Silva", "BI900000017");
		person_ca_free(&ca);
	}
	if (size < 65536)
		as_body((struct bytes){ data, size });
	if (pb_unpack(&recado__signed_binding__descriptor, (struct bytes){ data, size }, &sb) == 0)
		(void)!binding_verify(sb, &b);
	pb_free(&sb);
	return 0;
}
