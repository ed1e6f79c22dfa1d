# Message catalogues: po/LANG.po becomes po/LANG.gmo, installed as LANG/LC_MESSAGES/recado.mo.
# English is the language of the source. `make update-po` refreshes the catalogues from it.
po_languages = pt
po_catalogues = $(po_languages:%=po/%.po)
po_objects = $(po_languages:%=po/%.gmo)
EXTRA_DIST += po/pt.po
CLEANFILES += po/pt.gmo

# As they lie when installed, for who runs recado in the build folder.
po_here = $(po_languages:%=po/locale/%/LC_MESSAGES/recado.mo)
CLEANFILES += $(po_here)

po/locale/%/LC_MESSAGES/recado.mo: po/%.gmo
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cp po/$*.gmo $@

all-local: $(po_objects) $(po_here)

po/%.gmo: po/%.po
	$(AM_V_GEN)$(MKDIR_P) po && $(MSGFMT) --check-format --check-domain -o $@ $<

install-data-local: $(po_objects)
	@for l in $(po_languages); do \
		$(MKDIR_P) "$(DESTDIR)$(localedir)/$$l/LC_MESSAGES" && \
		$(INSTALL_DATA) po/$$l.gmo "$(DESTDIR)$(localedir)/$$l/LC_MESSAGES/recado.mo" || exit 1; \
	done

uninstall-local:
	@for l in $(po_languages); do \
		rm -f "$(DESTDIR)$(localedir)/$$l/LC_MESSAGES/recado.mo"; \
	done

.PHONY: update-po
update-po:
	$(MKDIR_P) po
	cd $(top_srcdir) && find src ui crypto server -name '*.[ch]' | LC_ALL=C sort | \
		$(XGETTEXT) --from-code=UTF-8 --language=C --keyword=_ --keyword=N_ --keyword=C_:1c,2 \
			--package-name=recado --add-comments=TRANSLATORS --files-from=- \
			--output=$(abs_top_builddir)/po/recado.pot
	for l in $(po_languages); do \
		$(MSGMERGE) --update --backup=none --previous $(top_srcdir)/po/$$l.po po/recado.pot; \
	done
CLEANFILES += po/recado.pot
