"""Networks of the example trainer: geometry, any phase count, conditions."""

import dataclasses

import pytest
import torch

from examples.wgan_gp.networks import PRESETS, Critic, Generator, constant, critic_of, generator_of
from examples.wgan_gp.settings import load
from porenet.errors import InputError
from porenet.flood_fill.batched import reachable
from porenet.generation import SkewedFields, one_hot, sampled_labels
from porenet.interface import Grid


def generator(phases=3, condition=6, **sizes):
    return Generator(phases, condition, **({"latent": 3, "channels": [6, 4]} | sizes))


# 32 s - 64 for five blocks, worked out block by block for s = 4: 6, 10, 18, 34, 64.
@pytest.mark.parametrize(("latent_edge", "edge"), [(3, 32), (4, 64), (5, 96)])
def test_five_blocks_have_the_published_edges(latent_edge, edge):
    made = generator(latent=1, channels=[1, 1, 1, 1])
    assert made.noise_shape((edge,) * 3) == (1, *(latent_edge,) * 3)
    field = made(torch.randn(1, 1, *(latent_edge,) * 3), torch.zeros(1, 6))
    assert field.shape == (1, 3, edge, edge, edge)


def test_the_published_preset_is_the_published_one(write_run):
    assert PRESETS["published"] == {"latent": 100, "generator": [512, 256, 128, 64], "critic": [64, 128, 256, 512]}
    run = load(write_run(("latent = 3\ngenerator = [6, 4]\ncritic = [4, 6]", 'preset = "published"')))
    with torch.device("meta"):
        made, critic = generator_of(run, 6), critic_of(run, (64, 64, 64), 6)
        field = made(torch.empty(2, *made.noise_shape((64, 64, 64))), torch.empty(2, 6))
        assert field.shape == (2, 3, 64, 64, 64)
        assert critic(field, torch.empty(2, 6)).shape == (2,)
    # 27 (106 x 512 + 512 x 256 + 256 x 128 + 128 x 64) weights, 2 a channel for batch norm, 27 x 64 x 3 + 3 in the head
    assert sum(one.numel() for one in made.parameters()) == 6_110_208 + 1_920 + 5_187
    assert critic.layers[-1].kernel_size == (4, 4, 4)


