// Stock as a solid line, threshold dashed, projection dotted down to the day it runs out.
document.addEventListener("DOMContentLoaded", () => {
  const target = document.getElementById("tracker-chart");
  const source = document.getElementById("tracker-chart-data");
  if (!target || !source || !window.uPlot) return;
  const data = JSON.parse(source.textContent);
  const day = 86400;
  const seconds = (text) => Date.parse(`${text}T00:00:00Z`) / 1000;
  let chart = null;

  const colour = (name, fallback) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || fallback;

  const draw = () => {
    const times = data.days.map(seconds);
    const stock = [...data.stock];
    const projection = stock.map(() => null);
    if (data.runsOut) {
      const end = Math.min(seconds(data.runsOut), times[times.length - 1] + 90 * day);
      projection[projection.length - 1] = data.value;
      const last = times[times.length - 1];
      const steps = Math.max(1, Math.round((end - last) / day));
      const total = Math.max(1, Math.round((seconds(data.runsOut) - last) / day));
      for (let step = 1; step <= steps; step += 1) {
        times.push(last + step * day);
        stock.push(null);
        projection.push(Math.max(0, data.value * (1 - step / total)));
      }
    }
    const brand = colour("--ops-brand", "#1f5fd0");
    const red = colour("--ops-critical-fill", "#dc4a3d");
    const amber = colour("--ops-warning-fill", "#e0922b");
    const text = colour("--ops-muted", "#4a5768");
    const line = colour("--ops-line", "#e3e7ec");
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const options = {
      width: target.clientWidth,
      height: 280,
      legend: { show: false },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
      scales: { y: { range: (_self, low, high) => [Math.min(0, low), Math.max(1, high) * 1.05] } },
      axes: [axis, { ...axis, size: 60 }],
      series: [
        {},
        { stroke: brand, width: 2, fill: `${brand}1a`, points: { show: false } },
        { stroke: red, width: 2, dash: [6, 4], points: { show: false } },
        { stroke: amber, width: 2, dash: [2, 4], points: { show: false } },
      ],
    };
    chart?.destroy();
    chart = new uPlot(options, [times, stock, times.map(() => data.threshold), projection], target);
  };

  draw();
  document.addEventListener("ops:theme", draw);
  addEventListener("resize", draw);
});
