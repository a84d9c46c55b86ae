// Adding papers: a file is dropped, looked through by the server, and indexed when the reader says so.
(() => {
  "use strict";
  const posterchat = window.posterchat;
  const { one } = posterchat;
  const FAILED = '<div class="problem" role="alert"><p>The server does not answer. Is posterchat still running?</p></div>';

  const show = (html) => {
    const place = one("#pc-added");
    if (place) place.innerHTML = html;
  };
  async function text(address, options) {
    const answer = await fetch(address, options).catch(() => null);
    return answer ? await answer.text() : FAILED;
  }
  const json = (given) => ({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(given),
  });

  async function give(file) {
    if (!file || !one("#pc-drop")) return;
    show('<p class="lead">Looking through the file<span class="dots" aria-hidden="true"></span></p>');
    const headers = { "X-File-Name": encodeURIComponent(file.name), "Content-Type": "application/octet-stream" };
    show(await text("view/add", { method: "POST", headers, body: file }));
    one("#pc-added input[name=collection]")?.focus({ preventScroll: true });
  }
  async function begin(form) {
    const { token } = form.dataset;
    const name = form.querySelector("input[name=collection]").value;
    show(await text("view/add/begin", json({ token, collection: name })));
    const query = new URLSearchParams({ token, collection: name });
    while (one("#pc-added .going:not([data-over])")) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const html = await text(`view/add/progress?${query}`);
      if (!one("#pc-added .going")) return;
      show(html);
    }
    one("#pc-added .main-act")?.focus();
  }

  document.addEventListener("change", (event) => {
    if (event.target.id !== "pc-file") return;
    give(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches(".adding")) begin(event.target);
  });
  document.addEventListener("click", (event) => {
    const cancel = event.target instanceof Element ? event.target.closest(".add-cancel") : null;
    if (!cancel) return;
    const { token } = cancel.closest("form").dataset;
    show("");
    text("view/add/drop", json({ token }));
    one("#pc-file")?.focus();
  });

  // A file may be dropped anywhere on the page.
  const carries = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carries(event) || !one("#pc-drop")) return;
    event.preventDefault();
    document.documentElement.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.documentElement.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    document.documentElement.classList.remove("dropping");
    if (!carries(event) || !one("#pc-drop")) return;
    event.preventDefault();
    posterchat.show("add");
    give(event.dataTransfer.files[0]);
  });
})();
