"""PyTorch's side of the benchmark. One request a line, {workload, images, layout}; answers {seconds}."""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
POOL, PASSES = 60_000, 10
LAYOUTS = {"default": torch.contiguous_format, "channels_last": torch.channels_last}


class BayesianCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 5), nn.Conv2d(32, 64, 5)
        self.fc1, self.fc2 = nn.Linear(1024, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(F.dropout2d(self.conv1(x), 0.5, self.training), 2))
        x = F.relu(F.max_pool2d(F.dropout2d(self.conv2(x), 0.5, self.training), 2))
        x = F.relu(F.dropout(self.fc1(x.flatten(1)), 0.5, self.training))
        return self.fc2(x)

    def passes(self, x, masks):
        """One mask set a pass, for all samples; the first convolution once."""
        shared = self.conv1(x)
        out = []
        for m1, m2, m3 in zip(*masks):
            h = F.relu(F.max_pool2d(shared * m1.view(1, -1, 1, 1), 2))
            h = F.relu(F.max_pool2d(self.conv2(h) * m2.view(1, -1, 1, 1), 2))
            h = F.relu(self.fc1(h.flatten(1)) * m3)
            out.append(self.fc2(h).softmax(1))
        return torch.stack(out)


class Block(nn.Module):
    def __init__(self, n, m, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(n, m, 3, stride, 1, bias=False), nn.BatchNorm2d(m)
        self.conv2, self.bn2 = nn.Conv2d(m, m, 3, 1, 1, bias=False), nn.BatchNorm2d(m)
        same = stride == 1 and n == m
        self.short = nn.Identity() if same else nn.Sequential(nn.Conv2d(n, m, 1, stride, bias=False), nn.BatchNorm2d(m))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + self.short(x), inplace=True)


def resnet18():
    layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    n = 64
    for stage in range(4):
        m = 64 * 2**stage
        layers += [Block(n, m, 2 if stage else 1), Block(m, m, 1)]
        n = m
    head = [nn.Linear(512, 2048), nn.BatchNorm1d(2048), nn.ReLU(), nn.Dropout(0.1)]
    head += [nn.Linear(2048, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Dropout(0.1), nn.Linear(512, 10)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *head)


OPENED = {}


def opened(name, layout):
    if (name, layout) not in OPENED:
        shape = (POOL, 28, 28, 1) if name == "cnn" else (POOL, 32, 32, 3)
        images = torch.randint(0, 256, shape, dtype=torch.uint8)
        if layout == "default":
            images = images.permute(0, 3, 1, 2).contiguous()
        labels = torch.randint(0, 10, (POOL,))
        model = (BayesianCnn() if name == "cnn" else resnet18()).to(memory_format=LAYOUTS[layout])
        if name == "cnn":
            optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
        else:
            optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)
        OPENED[name, layout] = model, optimizer, images, labels
    return OPENED[name, layout]


def inputs(images, start, count, layout):
    x = images[start : start + count]
    if layout == "channels_last":
        x = x.permute(0, 3, 1, 2)  # a view of height x width x channels: already channels_last
    return ((x.float() / 255) - 0.13) / 0.31


def train(name, count, batch, layout):
    model, optimizer, images, labels = opened(name, layout)
    model.train()
    for done in range(0, count, batch):
        start = done % (POOL - batch)
        optimizer.zero_grad()
        logits = model(inputs(images, start, batch, layout))
        F.cross_entropy(logits, labels[start : start + batch]).backward()
        optimizer.step()


@torch.inference_mode()
def monte_carlo(count, layout, passes):
    model, _, images, _ = opened("cnn", layout)
    model.eval()
    masks = [(torch.rand(PASSES, units) < 0.5) * 2.0 for units in (32, 64, 128)]
    for start in range(0, count, 512):
        x = inputs(images, start, min(512, count - start), layout)
        model.passes(x, masks) if passes else model(x).softmax(1)


WORKLOADS = {
    "bayesian-cnn train 32": lambda count, layout: train("cnn", count, 32, layout),
    "bayesian-cnn train 64": lambda count, layout: train("cnn", count, 64, layout),
    "bayesian-cnn Monte-Carlo T=10": lambda count, layout: monte_carlo(count, layout, True),
    "bayesian-cnn predict": lambda count, layout: monte_carlo(count, layout, False),
    "resnet18 train 64": lambda count, layout: train("resnet", count, 64, layout),
}

for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    WORKLOADS[request["workload"]](request["images"], request["layout"])
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
