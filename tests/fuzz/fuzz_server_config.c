/* recadod.conf: any octets are a configuration or a fault with words, never anything else. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the string it was in when the text ends inside one. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);
	struct config *c = NULL;
	struct fault f = { 0 };
	char host[256];
	uint16_t port;

	/* @include would read files. */
	if (strstr(text, "@include") == NULL) {
		if (config_parse(text, "fuzz", &c, &f) != 0) {
			if (c != NULL || f.code != ERR_CONFIG || f.what[0] == '\0')
				abort();
		} else
			for (size_t i = 0; i < c->listen_count; i++)
				if (config_address(c->listen[i], host, &port) != 0)
					abort();
	}
	config_free(&c);
	free(text);
	return 0;
}
