// The palette: a field whose results are its options (the combobox of the ARIA practices). The focus stays in the field;
// arrow keys move the option that Enter opens. Pages that were open in this tab come first. And `g`, then a letter.
"use strict";
(() => {
  const dialog = document.getElementById("palette");
  const input = dialog?.querySelector("input");
  const box = document.getElementById("palette-results");
  const RECENT = "ops:recent";
  if (!dialog || !input || !box) {
    sessionStorage.removeItem(RECENT); // signed out: the next person of this tab is another one
    return;
  }
  const MOST = 6;
  let at = -1;

  // Recent pages of this tab.
  const recent = () => { try { return JSON.parse(sessionStorage.getItem(RECENT)) ?? []; } catch { return []; } };
  const here = location.pathname + location.search;
  const title = document.querySelector("h1")?.textContent.trim();
  if (title) {
    const others = recent().filter((each) => each.title !== title && each.url.split("?")[0] !== location.pathname);
    sessionStorage.setItem(RECENT, JSON.stringify([{ title, url: here }, ...others].slice(0, MOST + 1)));
  }
  const addRecent = () => {
    const pages = recent().filter((each) => each.url !== here).slice(0, MOST);
    if (input.value.trim() || !pages.length) return;
    const head = document.createElement("p");
    head.className = "menu-title";
    head.textContent = input.dataset.recent;
    const list = document.createElement("ul");
    list.setAttribute("aria-label", input.dataset.recent);
    for (const page of pages) {
      const link = document.createElement("a");
      link.className = "menu-item";
      link.href = page.url;
      link.textContent = page.title;
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    box.prepend(head, list);
  };

  // The field and its options.
  const options = () => [...box.querySelectorAll("a, button")];
  const choose = (next) => {
    const all = options();
    all.forEach((each) => each.setAttribute("aria-selected", "false"));
    at = next === null || !all.length ? -1 : (next + all.length) % all.length;
    const chosen = all[at];
    if (!chosen) { input.removeAttribute("aria-activedescendant"); return; }
    chosen.setAttribute("aria-selected", "true");
    chosen.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", chosen.id);
  };
  const dress = () => {
    addRecent();
    box.querySelectorAll("ul").forEach((list) => list.setAttribute("role", "group"));
    box.querySelectorAll("li, form").forEach((each) => each.setAttribute("role", "presentation"));
    box.querySelectorAll("p").forEach((each) => { if (options().length) each.setAttribute("role", "presentation"); });
    options().forEach((each, number) => {
      each.id = `palette-option-${number}`;
      each.setAttribute("role", "option");
      each.tabIndex = -1;
    });
    const count = options().length;
    if (count) box.setAttribute("role", "listbox"); else box.removeAttribute("role");
    input.setAttribute("aria-expanded", String(count > 0));
    choose(input.value.trim() ? 0 : null);
    const live = document.getElementById("live");
    if (live && dialog.open) live.textContent = count ? `${input.dataset.found} ${count}` : box.textContent.trim();
  };
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", box.id);
  input.setAttribute("aria-expanded", "false");
  box.addEventListener("htmx:afterSwap", dress);
  dialog.addEventListener("ops:open", () => window.htmx?.trigger(input, "ops:palette"));

  input.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1 };
    if (event.key in moves) { event.preventDefault(); choose(moves[event.key]); }
    if (event.key === "Enter" && options()[at]) { event.preventDefault(); options()[at].click(); }
  });

  // `g`, then a letter of a section of the menu.
  let gone = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches?.("input, textarea, select, [contenteditable]")) return;
    if (gone && event.timeStamp - gone < 1500 && /^[a-z]$/.test(event.key)) {
      gone = 0;
      const link = document.querySelector(`[data-go="${event.key}"]`);
      if (link) { event.preventDefault(); event.stopImmediatePropagation(); location.assign(link.href); }
      return;
    }
    gone = event.key === "g" ? event.timeStamp : 0;
  }, true);
})();
