#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <check.h>

#include "base/mem.h"
#include "tests/unit/kit.h"
#include "tests/unit/reader.h"

static char folder[] = "/tmp/recado-card-XXXXXX";

/* SoftHSM writes to a token with each login, and who reads it just then may find no card: it is of one
 * process, for as long as that runs. */
static void
reader_lock(void)
{
	static int fd = -1;
	char *path;

	if (fd >= 0)
		return;
	path = kit_path(".cards-lock");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
}

void
reader_insert(const char *name)
{
	char *rest = mem_format("cards/%s/softhsm2.conf", name), *conf = kit_path("%s", rest);

	reader_lock();
	setenv("SOFTHSM2_CONF", conf, 1);
	free(conf);
	free(rest);
}

struct card *
reader_open(const char *module)
{
	struct card_options o = { .module = module };
	struct card *c;
	struct fault f = { 0 };

	ck_assert_msg(card_open(&o, &c, &f) == 0, "%s: %s", f.about, f.what);
	return c;
}

static char *
shim_path(void)
{
	const char *build = getenv("RECADO_BUILD");

	return mem_format("%s/tests/softcard/shim.so", build != NULL ? build : ".");
}

static void
shim_prepare(const char *name)
{
	reader_insert(name);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	setenv("SOFTCARD_SHIM", folder, 1);
	setenv("SOFTCARD_MODULE", READER_SOFTHSM, 1);
}

/* The card of this holder in a reader that has accidents. */
struct card *
reader_open_shim(const char *name)
{
	char *module = shim_path();
	struct card *c;

	shim_prepare(name);
	c = reader_open(module);
	free(module);
	return c;
}

struct card *
reader_open_middleware(const char *name)
{
	char *module = shim_path(), *real = realpath(module, NULL), *link;
	struct card *c;

	shim_prepare(name);
	link = mem_format("%s/libpteidpkcs11.so", folder);
	ck_assert_int_eq(symlink(real, link), 0);
	c = reader_open(link);
	free(module);
	free(real);
	free(link);
	return c;
}

void
reader_put(const char *name, const char *text)
{
	char *path = mem_format("%s/%s", folder, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

void
reader_take(const char *name)
{
	char *path = mem_format("%s/%s", folder, name);

	unlink(path);
	free(path);
}

void
reader_clear(void)
{
	static const char *const names[] = { "removed", "remove_in", "tries", "pinpad",
		"selfprompt", "can", "log", "typed", "threads", "hostile", "fail_sign", "no_flags",
		"no_reader", "delay_ms", "leave", "leaving", "hold_sign", "libpteidpkcs11.so" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		reader_take(names[i]);
	rmdir(folder);
}

/* How often the module's log has a line that begins so. */
int
reader_logged(const char *start)
{
	char *path = mem_format("%s/log", folder), line[256];
	FILE *f = fopen(path, "r");
	int n = 0;

	free(path);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		n += strncmp(line, start, strlen(start)) == 0;
	if (f != NULL)
		fclose(f);
	return n;
}

int
reader_threads(void)
{
	char *path = mem_format("%s/threads", folder), line[64];
	FILE *f = fopen(path, "r");
	int n = 0;

	free(path);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		n++;
	if (f != NULL)
		fclose(f);
	return n;
}

int
reader_tries(void)
{
	char *path = mem_format("%s/tries", folder);
	FILE *f = fopen(path, "r");
	int n = -1;

	free(path);
	if (f != NULL) {
		if (fscanf(f, "%d", &n) != 1)
			n = -1;
		fclose(f);
	}
	return n;
}

int
reader_type_pin(void *arg, const struct card_ask *ask, char *pin, size_t max)
{
	struct reader_person *p = arg;
	const char *text = ask->can ? p->can : p->pin;

	p->asked++;
	p->tries = ask->tries;
	if (text == NULL)
		return ERR_CANCELED;
	snprintf(pin, max, "%s", text);
	return 0;
}

static void
keypad(void *arg, const struct card_ask *ask)
{
	((struct reader_person *)arg)->keypad++;
}

static int
suspend(void *arg, const struct card_ask *ask)
{
	((struct reader_person *)arg)->suspended++;
	return 0;
}

static void
resume(void *arg)
{
	((struct reader_person *)arg)->resumed++;
}

struct card_holder *
reader_holder(struct card *c, const char *which)
{
	struct card_holder *h;
	struct fault f = { 0 };

	ck_assert_msg(card_select(c, which, &h, &f) == 0, "%s: %s", f.about, f.what);
	return h;
}

int
reader_sign(struct card *c, const struct card_holder *h, struct reader_person *p, struct fault *f)
{
	static const char message[] = "recado/1 binding\0....";
	struct card_hooks hooks = { .arg = p,
		.pin = reader_type_pin,
		.pinpad = keypad,
		.suspend = suspend,
		.resume = resume };
	struct card_signature sig;
	struct bytes m = { (const uint8_t *)message, sizeof(message) };
	int r;

	memset(f, 0, sizeof(*f));
	r = card_sign(c, h, m, &hooks, &sig, f);
	if (r == 0)
		ck_assert_int_eq(
		    cert_verify_signature((struct bytes){ h->cert, h->cert_len },
			(uint32_t)sig.scheme, m, (struct bytes){ sig.octets, sig.len }),
		    0);
	else
		ck_assert_uint_eq(sig.len, 0);
	return r;
}

void
reader_terminal(const char *text)
{
	char *path = mem_format("%s/typed", folder);

	reader_put("typed", text);
	ck_assert_ptr_nonnull(freopen(path, "r", stdin));
	free(path);
}
