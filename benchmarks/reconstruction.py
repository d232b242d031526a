"""Structures from descriptors: what `porenet.reconstruct` reaches, beside annealing after Yeong and Torquato.

Writes docs/results/reconstruction.json. What is counted here shares no code with the losses: pairs by scipy's FFT, TPB
edges by numpy, surfaces by porenet's Crofton counts and scikit-image's marching cubes. Seconds are of processor time of
one thread.

    python -m benchmarks.reconstruction [quality] [connectivity] [phases] [large] [annealing]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from scipy import fft

import porenet
from benchmarks.annealing import anneal
from benchmarks.real_volumes import coarsened, stored
from porenet.measurement import measure
from porenet.reconstruction import Reconstructor, default_terms
from porenet.synthetic import plurigaussian

RESULTS = Path(__file__).parent.parent / "docs" / "results" / "reconstruction.json"
PHASES = ("pore", "YSZ", "Ni")
LONGEST = 16
STEPS = 200


def electrode(side, corner=(0, 0, 0)):
    """Ni-YSZ by ptychography, every 2 voxels by majority: 73.6 nm."""
    return cut(coarsened(stored("soc_niysz_ptycho_250_36p8nm")), side, corner, 0.0736)


def cut(labels, side, corner, voxel_um):
    z, y, x = corner
    part = np.ascontiguousarray(labels[z : z + side, y : y + side, x : x + side])
    return porenet.Volume(part, porenet.Grid(PHASES, (voxel_um,) * 3))


def synthetic(side, seed=0):
    """A plurigaussian with features of 8 voxels."""
    volume, _ = plurigaussian(
        (side,) * 3, voxel_um=(0.1, 0.1, 0.1), length_um=0.8, fractions=(0.36, 0.34, 0.30), phases=PHASES, seed=seed
    )
    return volume


ORIGINALS = {
    "plurigaussian, 32": lambda: synthetic(32),
    "Ni-YSZ, 32": lambda: electrode(32, (40, 40, 40)),
    "Ni-YSZ at another place, 32": lambda: electrode(32),
    "imagerep, 32": lambda: cut(stored("imagerep_seg_stack_100"), 32, (0, 0, 0), 0.1),
    "sofc_superres, 32": lambda: cut(stored("sofc_superres_62"), 32, (0, 0, 0), 0.1),
    "plurigaussian, 64": lambda: synthetic(64),
    "Ni-YSZ, 64": lambda: electrode(64),
}


def two_point(labels):
    """Shares of pairs in each phase: along the axes and along the diagonals of the cube, two arrays."""
    longest = min(LONGEST, min(labels.shape) // 2)
    size = [2 * side for side in labels.shape]
    pairs = fft.irfftn(np.abs(fft.rfftn(np.ones(labels.shape), s=size)) ** 2, s=size)
    axes, diagonals = [], []
    for phase in range(int(labels.max()) + 1):
        both = fft.irfftn(np.abs(fft.rfftn((labels == phase).astype(float), s=size)) ** 2, s=size)
        shares = both / np.maximum(pairs, 0.5)
        axes += [np.mean([shares[n, 0, 0], shares[0, n, 0], shares[0, 0, n]]) for n in range(longest + 1)]
        diagonals += [
            np.mean([shares[n, n, n], shares[n, n, -n], shares[n, -n, n], shares[-n, n, n]])
            for n in range(int(longest / 3**0.5) + 1)
        ]
    return np.array(axes), np.array(diagonals)


def edges(labels):
    """Edges of voxels at which three phases meet, per voxel."""
    number = 0
    for first, second in ((0, 1), (0, 2), (1, 2)):
        turned = np.moveaxis(labels, (first, second), (0, 1))
        around = np.stack([turned[:-1, :-1], turned[1:, :-1], turned[:-1, 1:], turned[1:, 1:]])
        number += int(np.all([(around == phase).any(axis=0) for phase in range(3)], axis=0).sum())
    return number / labels.size


def surfaces(labels):
    """Area by marching cubes of each phase, voxel faces; the faces of the box do not count."""
    from skimage.measure import marching_cubes, mesh_surface_area

    areas = []
    for phase in range(int(labels.max()) + 1):
        corners, faces, *_ = marching_cubes((labels == phase).astype(np.float32), 0.5)
        areas.append(mesh_surface_area(corners, faces))
    return np.array(areas)


def compared(original, result, with_paths=True):
    """Errors and ratios of a result."""
    (axes, diagonals), (axes_there, diagonals_there) = two_point(original.labels), two_point(result.labels)
    crofton = [[row["value"] for row in measure(volume, "ssa")] for volume in (original, result)]
    ratios = np.array(crofton[1]) / np.array(crofton[0])
    cubes = surfaces(result.labels) / surfaces(original.labels)
    cubes *= original.labels.size / result.labels.size
    return {
        "s2_axes": float(np.sqrt(np.mean((axes - axes_there) ** 2))),
        "s2_diagonals": float(np.sqrt(np.mean((diagonals - diagonals_there) ** 2))),
        "crofton": [float(ratios.min()), float(ratios.max())],
        "marching_cubes": [float(cubes.min()), float(cubes.max())],
        "edges": edges(result.labels) / edges(original.labels) if len(original.grid.phases) == 3 else None,
        "tortuosity": paths(result) if with_paths else [],
        "lost": lost(original, result) if with_paths else [],
    }


def paths(volume):
    rows = [row for row in measure(volume, "tortuosity") if row["key"].endswith(".tortuosity_factor")]
    return [row["value"] for row in rows]


def lost(original, result):
    """Phases and axes along which the original has a path and the result has none."""
    here, there = ({row["key"]: row["value"] for row in measure(each, "percolates")} for each in (original, result))
    return [key for key, value in here.items() if value and not there[key]]


def conductances(volume, axes="z", weight=20):
    """Terms of the effective conductivity of each phase."""
    return [
        {
            "loss": "conductance",
            "label": f"conductance_{phase}_{axis}",
            "weight": weight,
            "params": {"phase": phase, "axis": axis, "target": "structures"},
        }
        for phase in volume.grid.phases
        for axis in axes
    ]


def made(original, seeds, **options):
    """One row per seed."""
    return made_by(Reconstructor(original, **options), original, seeds)


def made_by(maker, original, seeds, with_paths=True):
    rows = []
    for seed in seeds:
        began = time.process_time()
        structure = maker.structure(seed)
        seconds = time.process_time() - began
        overlap = structure.report.overlap
        row = {"seed": seed, "seconds": seconds, **compared(original, structure.volume, with_paths)}
        rows.append(row | {"overlap": overlap.agreement, "chance": overlap.chance, "failed": structure.report.failed})
        print(json.dumps(row), flush=True)
    return rows


def quality():
    """Default terms on several originals, three seeds each."""
    results = {}
    for name, original in ORIGINALS.items():
        volume = original()
        print(name, flush=True)
        rows = made(volume, range(3))
        results[name] = {"tortuosity": paths(volume), "structures": rows}
    return results


def connectivity():
    """Paths with and without a term for the conductivity of each phase along z, five seeds."""
    originals = {"Ni-YSZ, 32": ORIGINALS["Ni-YSZ, 32"], "imagerep, 32": connected_imagerep}
    results = {}
    for name, original in originals.items():
        volume = original()
        default, _ = default_terms(volume, volume.labels.shape, STEPS)
        results[name] = {"tortuosity": paths(volume)}
        for which, terms in {"default": default, "conductance": default + conductances(volume)}.items():
            print(name, which, flush=True)
            results[name][which] = made(volume, range(5), terms=terms)
    return results


def connected_imagerep():
    """A part of imagerep in which all phases have paths along z."""
    return cut(stored("imagerep_seg_stack_100"), 32, (34, 34, 34), 0.1)


def annealing():
    """Annealing of S2 along the axes, until its error is that of a reconstruction, and for 100 sweeps."""
    original = ORIGINALS["Ni-YSZ, 32"]()
    anneal(original.labels[:8, :8, :8].copy(), 4, wanted_rms=1.0, most_sweeps=1)  # compiles
    rows = []
    for wanted in (0.004, 0.0):
        for seed in range(3):
            began = time.process_time()
            labels, rms, sweeps = anneal(original.labels, LONGEST, wanted_rms=wanted, seed=seed)
            seconds = time.process_time() - began
            result = porenet.Volume(labels.astype(np.uint8), original.grid)
            row = {"wanted": wanted, "seed": seed, "seconds": seconds, "sweeps": sweeps, "rms": rms}
            rows.append(row | compared(original, result))
            print(json.dumps(rows[-1]), flush=True)
    return rows


def phases():
    """Two and five phases, and flat voxels."""
    cubes, flat = (0.1, 0.1, 0.1), (0.2, 0.1, 0.1)
    two, _ = plurigaussian(
        (32,) * 3, voxel_um=cubes, length_um=0.6, fractions=(0.6, 0.4), phases=("solid", "pore"), seed=1
    )
    three, _ = plurigaussian((16, 32, 32), voxel_um=flat, length_um=0.6, fractions=(0.4, 0.3, 0.3), seed=1)
    outer, inner = (
        plurigaussian((32,) * 3, voxel_um=cubes, length_um=0.6, fractions=shares, seed=seed)[0].labels
        for shares, seed in (((0.6, 0.2, 0.2), 2), ((0.3, 0.3, 0.4), 3))
    )
    five = porenet.Volume(np.where(outer == 0, inner + 2, outer - 1), porenet.Grid(tuple("abcde"), cubes))
    results = {}
    for name, volume in {"two phases, 32": two, "five phases, 32": five, "voxels of 0.2 x 0.1 x 0.1": three}.items():
        print(name, flush=True)
        results[name] = made(volume, range(3))
    return results


def large():
    """128^3 voxels of the electrode at 36.8 nm in 20 steps: from a spectral and from a coarse start."""
    labels = np.ascontiguousarray(stored("soc_niysz_ptycho_250_36p8nm")[:128, :128, :128])
    fine = porenet.Volume(labels, porenet.Grid(PHASES, (0.0368,) * 3))
    return {
        f"128^3, 20 steps, {start} start": made_by(
            Reconstructor(fine, steps=20, start=start), fine, [0], with_paths=False
        )
        for start in ("spectral", "coarse")
    }


def main(names):
    torch.set_num_threads(1)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in names:
        results[name] = PARTS[name]()
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


PARTS = {
    "quality": quality,
    "connectivity": connectivity,
    "annealing": annealing,
    "phases": phases,
    "large": large,
}

if __name__ == "__main__":
    main(sys.argv[1:] or list(PARTS))
