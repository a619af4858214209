// A page that a list led to leads back to that list as it was, with its filters, sort and page, and to the rows before
// and after. Without it the breadcrumb leads to the whole list.
"use strict";
(() => {
  const KEY = "ops:list";
  const list = "#report-results";

  const keep = () => {
    const links = [...document.querySelectorAll(`${list} tbody a.cell-main`)].map((link) => link.pathname);
    const title = document.querySelector("h1")?.textContent.trim();
    const url = location.pathname + location.search;
    sessionStorage.setItem(KEY, JSON.stringify({ url, title, rows: [...new Set(links)] }));
  };
  if (document.querySelector(list)) {
    keep();
    document.addEventListener("htmx:afterSettle", keep);
    return;
  }

  const back = document.querySelector("[data-back]");
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  const place = kept ? kept.rows.indexOf(location.pathname) : -1;
  if (!back || place < 0) return;
  const lead = (name, url) => {
    const link = back.querySelector(`[data-back-${name}]`);
    if (url) link.href = url;
    else link.hidden = true;
    return link;
  };
  lead("list", kept.url).querySelector("span").textContent = kept.title;
  lead("previous", kept.rows[place - 1]);
  lead("next", kept.rows[place + 1]);
  back.hidden = false;
})();
