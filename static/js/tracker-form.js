// The tracker form: switching the merchant clears product and type; every change refreshes the preview.
document.addEventListener("DOMContentLoaded", () => {
  const fields = document.getElementById("tracker-fields");
  if (!fields) return;
  const form = fields.closest("form");
  const merchant = form.querySelector("[name=merchant]");
  const product = form.querySelector("[name=product]");
  const type = form.querySelector("[name=inventory_type]");
  const announce = () => document.body.dispatchEvent(new CustomEvent("tracker:changed"));

  const follow = () => {
    product.dataset.url = `${fields.dataset.products}?merchant=${encodeURIComponent(merchant.value)}`;
  };

  // chosen before this script ran, or put back by the browser on a reload
  if (merchant) follow();
  merchant?.addEventListener("change", () => {
    follow();
    if (product.tomselect) {
      product.tomselect.clear(true);
      product.tomselect.clearOptions();
    } else {
      product.value = "";
    }
    type.value = "";
    announce();
  });
  form.addEventListener("input", announce);
  form.addEventListener("change", announce);
});
