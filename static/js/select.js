// Searchable selects on form pages: <select data-search-select [data-url="…"]>. Load after Tom Select.
// data-url answers ?q=… with {"results": [{"value": …, "text": …}], "note": …}; without script the plain select stays.
"use strict";
const NOTE = "note"; // no product's key: a line that cannot be chosen
(() => {
  const enhance = (select) => {
    const url = select.dataset.url;
    const options = { maxOptions: 200, plugins: select.multiple ? ["remove_button"] : [] };
    if (url) {
      options.searchField = []; // the server has chosen already
      let asked = 0;
      options.load = async function load(query, done) {
        const turn = ++asked;
        const from = select.dataset.url; // it may have changed since the page was made, and may change again
        const address = new URL(from, location.href);
        address.searchParams.set("q", query);
        try {
          const answer = await fetch(address, { headers: { Accept: "application/json" } });
          const found = answer.ok ? await answer.json() : {};
          const results = found.note ? [{ value: NOTE, text: found.note, disabled: true }, ...found.results] : found.results;
          if (turn !== asked || from !== select.dataset.url) return done(); // something else has been asked for
          this.clearOptions(); // those of the search before; what is chosen stays
          done(results);
        } catch { done(); }
      };
    }
    new TomSelect(select, options);
    select.setAttribute("aria-hidden", "true"); // the combobox beside it has taken over the label
  };
  const refresh = (within) =>
    within.querySelectorAll("select[data-search-select]:not(.tomselected)").forEach(enhance);
  refresh(document);
  document.addEventListener("htmx:afterSettle", (event) => refresh(event.target));
})();
