// What the reader has chosen, in one frozen object; whoever shows something of it is told what changed.

/** @returns {{get: () => object, set: (patch: object) => void, watch: (keys: string[], told: () => void) => void}} */
export function createStore(initial) {
  let state = Object.freeze({ ...initial });
  const watchers = [];
  return {
    get: () => state,
    set(patch) {
      const changed = Object.keys(patch).filter((key) => patch[key] !== state[key]);
      if (changed.length === 0) return;
      state = Object.freeze({ ...state, ...patch });
      for (const { keys, told } of watchers) if (keys.some((key) => changed.includes(key))) told();
    },
    watch(keys, told) {
      watchers.push({ keys, told });
    },
  };
}
