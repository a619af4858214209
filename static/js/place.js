// Where one is stays: focus returns to what was used, and a list shows its top, after a part of the page was swapped
// by htmx and after Back and Forward, which load the page anew. Without it each page works; only the place is lost.
"use strict";
(() => {
  const LIST = "#report-results";
  const MOVED = "ops:moved";
  const USED = "ops:used:";
  const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const here = () => location.pathname + location.search;

  // What names an element in the old part and in the new one: its id, or what it is and what it says.
  const nameOf = (element) =>
    element.id ||
    [element.localName, element.name || element.rel || "", element.ariaLabel || element.textContent.trim()].join("|");
  const isShown = (element) => element.checkVisibility();

  const again = (part, name) => {
    const found = [...part.querySelectorAll(FOCUSABLE)].find((element) => nameOf(element) === name);
    if (!found) return null;
    if (isShown(found)) return found;
    return found.closest("details:not([open])")?.querySelector("summary") ?? null; // it was in a menu, closed since
  };
  const rowsOf = (part) => [...part.querySelectorAll("a[data-drawer]")];
  // On the last page there is no Next: the way back stands in its place. A removed filter leaves the filters.
  // Where a row is gone, the one in its place.
  const instead = (part, name, place) => {
    const rows = place < 0 ? [] : rowsOf(part);
    if (rows.length) return rows[Math.min(place, rows.length - 1)];
    const near = name.split("|")[1] === "next" ? "a[rel=prev]" : ".add-filter";
    return part.querySelector(near);
  };
  const restore = (part, name, place = -1) => {
    const target = again(part, name) ?? instead(part, name, place) ?? part;
    if (target === part && !part.hasAttribute("tabindex")) part.tabIndex = -1;
    target.focus({ preventScroll: true });
  };
  const showTop = (list) => {
    const margin = parseFloat(getComputedStyle(list).scrollMarginTop) || 0;
    if (list.getBoundingClientRect().top < margin) list.scrollIntoView({ block: "start" });
  };

  let used = null;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const part = detail.target;
    const asked = detail.requestConfig?.triggeringEvent?.submitter ?? detail.requestConfig?.elt;
    const active = document.activeElement;
    const element = part.contains(active) ? active : asked;
    const isIn = element && part.contains(element) && element.matches(FOCUSABLE);
    used = isIn ? { id: part.id, name: nameOf(element), place: rowsOf(part).indexOf(element) } : null;
    if (used && used.id === "report-results") sessionStorage.setItem(USED + here(), used.name);
  });
  document.addEventListener("htmx:afterSettle", () => {
    fit();
    labelCells();
    if (!used) return;
    const { id, name, place } = used;
    const part = document.getElementById(id);
    used = null;
    if (!part || part.contains(document.activeElement)) {
      if (part?.matches(LIST) && !name.startsWith("report-search")) showTop(part);
      return;
    }
    restore(part, name, place);
    if (part.matches(LIST)) {
      sessionStorage.setItem(USED + here(), name);
      showTop(part);
    }
  });

  // Back and Forward within a list: htmx loads the address anew.
  window.addEventListener("popstate", () => sessionStorage.setItem(MOVED, here()));
  if (sessionStorage.getItem(MOVED) === here()) {
    const list = document.querySelector(LIST);
    const name = sessionStorage.getItem(USED + here());
    if (list && name) {
      history.scrollRestoration = "manual";
      restore(list, name);
      showTop(list);
    }
  }
  sessionStorage.removeItem(MOVED);

  // A list whose columns need more room than there is scrolls in itself; its head stays in view otherwise.
  function fit() {
    document.querySelectorAll(".report-list .table-wrap").forEach((wrap) => {
      wrap.classList.remove("is-scrolling");
      wrap.classList.toggle("is-scrolling", wrap.scrollWidth > wrap.clientWidth);
    });
  }
  // On a phone the rows of other tables are blocks: each cell but the first says its column's name.
  function labelCells() {
    document.querySelectorAll(".data-table:not(.is-cards, .is-stacked)").forEach((table) => {
      const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
      if (!heads.length || heads.some((head) => head.colSpan > 1)) return;
      [...table.tBodies, table.tFoot].filter(Boolean).flatMap((part) => [...part.rows]).forEach((row) => {
        if (row.cells.length !== heads.length) return;
        [...row.cells].forEach((cell, place) => {
          const head = heads[place];
          const label = head.querySelector(".visually-hidden") ? "" : head.textContent.trim();
          if (place && label) cell.dataset.label = label;
        });
      });
      table.classList.add("is-stacked");
    });
  }
  fit();
  labelCells();
  window.addEventListener("resize", fit);

  // What is cut in a cell is said in full where one points.
  document.addEventListener("mouseover", ({ target }) => {
    const cell = target.closest?.(".report-list td :is(.cell-main, .cell-sub), .report-list td.is-flexible");
    if (cell && cell.scrollWidth > cell.clientWidth && !cell.title) cell.title = cell.textContent.trim();
  });
})();
