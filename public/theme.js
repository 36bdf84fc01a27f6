// Selects the colors before the first paint. Not a module, because modules run after it.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen;
    try { chosen = JSON.parse(localStorage.getItem("directory-gateway.theme")); } catch { /* like the system */ }
    const system = dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : system;
    dispatchEvent(new Event("themechange"));
  };
  apply();
  dark.addEventListener("change", apply);
  // Another tab has chosen, or this one (storage events are for other tabs only).
  addEventListener("storage", apply);
  addEventListener("themechosen", apply);
})();
