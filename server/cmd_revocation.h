/*
 * cmd_revocation: what the commands about revocation lists share.
 */
#ifndef RECADO_SERVER_CMD_REVOCATION_H
#define RECADO_SERVER_CMD_REVOCATION_H

#include "server/cmd.h"
#include "server/fetch_sources.h"
#include "server/trust.h"

/* Each list of t and each source, with what is known of it, on stdout; as text or JSON lines. */
void cmd_revocation_show(struct trust *t, const struct fetch_sources *s, bool json);
/* What came of each source; *failed of them gave nothing. */
void cmd_revocation_show_fetched(
    struct trust *t, const struct fetch_sources *s, bool json, size_t *failed);
void cmd_revocation_show_list(const struct revocation *r, bool json);

#endif
