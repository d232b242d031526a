// Tells the view which colours the page has, now and whenever the system or the reader changes between light and dark.
import { bytesOf } from "./colours.js";

/** @param {(theme: {paper: string, ink: string, muted: string, fog: number[]}) => void} told */
export function followTheme(store, told) {
  const read = () => {
    const style = getComputedStyle(document.documentElement);
    const value = (name) => style.getPropertyValue(name).trim();
    told({ paper: value("--paper"), ink: value("--ink"), muted: value("--muted"), fog: bytesOf(value("--fog")).map((one) => one / 255) });
  };
  read();
  store.watch(["theme"], read);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", read);
}
