/*
 * Where PKCS#11 modules lie on Linux. The state's middleware comes first, because it alone reads
 * every Citizen Card; then OpenSC; then whatever p11-kit's lists of modules name; SoftHSM last,
 * because no reader is behind it. Modules of p11-kit's own (trust store, proxy) hold no cards.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/card_int.h"

#define LINE_LEN 512
#define LISTED_MAX 64 /* *.module files of a folder that are looked at */

static const char *const folders[] = { "/usr/local/lib", "/usr/lib", "/usr/lib/x86_64-linux-gnu",
	"/usr/lib/aarch64-linux-gnu", "/usr/lib/i386-linux-gnu", "/usr/lib/arm-linux-gnueabihf",
	"/usr/lib/riscv64-linux-gnu", "/usr/lib/powerpc64le-linux-gnu", "/usr/lib64" };
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

/* The administrator's folder overrides the packages' files of the same name. */
static const char *const lists[] = { "/etc/pkcs11/modules", "/usr/share/p11-kit/modules" };

struct found {
	const char *root;
	char **paths;
	size_t count;
};

static bool
known(const struct found *f, const char *path)
{
	char *real = realpath(path, NULL);
	bool is = false;

	for (size_t i = 0; real != NULL && !is && i < f->count; i++) {
		char *other = realpath(f->paths[i], NULL);

		is = other != NULL && strcmp(real, other) == 0;
		free(other);
	}
	free(real);
	return is;
}

/* Takes path over. */
static bool
take(struct found *f, char *path)
{
	if (access(path, R_OK) != 0 || known(f, path) || f->count == CARD_MODULES_MAX) {
		free(path);
		return false;
	}
	f->paths = mem_grow(f->paths, f->count + 1, sizeof(*f->paths));
	f->paths[f->count++] = path;
	return true;
}

static void
look_for(struct found *f, const char *name)
{
	for (size_t i = 0; i < FOLDERS; i++)
		(void)take(f, mem_format("%s%s/%s", f->root, folders[i], name));
}

/* --------------------------------------------------------------------------- p11-kit's lists */

/* The value of "key: value", blanks aside; NULL for another key. Cuts the line. */
static char *
value_of(char *line, const char *key)
{
	size_t n = strlen(key);
	char *v;

	if (strncmp(line, key, n) != 0)
		return NULL;
	v = line + n + strspn(line + n, " \t");
	if (*v++ != ':')
		return NULL;
	v += strspn(v, " \t");
	v[strcspn(v, "\r\n")] = '\0';
	for (n = strlen(v); n > 0 && (v[n - 1] == ' ' || v[n - 1] == '\t');)
		v[--n] = '\0';
	return v;
}

/* Is this program among the words? */
static bool
names_us(char *words)
{
	char *save = NULL;

	for (char *w = strtok_r(words, ", \t", &save); w != NULL; w = strtok_r(NULL, ", \t", &save))
		if (strcmp(w, "recado") == 0)
			return true;
	return false;
}

/* The module that a list's file names; NULL when it is none for us. */
static char *
read_module(FILE *in)
{
	char line[LINE_LEN], *v, *module = NULL;
	bool usable = true;

	while (fgets(line, sizeof(line), in) != NULL) {
		if ((v = value_of(line, "module")) != NULL && module == NULL)
			module = mem_strdup(v);
		else if ((v = value_of(line, "enable-in")) != NULL)
			usable &= names_us(v);
		else if ((v = value_of(line, "disable-in")) != NULL)
			usable &= !names_us(v);
		else if ((v = value_of(line, "trust-policy")) != NULL)
			usable &= strcmp(v, "yes") != 0;
		else if (value_of(line, "remote") != NULL)
			usable = false;
	}
	if (module != NULL && (!usable || module[0] == '\0' || strstr(module, "p11-kit") != NULL)) {
		free(module);
		return NULL;
	}
	return module;
}

/* p11-kit looks for relative names in a folder pkcs11 beside the libraries. */
static void
take_listed(struct found *f, const char *module)
{
	if (module[0] == '/') {
		(void)take(f, mem_format("%s%s", f->root, module));
		return;
	}
	for (size_t i = 0; i < FOLDERS; i++)
		if (take(f, mem_format("%s%s/pkcs11/%s", f->root, folders[i], module)))
			return;
}

static int
is_list(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 7 && strcmp(e->d_name + n - 7, ".module") == 0;
}

static bool
overridden(const struct found *f, size_t folder, const char *name)
{
	bool is = false;

	for (size_t i = 0; i < folder && !is; i++) {
		char *path = mem_format("%s%s/%s", f->root, lists[i], name);

		is = access(path, F_OK) == 0;
		free(path);
	}
	return is;
}

static void
read_list(struct found *f, size_t folder)
{
	char *dir = mem_format("%s%s", f->root, lists[folder]), *path, *module;
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_list, alphasort);
	FILE *in;

	for (int i = 0; i < n; i++) {
		path = mem_format("%s/%s", dir, names[i]->d_name);
		if (i < LISTED_MAX && !overridden(f, folder, names[i]->d_name) &&
		    (in = fopen(path, "re")) != NULL) {
			module = read_module(in);
			fclose(in);
			if (module != NULL)
				take_listed(f, module);
			free(module);
		}
		free(path);
		free(names[i]);
	}
	free(names);
	free(dir);
}

/* --------------------------------------------------------------------------------- all of them */

static bool
is_last(const char *path)
{
	return strstr(path, "softhsm") != NULL;
}

void
card_modules(const char *root, char ***paths, size_t *count)
{
	struct found f = { .root = root != NULL ? root : "" };
	size_t n = 0;

	look_for(&f, CARD_MIDDLEWARE ".so");
	look_for(&f, "opensc-pkcs11.so");
	look_for(&f, "pkcs11/opensc-pkcs11.so");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		read_list(&f, i);
	look_for(&f, "softhsm/libsofthsm2.so");
	*paths = mem_array(f.count + 1, sizeof(**paths));
	*count = f.count;
	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < f.count; i++)
			if (is_last(f.paths[i]) == (last == 1))
				(*paths)[n++] = f.paths[i];
	free(f.paths);
}

void
card_modules_free(char ***paths, size_t *count)
{
	for (size_t i = 0; *paths != NULL && i < *count; i++)
		free((*paths)[i]);
	free(*paths);
	*paths = NULL;
	*count = 0;
}
