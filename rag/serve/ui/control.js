// What can be done with turns: copy, ask again, edit; keys; links to a question; and what a screen reader hears.
(() => {
  "use strict";
  const posterchat = window.posterchat;
  const { one, all } = posterchat;
  let again = null; // the number of the turn that the next question replaces

  // Called by Gradio when a question is sent.
  posterchat.again = () => {
    const number = again;
    if (number !== null) posterchat.forgetOpened();
    stopEditing();
    return number === null ? "" : String(number);
  };

  // --- links to a question ---

  let question = new URLSearchParams(location.search).get("q");
  const linked = Boolean(question && question.trim());
  posterchat.linked = () => linked;
  // A collection that the address names is opened once, with a conversation of its own.
  const wanted = new URLSearchParams(location.search).get("collection") || "";
  posterchat.collectionWanted = () => {
    if (wanted) history.replaceState(null, "", location.pathname + location.hash);
    return wanted;
  };
  function askLinked() {
    if (!linked || question === null) return;
    const box = one("#pc-question textarea");
    if (!box || !one("#pc-send")) {
      setTimeout(askLinked, 100);
      return;
    }
    const wanted = question.slice(0, Number(box.maxLength) > 0 ? box.maxLength : 2000);
    question = null;
    history.replaceState(null, "", location.pathname + location.hash); // loading again must not ask again
    setTimeout(() => posterchat.ask(wanted), 300);
  }
  askLinked();

  // --- telling and copying ---

  // Heard by screen readers, and with `seen` shown for a while.
  function tell(text, seen = false) {
    const place = one("#pc-told");
    if (!place) return;
    place.textContent = text;
    place.classList.toggle("toast", seen);
    if (seen) setTimeout(() => place.textContent === text && place.classList.remove("toast"), 4000);
  }
  posterchat.tell = tell;
  async function toClipboard(text) {
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        // the older way is tried below
      }
    }
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "only-heard";
    document.body.append(area);
    const before = document.activeElement;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    return done;
  }
  async function copy(button, text, what) {
    const done = await toClipboard(text);
    const words = button.dataset.words || button.textContent;
    button.dataset.words = words;
    button.textContent = done ? "Copied" : "Not copied";
    tell(done ? `${what} copied` : "The browser does not allow copying here");
    setTimeout(() => (button.textContent = words), 1600);
  }
  async function copyBibtex(button) {
    const query = new URLSearchParams({ collection: posterchat.collection(), id: button.dataset.paper });
    const answer = await fetch(`view/bibtex?${query}`).catch(() => null);
    if (answer && answer.ok) await copy(button, await answer.text(), "BibTeX");
    else tell("The BibTeX entry could not be read");
  }

  // --- asking again and editing ---

  function redo(button) {
    if (posterchat.busy()) return;
    again = Number(button.dataset.turn);
    posterchat.ask(button.dataset.asked);
  }
  function edit(button) {
    again = Number(button.dataset.turn);
    const box = posterchat.write(button.dataset.asked);
    const line = one("#pc-editing");
    const later = all(".turn").length > again ? " The answers after it will be removed." : "";
    line.querySelector("span").textContent = `Editing question ${again}.${later}`;
    line.hidden = false;
    if (box) {
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
    }
  }
  function stopEditing() {
    again = null;
    const line = one("#pc-editing");
    if (line) line.hidden = true;
  }
  const last = (kind) => one(`#pc-current .act.${kind}`);

  const DOES = {
    retry: redo,
    edit,
    copy: (button) => copy(button, button.dataset.copy, "Answer"),
    link: (button) => {
      const address = `${location.origin}${location.pathname}?q=${encodeURIComponent(button.dataset.asked)}`;
      copy(button, address, "Link");
    },
    bibtex: copyBibtex,
    "edit-cancel": () => {
      stopEditing();
      posterchat.write("")?.focus();
    },
    "keys-open": () => one("#pc-keys").showModal(),
    "keys-close": () => one("#pc-keys").close(),
  };
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const kind = Array.from(button.classList).find((name) => Object.hasOwn(DOES, name));
    if (kind) DOES[kind](button);
    if (button.matches("#pc-new, .ask")) stopEditing();
  });

  // --- keys (the page lists them under "Keyboard shortcuts") ---

  const inBox = () => document.activeElement === one("#pc-question textarea");
  const press = (button) => button && !posterchat.busy() && button.click();
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape" && !one("#pc-editing")?.hidden && inBox()) {
        event.preventDefault();
        DOES["edit-cancel"]();
      } else if (event.key === "ArrowUp" && inBox() && document.activeElement.value === "") {
        event.preventDefault();
        press(last("edit"));
      } else if ((event.ctrlKey || event.metaKey) && event.key === "/") {
        event.preventDefault();
        posterchat.show("chat");
        one("#pc-question textarea")?.focus();
      } else if (event.altKey && event.shiftKey) {
        const source = event.code === "KeyS" ? one("#pc-current a.cite") : null;
        if (source) {
          event.preventDefault();
          posterchat.show("chat");
          source.focus();
          source.scrollIntoView({ block: "nearest" });
        }
        const target = { KeyR: last("retry"), KeyC: last("copy"), KeyN: one("#pc-new") }[event.code];
        if (!target) return;
        event.preventDefault();
        if (event.code === "KeyN") target.click();
        else press(target);
      }
    },
    true,
  );

  // --- what a screen reader hears: each sentence once, when it is finished and checked ---

  let turn = null;
  let heard = 0;
  function spoken(sentence) {
    const said = sentence.querySelector(".said");
    if (!said) return sentence.textContent;
    const cites = Array.from(sentence.querySelectorAll(".cite"), (cite) => cite.textContent).join(" ");
    const doubt = sentence.matches(".supported") ? "" : `, ${sentence.querySelector(".support").ariaLabel}`;
    return `${said.textContent} ${cites}${doubt}.`;
  }
  function say() {
    const place = one("#pc-said");
    const shown = one("#pc-current .turn");
    if (!place) return;
    const sentences = shown ? Array.from(shown.querySelectorAll(".sentence, .refusal > p:first-child")) : [];
    const busy = posterchat.busy();
    const name = shown && `${shown.dataset.turn} ${shown.querySelector(".question")?.textContent}`;
    if (name !== turn || sentences.length < heard) {
      place.replaceChildren();
      turn = name;
      heard = busy ? 0 : sentences.length; // a conversation that was kept is not read out
    }
    for (const sentence of sentences.slice(heard)) {
      const line = document.createElement("p");
      line.textContent = spoken(sentence);
      place.append(line);
    }
    heard = sentences.length;
  }
  let planned = false;
  new MutationObserver(() => {
    if (planned) return;
    planned = true;
    setTimeout(() => {
      planned = false;
      say();
    }, 150);
  }).observe(document, { subtree: true, childList: true });
})();
