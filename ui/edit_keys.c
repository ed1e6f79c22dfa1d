#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "ui/edit_impl.h"
#include "ui/keys.h"

static void
move(struct edit *e, size_t to)
{
	e->cursor = to;
	e->last = EDIT_LAST_OTHER;
	e->goal = -1;
}

static void
key_left(struct edit *e)
{
	move(e, edit_prev_cluster(e, e->cursor));
}

static void
key_right(struct edit *e)
{
	move(e, edit_next_cluster(e, e->cursor));
}

static void
key_home(struct edit *e)
{
	move(e, edit_line_start(e, e->cursor));
}

static void
key_end(struct edit *e)
{
	move(e, edit_line_end(e, e->cursor));
}

static void
key_word_left(struct edit *e)
{
	move(e, edit_prev_word(e, e->cursor));
}

static void
key_word_right(struct edit *e)
{
	move(e, edit_next_word(e, e->cursor));
}

/* A line up or down at the same column; at the edge of the text, through the history. */
static void
vertical(struct edit *e, int direction)
{
	size_t start = edit_line_start(e, e->cursor), end = edit_line_end(e, e->cursor), target,
	       stop;
	int goal = e->goal >= 0 ? e->goal : text_columns(e->text + start, e->cursor - start);

	if (direction < 0 ? start == 0 : end == e->len) {
		edit_walk(e, direction);
		return;
	}
	target = direction < 0 ? edit_line_start(e, start - 1) : end + 1;
	stop = edit_line_end(e, target);
	move(e, target + text_fit(e->text + target, stop - target, goal));
	e->goal = goal;
}

static void
key_up(struct edit *e)
{
	vertical(e, -1);
}

static void
key_down(struct edit *e)
{
	vertical(e, 1);
}

static void
key_backspace(struct edit *e)
{
	edit_delete(e, edit_prev_cluster(e, e->cursor), e->cursor);
	e->last = EDIT_LAST_OTHER;
}

static void
key_delete(struct edit *e)
{
	edit_delete(e, e->cursor, edit_next_cluster(e, e->cursor));
	e->last = EDIT_LAST_OTHER;
}

static void
key_kill_end(struct edit *e)
{
	size_t end = edit_line_end(e, e->cursor);

	edit_kill(e, e->cursor, end == e->cursor && end < e->len ? end + 1 : end);
}

static void
key_kill_start(struct edit *e)
{
	edit_kill(e, edit_line_start(e, e->cursor), e->cursor);
}

static void
key_kill_blank(struct edit *e)
{
	edit_kill(e, edit_prev_blank(e, e->cursor), e->cursor);
}

static void
key_kill_word_left(struct edit *e)
{
	edit_kill(e, edit_prev_word(e, e->cursor), e->cursor);
}

static void
key_kill_word_right(struct edit *e)
{
	edit_kill(e, e->cursor, edit_next_word(e, e->cursor));
}

static void
key_newline(struct edit *e)
{
	if (e->flags & EDIT_MULTILINE)
		(void)edit_insert(e, "\n", 1);
}

/* Swap the clusters around the cursor, as readline does: at the end the last two. */
static void
key_transpose(struct edit *e)
{
	size_t mid = e->cursor, left, right;
	char *a;

	if (e->flags & EDIT_SECRET)
		return;
	if (mid == edit_line_end(e, mid))
		mid = edit_prev_cluster(e, mid);
	left = edit_prev_cluster(e, mid);
	right = edit_next_cluster(e, mid);
	if (left == mid || right == mid || e->text[left] == '\n' || e->text[mid] == '\n')
		return;
	edit_save(e);
	a = mem_strndup(e->text + left, mid - left);
	memmove(e->text + left, e->text + mid, right - mid);
	memcpy(e->text + left + (right - mid), a, mid - left);
	free(a);
	move(e, right);
}

static const struct {
	uint32_t key;
	void (*run)(struct edit *e);
} table[] = {
	{ K_LEFT, key_left },
	{ K_C('b'), key_left },
	{ K_RIGHT, key_right },
	{ K_C('f'), key_right },
	{ K_HOME, key_home },
	{ K_C('a'), key_home },
	{ K_END, key_end },
	{ K_C('e'), key_end },
	{ K_A('b'), key_word_left },
	{ K_ALT | K_LEFT, key_word_left },
	{ K_CTRL | K_LEFT, key_word_left },
	{ K_A('f'), key_word_right },
	{ K_ALT | K_RIGHT, key_word_right },
	{ K_CTRL | K_RIGHT, key_word_right },
	{ K_UP, key_up },
	{ K_DOWN, key_down },
	{ K_BACKSPACE, key_backspace },
	{ K_DELETE, key_delete },
	{ K_C('d'), key_delete },
	{ K_C('k'), key_kill_end },
	{ K_C('u'), key_kill_start },
	{ K_C('w'), key_kill_blank },
	{ K_ALT | K_BACKSPACE, key_kill_word_left },
	{ K_A('d'), key_kill_word_right },
	{ K_C('y'), edit_yank },
	{ K_A('y'), edit_yank_pop },
	{ K_C('t'), key_transpose },
	{ K_C('_'), edit_undo },
	{ K_A('u'), edit_undo },
	{ K_X(K_C('u')), edit_undo },
	{ K_ALT | K_ENTER, key_newline },
};

/* Typing in a row is one undo step a word. */
static void
type(struct edit *e, uint32_t cp)
{
	char utf8[5];
	size_t n = keys_utf8(cp, utf8), undo = e->undo_count;
	bool joins = e->last == EDIT_LAST_TYPED && cp != ' ' && undo > 0;

	(void)edit_insert(e, utf8, n);
	if (joins && e->undo_count > 0 && !(e->flags & EDIT_SECRET)) {
		char *last = e->undo[--e->undo_count].text;

		mem_wipe(last, strlen(last));
		free(last);
	}
	e->last = EDIT_LAST_TYPED;
}

bool
edit_key(struct edit *e, uint32_t key)
{
	if (keys_is_text(key)) {
		type(e, key);
		e->goal = -1;
		return true;
	}
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].key == key) {
			table[i].run(e);
			return true;
		}
	}
	return false;
}
