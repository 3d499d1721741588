// The browser's part of the workbench: figures are drawn, what is picked lights up everywhere,
// controls act at once, a page that is being computed looks again. Every page works without it.

const narrow = matchMedia("(max-width: 47rem)");

function specification(box) {
  const both = JSON.parse(box.querySelector("script").textContent);
  return narrow.matches ? both.narrow : both.wide;
}

const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
tip.setAttribute("aria-hidden", "true");

// Vega's own tooltip brings styles of its own, which the policy of our pages does not admit.
function showTip(_handler, event, _item, value) {
  if (value == null || value === "") {
    tip.hidden = true;
    return;
  }
  tip.textContent = typeof value === "object" ? Object.values(value).join("; ") : String(value);
  tip.hidden = false;
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.setProperty("left", `${Math.max(8, Math.min(event.clientX + 12, room))}px`);
  tip.style.setProperty("top", `${event.clientY + 16}px`);
}

// How figures write numbers where a language does it in another way than English.
const NUMBERS = {
  sv: { decimal: ",", thousands: "\u202f", grouping: [3], currency: ["", ""] },
};

// Plots by their specification: one that did not change is not drawn again.
const drawn = new Map();

// Marks that say nothing let the pointer through to those below them.
function reachable(part) {
  for (const one of part.marks ?? []) {
    if (one.type === "group") reachable(one);
    else if (!one.encode?.update?.tooltip) one.interactive = false;
  }
  return part;
}

// Figures of one shape differ in their data alone: a slider moves marks, and nothing is built anew.
const shapes = new Map();

// Names the data of each layer; gives them, and all that is not data as text.
function apart(spec) {
  const data = (spec.layer ?? []).map((layer, i) => {
    const { values } = layer.data;
    layer.data = { ...layer.data, name: `layer-${i}` };
    return values;
  });
  const told = { ...spec, description: "", layer: spec.layer?.map((one) => ({ ...one, data: 0 })) };
  const shape = JSON.stringify(told);
  return { data, shape: data.every(Array.isArray) ? shape : "" };
}

async function moved(box, text, like, data) {
  data.forEach((values, i) => like.view.data(`layer-${i}`, values));
  box.append(like.place);
  await like.view.runAsync();
  for (const [old, place] of drawn) if (place === like.place) drawn.delete(old);
  drawn.set(text, like.place);
  mark(like.place);
}

async function draw(box) {
  const text = box.querySelector("script").textContent + narrow.matches;
  const old = drawn.get(text);
  if (old && !old.isConnected) {
    box.querySelector(".plot")?.remove();
    box.append(old);
    return;
  }
  if (old && box.contains(old)) return;
  const spec = specification(box);
  const { shape, data } = apart(spec);
  const like = shapes.get(shape);
  if (like && !like.place.isConnected) return moved(box, text, like, data);
  const place = document.createElement("div");
  place.className = "plot";
  // The box around it says what the picture shows; its parts say nothing to a screen reader.
  place.setAttribute("aria-hidden", "true");
  const made = await window.vegaEmbed(place, spec, {
    actions: false,
    ast: true,
    defaultStyle: false,
    renderer: "svg",
    tooltip: showTip,
    patch: reachable,
    formatLocale: NUMBERS[document.documentElement.lang],
    loader: { load: () => Promise.reject(new Error("nothing is loaded")) },
  });
  box.querySelector(".plot")?.remove();
  box.append(place);
  drawn.set(text, place);
  if (shape) shapes.set(shape, { place, view: made.view });
  mark(place);
  made.view.addEventListener("click", (_event, item) => pick(item?.datum));
}

function mark(place) {
  for (const node of place.querySelectorAll("svg *")) {
    const datum = node.__data__?.datum;
    if (!datum) continue;
    if (datum.geo) node.dataset.geo = datum.geo;
    if (datum.cluster) node.dataset.cluster = datum.cluster;
    if (datum.unit) node.dataset.unit = datum.unit;
    if (datum.indicator) node.dataset.indicator = datum.indicator;
    if (datum.proposal) node.dataset.proposal = datum.proposal;
  }
}

