// The entry: finds islands on the page and wakes each when it comes near, if the reader's
// connection is not to be spared. Without it the page is complete.

const islands: Record<string, () => Promise<unknown>> = {
  "cl-chart": () => import("./chart/element"),
  "cl-sheet": () => import("./intake/sheet"),
  "cl-upload": () => import("./intake/upload"),
};

interface Connection {
  readonly saveData?: boolean;
  readonly effectiveType?: string;
}

const connection = (navigator as Navigator & { connection?: Connection }).connection;
const spare = connection?.saveData === true || /(^|-)2g$/.test(connection?.effectiveType ?? "");

if (!spare) {
  for (const [tag, load] of Object.entries(islands)) {
    const elements = document.querySelectorAll(tag);
    if (elements.length === 0) continue;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        watcher.disconnect();
        const wake = () => void load();
        if ("requestIdleCallback" in window) requestIdleCallback(wake, { timeout: 2000 });
        else setTimeout(wake, 200);
      },
      { rootMargin: "200px" },
    );
    elements.forEach((element) => watcher.observe(element));
  }
}
