// Regular price, sale price and cost as steps, and below them stock and sales on the same axis of time; what happened
// meanwhile as upright lines with a mark at the top, through both.
document.addEventListener("DOMContentLoaded", () => {
  const target = document.getElementById("price-chart");
  const source = document.getElementById("price-chart-data");
  if (!target || !source || !window.uPlot) return;
  const data = JSON.parse(source.textContent);
  const colours = { sale: "--ops-flash", end: "--ops-flash", out: "--ops-critical-fill", off: "--ops-critical-fill", back: "--ops-good-fill", live: "--ops-good-fill" };
  const below = document.getElementById("level-chart");
  const span = [data.times[0], data.times[data.times.length - 1]];
  let charts = [];

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
    const options = (place, height, lines) => ({
      width: place.clientWidth,
      height,
      legend: { show: false },
      cursor: { y: false, sync: { key: "product" } },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), data.zone),
      scales: { x: { range: () => span }, y: { range: (_self, _low, high) => [0, Math.max(1, high) * 1.1] } },
      axes: [axis, { ...axis, size: 60 }],
      hooks: { draw: [marks] },
      series: [{}, ...lines],
    });
    const sold = { ...series(colour("--ops-good-fill", "#2fa866")), width: 1, fill: colour("--ops-good-soft", "#e3f5ea") };
    charts.forEach((chart) => chart.destroy());
    charts = [
      new uPlot(options(target, 280, [
        series(colour("--ops-brand", "#1f5fd0")),
        series(colour("--ops-warning-fill", "#e0922b")),
        series(colour("--ops-critical-fill", "#dc4a3d"), [6, 4]),
      ]), [data.times, data.price, data.sale, data.cost], target),
      new uPlot(options(below, 180, [series(colour("--ops-brand", "#1f5fd0")), sold]),
        [data.levels.times, data.levels.stock, data.levels.sold], below),
    ];
  };

  draw();
  document.addEventListener("ops:theme", draw);
  addEventListener("resize", draw);
});
