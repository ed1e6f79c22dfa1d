#include "ui/editor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "ui/i18n.h"
#include "ui/ui.h"

extern char **environ;

static int
write_file(const char *path, const char *text)
{
	size_t n = strlen(text), done = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return ERR_IO;
	while (done < n) {
		ssize_t w = write(fd, text + done, n - done);

		if (w < 0 && errno != EINTR)
			break;
		done += w > 0 ? (size_t)w : 0;
	}
	return close(fd) == 0 && done == n ? 0 : ERR_IO;
}

static int
read_file(const char *path, struct ui *ui)
{
	char *text = mem_alloc(UI_TEXT_MAX + 1);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t n = 0;
	ssize_t r = 0;

	while (fd >= 0 && n < UI_TEXT_MAX && (r = read(fd, text + n, UI_TEXT_MAX - n)) > 0)
		n += (size_t)r;
	if (fd >= 0)
		close(fd);
	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	if (fd >= 0 && r >= 0)
		edit_set(ui->input, text);
	mem_wipe(text, UI_TEXT_MAX + 1);
	free(text);
	return fd >= 0 && r >= 0 ? 0 : ERR_IO;
}

/* Through the shell, because $EDITOR may have arguments; the file's name comes as one of its own. */
static int
spawn(const char *path)
{
	char script[] = "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"", sh[] = "sh", c[] = "-c";
	char *file = mem_strdup(path);
	char *argv[] = { sh, c, script, sh, file, NULL };
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	int rc, status = -1;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	rc = posix_spawn(&pid, "/bin/sh", NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	free(file);
	if (rc != 0)
		return ERR_IO;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ERR_IO;
}

static void
edit_in(struct ui *ui, const char *dir)
{
	char *path = mem_format("%s/message.txt", dir);
	int rc = write_file(path, edit_text(ui->input));

	if (rc == 0) {
		term_suspend(ui->term);
		rc = spawn(path);
		if (term_resume(ui->term) != 0)
			ui->quit = true;
		ui->repaint = true;
	}
	if (rc == 0)
		rc = read_file(path, ui);
	if (rc != 0)
		ui_say(ui, THEME_WARN, "%s", _("The editor failed; the message is as it was."));
	ui->draft_at = clock_mono_ms();
	ui->input_pasted = true; /* what an editor wrote is text */
	free(path);
}

/* With whatever the editor left beside the file. */
static void
remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(dir);
}

void
editor_run(struct ui *ui)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *dir = mem_format(
	    "%s/recado-XXXXXX", runtime != NULL && runtime[0] == '/' ? runtime : "/dev/shm");

	if (mkdtemp(dir) == NULL) {
		ui_say(ui, THEME_WARN, "%s",
		    _("No place in memory to keep the text for an editor (XDG_RUNTIME_DIR, "
		      "/dev/shm)."));
	} else {
		edit_in(ui, dir);
		remove_dir(dir);
	}
	free(dir);
}
