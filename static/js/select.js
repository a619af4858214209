// Searchable selects on form pages: <select data-search-select [data-url="…"]>. Load after Tom Select.
// data-url answers ?q=… with {"results": [{"value": …, "text": …}]}; without script the plain select stays.
"use strict";
(() => {
  const enhance = (select) => {
    const url = select.dataset.url;
    const options = { maxOptions: 200, plugins: select.multiple ? ["remove_button"] : [] };
    if (url) {
      options.searchField = []; // the server has chosen already
      options.load = async function load(query, done) {
        const address = new URL(select.dataset.url, location.href); // it may have changed since
        address.searchParams.set("q", query);
        try {
          const answer = await fetch(address, { headers: { Accept: "application/json" } });
          this.clearOptions(); // those of the search before; what is chosen stays
          done(answer.ok ? (await answer.json()).results : undefined);
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
