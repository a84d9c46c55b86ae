// What is done with finished turns through the server: export, judge, undo. And: telling it the draft of a question.
(() => {
  "use strict";
  const posterchat = window.posterchat;
  const { one } = posterchat;
  const DRAFT_MS = 400;
  let wish = null;
  let turn = 0; // of the dialog that is open; 0 is the whole chat
  let verdict = "";
  let key = 0;

  // Called by Gradio when the unseen button is pressed.
  posterchat.wished = () => JSON.stringify(wish);
  function act(what) {
    key += 1;
    wish = { ...what, key: String(key) };
    one("#pc-act").click();
    return reply(String(key));
  }

  // The server's reply to the wish with a key: an element that nobody sees. None within a while is a failure.
  function reply(wanted) {
    const find = () => one(`#pc-reply template[data-key="${wanted}"]`);
    return new Promise((resolve) => {
      const began = Date.now();
      const look = () => {
        if (find()) resolve(find().dataset);
        else if (Date.now() - began > 20000) resolve({ outcome: "problem", text: "The server does not answer." });
        else setTimeout(look, 50);
      };
      look();
    });
  }

  async function save(form) {
    const made = await act({ do: "export", turn, form });
    if (made.outcome !== "file") {
      posterchat.tell(made.text, true);
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([made.text], { type: `${made.kind};charset=utf-8` }));
    link.download = made.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    posterchat.tell(`Saved as ${made.name}`, true);
  }
  async function judge(word) {
    const pressed = (button) => button.dataset.turn === String(turn);
    for (const button of posterchat.all(".judge").filter(pressed)) {
      button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
    }
    const made = await act({ do: "judge", turn, verdict, word });
    posterchat.tell(made.text, true);
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    if (button.matches(".save, .save-all")) {
      turn = Number(button.dataset.turn || 0);
      if (turn === 0 && !one(".turn")) posterchat.tell("There is nothing to export yet", true);
      else one("#pc-save").showModal();
    } else if (button.matches(".as-file")) {
      one("#pc-save").close();
      save(button.dataset.form);
    } else if (button.matches(".judge")) {
      turn = Number(button.dataset.turn);
      verdict = button.dataset.verdict;
      one("#pc-judge-title").textContent = verdict === "up" ? "Good answer" : "Bad answer";
      one("#pc-judge input").value = "";
      one("#pc-judge").showModal();
    } else if (button.matches(".undo") && !posterchat.busy()) {
      act({ do: "undo" });
      one("#pc-question textarea")?.focus();
    } else if (button.matches(".dialog-close")) button.closest("dialog").close();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.closest("#pc-judge")) judge(one("#pc-judge input").value);
  });

  // --- the draft: what it will need is read while it is being typed ---

  let waiting = 0;
  let told = "";
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (!(box instanceof Element) || !box.matches("#pc-question textarea")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const draft = box.value.trim();
      if (draft.length < 8 || draft === told || posterchat.busy() || !box.isConnected) return;
      told = draft;
      one("#pc-draft")?.click();
    }, DRAFT_MS);
  });
})();
