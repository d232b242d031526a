// Numbers that look random and are the same each time: a picture of the page can be made again. (mulberry32)

/** @returns {() => number} 0 <= number < 1 */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const pick = (list, random) => list[Math.floor(random() * list.length)];
