// Provost: what pages cannot do by themselves. Everything here is an improvement; pages work without it.
(() => {
  "use strict";
  const $ = (what, from = document) => from.querySelector(what);
  const $$ = (what, from = document) => [...from.querySelectorAll(what)];
  const root = document.documentElement;

  // ── Theme: the server wrote what the cookie says; a click changes both at once. ──
  const theme = () => root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-switch]");
    if (!button) return;
    event.preventDefault();
    root.dataset.theme = theme() === "dark" ? "light" : "dark";
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `provost-theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  });

  // ── Dialogs ──
  const open = (dialog) => { if (dialog && !dialog.open) dialog.showModal(); };
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) { event.preventDefault(); open(document.getElementById(opener.dataset.open)); }
    const closer = event.target.closest("[data-close]");
    if (closer) { event.preventDefault(); closer.closest("dialog, .toast")?.tagName === "DIALOG" ? closer.closest("dialog").close() : closer.closest(".toast")?.remove(); }
    if (event.target.tagName === "DIALOG") event.target.close();
    for (const drop of $$("details.drop[open]")) if (!drop.contains(event.target)) drop.open = false;
  });

  // ── Command palette ──
  const palette = $("#palette");
  const showPalette = () => { open(palette); const field = $("input", palette); field.select(); if (!$(".hits a", palette)) field.dispatchEvent(new Event("input")); };
  const hits = () => $$(".hits a", palette);
  const mark = (at) => {
    const all = hits();
    all.forEach((hit, n) => hit.setAttribute("aria-selected", String(n === at)));
    const field = $("input", palette);
    if (all[at]) { field.setAttribute("aria-activedescendant", all[at].id); all[at].scrollIntoView({ block: "nearest" }); } else field.removeAttribute("aria-activedescendant");
  };
  const marked = () => hits().findIndex((hit) => hit.getAttribute("aria-selected") === "true");
  palette?.addEventListener("keydown", (event) => {
    const all = hits();
    if (event.key === "ArrowDown") mark((marked() + 1) % all.length);
    else if (event.key === "ArrowUp") mark((marked() + all.length - 1) % all.length);
    else if (event.key === "Enter" && all[marked()]) location.assign(all[marked()].href);
    else return;
    event.preventDefault();
  });
  palette?.addEventListener("htmx:afterSwap", () => mark(0));
  document.addEventListener("click", (event) => { if (event.target.closest("[data-palette]") && palette) { event.preventDefault(); showPalette(); } });

  // ── Keys: Ctrl-K, ?, /, g then a letter, j and k through rows, Enter and o open ──
  const rows = () => $$("tbody tr[data-href], .tiles .tile, .timeline a[data-row], form[data-row]").filter((row) => row.offsetParent);
  const current = () => rows().findIndex((row) => row.getAttribute("aria-selected") === "true");
  const select = (at) => {
    const all = rows();
    if (!all.length) return;
    const next = Math.max(0, Math.min(all.length - 1, at));
    all.forEach((row, n) => (n === next ? row.setAttribute("aria-selected", "true") : row.removeAttribute("aria-selected")));
    (all[next].matches("a") ? all[next] : $("a", all[next]) || all[next]).focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  };
  const places = { h: "/", c: "/connectors", j: "/jobs", r: "/runs", t: "/reviews" };
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) { event.preventDefault(); showPalette(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    if (waiting && Date.now() - waiting < 1200 && places[event.key]) { waiting = 0; location.assign(places[event.key]); return; }
    waiting = event.key === "g" ? Date.now() : 0;
    if (event.key === "?") open($("#shortcuts"));
    else if (event.key === "/") { const field = $("[data-search]"); if (field) { event.preventDefault(); field.focus(); field.select(); } }
    else if (event.key === "j") select(current() + 1);
    else if (event.key === "k") select(current() < 0 ? 0 : current() - 1);
    else if (event.key === "o" && current() >= 0) { const row = rows()[current()]; location.assign(row.dataset.href || row.href); }
  });

  // ── Forms: sent once; a field that applies itself ──
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post") { form.dataset.sent = "1"; for (const button of $$("button", form)) button.setAttribute("aria-busy", "true"); }
    // Empty fields make long addresses.
    if (form.method === "get") for (const field of $$("input, select", form)) if (!field.value && field.name) field.disabled = true;
  });
  addEventListener("pageshow", () => { for (const form of $$("form[data-sent]")) { delete form.dataset.sent; for (const b of $$("[aria-busy]", form)) b.removeAttribute("aria-busy"); } for (const f of $$("form[method=get] [disabled]")) f.disabled = false; });
  document.addEventListener("change", (event) => { const field = event.target.closest("[data-apply]"); if (field) field.form.requestSubmit(); });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try { await navigator.clipboard.writeText(button.dataset.copy); say(button.dataset.said); } catch { /* it can be selected by hand */ }
  });

  // ── Toasts ──
  const say = (text, kind = "ok") => {
    const toast = document.createElement("div");
    toast.className = `toast ${kind}`;
    toast.textContent = text;
    $(".toasts")?.append(toast);
    setTimeout(() => toast.remove(), 5000);
  };
  for (const toast of $$(".toast.ok")) setTimeout(() => toast.remove(), 6000);
  document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.getResponseHeader("x-problem") || $("body").dataset.failed, "bad"));
  document.addEventListener("htmx:sendError", () => say($("body").dataset.offline, "bad"));

  // ── A run, live: events of the server say that something is new; the fragment says what. ──
  const live = $("[data-live]");
  if (live && window.EventSource) {
    const source = new EventSource(live.dataset.live);
    const log = $("[data-log]");
    let due = 0;
    const refresh = () => { if (!due) due = setTimeout(() => { due = 0; htmx.trigger(live, "news"); }, 150); };
    source.addEventListener("task", refresh);
    source.addEventListener("job", (event) => { refresh(); if (!["NotStarted", "InProgress"].includes(JSON.parse(event.data).state)) source.close(); });
    source.addEventListener("log", (event) => {
      if (!log) return;
      const { line, position } = JSON.parse(event.data);
      const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 24;
      const row = document.createElement("div");
      const part = (name, text) => { const span = document.createElement("span"); span.className = name; span.textContent = text; row.append(span, " "); };
      part("at", new Date(line.at / 1000).toISOString().slice(11, 19));
      part("task", live.querySelector(`[data-position="${position}"]`)?.dataset.task || `#${position}`);
      part(line.level, line.message);
      $("[data-quiet]", log)?.remove();
      log.append(row);
      while (log.childElementCount > 500) log.firstElementChild.remove();
      if (atEnd) log.scrollTop = log.scrollHeight;
    });
  }
})();
