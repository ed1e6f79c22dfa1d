# libcmd: the command line, and the commands, one file each. recado: main, which adds the screen.
noinst_LIBRARIES += libcmd.a
libcmd_a_SOURCES =
libcmd_a_SOURCES += src/cmd/answer.c src/cmd/answer.h
libcmd_a_SOURCES += src/cmd/cmd.c src/cmd/cmd.h
libcmd_a_SOURCES += src/cmd/cmd_all.c
libcmd_a_SOURCES += src/cmd/cmd_card.c
libcmd_a_SOURCES += src/cmd/cmd_contact.c
libcmd_a_SOURCES += src/cmd/cmd_create.c
libcmd_a_SOURCES += src/cmd/cmd_devices.c
libcmd_a_SOURCES += src/cmd/cmd_history.c
libcmd_a_SOURCES += src/cmd/cmd_list.c
libcmd_a_SOURCES += src/cmd/cmd_lock.c
libcmd_a_SOURCES += src/cmd/cmd_outbox.c
libcmd_a_SOURCES += src/cmd/cmd_passphrase.c
libcmd_a_SOURCES += src/cmd/cmd_recv.c
libcmd_a_SOURCES += src/cmd/cmd_send.c
libcmd_a_SOURCES += src/cmd/cmd_status.c
libcmd_a_SOURCES += src/cmd/cmd_suites.c
libcmd_a_SOURCES += src/cmd/cmd_verify.c
libcmd_a_SOURCES += src/cmd/cmd_whois.c
libcmd_a_SOURCES += src/cmd/opt.c src/cmd/opt.h
libcmd_a_SOURCES += src/cmd/out.c src/cmd/out.h
libcmd_a_SOURCES += src/cmd/run.c src/cmd/run.h
libcmd_a_SOURCES += src/cmd/secret.c src/cmd/secret.h
libcmd_a_SOURCES += src/cmd/show.c src/cmd/show.h
libcmd_a_SOURCES += src/cmd/show_whois.c src/cmd/show_whois.h

CMD_LIBS = libcmd.a $(CORE_LIBS)

bin_PROGRAMS += recado
recado_SOURCES = src/cmd/main.c
recado_LDADD = $(UI_LIBS) $(CMD_LIBS)
