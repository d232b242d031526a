"""Effective conductivity and its derivatives by a direct solve: an oracle that shares nothing with the solver."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve


def solved_directly(cells, axis, edges, periodic, boundary):
    """Effective conductivity from a sparse factorisation in float64, written down from the physics in um."""
    links, potential = potential_of(cells, axis, edges, periodic, boundary)
    power = links.tocoo().data @ drops(links, potential) ** 2 / 2
    lengths = np.multiply(cells.shape, edges)
    return power * lengths[axis] / np.delete(lengths, axis).prod()


def derivatives_directly(cells):
    """Derivatives of the effective conductivity of open boxes of cubes along z with respect to each cell, all above 0.

    A link of conductance g changes with the conductivity k of a cell on either side by g^2 / (2 k^2).
    """
    links, potential = potential_of(cells, 0, (1, 1, 1), (False, False, False), "face")
    shares = links.tocoo().data ** 2 * drops(links, potential) ** 2
    sums = np.bincount(links.tocoo().row, shares)[: cells.size].reshape(cells.shape)
    return sums / (2 * cells.astype(float) ** 2) * len(cells) / cells[0].size


def drops(links, potential):
    """Difference of the potential over each link, of which each is listed twice."""
    return potential[links.tocoo().row] - potential[links.tocoo().col]


def potential_of(cells, axis, edges, periodic, boundary):
    """Links between all cells and the two faces, as a symmetric sparse matrix, and the potential of each."""
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
    return links, potential
