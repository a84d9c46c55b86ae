// The map of papers: one topic in the light, arrow keys, and choosing papers to ask about.
(() => {
  "use strict";
  const posterchat = window.posterchat;
  const { one, all } = posterchat;
  const picked = new Set();
  let drag = null;
  let choosing = false; // with a finger: taps and strokes choose, instead of opening and scrolling

  function light(topic) {
    for (const dot of all(".map .dot")) dot.classList.toggle("faded", topic !== null && dot.dataset.topic !== topic);
  }
  for (const [name, on] of [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]]) {
    document.addEventListener(name, (event) => {
      const row = event.target instanceof Element ? event.target.closest(".topics-table tr[data-topic]") : null;
      if (row) light(on ? row.dataset.topic : null);
    });
  }

  const middle = (element) => {
    const box = element.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  document.addEventListener("keydown", (event) => {
    const dot = document.activeElement?.closest(".map .dot");
    if (!dot) return;
    if (event.key === " ") {
      event.preventDefault();
      toggle(dot);
      return;
    }
    if (event.key === "Escape" && picked.size) {
      event.preventDefault();
      clear();
      return;
    }
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    const [x, y] = middle(dot);
    let best = null;
    for (const other of all(".map .dot")) {
      if (other === dot) continue;
      const [dx, dy] = [middle(other)[0] - x, middle(other)[1] - y];
      const ahead = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      if (ahead > 0.5 && (best === null || ahead + 2 * aside < best.far)) best = { other, far: ahead + 2 * aside };
    }
    if (!best) return;
    dot.tabIndex = -1;
    best.other.tabIndex = 0;
    best.other.focus();
  });

  // --- choosing: a frame drawn with the mouse, Space on a dot, Shift and a click ---

  function paint() {
    for (const dot of all(".map .dot")) {
      const chosen = picked.has(dot.dataset.paper);
      dot.classList.toggle("picked", chosen);
      const name = dot.getAttribute("aria-label").replace(/, chosen$/, "");
      dot.setAttribute("aria-label", chosen ? `${name}, chosen` : name);
    }
    const bar = one(".map-chosen");
    if (!bar) return;
    bar.hidden = picked.size === 0;
    one(".map-hint").hidden = picked.size > 0;
    bar.querySelector("span").textContent = picked.size === 1 ? "1 paper chosen" : `${picked.size} papers chosen`;
  }
  function toggle(dot) {
    if (!picked.delete(dot.dataset.paper)) picked.add(dot.dataset.paper);
    paint();
  }
  function clear() {
    picked.clear();
    paint();
  }
  posterchat.forgetPicked = () => {
    picked.clear();
    choosing = false;
  };

  const MOVED = 6; // pixels below which it was a click
  document.addEventListener("pointerdown", (event) => {
    const map = event.target instanceof Element ? event.target.closest(".map") : null;
    if (!map || event.button !== 0 || (event.pointerType === "touch" && !choosing)) return;
    drag = { map, x: event.clientX, y: event.clientY, frame: null, more: event.shiftKey };
    event.preventDefault(); // no dragging of links, no selecting of text
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!drag.frame && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < MOVED) return;
    if (!drag.frame) {
      drag.frame = document.createElement("div");
      drag.frame.className = "map-frame";
      one(".gradio-container").append(drag.frame);
    }
    const [left, top] = [Math.min(event.clientX, drag.x), Math.min(event.clientY, drag.y)];
    const [wide, high] = [Math.abs(event.clientX - drag.x), Math.abs(event.clientY - drag.y)];
    Object.assign(drag.frame.style, { left: `${left}px`, top: `${top}px`, width: `${wide}px`, height: `${high}px` });
    drag.box = { left, top, right: left + wide, bottom: top + high };
  });
  let dragged = false;
  document.addEventListener("pointerup", () => {
    if (!drag) return;
    const { frame, box, more } = drag;
    drag = null;
    if (!frame) return;
    frame.remove();
    dragged = true;
    setTimeout(() => (dragged = false), 0); // the click that ends the drag opens no paper
    if (!more) picked.clear();
    for (const dot of all(".map .dot")) {
      const [x, y] = middle(dot);
      if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) picked.add(dot.dataset.paper);
    }
    paint();
  });
  document.addEventListener("pointercancel", () => {
    drag?.frame?.remove();
    drag = null;
  });
  document.addEventListener(
    "click",
    (event) => {
      const dot = event.target instanceof Element ? event.target.closest(".map .dot") : null;
      if (dragged && event.target.closest?.(".map")) event.preventDefault();
      else if (dot && (event.shiftKey || choosing)) {
        event.preventDefault();
        toggle(dot);
      }
    },
    true,
  );
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest(".map-mode") : null;
    if (!button) return;
    choosing = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(choosing));
    one(".map").classList.toggle("choosing", choosing);
  });
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest(".map-chosen button") : null;
    if (!button) return;
    if (button.matches(".map-clear")) {
      clear();
      one('.map .dot[tabindex="0"]')?.focus();
      return;
    }
    await posterchat.limitTo({ papers: [...picked] });
    clear();
    if (button.matches(".map-overview")) posterchat.ask("Give me an overview of these papers.");
    else {
      posterchat.show("chat");
      one("#pc-question textarea")?.focus();
    }
  });
})();
