// Gradio's own words, which follow the browser and not the page's switch. They are always English to begin with,
// and are put into the page's language wherever they come up: accessible names, titles, and what its buttons say.
(() => {
  Object.defineProperty(navigator, "language", { value: "en", configurable: true });
  Object.defineProperty(navigator, "languages", { value: ["en"], configurable: true });
  const WORDS = window.gradioWords; // Gradio's English → [ours in English, ours in Chinese]; # is a number, * a label
  const PLACES = ".syn-inputs, .form, footer, [role=tablist], .overflow-menu";
  const NUMBER = /\d+(\.\d+)?/;
  const LABELLED = /^([a-z ]+ for) (.+)$/;
  const given = new WeakMap(); // node → attribute → [what Gradio wrote, what we made of it]

  const ours = (text) => {
    const number = text.match(NUMBER), labelled = text.trim().match(LABELLED);
    const found = WORDS[text.trim()] || (number && WORDS[text.trim().replace(NUMBER, "#")])
      || (labelled && WORDS[`${labelled[1]} *`]);
    if (!found) return null;
    const said = found[document.documentElement.lang === "en" ? 0 : 1];
    if (labelled && said.includes("*")) return said.replace("*", () => labelled[2]);
    return number ? said.replace("#", Number(number[0]).toFixed(2).replace(/\.?0+$/, "")) : said;
  };
  const put = (node, slot, read, write) => {
    const now = read();
    if (!now) return;
    const slots = given.get(node) || {};
    const source = slots[slot] && slots[slot][1] === now ? slots[slot][0] : now;
    const said = ours(source);
    if (said === null) return;
    given.set(node, { ...slots, [slot]: [source, said] });
    if (said !== now) write(said);
  };
  const name = (element) => {
    if (element.matches("input[type=checkbox][title], input[type=radio][title]")) element.removeAttribute("title"); // a key of ours
    for (const slot of ["aria-label", "title", "alt"]) {
      put(element, slot, () => element.getAttribute(slot), (said) => element.setAttribute(slot, said));
    }
    for (const node of element.childNodes) {
      if (node.nodeType === 3) put(node, "text", () => node.data, (said) => { node.data = said; });
    }
  };
  const within = (node) => {
    const root = node.nodeType === 1 ? node : node.parentElement;
    if (!root || !root.isConnected) return;
    if (root.closest(PLACES)) { name(root); for (const one of root.querySelectorAll("*")) name(one); return; }
    for (const place of root.querySelectorAll(PLACES)) within(place);
  };
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.target === document.documentElement) within(change.target); // its language
      else if (change.type === "childList") change.addedNodes.forEach(within);
      else within(change.target);
    }
  }).observe(document, {
    childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["aria-label", "title", "lang"],
  });
})();
