"""Estimators that a published run names: the values that they had while they were the defaults, on cubic voxels."""

import pytest
import torch

import porenet

GRID = porenet.Grid(("Ni", "YSZ", "pore"), (0.2, 0.2, 0.2), (True, False, False))
AREAS = torch.tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]], dtype=torch.float64)
TARGETS = {"ssa": AREAS, "dpb": AREAS, "tpb": AREAS[:, 0] + 1, "tpb_active": AREAS[:, 0]}
FACES = {"estimator": "faces"}

# Two values of the loss, the sum of its descriptor and that of its gradient, each element times the cosine of its
# number: this function on commit f3ff5f6, where coarea and faces of dpb were all there was. Of float32 fields, all bits
# of the values, of the descriptors and of the gradients were compared once, and were the same.
BEFORE = [
    ("soft", "ssa", {"estimator": "tv"}, [0.599483292, 0.573952867, 2.33898932, 0.00325472539]),
    ("soft", "ssa", FACES, [9.48095107, 8.5229779, 34.6007569, 0.985328393]),
    ("soft", "ssa", FACES | {"form": "absolute"}, [0.211851847, 0.188609152, 9.30925813, -0.0805375402]),
    ("soft", "dpb", FACES, [1.52919333, 1.3791925, 17.3003784, -0.0570115304]),
    ("soft", "tpb", {"estimator": "coarea"}, [0.511744372, 0.68667372, 1.25464266, 0.00877836467]),
    ("soft", "tpb_active", {"estimator": "coarea"}, [0.874882246, 0.942810536, 0.151695659, 0.0758417999]),
    ("decoded", "ssa", {"estimator": "tv"}, [0.261954127, 0.254328663, 5.69856112, -0.00711583594]),
    ("decoded", "ssa", FACES, [2.87620058, 2.32357309, 21.8409091, 2.4222492]),
    ("decoded", "ssa", FACES | {"form": "absolute"}, [2.87620058, 2.32357309, 21.8409091, -0.309148921]),
    ("decoded", "dpb", FACES, [0.46265541, 0.343688357, 10.9204545, -0.333578803]),
    ("decoded", "tpb", {"estimator": "coarea"}, [0.0952091447, 0.0837288298, 5.45968221, 0.262065053]),
    ("decoded", "tpb_active", {"estimator": "coarea"}, [1.95453796, 0.088377615, 4.50619673, -1.02874734]),
]


def fields():
    """Undecided voxels with some order in them, and the structure decoded from them."""
    generator = torch.Generator().manual_seed(19)
    noise = torch.randn(2, 3, 10, 11, 12, generator=generator).double()
    logits = 4 * torch.nn.functional.avg_pool3d(noise, 3, stride=1, padding=1)
    decoded = torch.nn.functional.one_hot(logits.argmax(dim=1), 3).movedim(-1, 1).double().contiguous()
    return {"soft": logits.softmax(dim=1), "decoded": decoded}


def numbers(loss, field, targets):
    leaf = field.clone().requires_grad_()
    values = loss(leaf, targets)
    (gradient,) = torch.autograd.grad(values.sum(), leaf)
    places = torch.arange(gradient.numel(), dtype=torch.float64).view_as(gradient)
    with torch.no_grad():
        return [*values.tolist(), loss.descriptor(field).sum().item(), (gradient * places.cos()).sum().item()]


@pytest.mark.parametrize(("kind", "name", "params", "before"), BEFORE)
def test_an_estimator_has_the_values_that_it_had(kind, name, params, before):
    loss = porenet.create_loss(name, GRID, **params)
    assert numbers(loss, fields()[kind], TARGETS) == pytest.approx(before, rel=1e-6)