@pytest.mark.parametrize("size", [(36, 36, 36), (16, 16, 16), (8, 12, 20)])
def test_a_size_in_between_is_cropped_out_of_the_next_larger_one(size):
    made = generator()
    noise = torch.randn(2, *made.noise_shape(size))
    whole, part = made(noise, torch.zeros(2, 6)), made(noise, torch.zeros(2, 6), size)
    assert part.shape == (2, 3, *size)
    edges = zip(whole.shape[2:], size, strict=True)
    middle = tuple(slice((large - small) // 2, (large + small) // 2) for large, small in edges)
    torch.testing.assert_close(part, whole[..., *middle])
    assert all(large - small < 8 for large, small in zip(whole.shape[2:], size, strict=True))


@pytest.mark.parametrize("phases", [2, 3, 5])
def test_any_number_of_phases_gives_probabilities(phases):
    field = generator(phases, 2 * phases)(torch.randn(2, 3, 4, 4, 4), torch.zeros(2, 2 * phases))
    assert field.shape[:2] == (2, phases)
    assert field.dtype == torch.float32
    torch.testing.assert_close(field.sum(dim=1), torch.ones_like(field[:, 0]))


def test_a_condition_is_seen_by_both_networks_and_may_be_left_out():
    torch.manual_seed(0)
    made, critic = generator(), Critic(3, 6, channels=[4, 6], size=(16, 16, 16))
    noise = torch.randn(1, *made.noise_shape((16, 16, 16)))
    conditions = torch.zeros(1, 6, requires_grad=True)
    critic(made(noise, conditions, (16, 16, 16)).detach(), conditions).sum().backward()
    assert conditions.grad.abs().min() > 0
    made.eval()
    assert not torch.equal(made(noise, torch.zeros(1, 6)), made(noise, torch.ones(1, 6)))
    bare = generator(condition=0)
    assert bare(noise, torch.zeros(1, 0)).shape == (1, 3, 16, 16, 16)


@pytest.mark.parametrize("condition", [["vf", "ssa"], ["ssa", "vf"], ["vf"]])
def test_a_generator_that_holds_the_volume_fractions_cannot_miss_them(condition, write_run):
    torch.manual_seed(0)
    run = write_run(("latent = 3", f"latent = 3\ncondition = {condition}\nhold_vf = true"))
    made = generator_of(load(run), 3 * len(condition))
    wanted = torch.tensor([[0.3, 0.6, 0.1], [0.05, 0.15, 0.8]])
    conditions = torch.cat([wanted if name == "vf" else torch.rand(2, 3) for name in condition], dim=1)
    field = made(torch.randn(2, *made.noise_shape((20, 20, 20))), conditions, (20, 20, 20))
    shares = one_hot(field.argmax(dim=1).byte(), 3).mean(dim=(2, 3, 4))
    torch.testing.assert_close(shares, wanted, atol=0.001, rtol=0)
    field[:, 2].square().mean().backward()
    assert made.head.weight.grad.abs().min() > 0


def test_a_generator_that_holds_its_networks_cuts_no_phase_and_is_trained_all_the_same(write_run):
    wanted = '[grid.reservoirs]\nNi = "z_min"\nYSZ = "z_max"\npore = "z_min"\n\n[objective]'
    both = "latent = 3\nhold_vf = true\nhold_networks = true"
    run = load(write_run(("[objective]", wanted), ("latent = 3", both)))
    torch.manual_seed(0)
    made = generator_of(run, 6)
    torch.manual_seed(0)
    free = generator_of(dataclasses.replace(run, network=run.network.model_copy(update={"hold_networks": False})), 6)
    assert made.state_dict().keys() == free.state_dict().keys()
    conditions = torch.tensor([[0.45, 0.45, 0.1, 0, 0, 0]] * 4)
    noise = torch.randn(4, *made.noise_shape((16, 16, 16)))
    fields = [one(noise, conditions, (16, 16, 16)) for one in (made, free)]
    spans = [reachable(one.argmax(dim=1).byte(), 2, ("z_min",))[:, -1].any(dim=(1, 2)).tolist() for one in fields]
    assert spans[0] == [True] * 4
    assert not all(spans[1])
    shares = one_hot(fields[0].argmax(dim=1).byte(), 3).mean(dim=(2, 3, 4))
    torch.testing.assert_close(shares, conditions[:, :3], atol=0.01, rtol=0)  # the paths are of a few voxels
    fields[0][:, 2].square().mean().backward()
    assert made.head.weight.grad.abs().min() > 0


def test_a_generator_of_fields_makes_larger_structures_than_it_was_trained_on():
    grid = Grid(("Ni", "YSZ", "pore"), 0.1)
    network = generator(fields=SkewedFields(grid, lengths_um=(0.3, 0.2, 0.3), skews=(1, 0, 0.5)), fractions_at=0)
    asked = torch.tensor([[0.3, 0.4, 0.3, 1, 1, 1]])
    for size in ((12, 12, 12), (20, 16, 24)):
        labels = sampled_labels(network, asked, size, seed=0)
        assert labels.shape == (1, *size)
        assert torch.allclose(one_hot(labels, 3).mean(dim=(2, 3, 4)), asked[:, :3], atol=0.01)
    with pytest.raises(InputError, match="a generator of fields needs the size of its structures"):
        network(torch.randn(1, *network.noise_shape((12, 12, 12))), asked)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_without_batch_norm_a_structure_does_not_depend_on_its_batch(batch_norm):
    torch.manual_seed(0)
    network, size = generator(batch_norm=batch_norm), (12, 12, 12)
    noise, condition = torch.randn(3, *network.noise_shape(size)), torch.rand(3, 6)
    together, alone = network(noise, condition, size)[:1], network(noise[:1], condition[:1], size)
    assert torch.allclose(together, alone, atol=1e-5) is not batch_norm
    assert network.blocks[0][1].weight.requires_grad


def test_a_constant_channel_holds_its_value_everywhere():
    channels = constant(torch.tensor([[1.0, 2.0]]), (2, 3, 4))
    assert channels.shape == (1, 2, 2, 3, 4)
    assert channels[0, 0].unique().tolist() == [1.0]
    assert channels[0, 1].unique().tolist() == [2.0]


@pytest.mark.parametrize("edge", [8, 16, 36])
def test_the_critic_scores_any_edge(edge):
    critic = Critic(3, 0, channels=[2, 2, 2, 2, 2], size=(edge,) * 3)
    assert critic(torch.randn(2, 3, edge, edge, edge), torch.zeros(2, 0)).shape == (2,)


def test_samples_are_larger_than_training_and_independent_of_how_many_are_made_at_once():
    torch.manual_seed(0)
    made, conditions = generator(), torch.rand(3, 6)
    for _ in range(3):
        made(torch.randn(4, 3, 4, 4, 4), torch.rand(4, 6))  # running statistics
    one_by_one = sampled_labels(made, conditions, (24, 16, 32), seed=1, at_once=1)
    together = sampled_labels(made, conditions, (24, 16, 32), seed=1, at_once=8)
    assert one_by_one.shape == (3, 24, 16, 32)
    assert one_by_one.dtype == torch.uint8
    assert (one_by_one == together).float().mean() > 0.999  # sums in another order may tip a tie
    assert made.training
    assert not torch.equal(together, sampled_labels(made, conditions, (24, 16, 32), seed=2))
