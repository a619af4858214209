// Filters offer what fits while somebody types: <input data-suggest="address">, in the browser's own list of choices.
// The address answers ?q=… with {"results": [{"value": …, "text": …}]}; without script it is a plain field.
"use strict";
(() => {
  const PATIENCE = 200; // milliseconds after the last letter
  const lists = new WeakMap();
  let waiting = 0;
  let asked = 0;

  const listOf = (input) => {
    if (!lists.has(input)) {
      const list = document.createElement("datalist");
      list.id = `suggest-${input.id}`;
      input.after(list);
      input.setAttribute("list", list.id);
      lists.set(input, list);
    }
    return lists.get(input);
  };
  const offer = async (input) => {
    const turn = ++asked;
    const address = new URL(input.dataset.suggest, location.href);
    address.searchParams.set("q", input.value.trim());
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok || turn !== asked) return;
      const { results } = await answer.json();
      listOf(input).replaceChildren(...results.map(({ value, text }) => {
        const option = document.createElement("option");
        option.value = value;
        option.label = text || value;
        return option;
      }));
    } catch { /* the field works without */ }
  };
  document.addEventListener("input", ({ target, inputType }) => {
    if (!target.dataset?.suggest || inputType === "insertReplacementText") return; // one was chosen
    clearTimeout(waiting);
    if (target.value.trim()) waiting = setTimeout(offer, PATIENCE, target);
  });
})();
