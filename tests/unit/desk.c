#include "desk.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"

static const uint8_t key[32] = { 1 };
static char dir[64], path[96], journal[112], anchors[96];
static struct config config;
struct engine desk;

void
desk_setup(void)
{
	struct fault f = { 0 };
	FILE *file;

	entry_setup();
	found();
	snprintf(dir, sizeof(dir), "/tmp/recado-desk-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store", dir);
	snprintf(journal, sizeof(journal), "%s/store-journal", dir);
	snprintf(anchors, sizeof(anchors), "%s/ca.der", dir);
	file = fopen(anchors, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(buf_ptr(ca->der), 1, buf_len(ca->der), file), buf_len(ca->der));
	fclose(file);
	config = (struct config){ .trust_anchors = anchors, .revocation = CONFIG_REVOCATION_OFF,
		.max_age_h = 48 };
	suite_list_all(&config.suites);
	memset(&desk, 0, sizeof(desk));
	LIST_INIT(&desk.ports);
	TAILQ_INIT(&desk.ops);
	desk.config = &config;
	desk.base = event_base_new();
	memcpy(desk.account.relay_id, laptop->binding.relay_id, sizeof(desk.account.relay_id));
	ck_assert_msg(trust_new(&desk, &desk.trust, &f) == 0, "%s", f.what);
	ck_assert_msg(store_open(path, key, &desk.store, &f) == 0, "%s", f.what);
}

void
desk_teardown(void)
{
	trust_free(&desk.trust);
	store_close(&desk.store);
	event_base_free(desk.base);
	unlink(path);
	unlink(journal);
	unlink(anchors);
	rmdir(dir);
	entry_teardown();
}
