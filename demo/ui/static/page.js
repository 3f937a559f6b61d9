// The page's language: ?lang=zh or ?lang=en wins, then the last choice, then the browser's own.
(() => {
  const known = (tag) => (/^zh/i.test(tag || "") ? "zh" : /^en/i.test(tag || "") ? "en" : null);
  const stored = () => { try { return localStorage.getItem("synesthesia.language"); } catch { return null; } };
  const asked = known(new URLSearchParams(location.search).get("lang")) || known(stored());
  const show = (spoken) => { document.documentElement.lang = spoken === "zh" ? "zh-CN" : "en"; };
  const language = asked || known(navigator.language) || "en";
  show(language);
  // Over plain http there are no cameras and microphones; the fields say so, and do not offer them.
  if (!navigator.mediaDevices) document.documentElement.dataset.insecure = "yes";

  // What a tab shows is dimmed from the moment it answers something else: until it is "drawn" anew by the run that
  // has begun, or, where none has, until it is "asked" for.
  const TABS = ["fuse", "talk", "look", "lab", "search", "video"];
  const RUN = { fuse: "#syn-run", talk: "#talk-run", look: "#look-run", lab: "#lab-resume", search: "#search-run", video: "#video-run" };
  let interrupted = []; // tabs whose run a change of language ended
  const dim = (tab, until, which = "") => {
    for (const panel of document.querySelectorAll(`.syn-${tab} .syn-shown${which}`)) panel.dataset.stale = until;
  };
  const undim = (changes) => {
    for (const { target } of changes) {
      const place = target.nodeType === 1 ? target : target.parentElement;
      const panel = place && place.closest(".syn-shown[data-stale=drawn]");
      if (panel) delete panel.dataset.stale;
      const status = place && place.closest(".syn-columns .syn-state");
      if (!status || !status.querySelector(".syn-unseen, .syn-trouble")) continue; // what was to be drawn is
      for (const rest of status.closest(".syn-columns").querySelectorAll(".syn-shown[data-stale=drawn]")) delete rest.dataset.stale;
    }
  };
  new MutationObserver(undim).observe(document, { childList: true, subtree: true, characterData: true });

  // A result is said in one sentence by the region that has been there from the beginning: one that comes with what
  // it says is passed over by most screen readers.
  const announced = new WeakMap(); // line of a tab → what was said of it last
  const announce = (changes) => {
    for (const { target } of changes) {
      const place = target.nodeType === 1 ? target : target.parentElement;
      const line = place && place.closest(".syn-state");
      const told = line && line.querySelector("[data-announce]"), said = told ? told.textContent : "";
      if (!line || announced.get(line) === said) continue;
      announced.set(line, said);
      const region = document.querySelector("#syn-announcer");
      if (said && region) { region.lang = told.lang; region.textContent = said; }
    }
  };
  new MutationObserver(announce).observe(document, { childList: true, subtree: true, characterData: true });

  const reveal = (tab) => { // on a phone the results lie far below the button
    if (opening) { opening = false; return; } // nobody asked for it
    const column = document.querySelector(`.syn-${tab} .syn-outputs`);
    if (!column || !column.offsetParent) return; // in a tab that is not open
    const top = column.getBoundingClientRect().top;
    const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (top < 0 || top > innerHeight * 0.6) column.scrollIntoView({ behavior: smooth ? "smooth" : "auto" });
  };

  // The column of inputs stays in view, as tall as the window leaves room below the heading: frame.css.
  const measure = () => {
    const columns = [...document.querySelectorAll(".syn-columns")].find((one) => one.offsetParent);
    const above = columns ? Math.max(0, columns.getBoundingClientRect().top) : 0;
    document.documentElement.style.setProperty("--above", `${Math.round(above)}px`);
  };
  addEventListener("scroll", measure, { passive: true });
  addEventListener("resize", measure);
  document.addEventListener("click", () => requestAnimationFrame(measure)); // another tab

  // The page opens with an example that is already run: the first, ?example=2 the second, ?example=none none of them.
  // An address that names a tab has filled it already; an example in it is run (links.py).
  let opening = false;
  const press = (button, tries = 50) => { // a tab is only there some time after it was turned to
    const found = button && document.querySelector(button);
    if (found && found.offsetParent) found.click(); else if (tries) setTimeout(() => press(button, tries - 1), 100);
  };
  const showExample = () => {
    const asked = new URLSearchParams(location.search);
    const wanted = asked.get("example") || "1";
    if (asked.has("tab")) {
      opening = true;
      if (Number(wanted) && asked.has("example")) press(RUN[asked.get("tab")]);
      return;
    }
    const example = document.querySelectorAll("#syn-examples .gallery button")[Number(wanted) - 1];
    if (!example || document.activeElement.matches("input, textarea")) return;
    opening = true;
    example.click();
  };

  window.synesthesia = {
    choose: (_, ...rest) => { show(language); return [language, ...rest]; },
    remember: (spoken, ...rest) => {
      show(spoken);
      interrupted = TABS.filter((tab) => document.querySelector(`.syn-${tab} .syn-busy`));
      try { localStorage.setItem("synesthesia.language", spoken); } catch { /* private window */ }
      return [spoken, ...rest];
    },
    ready: () => { measure(); showExample(); document.documentElement.dataset.ready = "yes"; }, // tests wait for it
    began: (tab, given) => { hush(); dim(tab, "drawn"); reveal(tab); return given; },
    cleared: (tab, given) => { // what is empty already is not drawn anew
      hush();
      dim(tab, "drawn");
      for (const panel of document.querySelectorAll(`.syn-${tab} .syn-shown`)) {
        const shows = panel.textContent.trim() || panel.querySelector("img, svg, canvas, video");
        if (!shows || panel.querySelector(".syn-empty")) delete panel.dataset.stale;
      }
      reveal(tab);
      return given;
    },
    changed: (tab, given) => { dim(tab, "asked"); return given; },
    stopped: (tab, given) => { dim(tab, "asked", "[data-stale]"); return given; },
    resume: () => { for (const tab of interrupted.splice(0)) document.querySelector(RUN[tab])?.click(); },
    brush: () => { // Gradio's pad starts with no tool in hand; take the brush once the pad is there
      const take = (tries) => {
        const tools = [...document.querySelectorAll("#syn-pad button")];
        const names = window.gradioWords.Brush;
        const brush = tools.find((tool) => names.includes(tool.ariaLabel));
        if (brush) brush.click(); else if (tries) setTimeout(() => take(tries - 1), 150);
      };
      setTimeout(() => take(20), 150);
    },
  };

  // Enter in a sentence runs. Gradio's own submit would also say that the field was changed, which ends what it began,
  // and would take the Enter that ends a word of an input method.
  const RUNS = {
    "syn-sentence": "fuse", "talk-question": "talk", "talk-sentence": "talk", "look-sentence": "look",
    "search-sentence": "search", "video-labels": "video",
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    const field = Object.keys(RUNS).find((id) => event.target.closest && event.target.closest(`#${id}`));
    if (!field) return;
    event.stopImmediatePropagation();
    if (event.isComposing) return;
    event.preventDefault();
    document.querySelector(RUN[RUNS[field]]).click();
  }, true);

  // Gradio hears of a change by keys alone: what is pasted, dictated, erased or put together by an input method is one,
  // too, and ends what is being done.
  const TYPED = { ...RUNS, "syn-labels": "fuse", "look-labels": "look" };
  let key = false; // has been pressed, and Gradio has heard it
  document.addEventListener("keypress", () => { key = true; setTimeout(() => { key = false; }); }, true);
  document.addEventListener("input", (event) => {
    const field = Object.keys(TYPED).find((id) => event.target.closest && event.target.closest(`#${id}`));
    if (!field) return;
    const tab = TYPED[field], works = document.querySelector(`.syn-${tab} .syn-busy, .syn-${tab} [data-stale=drawn]`);
    dim(tab, "asked");
    if (works && !key) event.target.dispatchEvent(new KeyboardEvent("keypress", { bubbles: true }));
  }, true);

  // Arrow keys, Home and End move among tabs, as everywhere else.
  const MOVES = { ArrowLeft: (at) => at - 1, ArrowRight: (at) => at + 1, Home: () => 0, End: () => -1 };
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest && event.target.closest("[role=tab]");
    if (!tab || !(event.key in MOVES)) return;
    const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")].filter((one) => one.checkVisibility());
    const next = tabs.at(MOVES[event.key](tabs.indexOf(tab)) % tabs.length);
    event.preventDefault();
    next.click();
    next.focus();
  });

  // Gradio opens a list of choices again for the very key that leaves it, and its scroll bar is a stop of its own.
  const LEAVING = new Set(["Tab", "Shift", "Control", "Alt", "Meta"]);
  document.addEventListener("keydown", (event) => {
    if (!LEAVING.has(event.key) || !event.target.matches || !event.target.matches("input[role=combobox]")) return;
    event.stopPropagation();
    const list = document.getElementById(event.target.getAttribute("aria-controls"));
    if (list) list.tabIndex = -1;
  }, true);

  // A pressed word shows its own maps; all of them are in the page already.
  document.addEventListener("click", (event) => {
    const chip = event.target.closest && event.target.closest(".syn-chip[data-word]");
    if (!chip) return;
    const told = chip.closest(".syn-told");
    for (const part of told.querySelectorAll("[data-of]")) part.hidden = part.dataset.of !== chip.dataset.word;
    for (const other of told.querySelectorAll(".syn-chip")) other.setAttribute("aria-pressed", String(other === chip));
  });

  // Reading aloud is the browser's work; its button is there where the browser has a voice for the language.
  const voiceFor = (spoken) => {
    const voices = window.speechSynthesis ? speechSynthesis.getVoices() : [];
    const fits = voices.filter((voice) => voice.lang.toLowerCase().startsWith(spoken));
    return fits.find((voice) => voice.default) || fits.find((voice) => voice.localService) || fits[0];
  };
  const VOICES_MS = 2000; // browsers bring their voices some time after the page
  setTimeout(() => offerVoices(), VOICES_MS + 100);
  const offerVoices = () => {
    for (const button of document.querySelectorAll("[data-listen]")) {
      const mute = !voiceFor(button.dataset.listen);
      if (button.hidden !== mute) button.hidden = mute;
    }
    for (const said of document.querySelectorAll("[data-mute]")) {
      const silent = performance.now() > VOICES_MS && !voiceFor(said.dataset.mute);
      if (said.hidden === silent) said.hidden = !silent;
    }
  };
  new MutationObserver(offerVoices).observe(document, { childList: true, subtree: true });
  if (window.speechSynthesis) speechSynthesis.addEventListener("voiceschanged", offerVoices);
  const hush = () => {
    if (window.speechSynthesis) speechSynthesis.cancel();
    for (const button of document.querySelectorAll("[data-listen]")) button.setAttribute("aria-pressed", "false");
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-listen]");
    if (!button) return;
    const speaks = button.getAttribute("aria-pressed") === "true"; // a second press ends it
    hush();
    if (speaks) return;
    const said = new SpeechSynthesisUtterance(button.dataset.said);
    said.voice = voiceFor(button.dataset.listen);
    said.lang = said.voice.lang;
    said.onend = () => button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", "true");
    speechSynthesis.speak(said);
  });

  // Copying needs no page that came over https: a selected field can be copied everywhere.
  const copied = (said) => {
    const field = document.createElement("textarea");
    field.value = said;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest && event.target.closest("[data-copy]");
    if (!button) return;
    const text = "address" in button.dataset ? location.origin + location.pathname + button.dataset.copy : button.dataset.copy;
    if (navigator.clipboard) await navigator.clipboard.writeText(text).catch(() => copied(text));
    else copied(text);
    const said = button.textContent;
    if (said === button.dataset.done) return;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = said; }, 1500);
    button.focus();
  });

  // How long the work that goes on has taken already, beside what is being done.
  const started = new WeakMap(); // column → when its work began
  setInterval(() => {
    for (const column of document.querySelectorAll(".syn-columns")) {
      const busy = column.querySelectorAll(".syn-busy");
      if (!busy.length) { started.delete(column); continue; }
      if (!started.has(column)) started.set(column, Date.now());
      const seconds = Math.round((Date.now() - started.get(column)) / 1000);
      for (const one of busy) one.dataset.seconds = seconds > 1 ? `${seconds} s` : "";
    }
  }, 500);

  // Whoever waits in line is told where, and so are those who listen to the page.
  const waits = (column) => column.querySelector(".syn-shown[data-stale=drawn]") && !column.querySelector(".syn-busy, .syn-trouble");
  const LINE_MS = 1500; // between two questions, and before the first: most requests never wait
  const standing = async () => {
    const spoken = document.documentElement.lang.slice(0, 2), root = (window.gradio_config || {}).root || "";
    const answer = await fetch(`${root}/line?language=${spoken}`).catch(() => null);
    return answer && answer.ok ? answer.json() : { said: "", works: true };
  };
  const queued = async () => {
    const waiting = [...document.querySelectorAll(".syn-columns")].filter(waits);
    const said = waiting.length ? (await standing()).said : "";
    for (const column of document.querySelectorAll(".syn-columns")) {
      const line = column.querySelector(".syn-state");
      if (!line) continue;
      if (said && waiting.includes(column) && waits(column)) line.dataset.line = said; else delete line.dataset.line;
    }
    const region = document.querySelector("#syn-announcer");
    if (said && region && region.textContent !== said) { region.lang = document.documentElement.lang; region.textContent = said; }
    setTimeout(queued, LINE_MS);
  };
  setTimeout(queued, LINE_MS);

  // A line may reach the page after the answer to what ended its work, and would say for ever that it works; a panel
  // would wait for ever to be drawn.
  const OVERTAKEN = 2; // times in a row that the server has nothing in hand for this browser
  const behind = new WeakMap(); // line → [what it says, how often there was nothing behind it]
  const overtaken = async () => {
    const busy = [...document.querySelectorAll(".syn-columns .syn-busy, .syn-columns .syn-shown[data-stale=drawn]")];
    const nothing = busy.length > 0 && !(await standing()).works;
    for (const one of busy) {
      const [said, times] = behind.get(one) || ["", 0];
      const now = nothing && said === one.textContent ? times + 1 : 0;
      behind.set(one, [one.textContent, now]);
      if (now < OVERTAKEN) continue;
      if (one.dataset.stale) one.dataset.stale = "asked"; else { one.className = ""; one.hidden = true; }
    }
    setTimeout(overtaken, 2 * LINE_MS);
  };
  setTimeout(overtaken, LINE_MS);

  // One strength of the heat serves all maps. It is kept on the root, outside of what is drawn anew, and whatever
  // slider is drawn later starts from it.
  let strength = null; // 0..100; none chosen yet
  const matchSliders = () => {
    if (strength === null) return;
    for (const slider of document.querySelectorAll(".syn-slider input")) {
      if (slider.value !== strength) slider.value = strength;
    }
  };
  document.addEventListener("input", (event) => {
    if (!event.target.matches(".syn-slider input")) return;
    strength = event.target.value;
    document.documentElement.style.setProperty("--strength", strength / 100);
    matchSliders();
  });
  new MutationObserver(matchSliders).observe(document, { childList: true, subtree: true });

  // Gradio refuses by the browser's guess of the type: a WebM or MP4 is a “video” to it, a HEIC often nothing
  // at all. Our decoders look at the bytes, so any file chosen or dropped is passed on under a type it lets through.
  const KINDS = Object.fromEntries(["syn", "talk", "look", "lab", "search"].flatMap((tab) => [[`${tab}-picture`, "image"], [`${tab}-sound`, "audio"]]));
  Object.assign(KINDS, { "video-file": "video", "search-files": "items", "lab-data-file": "data", "lab-load": "head" });
  const retyped = (files, kind) => {
    if (!["image", "audio", "video"].includes(kind)) return null; // Gradio lets any type through
    if ([...files].every((file) => file.type.startsWith(kind + "/"))) return null;
    const box = new DataTransfer();
    for (const file of files) {
      const fits = file.type.startsWith(kind + "/");
      box.items.add(fits ? file : new File([file], file.name, { type: kind + "/x-any" }));
    }
    return box.files;
  };
  const INPUTS = Object.keys(KINDS).map((id) => "#" + id).join(", ");
  const place = (target) => target.closest && target.closest(INPUTS);
  document.addEventListener("change", (event) => {
    const owner = event.target.type === "file" && place(event.target);
    const files = owner && retyped(event.target.files, KINDS[owner.id]);
    if (files) event.target.files = files;
  }, true);
  document.addEventListener("click", (event) => { // the file dialogue offers what is read, by its name
    const owner = event.target.type === "file" && place(event.target);
    if (owner) event.target.accept = window.synesthesiaReads[KINDS[owner.id]];
  }, true);
  // A file that this browser cannot show (TIFF, HEIC, or no picture at all) is met with words, not a torn frame.
  for (const kind of ["error", "load"]) document.addEventListener(kind, (event) => {
    if (event.target.tagName === "IMG" && place(event.target)) event.target.classList.toggle("syn-unshown", kind === "error");
  }, true);
  document.addEventListener("drop", (event) => {
    const owner = place(event.target);
    const input = owner && owner.querySelector("input[type=file]");
    const files = input && retyped(event.dataTransfer.files, KINDS[owner.id]);
    if (!files || !files.length) return;
    event.preventDefault();
    event.stopPropagation();
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);
})();
