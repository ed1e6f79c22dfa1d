#include <string.h>

#include "base/mem.h"
#include "core/engine.h"
#include "core/idle.h"
#include "core/ops.h"

void
port_add(struct engine *e, struct port *p)
{
	p->engine = e;
	LIST_INSERT_HEAD(&e->ports, p, link);
}

void
port_remove(struct port *p)
{
	struct op *op, *next;

	LIST_REMOVE(p, link);
	p->admitted = false;
	for (op = TAILQ_FIRST(&p->engine->ops); op != NULL; op = next) {
		next = TAILQ_NEXT(op, link);
		if (op->port == p)
			op_free(op);
	}
}

bool
port_sees(const struct port *p)
{
	return p->engine->store != NULL && (p->admitted || !p->engine->shut);
}

static void
port_answer(struct port *p, struct core_cmd *cmd)
{
	struct op *op;

	TAILQ_FOREACH(op, &p->engine->ops, link) {
		void (*answer)(struct op *, const char *) = op->answer;

		if (op->port != p || op->ask == 0 || op->ask != cmd->ask)
			continue;
		op->ask = 0;
		op->answer = NULL;
		answer(op, (cmd->flags & CORE_F_CANCEL) != 0 ? NULL : cmd->text != NULL ? cmd->text : "");
		break;
	}
	core_cmd_clear(cmd);
}

void
port_command(struct port *p, struct core_cmd *cmd)
{
	struct engine *e = p->engine;
	struct op *op;

	idle_stir(e, cmd->op);
	if (cmd->op == CORE_ANSWER) {
		port_answer(p, cmd);
		return;
	}
	op = mem_alloc(sizeof(*op));
	op->e = e;
	op->port = p;
	op->cmd = *cmd;
	memset(cmd, 0, sizeof(*cmd));
	TAILQ_INSERT_TAIL(&e->ops, op, link);
	ops_run(op);
}
