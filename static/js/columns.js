// Columns of a list: their order by dragging a handle or with the arrow keys on it, and a width by dragging the edge of
// a head. What is kept is sent by the form of the menu; without script it chooses columns and takes widths as numbers.
"use strict";
(() => {
  const LEAST = 80;
  const MOST = 600;
  const GRAIN = 40;
  const form = () => document.getElementById("columns-form");
  const say = (text) => { const live = document.getElementById("live"); if (live) live.textContent = text; };
  const place = (item) => {
    const items = [...item.parentElement.children];
    return `${item.querySelector("label").textContent.trim()}: ${items.indexOf(item) + 1} / ${items.length}`;
  };

  // The order.
  let held = null;
  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest?.("[data-grip]");
    if (!grip || event.button) return;
    held = grip.closest("li");
    held.classList.add("is-held");
    grip.setPointerCapture(event.pointerId);
    event.preventDefault();
    grip.focus();
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    const over = [...held.parentElement.children].find((item) => {
      const box = item.getBoundingClientRect();
      return item !== held && event.clientY >= box.top && event.clientY < box.bottom;
    });
    if (!over) return;
    const isBelow = held.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING;
    over[isBelow ? "after" : "before"](held);
  });
  const drop = () => {
    if (!held) return;
    held.classList.remove("is-held");
    say(place(held));
    held = null;
  };
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
  document.addEventListener("keydown", (event) => {
    const grip = event.target.closest?.("[data-grip]");
    if (!grip || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const item = grip.closest("li");
    if (event.key === "ArrowUp") item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    grip.focus();
    item.scrollIntoView({ block: "nearest" });
    say(place(item));
  });

  // The width.
  let sized = null;
  const edges = () => document.querySelectorAll(".report-list th[data-column]:not([data-edge])").forEach((head) => {
    head.dataset.edge = "";
    const edge = document.createElement("span");
    edge.className = "column-edge";
    edge.ariaHidden = "true";
    head.append(edge);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.matches?.(".column-edge") || event.button || !form()) return;
    const head = event.target.closest("th");
    sized = { head, from: event.clientX, width: head.offsetWidth, now: 0 };
    event.target.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  document.addEventListener("pointermove", (event) => {
    if (!sized) return;
    sized.now = Math.min(Math.max(sized.width + event.clientX - sized.from, LEAST), MOST);
    for (const name of ["width", "minWidth", "maxWidth"]) sized.head.style[name] = `${sized.now}px`;
  });
  document.addEventListener("pointerup", () => {
    const done = sized;
    sized = null;
    if (!done?.now) return;
    form().elements[`width_${done.head.dataset.column}`].value = String(Math.round(done.now / GRAIN) * GRAIN);
    form().requestSubmit();
  });
  document.addEventListener("click", (event) => { // the end of a drag is no click on what sorts
    if (event.target.matches?.(".column-edge")) event.preventDefault();
  });
  edges();
  document.addEventListener("htmx:afterSettle", edges);
})();
