// Behaviour shared by all pages. Everything here is an addition: each page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const on = (type, selector, handler) =>
    document.addEventListener(type, (event) => {
      const target = event.target.closest?.(selector);
      if (target) handler(event, target);
    });
  const typing = (element) => element?.matches?.("input, textarea, select, [contenteditable]");
  const announce = (text) => { const live = $("#live"); if (live) live.textContent = text; };

  // Theme: a cookie, so that the server renders the next page in it.
  on("click", "[data-theme-toggle]", () => {
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = theme;
    keep("theme", theme);
    document.dispatchEvent(new CustomEvent("ops:theme", { detail: theme }));
  });

  // Sections of the menu that are folded: a cookie as well, so that the next page is drawn as this one was left.
  const keep = (name, value) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  };
  $$("details[data-fold]").forEach((group) => group.addEventListener("toggle", () => {
    keep("folded", $$("details[data-fold]:not([open])").map((each) => each.dataset.fold).join("."));
  }));

  // A part that is unfolded stays so on other pages that have it.
  document.addEventListener("toggle", ({ target }) => {
    if (target.dataset.remember) keep(target.dataset.remember, target.open ? "open" : "");
  }, true);

  // Sidebar on narrow windows. Without script the link jumps to it and :target shows it.
  const sidebarOpen = () => $("#sidebar")?.classList.contains("is-open");
  const showSidebar = (open) => {
    const sidebar = $("#sidebar");
    sidebar.classList.toggle("is-open", open);
    $("[data-sidebar-toggle]")?.setAttribute("aria-expanded", String(open));
    if (open) $("a", sidebar)?.focus();
  };
  on("click", "[data-sidebar-toggle]", (event) => {
    event.preventDefault();
    showSidebar(!sidebarOpen());
  });

  // Menus are <details class="menu">: one open at a time, closed by a click outside or Esc.
  document.addEventListener("click", (event) => {
    $$("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    if (sidebarOpen() && !event.target.closest("#sidebar, [data-sidebar-toggle]")) {
      showSidebar(false);
    }
    if (event.target.matches?.("dialog.dialog")) event.target.close();
  });

  // Dialogs: palette and keyboard help.
  const openDialog = (id) => {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return Boolean(dialog);
    dialog.showModal();
    $("input", dialog)?.select();
    dialog.dispatchEvent(new CustomEvent("ops:open"));
    return true;
  };
  on("click", "[data-dialog]", (event, opener) => {
    if (openDialog(opener.dataset.dialog)) event.preventDefault();
  });
  on("click", "[data-dialog-close]", (_event, button) => button.closest("dialog").close());
  on("click", "[data-dismiss]", (_event, button) => button.closest(".notice").remove());

  document.addEventListener("keydown", (event) => {
    const key = event.key;
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") {
      if (openDialog("palette")) event.preventDefault();
    } else if (key === "Escape") {
      const menu = event.target.closest?.("details.menu[open]") ?? $("details.menu[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
      if (sidebarOpen()) { showSidebar(false); $("[data-sidebar-toggle]").focus(); }
    } else if (!typing(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey && !$("dialog[open]")) {
      if (key === "/") {
        const search = $("#report-search");
        if (search) search.focus(); else openDialog("palette");
        event.preventDefault();
      } else if (key === "?") {
        openDialog("keys");
      } else if (key === "j" || key === "k") {
        const rows = $$(".data-table tbody .cell-main[href]");
        const at = rows.indexOf(document.activeElement);
        rows[key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0)]?.focus();
      }
    }
  });

  // Rows chosen for a bulk action.
  let lastBox = null;
  const boxes = () => $$(".data-table input[name=ids]");
  const showSelection = () => {
    const list = $(".report-list");
    const all = $("[data-select-all]");
    if (!list || !all) return;
    const chosen = boxes().filter((box) => box.checked).length;
    const everything = $("[data-bulk-all]", list);
    if (!chosen && everything) everything.checked = false;
    all.closest("[hidden]")?.removeAttribute("hidden");
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
    const text = $("[data-bulk-count]", list);
    if (text) text.textContent = everything?.checked ? everything.dataset.total : String(chosen);
  };
  on("click", ".data-table input[name=ids]", (event, box) => {
    const list = boxes();
    if (event.shiftKey && lastBox?.isConnected) {
      const [from, to] = [list.indexOf(lastBox), list.indexOf(box)].sort((a, b) => a - b);
      list.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
    }
    lastBox = box;
  });
  on("change", "[data-select-all]", (_event, all) => boxes().forEach((box) => { box.checked = all.checked; }));
  on("change", "input[type=checkbox]", showSelection);

  // Copy, file drop, confirmations by typing.
  on("click", "[data-copy]", async (_event, button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    announce(button.dataset.copied);
  });
  for (const type of ["dragenter", "dragover"]) on(type, ".file-drop", (_event, zone) => zone.classList.add("is-over"));
  for (const type of ["dragleave", "drop"]) on(type, ".file-drop", (_event, zone) => zone.classList.remove("is-over"));
  on("change", ".file-drop input[type=file]", (_event, input) => {
    const name = $("[data-file-name]", input.closest(".file-drop"));
    if (name && input.files.length) name.textContent = [...input.files].map((file) => file.name).join(", ");
  });

  // htmx: upload progress, the search text typed while an answer was on its way, focus and selection.
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = $("[data-upload-progress]", event.target);
    if (!bar || !event.detail.total) return;
    bar.hidden = false;
    bar.value = (100 * event.detail.loaded) / event.detail.total;
  });
  let sent = null; // the text that the list was last asked for
  document.addEventListener("htmx:configRequest", ({ detail }) => { // addresses without empty parameters
    if (detail.elt.id === "report-search") sent = detail.elt.value;
    if (detail.verb !== "get") return;
    const empty = [...detail.formData.keys()].filter((key) => detail.formData.getAll(key).every((value) => value === ""));
    empty.forEach((key) => detail.formData.delete(key));
  });
  let typed = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    typed = active?.id === "report-search" ? active.value : null;
    // Forms answer 422 with the errors in them, lists 400 with what is wrong with a filter.
    const { xhr } = event.detail;
    const isHtml = xhr.getResponseHeader("Content-Type")?.startsWith("text/html");
    if (xhr.status === 422 || (xhr.status === 400 && isHtml)) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("htmx:afterSwap", () => {
    const search = $("#report-search");
    if (typed !== null && search) search.value = typed;
  });
  document.addEventListener("htmx:afterSettle", () => {
    // what was typed at the moment of the swap, the old field would have asked for
    const search = $("#report-search");
    if (typed !== null && sent !== null && search && search.value !== sent) window.htmx.trigger(search, "search");
    typed = null;
    refresh();
    const total = $("[data-announce]");
    if (total) announce(total.dataset.announce);
  });
  // What changed behind the list (a scan that ran, work in its drawer) is read again: rows, figures, the menu's numbers.
  document.body.addEventListener("ops:list", () => {
    const part = $("#report-results");
    if (part) window.htmx.ajax("GET", location.pathname + location.search, { target: part, swap: "outerHTML" });
  });
  document.addEventListener("htmx:sendError", () => announce(root.dataset.offline));

  // What a new page, or a part swapped in by htmx, needs.
  function refresh() {
    showSelection();
    $$("[data-needs-script]").forEach((element) => { element.hidden = false; });
    const errors = $(".error-summary:not([data-seen])");
    if (errors) { errors.dataset.seen = ""; errors.focus(); }
  }
  refresh();
})();
