"""A Lightning training of a few steps, as a script: ``LIBRARY LOGS MODE``, without a main guard as users write it."""

import sys
from pathlib import Path

import torch
from electrodes import GRID, METRICS
from torch import nn

library, logs, mode = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
if library == "lightning":
    import lightning as pl
    from lightning.pytorch.loggers import CSVLogger
else:
    import pytorch_lightning as pl
    from pytorch_lightning.loggers import CSVLogger

from porenet.integrations.lightning import StructureCallback  # noqa: E402 - behind the framework, as users order them
from porenet.integrations.measuring_plan import MeasuringPlan  # noqa: E402

sys.stdout.write("the script runs\n")


class Toy(pl.LightningModule):
    """A generator and a critic, two optimizers: ``global_step`` counts each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.critic = nn.Linear(1, 1)
        self.generator = nn.Sequential(nn.Conv3d(3, 8, 1), nn.BatchNorm3d(8), nn.Dropout(0.5), nn.Conv3d(8, 3, 1))

    def training_step(self, batch, _index):
        loss = self.generator(batch[0] + torch.randn_like(batch[0])).softmax(1).var()
        total = loss + self.critic(loss.detach().view(1, 1)).sum()
        self.manual_backward(total)
        for optimizer in self.optimizers():
            optimizer.step()
            optimizer.zero_grad()
        self.log("loss", loss)

    def configure_optimizers(self):
        return [torch.optim.Adam(part.parameters()) for part in (self.critic, self.generator)]


def sample(module, n):
    assert not module.generator.training
    return module.generator(torch.randn(n, 3, 8, 8, 8))


if mode == "fails":
    MeasuringPlan.command = lambda *_: [sys.executable, "-c", "raise SystemExit('Error: a disk on fire')"]
torch.manual_seed(0)
callbacks = []
if mode != "plain":
    reference = logs / "real.json"
    callbacks = [StructureCallback(sample, GRID, METRICS, reference if reference.exists() else None, n=4)]
trainer = pl.Trainer(
    max_epochs=2, callbacks=callbacks, logger=CSVLogger(logs), accelerator="cpu", log_every_n_steps=1,
    devices=2 if mode == "ranks" else 1, strategy="ddp" if mode == "ranks" else "auto",
    enable_progress_bar=False, enable_model_summary=False,
)  # fmt: skip
model = Toy()
data = torch.utils.data.TensorDataset(torch.randn(8, 3, 8, 8, 8))
trainer.fit(model, torch.utils.data.DataLoader(data, batch_size=4, shuffle=True))
if trainer.is_global_zero:
    torch.save(model.state_dict(), logs / "weights.pt")
