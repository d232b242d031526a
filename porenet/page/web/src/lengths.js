// Lengths as a reader wants them: round, with the unit that fits.

/** The longest of 1, 2, 5 times a power of ten that is at most `longest` um. */
export function roundLength(longest) {
  const power = 10 ** Math.floor(Math.log10(longest));
  return [5, 2, 1].map((digit) => digit * power).find((length) => length <= longest * (1 + 1e-9));
}

export const lengthText = (um) => (um < 1 ? `${Number((1000 * um).toPrecision(3))} nm` : um < 1000 ? `${Number(um.toPrecision(3))} µm` : `${Number((um / 1000).toPrecision(3))} mm`);
