"use strict";
// Renders the description of the interface, and calls its routes with the session of the browser or with a token that
// stays in this page. Everything from the description and from answers is put in as text, never as markup.

let description = { components: { schemas: {} } };
let token = "";

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; texts become text nodes. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

/** The schema behind a reference, with its name. */
function resolve(schema) {
  const name = schema?.$ref?.split("/").pop();
  return name ? { name, ...description.components.schemas[name] } : schema ?? {};
}

/** A word for what a schema holds. */
function kindOf(schema) {
  if (schema?.$ref) return resolve(schema).name;
  if (schema?.oneOf ?? schema?.anyOf) return (schema.oneOf ?? schema.anyOf).map(kindOf).join(" or ");
  const kind = [schema?.type ?? "anything"].flat().join(" or ");
  if (schema?.items) return `list of ${kindOf(schema.items)}`;
  if (schema?.enum) return schema.enum.map(String).join(" | ");
  return schema?.format ? `${kind} (${schema.format})` : kind;
}

/** The members of a schema as a list; those that refer to a schema above them are named only. */
function membersOf(schema, above = []) {
  const whole = resolve(schema);
  if (whole.items) return membersOf(whole.items, above);
  const choices = whole.oneOf ?? whole.anyOf ?? whole.allOf;
  if (choices) return choices.map((choice) => membersOf(choice, above)).filter(Boolean);
  const members = Object.entries(whole.properties ?? {});
  if (members.length === 0 || above.includes(whole.name)) return undefined;
  const lines = members.map(([name, member]) => make("li", {},
    make("code", {}, name), (whole.required ?? []).includes(name) ? "" : "?",
    make("span", { class: "kind" }, ` ${kindOf(member)} `), member.description ?? "",
    membersOf(member, [...above, whole.name])));
  return make("ul", { class: "schema" }, lines);
}

/** A value to begin with when a body is written. */
function example(schema, above = []) {
  const whole = resolve(schema);
  if (above.includes(whole.name)) return null;
  const within = whole.name ? [...above, whole.name] : above;
  if (whole.example !== undefined) return whole.example;
  if (whole.enum) return whole.enum[0];
  if (whole.oneOf ?? whole.anyOf) return example((whole.oneOf ?? whole.anyOf).at(-1), within);
  const kinds = [whole.type].flat();
  if (kinds.includes("null")) return null;
  if (whole.properties) {
    return Object.fromEntries(Object.entries(whole.properties).map(([name, member]) => [name, example(member, within)]));
  }
  return { array: [], boolean: false, integer: 0, number: 0, object: {}, string: "" }[kinds[0]] ?? null;
}

function parameterRow(parameter) {
  const attributes = { name: parameter.name, "data-in": parameter.in, "aria-label": parameter.name };
  const words = parameter.schema?.enum;
  const input = words
    ? make("select", attributes, make("option", { value: "" }, ""), words.map((word) => make("option", {}, word)))
    : make("input", { ...attributes, autocomplete: "off" });
  input.required = parameter.required === true;
  return make("tr", {}, make("th", { scope: "row" }, make("code", {}, parameter.name), parameter.required ? " *" : ""),
    make("td", {}, input), make("td", { class: "about" }, parameter.description ?? kindOf(parameter.schema)));
}

/** What a route needs of whoever calls it. */
function rightOf(operation) {
  if (operation["x-permission"]) return ["needs the permission ", make("code", {}, operation["x-permission"])];
  return operation.security?.length === 0 ? ["is open to anyone"] : ["needs somebody who is signed in"];
}

function answersOf(operation) {
  const rows = Object.entries(operation.responses).map(([status, answer]) => {
    const [kind, content] = Object.entries(answer.content ?? {})[0] ?? ["", {}];
    const isProblem = kind === "application/problem+json";
    return make("tr", {}, make("th", { scope: "row" }, status), make("td", {}, answer.description),
      make("td", { class: "about" }, kind, isProblem || !content.schema ? undefined : membersOf(content.schema)));
  });
  return make("table", {}, make("tbody", {}, rows));
}

