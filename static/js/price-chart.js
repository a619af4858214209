// Regular price, sale price and cost as steps; what happened meanwhile as upright lines with a mark at the top.
document.addEventListener("DOMContentLoaded", () => {
  const target = document.getElementById("price-chart");
  const source = document.getElementById("price-chart-data");
  if (!target || !source || !window.uPlot) return;
  const data = JSON.parse(source.textContent);
  const colours = { sale: "--ops-flash", end: "--ops-flash", out: "--ops-critical-fill", off: "--ops-critical-fill", back: "--ops-good-fill", live: "--ops-good-fill" };
  let chart = null;

  const colour = (name, fallback) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || fallback;

  const marks = (self) => {
    const { ctx, bbox } = self;
    ctx.save();
    data.events.forEach((event) => {
      const x = Math.round(self.valToPos(event.at, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) return;
      ctx.strokeStyle = colour(colours[event.kind], colour("--ops-muted", "#4a5768"));
      ctx.fillStyle = ctx.strokeStyle;
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash(event.kind === "end" || event.kind === "back" ? [3, 4] : []);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      ctx.arc(x, bbox.top, 4 * devicePixelRatio, 0, 2 * Math.PI);
      ctx.fill();
    });
    ctx.restore();
  };

  const draw = () => {
    const text = colour("--ops-muted", "#4a5768");
    const line = colour("--ops-line", "#e3e7ec");
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const steps = uPlot.paths.stepped({ align: 1 });
    const series = (stroke, dash) => ({ stroke, width: 2, dash, paths: steps, points: { show: false }, spanGaps: false });
    const options = {
      width: target.clientWidth,
      height: 280,
      legend: { show: false },
      cursor: { y: false },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), data.zone),
      scales: { y: { range: (_self, _low, high) => [0, Math.max(1, high) * 1.1] } },
      axes: [axis, { ...axis, size: 60 }],
      hooks: { draw: [marks] },
      series: [
        {},
        series(colour("--ops-brand", "#1f5fd0")),
        series(colour("--ops-warning-fill", "#e0922b")),
        series(colour("--ops-critical-fill", "#dc4a3d"), [6, 4]),
      ],
    };
    chart?.destroy();
    chart = new uPlot(options, [data.times, data.price, data.sale, data.cost], target);
  };

  draw();
  document.addEventListener("ops:theme", draw);
  addEventListener("resize", draw);
});
