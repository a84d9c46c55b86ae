// What the page does by itself: show the proof of a citation, keep the newest text in view and the focus where it was,
// put a ready-made question into the box, and tell when the model is loaded. It sends nothing but GET health.
(() => {
  "use strict";
  const state = { turn: null, latest: null, n: null, spans: [], open: new Set(), origin: null, pinned: true, placed: 0 };
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const key = (card) => `${card.dataset.turn}/${card.dataset.n}`;

  // Gradio writes the panel anew whenever evidence comes; this puts back what was opened and highlighted.
  function paint() {
    const sets = all("#pc-cards .evidence-set");
    const latest = sets.length ? sets[sets.length - 1].dataset.turn : null;
    if (latest !== state.latest) {
      if (latest === null) state.open.clear();
      Object.assign(state, { latest, turn: latest, n: null, spans: [], origin: null, pinned: true });
      if (latest !== null) showQuestion();
    }
    for (const set of sets) {
      const hide = set.dataset.turn !== state.turn;
      if (set.hidden !== hide) set.hidden = hide;
    }
    for (const card of all("#pc-cards .card")) {
      const open = state.open.has(key(card));
      const active = card.dataset.turn === state.turn && card.dataset.n === state.n;
      card.classList.toggle("open", open);
      card.classList.toggle("active", active);
      for (const mark of card.querySelectorAll("mark")) {
        const spans = mark.dataset.spans.split(" ");
        mark.classList.toggle("active", active && spans.some((span) => state.spans.includes(span)));
      }
      const more = card.querySelector(".more");
      if (!more) continue;
      const words = open ? "Only the quotes" : `Whole ${more.dataset.what}`;
      if (more.textContent !== words) more.textContent = words;
      more.setAttribute("aria-expanded", String(open));
    }
  }

  // Wide: the chat pane scrolls by itself and follows the text until the question is at its top, so that an answer is
  // read from its beginning; a reader who scrolls is left alone.
  // Narrow: the page scrolls; a new question comes to the top once and then nothing moves.
  function showQuestion() {
    requestAnimationFrame(() => {
      const turn = one("#pc-current .turn");
      if (turn && !paneScrolls()) turn.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
    });
  }
  const paneScrolls = () => {
    const pane = one("#pc-chat");
    return pane !== null && getComputedStyle(pane).overflowY === "auto";
  };
  function follow() {
    const pane = one("#pc-chat");
    const turn = one("#pc-current .turn");
    if (!pane || !turn || !state.pinned || !paneScrolls()) return;
    const top = pane.scrollTop + turn.getBoundingClientRect().top - pane.getBoundingClientRect().top;
    const to = Math.min(pane.scrollHeight - pane.clientHeight, top);
    if (Math.abs(pane.scrollTop - to) > 1) {
      state.placed = to;
      pane.scrollTop = to;
    }
  }

  function prove(cite) {
    Object.assign(state, { turn: cite.dataset.turn, n: cite.dataset.n, origin: cite });
    state.spans = cite.dataset.spans.split(" ").filter(Boolean);
    state.open.add(`${state.turn}/${state.n}`);
    paint();
    hideTip();
    const card = document.getElementById(`card-${state.turn}-${state.n}`);
    if (!card) return;
    card.focus({ preventScroll: true });
    const target = card.querySelector("mark.active") || card;
    target.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
  }

  function goBack() {
    const { turn, n, spans } = state;
    const same = (cite) => cite.dataset.turn === turn && cite.dataset.n === n && cite.dataset.spans === spans.join(" ");
    const origin = state.origin && state.origin.isConnected ? state.origin : all("a.cite").find(same);
    if (!origin) return;
    origin.focus({ preventScroll: true });
    origin.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
  }

  const busy = () => one('#pc-status [data-busy="true"]') !== null;
  function write(question) {
    const box = one("#pc-question textarea");
    if (!box) return null;
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, question);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    return box;
  }
  function ask(question) {
    posterchat.show("chat");
    const box = write(question);
    if (!box) return;
    if (busy()) box.focus();
    else setTimeout(() => one("#pc-send").click(), 30);
  }

  // --- the focus stays on what was focused, though Gradio writes it anew while an answer streams ---

  const CHANGING = "#pc-past, #pc-current, #pc-cards-earlier, #pc-cards-newest";
  const FOCUSABLE = "a[href], button, summary, .card";
  let held = null;
  function hold(element) {
    const inside = element.closest(CHANGING);
    const at = inside ? Array.from(inside.querySelectorAll(FOCUSABLE)).indexOf(element) : -1;
    held = at < 0 ? null : { element, inside: `#${inside.id}`, at, text: element.textContent };
  }
  function giveBack() {
    if (!held || held.element.isConnected || document.activeElement !== document.body) return;
    const there = all(`${held.inside} :is(${FOCUSABLE})`)[held.at];
    if (there && there.textContent === held.text) there.focus({ preventScroll: true });
    else held = null;
  }

  // --- the quote beside a citation, for mouse and keyboard ---

  function tip() {
    let box = one("#pc-tip");
    if (!box) {
      box = document.createElement("div");
      Object.assign(box, { id: "pc-tip", hidden: true });
      box.setAttribute("role", "tooltip");
      (one(".gradio-container") || document.body).append(box);
    }
    return box;
  }
  function showTip(cite) {
    const box = tip();
    const title = document.createElement("b");
    title.textContent = cite.dataset.title;
    const quote = document.createElement("span");
    quote.textContent = cite.dataset.quote;
    if (/[$\\]/.test(cite.dataset.quote)) showFormulas(cite, title, quote);
    box.replaceChildren(title, quote);
    box.hidden = false;
    cite.setAttribute("aria-describedby", "pc-tip");
    const at = cite.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8));
    const above = at.top - box.offsetHeight - 6;
    box.style.left = `${left}px`;
    box.style.top = `${above > 8 ? above : at.bottom + 6}px`;
  }
  // Formulas stand in the card already: its pieces are shown again.
  function showFormulas(cite, title, quote) {
    const card = document.getElementById(`card-${cite.dataset.turn}-${cite.dataset.n}`);
    if (!card) return;
    const copies = (element) => Array.from(element.childNodes, (node) => node.cloneNode(true));
    const spans = cite.dataset.spans.split(" ");
    const marks = Array.from(card.querySelectorAll("mark"));
    const mine = marks.filter((mark) => mark.dataset.spans.split(" ").some((span) => spans.includes(span)));
    if (mine.length) quote.replaceChildren(...mine.flatMap((mark, at) => [at ? " … " : "", ...copies(mark)]));
    title.replaceChildren(...copies(card.querySelector(".paper-link")));
  }
  function hideTip() {
    tip().hidden = true;
  }

  // --- events, all by delegation: the content comes and goes ---

  document.addEventListener("click", (event) => {
    const element = event.target instanceof Element ? event.target : null;
    const cite = element && element.closest("a.cite");
    const more = element && element.closest(".card .more");
    const back = element && element.closest(".card .back");
    const ready = element && element.closest("[data-question]");
    if (cite) {
      event.preventDefault();
      prove(cite);
    } else if (more) {
      const name = key(more.closest(".card"));
      if (!state.open.delete(name)) state.open.add(name);
      paint();
    } else if (back) {
      goBack();
    } else if (ready) {
      if (ready.matches(".everything")) posterchat.limitTo({});
      ask(ready.dataset.question);
    }
    const button = element && element.closest("#pc-send, #pc-stop, #pc-new");
    if (button && button.id === "pc-new") posterchat.show("chat");
    if (button && matchMedia("(hover: hover)").matches) one("#pc-question textarea").focus();
  });
  document.addEventListener("focusin", (event) => event.target instanceof Element && hold(event.target));
  document.addEventListener("pointerdown", () => (held = null), true);
  document.addEventListener("focusout", (event) => {
    if (event.relatedTarget) held = null; // the reader went elsewhere; what is taken away has no such target
  });
  const overCite = (event) => (event.target instanceof Element ? event.target.closest("a.cite, a.dot") : null);
  for (const name of ["mouseover", "focusin"]) {
    document.addEventListener(name, (event) => overCite(event) && showTip(overCite(event)));
  }
  for (const name of ["mouseout", "focusout"]) {
    document.addEventListener(name, (event) => overCite(event) && hideTip());
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    hideTip();
    if (document.activeElement && document.activeElement.closest(".card")) goBack();
    else if (busy() && one("#pc-stop") && !one("dialog[open]")) one("#pc-stop").click();
  });
  // Only a hand scrolls away from the newest text: Gradio's rewriting moves the pane as well.
  let touched = 0;
  for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    document.addEventListener(
      name,
      (event) => {
        const moves = name !== "keydown" || /^(Page|Arrow|Home|End| $)/.test(event.key);
        if (moves && event.target instanceof Element && event.target.closest("#pc-chat")) touched = Date.now();
      },
      { capture: true, passive: true },
    );
  }
  document.addEventListener(
    "scroll",
    (event) => {
      hideTip();
      const pane = event.target;
      if (pane instanceof Element && pane.id === "pc-chat" && Date.now() - touched < 1000) {
        state.pinned = Math.abs(pane.scrollTop - state.placed) < 2;
      }
    },
    true,
  );

  let planned = false;
  new MutationObserver(() => {
    giveBack();
    if (planned) return;
    planned = true;
    requestAnimationFrame(() => {
      planned = false;
      paint();
      follow();
    });
  }).observe(document, { subtree: true, childList: true, characterData: true });

  // --- is the model loaded? ---

  async function watchModel() {
    const badge = one("#pc-head .model-state");
    let wait = 500;
    if (badge && badge.dataset.state === "ready") return;
    if (badge) {
      try {
        const health = await (await fetch("health?always_200=true")).json();
        const ready = health.embedder_loaded && health.model_loaded;
        const step = health.embedder_loaded ? "the language model (2 of 2)" : "the search model (1 of 2)";
        badge.textContent = ready ? "" : health.problem || `loading ${step}…`;
        badge.dataset.state = ready ? "ready" : health.problem ? "problem" : "loading";
        if (ready) {
          const device = await (await fetch("view/device")).text();
          one("#pc-head .device").textContent = device ? ` on ${device}` : "";
          return;
        }
        wait = 1000;
      } catch {
        wait = 5000;
      }
    }
    setTimeout(watchModel, wait);
  }
  watchModel();

  const forgetOpened = () => Object.assign(state, { latest: null });
  const collection = () => one("#pc-head .head")?.dataset.collection ?? "";
  const posterchat = { one, all, ask, write, busy, collection, forgetOpened, show: () => {} };
  window.posterchat = posterchat; // what the other two scripts share, and Gradio's events call
})();
