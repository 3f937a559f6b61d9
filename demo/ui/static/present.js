// For a projector: large type, the result first, inputs folded away; one key steps through the examples.
(() => {
  const root = document.documentElement;
  const STEP = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }; // a presenter's remote sends the Page keys
  const MINE = "input, textarea, select, [role=tab], [role=slider], [role=listbox], [contenteditable]"; // they need their arrows
  let at = new Map(); // row of examples → which one is shown

  const show = (on) => {
    if (on) root.dataset.present = "yes"; else delete root.dataset.present;
    for (const button of document.querySelectorAll("#syn-present")) button.setAttribute("aria-pressed", String(on));
    dispatchEvent(new Event("resize")); // columns are measured again
  };
  const step = (by) => {
    const rows = [...document.querySelectorAll(".syn-columns .syn-examples")];
    const row = rows.find((one) => one.closest(".syn-columns").offsetParent);
    if (!row) return false;
    const buttons = [...row.querySelectorAll(".gallery button")];
    const next = ((at.has(row) ? at.get(row) : by > 0 ? -1 : 0) + by + buttons.length) % buttons.length;
    at.set(row, next);
    buttons[next].click();
    return true;
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest("#syn-present")) show(root.dataset.present !== "yes");
  });
  document.addEventListener("keydown", (event) => {
    if (root.dataset.present !== "yes" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { show(false); document.querySelector("#syn-present")?.focus(); return; }
    if (!(event.key in STEP) || (event.target.closest && event.target.closest(MINE))) return;
    if (step(STEP[event.key])) event.preventDefault();
  });
})();
