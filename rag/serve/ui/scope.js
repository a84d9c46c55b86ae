// The filter of the chat: kept here and in the browser, sent with every question, shown over the question box.
(() => {
  "use strict";
  const posterchat = window.posterchat;
  const { one } = posterchat;
  const KEPT_AS = "posterchat-filter";
  let wish = {};
  let collection = null;

  const chosen = (given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value && value.length !== 0));
  // Called by Gradio when a question is sent.
  posterchat.limit = () => (Object.keys(wish).length ? JSON.stringify(wish) : "");

  async function post(what) {
    const address = `view/${what}?${new URLSearchParams({ collection: posterchat.collection() })}`;
    const headers = { "Content-Type": "application/json" };
    return fetch(address, { method: "POST", headers, body: JSON.stringify(wish) }).catch(() => null);
  }
  // What is limited holds at once; only the line that tells so comes from the server.
  posterchat.limitTo = async (given) => {
    wish = chosen(given);
    try {
      localStorage.setItem(KEPT_AS, JSON.stringify({ collection: posterchat.collection(), wish }));
    } catch {
      // a browser that keeps nothing forgets the filter with the page
    }
    const answer = await post("scope");
    const bar = one("#pc-scope-bar");
    if (bar && answer && answer.ok) bar.innerHTML = await answer.text();
  };

  async function openForm() {
    const answer = await post("filter");
    const form = one("#pc-filter form");
    if (!answer || !form) return;
    form.innerHTML = await answer.text();
    one("#pc-filter").showModal();
  }
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    if (button.matches(".scope-open")) openForm();
    else if (button.matches(".scope-lift")) {
      posterchat.limitTo({ ...wish, [button.dataset.lift]: "" }).then(() => one(".scope-open")?.focus());
    } else if (button.matches(".scope-all")) {
      one("#pc-filter").close();
      posterchat.limitTo({});
      one("#pc-question textarea")?.focus();
    }
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.closest("#pc-filter")) return;
    const given = Object.fromEntries(new FormData(event.target));
    posterchat.limitTo({ ...given, award: given.award ? "true" : "", papers: wish.papers });
    setTimeout(() => one("#pc-question textarea")?.focus(), 0); // closing gives the focus back to what opened it
  });

  // Another collection has other papers: its filter is none, but when the page is loaded anew the one that was kept.
  function kept() {
    if (posterchat.linked()) return {}; // a link asks its question of all papers, whoever follows it
    try {
      const stored = JSON.parse(localStorage.getItem(KEPT_AS) || "{}");
      return stored.collection === posterchat.collection() ? stored.wish || {} : {};
    } catch {
      return {};
    }
  }
  new MutationObserver(() => {
    if (!one("#pc-scope-bar") || !one("#pc-head .head")) return;
    if (collection === posterchat.collection()) return;
    collection = posterchat.collection();
    posterchat.limitTo(kept());
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-collection"] });
})();
