// How far every voxel of a phase is from the face that feeds it, walking through faces of voxels of that phase only.

const FAR = -1;

/**
 * Positions (C order) of the voxels beside a position.
 * @param {boolean[]} wraps along which axes the box goes on at its other side; it ends at its other faces
 */
export function neighbours(position, shape, wraps, found) {
  const [nz, ny, nx] = shape;
  const x = position % nx;
  const row = (position - x) / nx;
  const at = [(row - (row % ny)) / ny, row % ny, x];
  let count = 0;
  for (let axis = 0, step = ny * nx; axis < 3; axis++, step = axis === 1 ? nx : 1) {
    const size = shape[axis];
    if (at[axis] > 0) found[count++] = position - step;
    else if (wraps[axis]) found[count++] = position + (size - 1) * step;
    if (at[axis] < size - 1) found[count++] = position + step;
    else if (wraps[axis]) found[count++] = position - (size - 1) * step;
  }
  return count;
}

/** Positions of a face's voxels of one label. */
export function inletsOf({ shape, labels }, label, face) {
  const axis = "zyx".indexOf(face[0]);
  const fixed = face.endsWith("max") ? shape[axis] - 1 : 0;
  const found = [];
  const from = [0, 0, 0];
  const to = [...shape];
  from[axis] = fixed;
  to[axis] = fixed + 1;
  for (let z = from[0]; z < to[0]; z++) {
    for (let y = from[1]; y < to[1]; y++) {
      for (let x = from[2]; x < to[2]; x++) {
        const position = (z * shape[1] + y) * shape[2] + x;
        if (labels[position] === label) found.push(position);
      }
    }
  }
  return found;
}

/**
 * Breadth-first search from a face, and which of the face's components each reached voxel belongs to.
 * @returns {{distance: Int32Array, component: Int32Array, components: number, inlets: number[], reached: Int32Array}}
 *   distance in steps and component from 0; -1 for both where the face does not reach
 */
export function spread({ shape, labels, count }, label, face, wraps) {
  const inlets = inletsOf({ shape, labels }, label, face);
  const distance = new Int32Array(count).fill(FAR);
  const component = new Int32Array(count).fill(-1);
  const queue = new Int32Array(count);
  const beside = new Int32Array(6);
  let components = 0;
  for (const inlet of inlets) {
    if (component[inlet] >= 0) continue;
    flood(inlet, components, (position) => component[position] < 0 && labels[position] === label, component);
    components += 1;
  }
  let end = 0;
  for (const inlet of inlets) {
    distance[inlet] = 0;
    queue[end++] = inlet;
  }
  for (let start = 0; start < end; start++) {
    const position = queue[start];
    for (let k = neighbours(position, shape, wraps, beside) - 1; k >= 0; k--) {
      if (distance[beside[k]] !== FAR || labels[beside[k]] !== label) continue;
      distance[beside[k]] = distance[position] + 1;
      queue[end++] = beside[k];
    }
  }
  return { distance, component, components, inlets, reached: queue.slice(0, end) };

  function flood(seed, mark, free, marks) {
    let last = 0;
    queue[last++] = seed;
    marks[seed] = mark;
    for (let start = 0; start < last; start++) {
      for (let k = neighbours(queue[start], shape, wraps, beside) - 1; k >= 0; k--) {
        if (!free(beside[k])) continue;
        marks[beside[k]] = mark;
        queue[last++] = beside[k];
      }
    }
  }
}

/** One of the shortest ways from the face to a voxel, drawn at random among them: positions, face first. */
export function wayTo(position, { distance, phase }, shape, random) {
  const way = new Int32Array(distance[position] + 1);
  const beside = new Int32Array(6);
  for (let step = way.length - 1, here = position; step >= 0; step--) {
    way[step] = here;
    if (step === 0) break;
    let seen = 0;
    let next = -1;
    for (let k = neighbours(here, shape, phase.wraps, beside) - 1; k >= 0; k--) {
      if (distance[beside[k]] !== step - 1) continue;
      seen += 1;
      if (random() * seen < 1) next = beside[k];
    }
    here = next;
  }
  return way;
}
