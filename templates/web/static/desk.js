// The desk's own script: saves words as they are written, moves stories, keeps the page in step.
// Without it every form still works; with it none needs a new page.
(() => {
  "use strict";
  const PAUSE = 500;
  const told = document.getElementById("saving");
  const main = document.getElementById("main");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("desk") : null;
  document.documentElement.classList.add("scripted");
  if (!told) return;

  const say = (words, bad) => {
    told.textContent = words;
    told.classList.toggle("bad", Boolean(bad));
  };

  // One question at a time: each one is made of what the last one left.
  let last = Promise.resolve();
  const inTurn = (work) => (last = last.then(work, work));

  const post = async (form, more) => {
    const fields = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(more || {})) fields.set(name, value);
    const answer = await fetch(form.action, {
      method: "POST", body: fields, credentials: "same-origin", headers: { "x-desk": "1" },
    });
    const json = (answer.headers.get("content-type") || "").startsWith("application/json");
    if (answer.ok && json) return answer.json();
    // Both versions, a sentence, or the way in: shown as it came.
    show(await answer.text(), answer.status);
    return null;
  };

  const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

  const show = (html, status) => {
    const page = parsed(html);
    const words = page.querySelector("main [role=alert]");
    if (status !== 409 && status !== 401 && words) { say(words.textContent, true); return; }
    main.replaceChildren(...page.getElementById("main").childNodes);
    say(page.querySelector("h1").textContent, true);
    main.focus();
  };

  // Takes what changed from a fresh copy of this page; what is being written in stays.
  const refresh = async (what) => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const page = parsed(await answer.text());
    const focus = document.activeElement && document.activeElement.id;
    const open = [...document.querySelectorAll("details[open][id]")].map((one) => one.id);
    for (const old of document.querySelectorAll(what)) {
      const now = page.getElementById(old.id);
      if (now && !(what === "[data-part]" && old.contains(document.activeElement))) old.replaceWith(now);
    }
    const made = page.querySelector("input[name=made_of]");
    if (made) for (const one of document.querySelectorAll("input[name=made_of]")) one.value = made.value;
    for (const id of open) { const one = document.getElementById(id); if (one) one.open = true; }
    const back = focus && document.getElementById(focus);
    if (back && back !== document.activeElement) back.focus({ preventScroll: true });
    reload(made ? made.value : "");
  };

  const reload = (version) => {
    const frame = document.getElementById("glance");
    if (frame && version) {
      const to = new URL(frame.src);
      to.searchParams.set("v", version.slice(0, 12));
      if (to.href !== frame.src) frame.src = to.href;
    }
    if (channel) channel.postMessage("changed");
  };
  if (channel) channel.onmessage = () => {
    const frame = document.getElementById("mail");
    if (frame) { const to = new URL(frame.src); to.searchParams.set("v", String(Date.now())); frame.src = to.href; }
  };

  const save = (form, more) => inTurn(async () => {
    say("Saving …");
    const done = await post(form, more);
    if (!done) return;
    for (const one of document.querySelectorAll("input[name=made_of]")) one.value = done.made_of;
    if (done.what !== "unchanged") await refresh("[data-part]");
    say(done.said);
  }).catch(() => say("It could not be saved: the desk does not answer. Your words are still here.", true));

  const change = (form, more, then) => inTurn(async () => {
    say("Saving …");
    const done = await post(form, more);
    if (!done) return;
    await refresh("[data-live]");
    if (then) then();
    say(done.said);
  }).catch(() => say("That did not work: the desk does not answer.", true));

  const timers = new WeakMap();
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-save]");
    if (!form) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => { if (form.isConnected && form.checkValidity()) save(form, stay(form)); }, PAUSE));
  });

  // While somebody writes, a story stays where it is: place is saved by the button alone.
  const stay = (form) => {
    const url = form.querySelector("[name=link]");
    const known = form.querySelector("input[name=url]");
    return url && known && url.value !== known.value ? { link: known.value } : {};
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const kept = form.matches("form[data-save]");
    if (!kept && !form.matches("form[data-swap]")) return;
    event.preventDefault();
    clearTimeout(timers.get(form));
    const button = event.submitter;
    const more = button && button.name ? { [button.name]: button.value } : {};
    const story = form.querySelector("input[name=url]");
    change(form, more, () => follow(story && story.value, more.act));
  });

  const follow = (url, act) => {
    if (!url || !["up", "down", "move", "take"].includes(act)) return;
    const at = [...document.querySelectorAll("article.pick")].find((one) => one.dataset.url === url);
    const to = at && (at.querySelector(`button[value=${act}]:not(:disabled)`) || at.querySelector(".grip"));
    if (to) to.focus();
  };

  const mover = (story) => story.querySelector("form.steps");
  const SECTIONS = ["conditions", "treatments", "news"];

  document.addEventListener("keydown", (event) => {
    const grip = event.target.closest && event.target.closest(".grip");
    if (!grip || !event.altKey) return;
    const story = grip.closest("article.pick");
    const act = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!act && !step) return;
    event.preventDefault();
    const grips = () => {
      const at = [...document.querySelectorAll("article.pick")].find((one) => one.dataset.url === story.dataset.url);
      if (at) at.querySelector(".grip").focus();
    };
    if (act) { change(mover(story), { act }, grips); return; }
    const here = SECTIONS.indexOf(story.closest("[data-section]").dataset.section);
    const section = SECTIONS[here + step];
    if (section) change(mover(story), { act: "move", section, position: "999" }, grips);
  });

  let dragged = null;
  const target = (event) => {
    const part = event.target.closest && event.target.closest("[data-section]");
    if (!part) return null;
    const others = [...part.querySelectorAll("article.pick")].filter((one) => one !== dragged);
    const below = others.findIndex((one) => {
      const box = one.getBoundingClientRect();
      return event.clientY < box.top + box.height / 2;
    });
    return { part, position: below < 0 ? others.length + 1 : below + 1, at: others[below] || null };
  };
  const unmark = () => { for (const one of document.querySelectorAll(".drop-here")) one.classList.remove("drop-here"); };
  document.addEventListener("dragstart", (event) => {
    const grip = event.target.closest && event.target.closest(".grip");
    if (!grip) return;
    dragged = grip.closest("article.pick");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.place);
  });
  document.addEventListener("dragover", (event) => {
    const to = dragged && target(event);
    if (!to) return;
    event.preventDefault();
    unmark();
    (to.at || to.part).classList.add("drop-here");
  });
  document.addEventListener("dragend", () => { unmark(); dragged = null; });
  document.addEventListener("drop", (event) => {
    const to = dragged && target(event);
    if (!to) return;
    event.preventDefault();
    change(mover(dragged), { act: "move", section: to.part.dataset.section, position: String(to.position) });
    unmark();
    dragged = null;
  });

  // A finding leads to its place, and opens what is folded there.
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest(".finding a[href^='#']");
    const place = link && document.getElementById(link.hash.slice(1));
    const folded = place && place.querySelector("details.edit");
    if (folded) folded.open = true;
  });
})();
