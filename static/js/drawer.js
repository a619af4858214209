// The drawer of a list: a row's details beside the list, which stays where it is. Without script the link leads to a page.
"use strict";
(() => {
  const drawer = document.getElementById("drawer");
  const body = document.getElementById("drawer-body");
  if (!drawer || !window.htmx) return;
  let opener = null; // address of the row that is open: the list may be drawn anew meanwhile
  let place = 0; // its place in the list: where its row is gone, the next one stands there
  const linkOf = (row) => row?.querySelector("a[data-drawer]");

  const open = async (link) => {
    opener = link.getAttribute("href");
    place = [...document.querySelectorAll("a[data-drawer]")].indexOf(link);
    link.closest("tr")?.classList.add("is-open");
    await window.htmx.ajax("GET", opener, { target: body, swap: "innerHTML" });
    if (!drawer.open) drawer.showModal();
    drawer.scrollTop = 0;
  };

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest?.("a[data-drawer]");
    if (link) {
      event.preventDefault();
      open(link);
      return;
    }
    const row = event.target.closest?.(".report-list tbody tr");
    if (!row || event.target.closest("a, button, input, label, select, textarea, summary, .cell-select")) return;
    if (String(window.getSelection())) return; // somebody marks text to copy it
    if (linkOf(row)) open(linkOf(row));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "o" || event.ctrlKey || event.metaKey || event.altKey || drawer.open) return;
    const link = linkOf(event.target.closest?.(".report-list tbody tr"));
    if (link) open(link);
  });

  // Undone in the drawer: its part is read again. A list drawn anew marks its open row.
  document.body.addEventListener("ops:undone", () => {
    if (drawer.open && opener) window.htmx.ajax("GET", opener, { target: body, swap: "innerHTML" });
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!drawer.open) return;
    const link = [...document.querySelectorAll("a[data-drawer]")].find((each) => each.getAttribute("href") === opener);
    link?.closest("tr")?.classList.add("is-open");
  });

  // What is swapped takes the focus along: it goes to the first thing that can be done now, never out of the drawer.
  body.addEventListener("htmx:afterSwap", () => {
    if (drawer.open) (body.querySelector(".finding-act[open] :invalid, summary") ?? drawer).focus();
  });

  drawer.addEventListener("close", () => {
    for (const row of document.querySelectorAll("tr.is-open")) row.classList.remove("is-open");
    const links = [...document.querySelectorAll("a[data-drawer]")];
    const link = links.find((each) => each.getAttribute("href") === opener) ?? links[Math.min(place, links.length - 1)];
    link?.focus({ preventScroll: true });
    body.replaceChildren();
  });
})();
