// The console's own script: charts, keys, and what htmx leaves to the page. It makes no markup from text.
"use strict";
(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function draw(place) {
    if (typeof uPlot === "undefined" || !place.clientWidth) return;
    const data = JSON.parse(place.dataset.chart);
    const lines = data.lines.map(({ label, role, values }) => [{
      label, stroke: css(role === "stable" ? "stable" : "candidate"), width: 2, spanGaps: false,
      dash: role === "stable" ? [6, 4] : [],
      points: { show: values.filter((value) => value !== null).length < 15, size: 5 },
    }, values]);
    const top = Math.max(data.limit ?? 0, ...data.lines.flatMap(({ values }) => values.filter((v) => v !== null)));
    const axis = { stroke: css("dim"), grid: { stroke: css("grid"), width: 1 }, ticks: { stroke: css("line"), width: 1 },
                   font: "11px system-ui, sans-serif" };
    place.replaceChildren();
    place.plot = new uPlot({
      width: place.clientWidth, height: 185, legend: { show: false }, cursor: { show: false },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
      scales: { x: { range: [data.from, data.to] }, y: { range: [0, top * 1.1 || 1] } },
      series: [{}, ...lines.map(([series]) => series)],
      axes: [{ ...axis, values: (_, times) => times.map((at) => new Date(at * 1e3).toISOString().slice(11, 16)) },
             { ...axis, size: 52 }],
      hooks: { draw: [(plot) => {
        const { ctx, bbox } = plot;
        const line = (x0, y0, x1, y1, colour, dash) => {
          ctx.beginPath(); ctx.strokeStyle = colour; ctx.lineWidth = 1.5; ctx.setLineDash(dash);
          ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); ctx.stroke();
        };
        ctx.save();
        if (data.limit !== null) {
          const y = plot.valToPos(data.limit, "y", true);
          line(bbox.left, y, bbox.left + bbox.width, y, css("limit"), []);
          ctx.textAlign = "left"; ctx.fillStyle = css("limit"); ctx.font = `${11 * devicePixelRatio}px system-ui`;
          ctx.fillText("limit", bbox.left + 4, y - 4);
        }
        for (const { at } of data.marks) {
          const x = plot.valToPos(at, "x", true);
          line(x, bbox.top, x, bbox.top + bbox.height, css("mark"), [4, 4]);
        }
        ctx.restore();
      }] },
    }, [data.times, ...lines.map(([, values]) => values)], place);
  }
  const drawAll = (root) => root.querySelectorAll("[data-chart]").forEach(draw);

  // What has not changed is left alone, so that nothing loses its focus or its place.
  const shown = new Map();
  const open = new Set();
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && !event.detail.requestConfig.triggeringEvent) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (xhr.status !== 200) return;
    event.detail.shouldSwap = shown.get(target.id) !== xhr.responseText;
    shown.set(target.id, xhr.responseText);
    target.querySelectorAll("details").forEach((each) => each.open ? open.add(each.id) : open.delete(each.id));
  });
  document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
    target.querySelectorAll("details").forEach((each) => { each.open = open.has(each.id); });
    drawAll(target);
  });
  const banner = document.getElementById("offline");
  const trouble = (text) => { banner.hidden = !text; banner.textContent = text; };
  document.addEventListener("htmx:sendError", () =>
    trouble("The console does not answer: what you see is old. Start it again: edgeship console"));
  document.addEventListener("htmx:timeout", () => trouble("The console does not answer: what you see is old."));
  document.addEventListener("htmx:responseError", ({ detail: { xhr } }) =>
    trouble(xhr.status === 401 ? "Another console runs here now: open the URL that it printed."
      : `This could not be read again (${xhr.status}): what you see is old.`));
  document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.successful) trouble(""); });

  // Keys.
  const help = document.getElementById("help");
  let chosen = -1, going = false;
  function choose(step) {
    const items = [...document.querySelectorAll("[data-item]")];
    if (!items.length) return;
    const now = items.findIndex((each) => each.contains(document.activeElement));
    chosen = Math.max(0, Math.min(items.length - 1, (now < 0 ? chosen : now) + step));
    const link = items[chosen].querySelector("a, button");
    if (link) link.focus();
    items[chosen].scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (going) {
      going = false;
      const page = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
      if (page) page.click();
      return;
    }
    const filter = document.getElementById("filter");
    const keys = { "j": () => choose(1), "k": () => choose(-1), "g": () => { going = true; },
                   "?": () => help.showModal(), "/": () => filter && filter.focus() };
    if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
  });
  document.getElementById("help-open").addEventListener("click", () => help.showModal());
  document.addEventListener("input", ({ target }) => {
    if (target.dataset.shows) document.getElementById(target.dataset.shows).textContent = `${target.value} %`;
  });

  let width = innerWidth;
  addEventListener("resize", () => { if (width !== innerWidth) { width = innerWidth; drawAll(document); } });
  dark.addEventListener("change", () => drawAll(document));
  drawAll(document);
})();
