/*
 * A PKCS#11 module around SoftHSM that has accidents on demand, for tests of what real cards do: it
 * is taken out, its PIN locks after three misses, it has a keypad, or it asks for the PIN by itself.
 *
 * SOFTCARD_MODULE names the real module, files in the folder SOFTCARD_SHIM steer this one:
 *   removed    exists: the reader is empty
 *   no_reader  exists: there is no reader either
 *   remove_in  a function's name (C_Login, C_Sign): the card is taken out while it runs
 *   tries      tries left; the shim keeps it (3 at first)
 *   pinpad     exists: PINs are typed on the reader; it holds what will be typed (empty: cancel)
 *   selfprompt exists: as the state's middleware: no login is required, C_Sign asks for the PIN on
 *              the terminal (it prints a prompt and reads stdin)
 *   can        exists, with selfprompt: contactless; login is required and wants this number
 *   fail_sign  a number: what C_Sign says instead of signing
 *   leave      a number, with fail_sign: after that failure it is taken out, which is only seen when the
 *              reader is looked into for the so-manieth time
 *   no_flags   exists: the token does not tell how many tries are left
 *   delay_ms   how long a C_Sign takes
 *   login_ms   how long a C_Login takes
 *   hold_sign  exists: a C_Sign goes on once it is gone
 *   hostile    attribute, grow, slots or mechanisms: lengths and counts that are lies
 *   log        a line for every call that matters, appended
 *   threads    a line for each thread that made a call, with its number, appended
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <pkcs11-helper-1.0/pkcs11h-def.h>

#define SESSIONS_MAX 256
#define PIN_MAX 64
#define TRIES_FULL 3
#define PIN "1234"

/* A PKCS#11 module is a process-wide thing: so is its state. */
static CK_FUNCTION_LIST *real, own;
static const char *folder;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned insertion = 1; /* rises each time the card is put back */
static int was_removed;
static struct {
	CK_SESSION_HANDLE handle;
	unsigned insertion;
} sessions[SESSIONS_MAX];
static unsigned session_count;

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out);

static void
path_of(const char *name, char out[512])
{
	snprintf(out, 512, "%s/%s", folder, name);
}

static int
has(const char *name)
{
	char path[512];

	path_of(name, path);
	return access(path, F_OK) == 0;
}

/* The first line of a file; empty when there is none. */
static void
read_line(const char *name, char *out, size_t n)
{
	char path[512];
	FILE *f;

	out[0] = '\0';
	path_of(name, path);
	if ((f = fopen(path, "r")) == NULL)
		return;
	if (fgets(out, (int)n, f) == NULL)
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	fclose(f);
}

static void
write_line(const char *name, const char *mode, const char *fmt, ...)
{
	char path[512];
	va_list ap;
	FILE *f;

	path_of(name, path);
	if ((f = fopen(path, mode)) == NULL)
		return;
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static int
number(const char *name, int otherwise)
{
	char line[32];

	read_line(name, line, sizeof(line));
	return line[0] != '\0' ? atoi(line) : otherwise;
}

static int
removed(void)
{
	int now = has("removed");

	pthread_mutex_lock(&lock);
	if (now != was_removed) {
		insertion += (unsigned)!now;
		was_removed = now;
	}
	pthread_mutex_unlock(&lock);
	return now;
}

static int
hostile(const char *how)
{
	char line[32];

	read_line("hostile", line, sizeof(line));
	return strcmp(line, how) == 0;
}

/* Every entry calls it. */
static void
note_thread(void)
{
	static _Thread_local int noted;

	if (!noted)
		write_line("threads", "a", "%d %d", (int)gettid(), (int)getpid());
	noted = 1;
}

/* Is the card there, and is it still the insertion this session was opened in? */
static CK_RV
check(CK_SESSION_HANDLE h)
{
	CK_RV rv = CKR_OK;

	if (removed())
		return CKR_DEVICE_REMOVED;
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < session_count; i++)
		if (sessions[i].handle == h && sessions[i].insertion != insertion)
			rv = CKR_SESSION_HANDLE_INVALID;
	pthread_mutex_unlock(&lock);
	return rv;
}

/* Does the accident happen in this function? */
static CK_RV
accident(const char *function)
{
	char line[32];

	read_line("remove_in", line, sizeof(line));
	if (strcmp(line, function) != 0)
		return CKR_OK;
	write_line("removed", "w", "in %s", function);
	return removed() ? CKR_DEVICE_REMOVED : CKR_OK;
}

static CK_RV
spend_try(CK_RV rv)
{
	int tries = number("tries", TRIES_FULL);

	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE) {
		write_line("tries", "w", "%d", --tries);
		return tries <= 0 ? CKR_PIN_LOCKED : CKR_PIN_INCORRECT;
	}
	if (rv == CKR_OK)
		write_line("tries", "w", "%d", TRIES_FULL);
	return rv;
}

/* ---------------------------------------------------------------------------------- functions */

