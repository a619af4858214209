// Runs before the first paint, only when the visitor has not chosen a theme: follows the system.
document.documentElement.dataset.bsTheme =
  matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
