// The views: which one the address names, and what is fetched for it.
(() => {
  "use strict";
  const posterchat = window.posterchat;
  const { one, all } = posterchat;
  const wish = { q: "", author: "", award: "", topic: "", sort: "", page: "1" };
  let shown = "chat";
  let asking = null;

  function address() {
    const [path, query] = location.hash.slice(1).split("?");
    const [name, id] = path.split("/");
    const view = ["papers", "topics", "add"].includes(name) || (name === "paper" && id) ? name : "chat";
    return { view, id: id ? decode(id) : "", query: new URLSearchParams(query || "") };
  }
  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  // `root` outside `body` is left alone by Gradio.
  function paint() {
    const { view } = address();
    document.documentElement.dataset.view = view;
    for (const section of all("#pc-views > * .view, #pc-views .view")) section.hidden = section.id !== `pc-view-${view}`;
    for (const link of all("#pc-nav a")) {
      const mine = link.dataset.view === (view === "paper" ? "papers" : view);
      if (mine) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  function open({ focus }) {
    const { view, id, query } = address();
    const changed = view !== shown;
    shown = view;
    paint();
    if (view === "papers") {
      for (const name of Object.keys(wish)) wish[name] = query.get(name) || (name === "page" ? "1" : "");
      const box = one("#pc-find");
      if (box.value !== wish.q) box.value = wish.q;
      one("#pc-awarded").checked = wish.award !== "";
      list().then(() => focus && changed && box.focus({ preventScroll: true }));
    } else if (view === "paper") {
      fill(one("#pc-view-paper"), `view/paper?${new URLSearchParams({ collection: posterchat.collection(), id })}`, focus);
    } else if (view === "topics") {
      fill(one("#pc-view-topics"), `view/topics?${new URLSearchParams({ collection: posterchat.collection() })}`, focus);
    } else if (view === "add") {
      if (focus) one("#pc-view-add h2")?.focus({ preventScroll: true });
    } else if (focus && changed) {
      one("#pc-question textarea")?.focus({ preventScroll: true });
    }
    if (changed && view !== "chat") scrollTo(0, 0);
  }

  async function get(from) {
    if (asking) asking.abort();
    asking = new AbortController();
    try {
      return await (await fetch(from, { signal: asking.signal })).text();
    } catch (error) {
      if (error.name === "AbortError") return null;
      return '<p class="problem" role="alert">The server does not answer. Is posterchat still running?</p>';
    }
  }
  // The server sends HTML with everything from papers escaped; the page's policy lets no attribute carry a script.
  async function fill(place, from, focus) {
    const html = await get(from);
    if (html === null || !place) return;
    posterchat.forgetPicked();
    place.innerHTML = html;
    if (focus) place.querySelector("h2")?.focus({ preventScroll: true });
    for (const part of place.querySelectorAll("[data-load]")) {
      const answer = await fetch(part.dataset.load).catch(() => null);
      part.innerHTML = answer ? await answer.text() : "";
    }
  }
  async function list() {
    const chosen = Object.entries(wish).filter(([name, value]) => value && !(name === "page" && value === "1"));
    const html = await get(`view/papers?${new URLSearchParams([["collection", posterchat.collection()], ...chosen])}`);
    if (html === null) return;
    const focused = document.activeElement?.closest("#pc-list .sort, #pc-list .page");
    const at = focused ? all("#pc-list .sort, #pc-list .page").indexOf(focused) : -1;
    one("#pc-list").innerHTML = html;
    if (at >= 0) all("#pc-list .sort, #pc-list .page")[at]?.focus({ preventScroll: true });
  }
  function want(changes) {
    Object.assign(wish, { page: "1", q: one("#pc-find").value.trim() }, changes);
    const chosen = Object.entries(wish).filter(([name, value]) => value && !(name === "page" && value === "1"));
    const query = new URLSearchParams(chosen).toString();
    history.replaceState(null, "", `#papers${query ? `?${query}` : ""}`); // typing makes no entries in the history
    list();
  }

  posterchat.show = (view) => {
    if (address().view === view) return;
    location.hash = view;
    open({ focus: false });
  };

  addEventListener("hashchange", () => open({ focus: true }));
  let waiting = 0;
  document.addEventListener("input", (event) => {
    if (event.target.id !== "pc-find") return;
    clearTimeout(waiting);
    waiting = setTimeout(() => want({}), 150);
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "pc-awarded") want({ award: event.target.checked ? "true" : "" });
  });
  document.addEventListener("submit", (event) => {
    if (event.target.closest("#pc-views")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("#pc-list button") : null;
    if (!button) return;
    if (button.classList.contains("sort")) want({ sort: button.dataset.sort });
    else if (button.classList.contains("ask-these")) {
      const { sort, page, ...limit } = wish;
      posterchat.limitTo(limit);
      posterchat.show("chat");
      one("#pc-question textarea")?.focus();
    } else if (button.dataset.lift) want({ [button.dataset.lift]: "" });
    else if (button.dataset.page) {
      want({ page: button.dataset.page });
      scrollTo(0, 0);
    }
  });

  // Gradio builds the page after this script has run, and writes the head anew when another collection is chosen.
  let collection = null;
  new MutationObserver(() => {
    if (!one("#pc-view-papers") || !one("#pc-head .head")) return;
    if (collection === null || collection !== posterchat.collection()) {
      collection = posterchat.collection();
      open({ focus: false });
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-collection"] });
})();
