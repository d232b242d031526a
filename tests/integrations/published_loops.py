"""Training loops written anew after published ones, small, with the names that the lines of docs/your-own-loop.md use.

Places where a reader adds lines are ``{...}``.
"""

SLICEGAN = """
import numpy as np
import tifffile
import torch
from torch import nn
from torch.nn import functional

# As https://github.com/stke9/SliceGAN does: three critics of slices, one per direction, for a generator of cubes that
# ends in a softmax; channels are the grey values in rising order.
l, nc, nz, lz, batch_size, critic_iters, device = 16, 3, 8, 4, 2, 2, torch.device("cpu")
image = tifffile.imread(real_data[0])
one_hot = np.stack([image == value for value in np.unique(image)]).astype(np.float32)
rng = np.random.default_rng(0)


def slices(axis):
    planes = []
    for _ in range(8 * batch_size):
        z, y, x = (int(rng.integers(0, side - l + 1)) for side in image.shape)
        cube = one_hot[:, z : z + l, y : y + l, x : x + l]
        planes.append(torch.from_numpy(np.take(cube, 0, axis=1 + axis)))
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.stack(planes)), batch_size, shuffle=True)


netG = nn.Sequential(
    nn.ConvTranspose3d(nz, 16, 4, 2, 1), nn.BatchNorm3d(16), nn.ReLU(), nn.ConvTranspose3d(16, nc, 4, 2, 1),
    nn.Softmax(dim=1),
)
optG = torch.optim.Adam(netG.parameters(), lr=3e-3, betas=(0.9, 0.99))
netDs = [nn.Sequential(nn.Conv2d(nc, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 1, 8)) for _ in range(3)]
optDs = [torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.9, 0.99)) for netD in netDs]


def planes_of(field, axis):
    return field.movedim(axis, 1).reshape(-1, nc, l, l)


{before}
shares = []
for epoch in range(epochs):
    for i, batches in enumerate(zip(*map(slices, range(3)), strict=True), 1):
        fake = netG(torch.randn(batch_size, nz, lz, lz, lz, device=device)).detach()
        for axis, (netD, optimizer, (real,)) in enumerate(zip(netDs, optDs, batches, strict=True), 2):
            false = planes_of(fake, axis)
            blend = torch.lerp(false[: len(real)], real, torch.rand(len(real), 1, 1, 1)).requires_grad_()
            (slope,) = torch.autograd.grad(netD(blend).sum(), blend, create_graph=True)
            penalty = 10 * (slope.flatten(1).norm(dim=1) - 1).square().mean()
            netD.zero_grad()
            (netD(false).mean() - netD(real).mean() + penalty).backward()
            optimizer.step()
        if i % critic_iters == 0:
            netG.zero_grad()
            errG = 0
            fake = netG(torch.randn(batch_size, nz, lz, lz, lz, device=device))
            for axis, netD in enumerate(netDs, 2):
                errG = errG - netD(planes_of(fake, axis)).mean()
{step}
            errG.backward()
            optG.step()
            shares.append(functional.one_hot(fake.argmax(1), nc).float().mean((0, 1, 2, 3)))
"""

GAN_PH = """
import torch
from torch import nn


class Generator(nn.Module):
    def __init__(self, latent_size):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose3d(latent_size + 6, 16, 4, 2, 1), nn.BatchNorm3d(16), nn.ReLU(),
            nn.ConvTranspose3d(16, 3, 4, 2, 1), nn.Softmax(dim=1),
        )

    def forward(self, noise, vf, ssa):
        return self.main(torch.cat([noise, vf, ssa], dim=1))


# As https://github.com/thermal-eng-lab/GAN-PH does: a WGAN-GP on cubes, conditioned on the volume fractions and surface
# areas of the real ones, which are spread over the 4 x 4 x 4 voxels of the noise.
class Trainer:
    def __init__(self, dataloader, epochs):
        self.n_epoch, self.dataloader, self.device = epochs, dataloader, torch.device("cpu")
        self.w_gp, self.w_param, self.n_critic, self.timing, self.latent_size = 10, 1000, 1, 1, 8
        self.generator = Generator(self.latent_size)
        self.critic = nn.Sequential(nn.Conv3d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv3d(8, 1, 8))
        self.opt_g = torch.optim.Adam(self.generator.parameters(), lr=2e-3, betas=(0.5, 0.999))
        self.opt_c = torch.optim.Adam(self.critic.parameters(), lr=2e-3, betas=(0.5, 0.999))
        self.losses = []
{init}

    def sample(self, vf, ssa):
        return self.generator(torch.randn(len(vf), self.latent_size, 4, 4, 4, device=self.device), vf, ssa)

    def penalty(self, real, fake):
        blend = torch.lerp(fake.detach(), real, torch.rand(len(real), 1, 1, 1, 1)).requires_grad_()
        (slope,) = torch.autograd.grad(self.critic(blend).sum(), blend, create_graph=True)
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()

    def train(self):
        iters = 0
        for epoch in range(self.n_epoch):
            for data in self.dataloader:
                iters += 1
                r_data = data[0].to(self.device)
                r_vf, r_ssa = data[1][:, :3].to(self.device), data[1][:, 3:].to(self.device)
                g_data = self.sample(r_vf, r_ssa)
                self.opt_c.zero_grad()
                distance = self.critic(r_data).mean() - self.critic(g_data.detach()).mean()
                (self.w_gp * self.penalty(r_data, g_data) - distance).backward()
                self.opt_c.step()
                if iters % self.n_critic == 0:
                    self.opt_g.zero_grad()
                    g_data = self.sample(r_vf, r_ssa)
                    g_loss = -self.critic(g_data).mean()
{step}
                    G_loss.backward()
                    self.opt_g.step()
                    self.losses.append(G_loss.item())


trainer = Trainer(dataloader, epochs)
trainer.train()
"""