/** The form of one route, made when it is opened for the first time. */
function formOf(method, path, operation) {
  const parameters = operation.parameters ?? [];
  const [kind, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const text = kind === undefined ? undefined : make("textarea", { "aria-label": "Body", spellcheck: "false" });
  if (text && content.schema) {
    const value = example(content.schema);
    text.value = kind.includes("form") ? String(new URLSearchParams(value)) : JSON.stringify(value, null, 2);
  }
  const answer = make("div", { class: "answer", "aria-live": "polite" });
  const form = make("form", {
    class: "try",
    submit: (event) => {
      event.preventDefault();
      call(method, path, form, kind, text, answer);
    },
  }, make("button", {}, "Send"));
  const table = make("table", {}, make("tbody", {}, parameters.map(parameterRow)));
  for (const input of table.querySelectorAll("input, select")) {
    form.id ||= operation.operationId;
    input.setAttribute("form", form.id);
  }
  return make("div", { class: "body" },
    make("p", { class: "right" }, "It ", rightOf(operation), "."),
    parameters.length > 0 ? [make("h3", {}, "Parameters"), table] : undefined,
    text ? [make("h3", {}, `Body, ${kind}`), text, content.schema ? membersOf(content.schema) : undefined] : undefined,
    form, answer,
    make("h3", {}, "Answers"), answersOf(operation));
}

async function call(method, path, form, kind, text, answer) {
  const inputs = [...form.elements].filter((input) => input.dataset.in && input.value !== "");
  const named = (place) => inputs.filter((input) => input.dataset.in === place);
  let address = path;
  for (const input of named("path")) address = address.replace(`{${input.name}}`, encodeURIComponent(input.value));
  const query = new URLSearchParams(named("query").map((input) => [input.name, input.value])).toString();
  if (query) address += `?${query}`;
  const headers = kind ? { "Content-Type": kind } : {};
  if (token) headers.Authorization = `Bearer ${token}`;
  answer.replaceChildren(make("p", {}, make("code", {}, `${method} ${address}`), " …"));
  const began = performance.now();
  try {
    const response = await fetch(address, { method, headers, body: text?.value });
    const shown = (await response.text()).slice(0, 200000);
    const took = `${Math.round(performance.now() - began)} ms`;
    answer.replaceChildren(
      make("p", { class: response.ok ? "" : "failed" }, make("code", {}, `${method} ${address}`),
        ` ${response.status} ${response.statusText}`.trimEnd(), `, ${took}`),
      make("pre", {}, pretty(shown)));
  } catch (error) {
    answer.replaceChildren(make("p", { class: "failed" }, `the server did not answer: ${error.message}`));
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function routeOf(method, path, operation) {
  const details = make("details", {
    "data-text": `${method} ${path} ${operation.summary} ${operation["x-permission"] ?? ""}`.toLowerCase(),
    toggle: () => {
      if (details.open && details.children.length === 1) details.append(formOf(method, path, operation));
    },
  }, make("summary", {}, make("span", { class: `method ${method}` }, method), make("span", { class: "path" }, path),
    make("span", { class: "about" }, operation.summary)));
  return details;
}

function render() {
  const groups = new Map();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "Other";
      groups.set(tag, [...(groups.get(tag) ?? []), routeOf(method.toUpperCase(), path, operation)]);
    }
  }
  const sections = [...groups].sort(([a], [b]) => a.localeCompare(b));
  byId("version").textContent = description.info.version;
  byId("routes").replaceChildren(...sections.map(([tag, routes]) => make("section", {}, make("h2", {}, tag), routes)));
}

function find() {
  const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of byId("routes").children) {
    const routes = [...section.querySelectorAll("details")];
    for (const route of routes) route.hidden = !words.every((word) => route.dataset.text.includes(word));
    section.hidden = routes.every((route) => route.hidden);
  }
}

/** Tells as whom the routes are called. */
async function whoAmI() {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch("/api/Access/Me", { headers });
  const me = answer.ok ? await answer.json() : undefined;
  byId("who").textContent = me ? `calls as ${me.name}` : "nobody is signed in";
}

async function getToken(event) {
  event.preventDefault();
  const form = new URLSearchParams(new FormData(event.target));
  form.set("grant_type", "client_credentials");
  const answer = await fetch("/connect/token", { method: "POST", body: form });
  const given = await answer.json();
  token = answer.ok ? given.access_token : "";
  if (answer.ok) await whoAmI();
  else byId("who").textContent = given.error_description ?? given.error ?? `no token: ${answer.status}`;
}

async function start() {
  byId("find").addEventListener("input", find);
  byId("identity").addEventListener("submit", getToken);
  description = await (await fetch("/swagger/v1/swagger.json")).json();
  render();
  await whoAmI();
}

start().catch((error) => {
  byId("routes").replaceChildren(make("p", { class: "failed" }, `the description cannot be read: ${error.message}`));
});
