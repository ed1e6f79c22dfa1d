/* Links and codes as somebody pastes them: what parses writes back to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), again[1024];
	struct code_link a, b;
	uint8_t code[CODE_LEN];

	memcpy(text, data, size);
	text[size] = '\0';
	if (code_link_parse(text, &a) == 0) {
		if (a.port == 0 || code_link_text(&a, again, sizeof(again)) != 0 ||
		    code_link_parse(again, &b) != 0 || strcmp(a.host, b.host) != 0 ||
		    a.port != b.port || memcmp(a.code, b.code, CODE_LEN) != 0 ||
		    strcmp(a.invite, b.invite) != 0)
			abort();
	}
	(void)!code_parse(text, code);
	free(text);
	return 0;
}
