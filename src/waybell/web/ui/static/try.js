// Sends requests from the API reference, with a key that is typed there and stays in the memory of the page.
"use strict";

const JSON_TYPE = "application/json";
const XML_TYPE = "application/xml";
const READABLE = /json|xml|^text\//;

// What a form asks for: `body` is a text or a file, or null.
function requestOf(form) {
  const { path, query, headers } = addressOf(form);
  headers.Accept = valueOf(form, "[data-format]");
  const file = form.querySelector("[data-file]");
  const text = valueOf(form, "[data-body]");
  const body = file ? (file.files[0] ?? null) : text || null;
  if (body !== null) headers["Content-Type"] = file ? body.type : headers.Accept;
  return { method: form.dataset.method, path: query ? `${path}?${query}` : path, headers, body };
}

function valueOf(form, selector) {
  return form.querySelector(selector)?.value.trim() ?? "";
}

function addressOf(form) {
  let path = form.dataset.path;
  const headers = {};
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("[data-in]")) {
    const value = input.value.trim();
    if (value === "") continue;
    if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(value));
    else if (input.dataset.in === "header") headers[input.name] = value;
    else query.append(input.name, value);
  }
  return { path, query: query.toString(), headers };
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// The same as a command, which any shell of Unix takes.
function curlOf(form) {
  const { method, path, headers, body } = requestOf(form);
  const parts = [`curl -i -X ${method} ${quoted(form.dataset.server + path)}`, '-H "X-API-KEY: $KEY"'];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body instanceof File) parts.push(`--data-binary ${quoted(`@${body.name}`)}`);
  else if (body !== null) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

function showCode(box, text) {
  box.querySelector("code").textContent = text;
  const copy = box.querySelector("[data-copy]");
  if (copy) copy.dataset.copy = text;
}

function refresh(form) {
  showCode(form.querySelector("[data-curl]"), curlOf(form));
}

// The body is the example of the page in the language that is chosen, until somebody writes one of their own.
function prefill(form) {
  const body = form.querySelector("[data-body]");
  if (!body || body.value !== (body.dataset.example ?? "")) return;
  const example = form.closest("section").querySelector(`[data-example="${valueOf(form, "[data-format]")}"] code`);
  body.value = body.dataset.example = example?.textContent ?? "";
  body.rows = Math.min(Math.max(body.value.split("\n").length, 3), 20);
}

function laidOut(text, type) {
  try {
    return type.includes("json") ? JSON.stringify(JSON.parse(text), null, 2) : type.includes("xml") ? laidOutXml(text) : text;
  } catch {
    return text;
  }
}

// Elements hold either elements or text, so a line break between two tags changes nothing.
function laidOutXml(text) {
  let depth = 0;
  return text.replace(/>\s*</g, ">\n<").split("\n").map((line) => {
    if (line.startsWith("</")) depth -= 1;
    const shown = "  ".repeat(Math.max(depth, 0)) + line;
    if (/^<[^/?!]/.test(line) && !/\/>$|<\//.test(line)) depth += 1;
    return shown;
  }).join("\n");
}

async function send(form) {
  const { method, path, headers, body } = requestOf(form);
  const key = valueOf(form, "[data-key]");
  const outcome = form.querySelector("[data-outcome]");
  form.querySelector("[data-answer]").replaceChildren();
  outcome.textContent = "Sending ...";
  const began = performance.now();
  try {
    const answer = await fetch(path, { method, body, headers: { ...headers, "X-API-KEY": key }, credentials: "omit", cache: "no-store" });
    const content = await answer.blob();
    showOutcome(outcome, answer, Math.round(performance.now() - began));
    await showAnswer(form, answer, content);
  } catch (error) {
    outcome.textContent = `No answer came: ${error.message}`;
  }
}

function showOutcome(outcome, answer, milliseconds) {
  const pill = document.createElement("span");
  pill.className = `status-pill status-${Math.floor(answer.status / 100)}xx`;
  pill.textContent = answer.status;
  outcome.replaceChildren(pill, ` ${answer.statusText} in ${milliseconds} ms`);
}

async function showAnswer(form, answer, content) {
  const shown = document.getElementById("answer").content.cloneNode(true);
  const type = answer.headers.get("Content-Type") ?? "";
  showCode(shown.querySelector("[data-headers]"), [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n"));
  const [text, save] = [shown.querySelector("[data-text]"), shown.querySelector("[data-save]")];
  if (READABLE.test(type) || content.size === 0) {
    showCode(text, laidOut(await content.text(), type));
    save.remove();
  } else {
    save.href = URL.createObjectURL(content);
    save.download = `${form.dataset.path.split("/").at(-1)}.${type.split("/").at(-1)}`.toLowerCase();
    text.remove();
  }
  form.querySelector("[data-answer]").replaceChildren(shown);
}

for (const box of document.querySelectorAll("details.try")) {
  const form = box.querySelector("form");
  box.hidden = false;
  box.addEventListener("toggle", () => {
    prefill(form);
    refresh(form);
  });
  form.addEventListener("input", (event) => {
    // One key for all forms of the page.
    if (event.target.matches("[data-key]")) for (const other of document.querySelectorAll("[data-key]")) other.value = event.target.value;
    if (event.target.matches("[data-format]")) prefill(form);
    refresh(form);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    await send(form);
    form.ariaBusy = "false";
  });
}