async function drawAll() {
  for (const box of document.querySelectorAll("[data-chart]")) {
    try {
      await draw(box);
      box.style.removeProperty("min-height");
    } catch (problem) {
      box.append(Object.assign(document.createElement("p"), { textContent: String(problem) }));
    }
  }
  const shown = new Set([...document.querySelectorAll(".plot")]);
  for (const [text, place] of drawn) if (!shown.has(place)) drawn.delete(text);
  for (const [shape, { place }] of shapes) if (!shown.has(place)) shapes.delete(shape);
  light();
  document.documentElement.dataset.ready = "";
}

// --- what is lit up: the region and the cluster of the address -----------------------

const PARAMETER = {
  geo: "region", cluster: "cluster", unit: "unit", indicator: "indicator", proposal: "proposal",
};
const LINKED = Object.keys(PARAMETER).map((kind) => `[data-${kind}]`).join(", ");

function pick(datum) {
  if (!datum) return;
  const here = new URL(location);
  const kinds = Object.keys(PARAMETER).filter((kind) => datum[kind]);
  const same = kinds.every((kind) => here.searchParams.get(PARAMETER[kind]) === datum[kind]);
  for (const kind of kinds) {
    if (same) here.searchParams.delete(PARAMETER[kind]);
    else if (document.querySelector(`.controls [name="${PARAMETER[kind]}"]`)) {
      here.searchParams.set(PARAMETER[kind], datum[kind]);
    }
  }
  // Why a proposal stands where it does is told in a section of its own: that is where to look.
  const place = !same && datum.proposal ? " show:#proposal:top" : "";
  if (here.href !== location.href) show(here, place);
}

function show(address, place = "") {
  const target = { target: "#content", select: "#content", swap: `outerHTML${place}` };
  window.htmx.ajax("GET", address.pathname + address.search, target);
}

function darken() {
  const here = new URL(location);
  for (const name of Object.values(PARAMETER)) here.searchParams.delete(name);
  if (here.href !== location.href) show(here);
}

function light() {
  const box = document.querySelector("[data-lit]");
  const lit = [...new URLSearchParams(box?.dataset.lit ?? "")].filter(([, code]) => code);
  document.body.classList.toggle("lighting", lit.length > 0);
  for (const node of document.querySelectorAll(LINKED)) {
    // A figure that does not show what is lit stays as it is: dimmed it would say nothing.
    const plot = node.closest(".plot");
    const shows = lit.some(([kind, code]) => plot?.querySelector(`[data-${kind}="${CSS.escape(code)}"]`));
    if (plot && !shows) {
      node.classList.remove("lit", "half", "dim");
      continue;
    }
    const own = lit.filter(([kind]) => kind in node.dataset);
    const matching = own.filter(([kind, code]) => node.dataset[kind] === code).length;
    node.classList.toggle("lit", own.length > 0 && matching === own.length);
    node.classList.toggle("half", matching > 0 && matching < own.length);
    node.classList.toggle("dim", own.length > 0 && matching === 0);
  }
}

// --- keys, sharing, pages that arrive in place ---------------------------------------

function keys(event) {
  const writing = event.target.closest?.("input, select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || writing) return;
  if (event.key === "t") {
    const all = [...document.querySelectorAll("details.behind")];
    const open = all.some((one) => !one.open);
    for (const one of all) one.open = open;
  } else if (event.key === "Escape") darken();
}

// The words stand beside the button, in a place that a screen reader listens to, and go again.
async function share(event) {
  const { said, failed } = event.currentTarget.dataset;
  const place = event.currentTarget.parentElement.querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(location.href);
    place.textContent = said;
  } catch {
    place.textContent = failed;
  }
  setTimeout(() => { place.textContent = ""; }, 5000);
}

// A weight that is changed is written into the text of the composition.
function weigh(event) {
  const code = event.target.dataset?.weight;
  const text = document.querySelector("[data-composition] [name=members]");
  if (!code || !text || !event.target.checkValidity()) return;
  const value = Number(event.target.value);
  const parts = text.value.split(",").map((part) => {
    if (part.split("*")[0] !== code) return part;
    return value === 1 ? code : `${code}*${value}`;
  });
  text.value = parts.join(",");
  text.form.requestSubmit();
}

// The heading stays while contents come and go: its languages lead to what is shown now.
function speak() {
  for (const link of document.querySelectorAll(".tongues a[hreflang]")) {
    const there = new URL(location);
    there.searchParams.set("lang", link.hreflang);
    link.href = there.pathname + there.search;
  }
}