static CK_RV
shim_initialize(void *args)
{
	const CK_C_INITIALIZE_ARGS *a = args;
	CK_RV rv;

	note_thread();
	rv = real->C_Initialize(args);
	write_line("log", "a", "C_Initialize flags 0x%lx", a != NULL ? a->flags : 0);
	return rv;
}

/* It is out of the reader already; this look may be the one that sees it. */
static void
look(void)
{
	int looks = number("leaving", 0);

	if (looks > 1)
		write_line("leaving", "w", "%d", looks - 1);
	else if (looks == 1)
		write_line("removed", "w", "seen");
}

static CK_RV
shim_slot_list(unsigned char present, CK_SLOT_ID *list, CK_ULONG *count)
{
	CK_RV rv;

	note_thread();
	look();
	if ((present && removed()) || has("no_reader")) {
		*count = 0;
		return CKR_OK;
	}
	rv = real->C_GetSlotList(present, list, count);
	if (rv == CKR_OK && list != NULL && hostile("slots"))
		*count = 100000;
	return rv;
}

static CK_RV
shim_mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	CK_RV rv = real->C_GetMechanismList(slot, list, count);

	note_thread();
	if (rv == CKR_OK && list != NULL && hostile("mechanisms"))
		*count = 100000;
	return rv;
}

static CK_RV
shim_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	CK_RV rv = real->C_GetSlotInfo(slot, info);

	if (rv == CKR_OK) {
		info->flags |= CKF_REMOVABLE_DEVICE | CKF_HW_SLOT;
		if (removed())
			info->flags &= ~(CK_FLAGS)CKF_TOKEN_PRESENT;
	}
	return rv;
}

static CK_RV
shim_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	int tries = number("tries", TRIES_FULL);
	CK_RV rv;

	note_thread();
	if (removed())
		return CKR_TOKEN_NOT_PRESENT;
	if ((rv = real->C_GetTokenInfo(slot, info)) != CKR_OK)
		return rv;
	if (has("no_flags"))
		tries = TRIES_FULL;
	/* what the real module counts is of whoever else has this card in a reader */
	info->flags &= ~(CK_FLAGS)(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED);
	if (tries < TRIES_FULL)
		info->flags |= CKF_USER_PIN_COUNT_LOW;
	if (tries == 1)
		info->flags |= CKF_USER_PIN_FINAL_TRY;
	if (tries <= 0)
		info->flags |= CKF_USER_PIN_LOCKED;
	if (has("pinpad"))
		info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (has("selfprompt") && !has("can"))
		info->flags &= ~(CK_FLAGS)CKF_LOGIN_REQUIRED;
	return CKR_OK;
}

static CK_RV
shim_open(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify, CK_SESSION_HANDLE *out)
{
	CK_RV rv;

	if (removed())
		return CKR_TOKEN_NOT_PRESENT;
	rv = real->C_OpenSession(slot, flags, app, notify, out);
	if (rv == CKR_OK) {
		pthread_mutex_lock(&lock);
		sessions[session_count % SESSIONS_MAX].handle = *out;
		sessions[session_count % SESSIONS_MAX].insertion = insertion;
		if (session_count < SESSIONS_MAX)
			session_count++;
		pthread_mutex_unlock(&lock);
	}
	return rv;
}

static CK_RV
shim_login(CK_SESSION_HANDLE h, CK_USER_TYPE user, unsigned char *pin, CK_ULONG n)
{
	const char *how = pin == NULL ? "pinpad" : "pin";
	char typed[PIN_MAX], can[PIN_MAX];
	CK_RV rv;

	note_thread();
	usleep((useconds_t)number("login_ms", 0) * 1000);
	if ((rv = check(h)) != CKR_OK || (rv = accident("C_Login")) != CKR_OK)
		goto out;
	if (has("can")) {
		read_line("can", can, sizeof(can));
		rv = n == strlen(can) && memcmp(pin, can, n) == 0 ? CKR_OK : CKR_PIN_INCORRECT;
		goto out;
	}
	if (number("tries", TRIES_FULL) <= 0) {
		rv = CKR_PIN_LOCKED;
		goto out;
	}
	if (has("pinpad") && pin == NULL) {
		read_line("pinpad", typed, sizeof(typed));
		if (typed[0] == '\0') {
			rv = CKR_FUNCTION_CANCELED;
			goto out;
		}
		pin = (unsigned char *)typed;
		n = strlen(typed);
	}
	/* The real module keeps its own count, which must outlive no test: it sees right PINs only. */
	rv = n == strlen(PIN) && memcmp(pin, PIN, n) == 0 ? real->C_Login(h, user, pin, n)
							  : CKR_PIN_INCORRECT;
	rv = spend_try(rv);
out:
	write_line("log", "a", "C_Login %s 0x%lx", how, rv);
	return rv;
}

static CK_RV
shim_find(CK_SESSION_HANDLE h, CK_ATTRIBUTE *a, CK_ULONG n)
{
	CK_RV rv = check(h);

	return rv != CKR_OK ? rv : real->C_FindObjectsInit(h, a, n);
}

