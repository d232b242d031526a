"""Effective conductivity by a direct solve: an oracle that shares nothing with the solver."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve


def solved_directly(cells, axis, edges, periodic, boundary):
    """Effective conductivity from a sparse factorisation in float64, written down from the physics in um."""
    cells = np.moveaxis(cells.astype(float), axis, 0)
    order = [axis, *(other for other in range(3) if other != axis)]
    edges = [edges[one] for one in order]
    wraps = [False, *(periodic[one] for one in order[1:])]
    numbers = np.arange(cells.size).reshape(cells.shape)
    rows, columns, values = [], [], []
    for along in range(3):
        here = (slice(None),) * along + (slice(None if wraps[along] else -1),)
        one, other = cells[here], np.roll(cells, -1, along)[here]
        resistance = np.full(one.shape, np.inf)
        both = (one > 0) & (other > 0)
        resistance[both] = edges[along] * (0.5 / one[both] + 0.5 / other[both])
        rows.append(numbers[here].ravel())
        columns.append(np.roll(numbers, -1, along)[here].ravel())
        values.append((np.prod(edges) / edges[along] / resistance).ravel())
    count = cells.size
    inlet, outlet = numbers[0].ravel(), numbers[-1].ravel()
    if boundary == "face":
        for plane in (inlet, outlet):
            rows.append(plane)
            columns.append(np.full(plane.size, count))
            values.append(cells.ravel()[plane] * np.prod(edges[1:]) / (0.5 * edges[0]))
            count += 1
        inlet, outlet = [count - 2], [count - 1]
    upper = sparse.csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (count, count))
    links = upper + upper.T
    leaving = np.asarray(links.sum(axis=1)).ravel()
    system = (sparse.diags(leaving) - links).tocsr()
    potential = np.zeros(count)
    potential[inlet] = 1
    _, part = sparse.csgraph.connected_components(links)
    free = np.isin(part, part[np.concatenate([inlet, outlet])])  # what is joined to neither end has no potential
    free[inlet] = free[outlet] = False
    if free.any():
        right = -(system[free] @ potential)
        potential[free] = spsolve(system[free][:, free].tocsc(), right)
    power = potential @ system @ potential
    return power * cells.shape[0] * edges[0] / (cells[0].size * edges[1] * edges[2])