// So does the menu: its links take along what is chosen now.
function follow(event) {
  const sent = event.detail.xhr.responseText.match(/<nav class="menu"[^]*?<\/nav>/)?.[0] ?? "";
  const menu = new DOMParser().parseFromString(sent, "text/html");
  for (const link of document.querySelectorAll(".menu a")) {
    const [path] = link.getAttribute("href").split("?");
    const now = [...menu.querySelectorAll("a")].map((one) => one.getAttribute("href"));
    link.setAttribute("href", now.find((href) => href.split("?")[0] === path) ?? path);
  }
}

// Enter in a field sends what was changed; the form that it would send as well brings the same.
function once(event) {
  if (event.target.matches(".controls[hx-get]:not([data-composition])")) event.preventDefault();
}

// What belongs to one index or call alone is not sent along with another one.
const BELONGS = {
  index: ["unit", "indicator", "compare", "changes"],
  call: ["proposal", "top_up", "gap_share"],
};

function leave(event) {
  const own = BELONGS[event.target.name] ?? [];
  if (!own.length || !event.target.closest(".controls")) return;
  for (const field of event.target.form.elements) if (own.includes(field.name)) field.disabled = true;
}

// What a new content needs; runs for the first page and for each that a control brings.
function settle() {
  delete document.documentElement.dataset.ready;
  speak();
  for (const button of document.querySelectorAll(".controls button[type=submit]:not([data-keep])")) {
    button.hidden = true;
  }
  const figures = document.querySelector("[data-chart]");
  for (const hint of document.querySelectorAll("[data-keys]")) hint.hidden = !figures;
  for (const button of document.querySelectorAll("[data-share]")) button.hidden = false;
  document.querySelector("[data-share]")?.addEventListener("click", share);
  drawAll();
}

// What htmx puts in place with figures in it: a whole page, or what the sliders of a page change.
const PARTS = ["content", "outcome"];

// A slider and the field beside it show one value.
document.addEventListener("input", (event) => {
  const twin = document.getElementById(event.target.dataset?.twin ?? "");
  if (twin) twin.value = event.target.value;
  // One that is taken from the list, or taken away, is meant; one that is typed when it is whole.
  const typed = event.inputType && event.inputType !== "insertReplacementText";
  if (event.target.list && !typed) event.target.dispatchEvent(new Event("change", { bubbles: true }));
});

// A proposal that is picked from a list: why it stands there is told where it can be seen.
document.addEventListener("change", (event) => {
  if (event.target.name !== "proposal") return;
  document.addEventListener("htmx:afterSettle", () => {
    const reason = document.getElementById("proposal");
    const { top, bottom } = reason?.firstElementChild.getBoundingClientRect() ?? { top: 0, bottom: 0 };
    if (top < 0 || bottom > innerHeight) reason.scrollIntoView();
  }, { once: true });
});

document.body.append(tip);
document.addEventListener("keydown", keys);
document.addEventListener("change", weigh);
document.addEventListener("submit", once);
// Before the form sends itself.
document.addEventListener("change", leave, { capture: true });
// New boxes start as high as the old ones were: nothing moves under the reader's eye.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!PARTS.includes(event.target.id)) return;
  const heights = [...document.querySelectorAll("[data-chart]")].map((box) => box.offsetHeight);
  document.addEventListener("htmx:afterSwap", () => {
    [...document.querySelectorAll("[data-chart]")].forEach((box, i) => {
      if (heights[i]) box.style.setProperty("min-height", `${heights[i]}px`);
    });
  }, { once: true });
});
// The address of a page of which a part was changed stands in the place of the one before.
document.addEventListener("htmx:beforeSwap", (event) => {
  const address = event.detail.xhr.getResponseHeader("Hansa-Address");
  if (address) history.replaceState(history.state, "", address);
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (!PARTS.includes(event.target.id)) return;
  if (event.detail.xhr) follow(event);
  settle();
});
document.addEventListener("htmx:pushedIntoHistory", speak);
narrow.addEventListener("change", drawAll);
const drawer = document.querySelector(".drawer");
if (drawer && narrow.matches) drawer.open = false;
settle();