static CK_RV
shim_attributes(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
	CK_RV rv = check(h);
	int asked = n == 1 && a->pValue == NULL;

	note_thread();
	if (rv != CKR_OK || (rv = real->C_GetAttributeValue(h, o, a, n)) != CKR_OK)
		return rv;
	if (asked && hostile("attribute"))
		a->ulValueLen = 0x7fffffff;
	if (n == 1 && !asked && hostile("grow"))
		a->ulValueLen += 100000;
	return rv;
}

/* The middleware says of a card that is gone that its PIN is locked. */
static CK_RV
absent(CK_RV rv)
{
	return rv == CKR_DEVICE_REMOVED && has("selfprompt") ? CKR_PIN_LOCKED : rv;
}

static CK_RV
shim_sign_init(CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	CK_RV rv = absent(check(h));

	note_thread();
	if (rv == CKR_OK)
		rv = real->C_SignInit(h, m, key);
	write_line("log", "a", "C_SignInit mechanism 0x%lx 0x%lx", m->mechanism, rv);
	return rv;
}

/* As the middleware without a display: it takes the terminal. */
static CK_RV
prompt(void)
{
	char pin[PIN_MAX] = "";

	struct termios was, now;
	int tty = tcgetattr(STDIN_FILENO, &was) == 0;

	now = was;
	now.c_lflag &= ~(tcflag_t)ECHO;
	if (tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &now);
	printf("Please introduce your AUTHENTICATION PIN: ");
	fflush(stdout);
	write_line("log", "a", "prompt");
	if (fgets(pin, sizeof(pin), stdin) == NULL)
		pin[0] = '\0';
	if (tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &was);
	pin[strcspn(pin, "\n")] = '\0';
	if (pin[0] == '\0')
		return CKR_FUNCTION_CANCELED;
	if (number("tries", TRIES_FULL) <= 0)
		return CKR_PIN_LOCKED;
	return spend_try(strcmp(pin, PIN) == 0 ? CKR_OK : CKR_PIN_INCORRECT);
}

/* With the middleware the key is usable without our having logged in. */
static CK_RV
unlock(CK_SESSION_HANDLE h)
{
	CK_RV rv = real->C_Login(h, CKU_USER, (unsigned char *)PIN, strlen(PIN));

	return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

static CK_RV
shim_sign(CK_SESSION_HANDLE h, unsigned char *data, CK_ULONG n, unsigned char *sig, CK_ULONG *len)
{
	CK_BYTE junk[1024];
	CK_ULONG junk_len = sizeof(junk);
	CK_RV rv = absent(check(h));

	note_thread();
	if (sig == NULL)
		return rv != CKR_OK ? rv : real->C_Sign(h, data, n, sig, len);
	if (rv == CKR_OK && has("selfprompt"))
		rv = prompt();
	if (rv == CKR_OK)
		usleep((useconds_t)number("delay_ms", 0) * 1000);
	while (rv == CKR_OK && has("hold_sign"))
		usleep(20000);
	if (rv == CKR_OK)
		rv = absent(accident("C_Sign"));
	if (rv == CKR_OK)
		rv = (CK_RV)number("fail_sign", CKR_OK);
	if (rv != CKR_OK && number("leave", 0) > 0)
		write_line("leaving", "w", "%d", number("leave", 0));
	/* The operation ends either way. */
	if (rv == CKR_OK)
		rv = real->C_Sign(h, data, n, sig, len);
	else
		(void)real->C_Sign(h, data, n, junk, &junk_len);
	write_line("log", "a", "C_Sign 0x%lx", rv);
	return rv;
}

static CK_RV
shim_open_unlocked(
    CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify, CK_SESSION_HANDLE *out)
{
	CK_RV rv = shim_open(slot, flags, app, notify, out);

	if (rv == CKR_OK && has("selfprompt"))
		rv = unlock(*out);
	return rv;
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	const char *path = getenv("SOFTCARD_MODULE");
	CK_RV (*get)(CK_FUNCTION_LIST **);
	void *module;

	if (real == NULL) {
		folder = getenv("SOFTCARD_SHIM");
		if (folder == NULL)
			return CKR_FUNCTION_FAILED;
		if (path == NULL)
			path = "/usr/lib/softhsm/libsofthsm2.so";
		if ((module = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL)
			return CKR_FUNCTION_FAILED;
		*(void **)&get = dlsym(module, "C_GetFunctionList");
		if (get == NULL || get(&real) != CKR_OK)
			return CKR_FUNCTION_FAILED;
		own = *real;
		own.C_GetFunctionList = C_GetFunctionList;
		own.C_Initialize = shim_initialize;
		own.C_GetSlotList = shim_slot_list;
		own.C_GetMechanismList = shim_mechanisms;
		own.C_GetSlotInfo = shim_slot_info;
		own.C_GetTokenInfo = shim_token_info;
		own.C_OpenSession = shim_open_unlocked;
		own.C_Login = shim_login;
		own.C_FindObjectsInit = shim_find;
		own.C_GetAttributeValue = shim_attributes;
		own.C_SignInit = shim_sign_init;
		own.C_Sign = shim_sign;
	}
	*out = &own;
	return CKR_OK;
}
