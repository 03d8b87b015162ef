"""LoRA's layers in one product give what peft's give, and the same gradients."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import nn

from tools.finetune import low_rank
from tools.finetune.cpu import fast


class Two(nn.Module):
    """Two layers, of which the first one's input needs no gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(12, 20), nn.Linear(20, 7, bias=False)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.second(torch.tanh(self.first(values)))


def adapted(**more: object) -> nn.Module:
    torch.manual_seed(3)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["first", "second"], **more)
    model = get_peft_model(Two(), config)
    for name, each in model.named_parameters():
        if "lora_B" in name:  # zero at first, and then nothing of the other one would be seen
            nn.init.normal_(each)
    return model.train()


def gradients(model: nn.Module, values: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    model.zero_grad()
    given = model(values)
    (given.sin().sum()).backward()
    return given, [each.grad for each in model.parameters() if each.requires_grad]


@pytest.mark.parametrize("shape", [(5, 12), (3, 9, 12)])
def test_outputs_and_gradients_are_those_of_peft(shape: tuple[int, ...]) -> None:
    model, values = adapted(), torch.randn(shape)
    given, slopes = gradients(model, values)
    with fast(model):
        layers = [each for each in model.modules() if low_rank.summed(each)]
        assert len(layers) == 2 and all("forward" in vars(each) for each in layers)
        again, same = gradients(model, values)
    assert torch.allclose(given, again, atol=1e-5)
    assert len(same) == 4 and all(torch.allclose(a, b, atol=1e-4) for a, b in zip(slopes, same, strict=True))
    assert not any("forward" in vars(each) for each in layers)  # afterwards they are peft's again


@pytest.mark.parametrize("more", [{"lora_dropout": 0.1}, {"use_dora": True}, {"lora_bias": True}])
def test_other_layers_stay_as_they_are(more: dict[str, object]) -> None:
    assert not any(low_rank.summed(each) for each in adapted(**more).modules())


def test_a_layer_whose_own_weights_are_trained_stays_as_it_is() -> None:
    model = adapted()
    for name, each in model.named_parameters():
        if "second.base_layer" in name:
            each.requires_grad = True
    assert sum(low_rank.summed(each) for each in model.modules()) == 1
