/* 赋能汇: what the pages do beyond plain HTML. Deferred, no dependency; htmx only tells it about swaps.
   Every page works without this file. Hooks are data-… attributes, listed in docs/looks.md.
   Kept to what Chromium 86 knows; no eval, no inline style attributes (the CSSOM is allowed). */
(function () {
  "use strict";
  const root = document.documentElement;
  const all = (selector, scope) => Array.from((scope || document).querySelectorAll(selector));
  const make = (tag, attributes, text) => {
    const node = document.createElement(tag);
    Object.entries(attributes || {}).forEach(([name, value]) => node.setAttribute(name, value));
    if (text) node.textContent = text;
    return node;
  };
  root.classList.add("js");

  /* ---------- talking to the server ---------- */
  function token() {
    try {
      return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"] || "";
    } catch (error) {
      return "";
    }
  }

  function setToken(value) {
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRF-Token": value }));
    all('input[name="csrf_token"]').forEach((input) => { input.value = value; });
  }

  function send(url, body) {
    return fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-CSRF-Token": token(), "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded" },
      body: body,
    });
  }

  let toastTimer = 0;
  function toast(text) {
    let box = document.getElementById("toast");
    if (!box) {
      box = document.body.appendChild(make("div", { id: "toast", class: "toast", role: "status" }));
    }
    box.textContent = text;
    box.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { box.hidden = true; }, 4000);
  }

  /* ---------- dialogs: yes or no, and the password in place ---------- */
  function dialog(title, text) {
    const box = make("dialog", { class: "dialog", "aria-labelledby": "dialog-title" });
    box.append(make("h2", { id: "dialog-title" }, title), make("p", { class: "muted" }, text));
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    return box;
  }

  function ask(question, label, danger) {
    return new Promise((resolve) => {
      const box = dialog("请确认", question);
      const buttons = make("div", { class: "btns" });
      const no = make("button", { type: "button", class: "btn" }, "不了");
      const yes = make("button", { type: "button", class: "btn " + (danger ? "btn-danger" : "btn-primary") }, label || "确定");
      let answer = false;
      no.addEventListener("click", () => box.close());
      yes.addEventListener("click", () => { answer = true; box.close(); });
      box.addEventListener("close", () => resolve(answer));
      buttons.append(no, yes);
      box.append(buttons);
      box.showModal();
      no.focus();
    });
  }

  let signingIn = null;
  /* The session ended while someone was typing: fetch the sign-in form, show it here, post it, take the new token. */
  function signInAgain() {
    if (signingIn) return signingIn;
    signingIn = fetch("/sign-in", { credentials: "same-origin" })
      .then((answer) => answer.text())
      .then((html) => {
        const form = new DOMParser().parseFromString(html, "text/html").querySelector("form[data-sign-in]");
        if (!form) throw new Error("no sign-in form");
        return askPassword(document.importNode(form, true));
      })
      .finally(() => { signingIn = null; });
    return signingIn;
  }

  function askPassword(form) {
    return new Promise((resolve, reject) => {
      const box = dialog("登录已过期", "您填的内容还在这一页。重新登录后会自动接着保存。");
      const problem = make("p", { class: "err", role: "alert" });
      const cancel = make("button", { type: "button", class: "btn btn-quiet" }, "稍后再说");
      mount(form);
      cancel.addEventListener("click", () => box.close());
      box.addEventListener("close", () => reject(new Error("not signed in")));
      /* The password's form, then perhaps the second factor's in its place. */
      function mount(form) {
        form.className = "mt4";
        form.append(problem, cancel);
        box.append(form);
        wire(box);
        form.addEventListener("submit", (event) => {
          event.preventDefault();
          event.stopPropagation();
          send(form);
        }, true);
      }
      function send(form) {
        fetch(form.getAttribute("action"), { method: "POST", credentials: "same-origin", body: new URLSearchParams(new FormData(form)) })
          .then((answer) => answer.text().then((html) => ({ ok: answer.ok, page: new DOMParser().parseFromString(html, "text/html") })))
          .then(({ ok, page }) => {
            const following = page.querySelector("form[data-sign-in]");
            if (ok && following && following.getAttribute("action") !== form.getAttribute("action")) {
              problem.textContent = "";
              form.remove();
              mount(document.importNode(following, true));
              return;
            }
            if (!ok || following) {
              const reason = page.querySelector(".errors li, .err");
              problem.textContent = reason ? reason.textContent : "没有登录成功，请核对后再试。";
              return;
            }
            return fetch(location.pathname, { credentials: "same-origin" })
              .then((answer) => answer.text())
              .then((html) => {
                const fresh = new DOMParser().parseFromString(html, "text/html").body.getAttribute("hx-headers");
                if (fresh) setToken(JSON.parse(fresh)["X-CSRF-Token"]);
                resolve();
                box.close();
              });
          })
          .catch(() => { problem.textContent = "没有连上，请再试一次。"; });
      }
      box.showModal();
    });
  }

  /* ---------- drafts: saved two seconds after typing stops ---------- */
  const WAIT = 2000;
  const AGAIN = 10000;
  const unsaved = new Set();

  function autosave(form) {
    const url = form.dataset.autosave;
    const sign = document.querySelector("[data-saved]");
    const me = Math.random().toString(36).slice(2);
    const channel = "BroadcastChannel" in window ? new BroadcastChannel("funeng-draft:" + url) : null;
    let timer = 0;
    let saving = false;
    let last = snapshot();

    function snapshot() {
      const pairs = new URLSearchParams();
      new FormData(form).forEach((value, name) => {
        if (typeof value === "string" && name !== "csrf_token" && name !== "idempotency_key") pairs.append(name, value);
      });
      return pairs.toString();
    }

    function show(text, bad) {
      if (!sign) return;
      sign.classList.toggle("saved-bad", Boolean(bad));
      sign.textContent = text;
      if (bad) {
        const retry = make("button", { type: "button", class: "linklike" }, "现在重试");
        retry.addEventListener("click", save);
        sign.append(" ", retry);
      }
    }

    function save() {
      clearTimeout(timer);
      const now = snapshot();
      if (saving || now === last) return undefined;
      saving = true;
      return send(url, now)
        .then((answer) => {
          if (answer.status === 401 || (answer.redirected && answer.url.includes("/sign-in"))) {
            show("登录已过期，内容还在这一页", true);
            return signInAgain().then(() => { saving = false; return save(); });
          }
          if (!answer.ok) throw new Error(String(answer.status));
          return answer.json().catch(() => ({})).then((body) => {
            last = now;
            unsaved.delete(form);
            show("已保存 " + (body.saved_at || new Date().toTimeString().slice(0, 5)));
            if (channel) channel.postMessage(me);
            form.dispatchEvent(new CustomEvent("draft:saved", { bubbles: true }));
          });
        })
        .catch((error) => {
          show(error.message === "413" ? "内容太长，没有保存" : "还没保存（连不上或系统忙）", true);
          timer = setTimeout(save, AGAIN);
        })
        .finally(() => { saving = false; });
    }

    form.addEventListener("input", () => {
      unsaved.add(form);
      clearTimeout(timer);
      timer = setTimeout(save, WAIT);
    });
    form.addEventListener("change", () => form.dispatchEvent(new Event("input")));
    form.addEventListener("submit", () => { clearTimeout(timer); unsaved.delete(form); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
    if (channel) {
      channel.onmessage = (event) => {
        if (event.data !== me) show("另一个窗口也在改这份内容，以最后保存的为准", true);
      };
    }
  }

  addEventListener("beforeunload", (event) => {
    if (unsaved.size) {
      event.preventDefault();
      event.returnValue = "";
    }
  });

  /* ---------- one list box for pickers and suggestions ---------- */
  let boxes = 0;
  /* input: a text box; find(q): items or a promise of them, item = {text, note, …}; take(item): chosen. */
  function listbox(input, find, take, options) {
    const id = "listbox-" + ++boxes;
    const list = make("ul", { id: id, class: "listbox", role: "listbox", "aria-label": "可选项" });
    let items = [];
    let at = -1;
    let turn = 0;
    let waiting = false;
    let wish = ""; // what keys asked for while the list was on its way: mark, then first or only
    list.hidden = true;
    input.after(list);
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, autocomplete: "off" })
      .forEach(([name, value]) => input.setAttribute(name, value));

    function close() {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function mark(n) {
      at = n;
      all("[role=option]", list).forEach((node, index) => node.setAttribute("aria-selected", String(index === n)));
      const node = list.children[n];
      if (!node) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", node.id);
      node.scrollIntoView({ block: "nearest" });
    }

    function open() {
      const mine = ++turn;
      waiting = true;
      Promise.resolve(find(input.value.trim())).then((found) => {
        if (mine !== turn || document.activeElement !== input) return;
        items = found;
        list.textContent = "";
        items.forEach((item, index) => {
          const node = make("li", { id: id + "-" + index, role: "option", "aria-selected": "false" });
          node.append(make("span", {}, item.text));
          if (item.note) node.append(make("small", {}, item.note));
          node.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(index); });
          list.append(node);
        });
        if (!items.length && options.none) list.append(make("li", { class: "none" }, options.none));
        list.hidden = !list.children.length;
        input.setAttribute("aria-expanded", String(!list.hidden));
        waiting = false;
        mark(wish && items.length ? 0 : -1);
        if ((wish === "first" && items.length) || (wish === "only" && items.length === 1)) choose(0);
        wish = "";
      }).catch(() => { waiting = false; close(); });
    }

    function choose(n) {
      const item = items[n];
      turn += 1;
      close();
      take(item);
    }

    let timer = 0;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      if (!options.wait) return open();
      waiting = true;
      timer = setTimeout(open, options.wait);
      return undefined;
    });
    if (options.eager) input.addEventListener("click", open);
    input.addEventListener("blur", () => { turn += 1; waiting = false; wish = ""; close(); });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (waiting || list.hidden) {
          wish = "mark";
          if (!waiting) open();
          return;
        }
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(items.length ? (at + step + items.length) % items.length : -1);
      } else if (event.key === "Enter" && waiting && (wish || options.eager)) {
        event.preventDefault();
        wish = wish ? "first" : "only";
      } else if (event.key === "Enter" && !list.hidden && (at >= 0 || (options.eager && items.length === 1))) {
        event.preventDefault();
        choose(Math.max(at, 0));
      } else if (event.key === "Enter" && !list.hidden && options.eager) {
        event.preventDefault();
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
  }

  function stand(input, control) {
    input.className = "inp";
    ["aria-describedby", "aria-invalid"].forEach((name) => {
      if (control.hasAttribute(name)) input.setAttribute(name, control.getAttribute(name));
    });
    input.id = control.id;
    control.id += "-value";
  }

  /* a chevron from the page's own sprite: the address stands in any icon that is already there */
  function chevron(input) {
    const known = document.querySelector("svg.i use");
    if (!known) return;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "i");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", known.getAttribute("href").split("#")[0] + "#chevron-down");
    svg.append(use);
    input.after(svg);
  }

  function picker(select) {
    const input = make("input", { type: "text", placeholder: select.dataset.picker });
    const entries = all("option", select).filter((option) => option.value).map((option) => ({
      text: option.textContent,
      value: option.value,
      note: option.parentNode.label || "",
      key: (option.textContent + " " + option.value + " " + (option.dataset.words || "")).toLowerCase(),
    }));
    const shown = () => (select.value ? select.selectedOptions[0].textContent : "");
    const set = (value) => {
      select.value = value;
      input.value = shown();
      select.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const find = (q) => {
      const words = q.toLowerCase();
      const hits = words && q !== shown() ? entries.filter((entry) => entry.key.includes(words)) : entries;
      return hits.slice(0, 60);
    };
    stand(input, select);
    select.hidden = true;
    select.before(input);
    chevron(input);
    input.value = shown();
    listbox(input, find, (item) => set(item.value), { eager: true, none: "没有找到，换个说法或少输几个字" });
    input.addEventListener("blur", () => {
      if (!input.value.trim()) return set("");
      if (input.value === shown()) return undefined;
      const hits = find(input.value.trim());
      return set(hits.length === 1 ? hits[0].value : select.value);
    });
  }

  function remotePicker(value) {
    const input = make("input", { type: "text", placeholder: value.placeholder });
    stand(input, value);
    value.type = "hidden";
    value.before(input);
    chevron(input);
    input.value = value.dataset.text || value.value;
    let chosen = input.value;
    listbox(input, (q) => lookup(value.dataset.pickerSrc, q === chosen ? "" : q), (item) => {
      value.value = item.value;
      input.value = chosen = item.text;
      value.dispatchEvent(new Event("input", { bubbles: true }));
    }, { wait: 200, eager: true, none: "没有找到，换个说法或少输几个字" });
    input.addEventListener("input", () => { if (input.value !== chosen) value.value = input.value; });
  }

  function lookup(url, q) {
    return fetch(url + (url.includes("?") ? "&" : "?") + "q=" + encodeURIComponent(q), { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : { items: [] }))
      .then((body) => (Array.isArray(body) ? body : body.items || []));
  }

  function suggest(input) {
    listbox(input, (q) => (q ? lookup(input.dataset.suggest, q) : []), (item) => {
      if (item.url) {
        location.assign(item.url);
        return;
      }
      input.value = item.text;
      input.form.requestSubmit();
    }, { wait: 150 });
  }

  /* ---------- small things ---------- */
  /* by rows, not by a style: htmx copies attributes when it settles, and the CSP forbids copied styles */
  function grow(area) {
    const least = area.rows;
    const fit = () => {
      area.rows = least;
      while (area.scrollHeight > area.clientHeight && area.rows < 20) area.rows += 1;
    };
    area.addEventListener("input", fit);
    if (area.value) fit();
  }

  function counter(area) {
    const note = make("span", { class: "counter", "aria-live": "polite" });
    const tell = () => {
      const left = area.maxLength - area.value.length;
      note.textContent = area.value.length > area.maxLength * 0.8 ? "还能写 " + left + " 字" : "";
    };
    area.after(note);
    area.addEventListener("input", tell);
    tell();
  }

  function warn(form) {
    form.addEventListener("input", () => unsaved.add(form));
    form.addEventListener("submit", () => unsaved.delete(form));
  }

  /* Enter sends a one-sentence box; Shift+Enter is a new line */
  function enter(area) {
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      area.form.requestSubmit();
    });
  }

  function tint(scope) {
    all(".opt input, .pick input", scope).forEach((input) => input.closest("label").classList.toggle("is-on", input.checked));
  }

  function queue(list) {
    const rows = () => all("a", list);
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && !/^(radio|checkbox)$/.test(event.target.type);
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
        const form = document.querySelector("form[data-decide]");
        if (form) form.requestSubmit();
        return;
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      const links = rows();
      const now = links.indexOf(document.activeElement) >= 0 ? links.indexOf(document.activeElement) : links.findIndex((link) => link.hasAttribute("aria-current"));
      if (event.key === "j" || event.key === "k") {
        const next = links[Math.max(0, Math.min(links.length - 1, now + (event.key === "j" ? 1 : -1)))];
        if (next) next.focus();
        event.preventDefault();
      } else if (event.key === "/") {
        const box = document.querySelector("[data-queue-search], .find .inp");
        if (box) { box.focus(); event.preventDefault(); }
      } else {
        const key = document.querySelector('input[data-key="' + CSS.escape(event.key) + '"]');
        if (key) { key.click(); key.focus(); }
      }
    });
  }

  function wire(scope) {
    const each = (selector, work) => all(selector, scope).forEach((node) => {
      const done = "wired" + work.name;
      if (!node.dataset[done]) {
        node.dataset[done] = "1";
        work(node);
      }
    });
    each("textarea[data-grow]", grow);
    each("textarea[data-count]", counter);
    each("select[data-picker]", picker);
    each("input[data-picker-src]", remotePicker);
    each("input[data-suggest]", suggest);
    each("textarea[data-enter]", enter);
    each("form[data-autosave]", autosave);
    each("form[data-warn]", warn);
    each("[data-queue]", queue);
    tint(scope);
  }

  document.addEventListener("change", (event) => {
    if (event.target.closest(".opt, .pick")) tint(document);
    const opens = event.target.checked && event.target.dataset.opens;
    if (opens) document.getElementById(opens).open = true;
  });

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    const copy = on("[data-copy]");
    const reveal = on("[data-reveal]");
    const fill = on("[data-fill]");
    if (copy) {
      const url = new URL(copy.dataset.copy, location.href).href;
      const done = navigator.clipboard ? navigator.clipboard.writeText(url) : Promise.reject(new Error("no clipboard"));
      done.then(() => toast("链接已复制"), () => prompt("请复制这个链接", url));
    } else if (reveal) {
      const input = document.getElementById(reveal.dataset.reveal);
      const show = input.type === "password";
      input.type = show ? "text" : "password";
      reveal.textContent = show ? "隐藏" : "显示";
      reveal.setAttribute("aria-pressed", String(show));
    } else if (fill) {
      const box = document.querySelector(fill.dataset.fill);
      event.preventDefault();
      box.value = fill.textContent.trim();
      box.dispatchEvent(new Event("input", { bubbles: true }));
      box.form.requestSubmit();
    } else if (on("[data-back]")) {
      history.back();
    } else if (on("[data-print]")) {
      print();
    } else if (on("[data-close-sheet]")) {
      event.preventDefault();
      location.hash = on("[data-close-sheet]").dataset.closeSheet;
    }
    all("details[data-drop][open]").forEach((box) => { if (!box.contains(event.target)) box.open = false; });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details[data-drop][open]").forEach((box) => { box.open = false; box.querySelector("summary").focus(); });
  });

  /* One answer per click: a form that is on its way is not sent twice; a form with data-confirm asks first. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = (event.submitter && event.submitter.dataset.confirm) || form.dataset.confirm;
    if (question && !form.dataset.agreed) {
      event.preventDefault();
      event.stopPropagation();
      const button = event.submitter;
      ask(question, button ? button.textContent.trim() : "", button && button.classList.contains("btn-danger")).then((yes) => {
        if (!yes) return;
        form.dataset.agreed = "1";
        form.requestSubmit(button || undefined);
        delete form.dataset.agreed;
      });
      return;
    }
    if (form.method !== "post" || form.closest("dialog")) return;
    if (form.dataset.busy) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    form.dataset.busy = "1";
    if (event.submitter) event.submitter.classList.add("is-busy");
  }, true);

  function free(scope) {
    all("form[data-busy]", scope).forEach((form) => { delete form.dataset.busy; });
    all(".is-busy", scope).forEach((button) => button.classList.remove("is-busy"));
  }
  addEventListener("pageshow", () => free(document));

  document.addEventListener("htmx:afterRequest", (event) => {
    free(document);
    const answer = event.detail.xhr;
    if (answer && answer.status === 401) signInAgain().then(() => toast("已登录，请再点一次"), () => {});
  });
  document.addEventListener("htmx:load", (event) => wire(event.detail.elt.parentNode || document));
  document.addEventListener("htmx:afterSettle", (event) => {
    const cause = (event.detail.requestConfig || {}).triggeringEvent;
    const heading = event.detail.target.querySelector("[data-focus]");
    // a part that the page fetched by itself must not take the focus away
    if (heading && cause && cause.type !== "load") heading.focus();
  });
  /* an address to share has no empty parts */
  document.addEventListener("htmx:configRequest", (event) => {
    const data = event.detail.formData;
    if (event.detail.verb !== "get" || !data) return;
    Array.from(data.keys()).forEach((name) => { if (data.getAll(name).every((value) => value === "")) data.delete(name); });
  });
  document.addEventListener("htmx:sendError", () => toast("没有连上，请再试一次"));
  document.addEventListener("htmx:timeout", () => toast("等得太久了，请再试一次"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 429) toast("操作太频繁，请等一会儿再试");
    else if (status !== 401) toast("这一步没有成功，请再试一次");
  });

  wire(document);
  document.querySelectorAll(".tabs").forEach((row) => { /* the tab one is on is not off the edge of a phone */
    const here = row.querySelector("[aria-current]");
    if (here) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  });
  const errors = document.querySelector("[data-errors]");
  if (errors) errors.focus();
})();
