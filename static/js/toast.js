// Toasts: what was just done, with Undo for ten seconds. Time stands still while somebody points at one or has the focus
// in it. Those of a drawer stand in it (nothing else can be used while it is open) and move to the page when it closes.
"use strict";
(() => {
  const SECONDS = 10;
  const page = document.getElementById("toasts");
  if (!page) return;
  let back = null; // what had the focus before the toast
  const isUsed = (toast) => toast.matches(":hover") || toast.contains(document.activeElement);
  const leave = (toast) => {
    const had = toast.contains(document.activeElement);
    toast.remove();
    if (had) (back?.isConnected ? back : document.querySelector("dialog[open]") ?? document.querySelector("#report-results") ?? document.querySelector("#main"))?.focus();
  };

  const begin = (toast) => {
    if (toast.dataset.seen !== undefined) return;
    toast.dataset.seen = "";
    toast.querySelectorAll("[data-needs-script]").forEach((each) => { each.hidden = false; });
    let left = SECONDS;
    const shown = toast.querySelector("[data-toast-left]");
    const clock = setInterval(() => {
      if (!toast.isConnected) { clearInterval(clock); return; }
      if (isUsed(toast)) return;
      left -= 1;
      if (shown) shown.textContent = String(left);
      if (left <= 0) { clearInterval(clock); leave(toast); }
    }, 1000);
  };
  const look = () => document.querySelectorAll("[data-toast]").forEach(begin);

  // What stood in the page when it was loaded is said, too.
  const first = page.querySelector(".toast-text");
  const live = document.getElementById("live");
  if (first && live) live.textContent = first.textContent;
  look();
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("htmx:oobAfterSwap", look);

  document.addEventListener("focusin", (event) => {
    if (!event.target.closest("[data-toast]")) back = event.target;
  });
  document.addEventListener("click", (event) => {
    const close = event.target.closest?.("[data-toast-close]");
    if (close) leave(close.closest("[data-toast]"));
  });

  // Where a list stands, it is undone in place; elsewhere the page is loaded anew.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("[data-undo]");
    if (!form || !window.htmx || !document.getElementById("report-results")) return;
    event.preventDefault();
    const target = form.closest("[data-toasts]");
    const focus = form.contains(document.activeElement) ? back : null;
    window.htmx.ajax("POST", form.getAttribute("action"), {
      source: target, target, swap: "innerHTML", values: Object.fromEntries(new FormData(form)),
    }).then(() => {
      if (focus) (focus.isConnected ? focus : document.querySelector("dialog[open]") ?? document.getElementById("report-results")).focus();
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "z" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches?.("input, textarea, select, [contenteditable]")) return;
    const forms = document.querySelectorAll("[data-undo]");
    forms[forms.length - 1]?.requestSubmit();
  });

  document.getElementById("drawer")?.addEventListener("close", () => {
    page.append(...document.querySelectorAll("#drawer-toasts > *"));
  });
})();
