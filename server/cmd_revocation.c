/* recadod revocation status|import FILE: the directory of lists that the relay serves. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/cmd.h"
#include "server/trust.h"

static void
print_one(const struct revocation_info *i, uint64_t now)
{
	char age[CLOCK_TEXT_MAX], next[CLOCK_TEXT_MAX];

	clock_age(now > i->this_update ? (now - i->this_update) / 1000 : 0, age);
	snprintf(next, sizeof(next), "none");
	if (i->next_update != 0)
		clock_text(i->next_update, next);
	printf("%s%s\n    age %s, next update %s, %zu octets%s%s\n", i->issuer_text,
	    i->delta ? " (delta)" : "", age, next, i->size, i->url[0] != '\0' ? ", " : "", i->url);
}

static int
revocation_status(struct trust *t)
{
	struct revocation **lists = NULL;
	size_t n = 0;

	cert_store_crls(trust_store(t), &lists, &n);
	for (size_t i = 0; i < n; i++) {
		print_one(revocation_info(lists[i]), clock_now_ms());
		revocation_free(&lists[i]);
	}
	free(lists);
	return 0;
}

static int
read_whole(const char *path, struct buf *out, struct fault *f)
{
	FILE *in = fopen(path, "re");
	uint8_t part[65536];
	size_t n;
	int r = 0;

	if (in == NULL)
		return fault_set(f, ERR_IO, path, "the list cannot be read");
	while (r == 0 && (n = fread(part, 1, sizeof(part), in)) > 0)
		r = buf_put(out, part, n);
	if (ferror(in))
		r = ERR_IO;
	fclose(in);
	return r == 0 ? 0 : fault_set(f, r, path, "the list cannot be read");
}

/* Beside and renamed, so that a running relay never sees half of it. */
static int
put_whole(const char *dir, const struct revocation_info *i, struct bytes der, struct fault *f)
{
	char hex[65], *beside, *path;
	FILE *out;
	int r = 0;

	hex_encode(i->sha256, 32, hex);
	path = mem_format("%s/%s.crl", dir, hex);
	beside = mem_format("%s/.%s.new", dir, hex);
	if ((out = fopen(beside, "we")) == NULL)
		r = err_from_errno(errno);
	else if (fwrite(der.p, 1, der.n, out) != der.n || fflush(out) != 0 ||
	    fsync(fileno(out)) != 0)
		r = ERR_IO;
	if (out != NULL && fclose(out) != 0)
		r = ERR_IO;
	if (r == 0 && rename(beside, path) != 0)
		r = err_from_errno(errno);
	if (r != 0) {
		unlink(beside);
		fault_set(f, r, path, "the list cannot be written");
	}
	free(path);
	free(beside);
	return r;
}

/* Whether it is genuine is asked each time it is relied on, here and by every client. */
static int
revocation_import(const struct config *c, struct trust *t, const char *path, struct fault *f)
{
	struct buf *der = buf_new(REVOCATION_LIST_MAX);
	struct revocation *list = NULL;
	int r;

	if (c->trust.crls == NULL) {
		fault_set(f, ERR_CONFIG, "trust.crls", "no directory of lists is configured");
		r = fault_hint(f, "Set trust.crls in recadod.conf.");
	} else if ((r = read_whole(path, der, f)) == 0 &&
	    (r = revocation_parse(buf_view(der), path, &list, f)) == 0 &&

	    (r = put_whole(c->trust.crls, revocation_info(list), buf_view(der), f)) == 0)
		print_one(revocation_info(list), clock_now_ms());
	revocation_free(&list);
	buf_free(&der);
	return r;
}

static int
revocation(const struct cmd_context *x, struct fault *f)
{
	static const uint8_t nobody[32];
	const bool import = strcmp(x->args[0], "import") == 0;
	struct trust *t = NULL;
	int r;

	if ((!import && strcmp(x->args[0], "status") != 0) || x->arg_count != (import ? 2 : 1)) {
		fault_set(f, ERR_USAGE, x->args[0], "not a command for revocation lists");
		return fault_hint(f, "It is `revocation status` or `revocation import FILE`.");
	}
	if ((r = trust_new(x->config, NULL, nobody, &t, f)) != 0)
		return r;
	r = import ? revocation_import(x->config, t, x->args[1], f) : revocation_status(t);
	trust_free(&t);
	return r;
}

const struct cmd cmd_revocation = {
	.name = "revocation",
	.usage = "status | import FILE",
	.summary = "Shows the revocation lists, or adds one (DER).",
	.args_min = 1,
	.args_max = 2,
	.run = revocation,
};
