// Where the values of a chart stand, and the numbers on its axis.

/** Three digits of a number, in powers of ten where it is large or small. */
export const short = (value) => (value === 0 ? "0" : Math.abs(value) >= 1e4 || Math.abs(value) < 1e-3 ? value.toExponential(1).replace("+", "") : String(Number(value.toPrecision(3))));

/** Linear, or logarithmic where all values are above 0 and spread over more than a hundredfold. */
export function scaleOf(values) {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (low > 0 && high / low > 100) {
    const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const stride = Math.ceil((to - from) / 5);
    const ticks = Array.from({ length: Math.floor((to - from) / stride) + 1 }, (_, number) => 10 ** (from + number * stride));
    return { log: true, ticks, part: (value) => (Math.log10(value) - from) / (to - from) };
  }
  if (low > 0 && low < 0.5 * high) low = 0;
  if (low === high) [low, high] = [low - Math.max(Math.abs(low), 1e-6) / 2, high + Math.max(Math.abs(high), 1e-6) / 2];
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const stride = power * ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10);
  const from = Math.floor(low / stride + 1e-9);
  const to = Math.ceil(high / stride - 1e-9);
  const ticks = Array.from({ length: to - from + 1 }, (_, number) => (from + number) * stride);
  return { log: false, ticks, part: (value) => (value - from * stride) / ((to - from) * stride) };
}
