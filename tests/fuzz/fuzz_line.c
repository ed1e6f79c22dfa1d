/*
 * Lines of the home's socket: whatever is accepted as a command or an event is written again and
 * accepted again, to the same line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct core_event ev, back;
	struct core_cmd cmd;
	char *line, *again;

	if (record_get_cmd((const char *)data, size, &cmd) == 0) {
		line = record_put_cmd(&cmd);
		core_cmd_clear(&cmd);
		free(line);
	}
	if (record_get_event((const char *)data, size, &ev) != 0)
		return 0;
	line = record_put_event(&ev);
	core_event_clear(&ev);
	if (record_get_event(line, strlen(line), &back) != 0)
		abort();
	again = record_put_event(&back);
	if (strcmp(line, again) != 0)
		abort();
	free(core_event_json(&back));
	core_event_clear(&back);
	free(line);
	free(again);
	return 0;
}
