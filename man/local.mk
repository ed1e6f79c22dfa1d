# One page a line: dist_man_MANS += man/recado.1
