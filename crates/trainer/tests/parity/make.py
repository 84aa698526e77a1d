"""Reference values for parity.rs, from PyTorch on the CPU.

    pip install torch==2.9.1 numpy
    python make.py > reference.json

Every case gives initial values, a batch, and what PyTorch makes of them in f32: logits, loss,
gradients, running statistics after one training forward, logits in evaluation mode, and weights
after four updates of an optimizer. Layouts are Burn's: a linear weight is [in, out].

Running variances are the biased ones (Burn's rule; PyTorch's own are unbiased), so they are
computed here from the batch.
"""

import json
import math

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
ACTIVATIONS = {"identity": lambda x: x, "relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


def fill(shape, start, scale):
    """Values without symmetry: scale * sin of an irrational walk."""
    n = math.prod(shape)
    values = [scale * math.sin(start + 1.7320508 * i + 0.01 * i * i) for i in range(n)]
    return torch.tensor(values, dtype=torch.float64).float().reshape(shape)


class Net:
    def __init__(self, spec, shape, classes):
        (self.family, self.spec), = spec.items()
        self.shape, self.classes = shape, classes
        self.params, self.buffers = {}, {}

    def param(self, path, shape, scale=0.3, offset=0.0):
        if path not in self.params:
            value = fill(shape, len(self.params) + 1.0, scale) + offset
            self.params[path] = value.requires_grad_(True)
        return self.params[path]

    def linear(self, path, x, width):
        weight = self.param(f"{path}.weight", [x.shape[1], width])
        return x @ weight + self.param(f"{path}.bias", [width])

    def norm(self, path, x, vectors, train):
        kind = self.spec["norm"]
        if kind == "none":
            return x
        channels = x.shape[1]
        if kind == "batch":
            name = "Batch"
        elif kind == "layer" and vectors:
            name = "Vector"
        else:
            name = "Group"
        gamma = self.param(f"{path}.{name}.gamma", [channels], 0.2, 1.0)
        beta = self.param(f"{path}.{name}.beta", [channels])
        if name == "Vector":
            return F.layer_norm(x, [channels], gamma, beta)
        if name == "Group":
            return F.group_norm(x, 1 if kind == "layer" else kind["group"], gamma, beta)
        mean_path, var_path = f"{path}.Batch.running_mean", f"{path}.Batch.running_var"
        mean = self.buffers.setdefault(mean_path, torch.zeros(channels))
        var = self.buffers.setdefault(var_path, torch.ones(channels))
        if not train:
            return F.batch_norm(x, mean, var, gamma, beta, False)
        dims = [d for d in range(x.dim()) if d != 1]
        with torch.no_grad():
            self.buffers[mean_path] = 0.9 * mean + 0.1 * x.mean(dims)
            self.buffers[var_path] = 0.9 * var + 0.1 * x.var(dims, unbiased=False)
        return F.batch_norm(x, None, None, gamma, beta, True)

    def dense(self, path, x, widths, train, normed):
        for i, width in enumerate(widths):
            x = self.linear(f"{path}.{i}.linear", x, width)
            if normed:
                x = self.norm(f"{path}.{i}.norm", x, True, train)
            x = ACTIVATIONS[self.spec["activation"]](x)
        return x

    def forward(self, x, train):
        if self.family == "mlp":
            x = self.dense("backbone.Mlp.blocks", x, self.spec["widths"], train, True)
        elif self.family == "resnet":
            x = self.residual(x.reshape([-1] + self.shape), train)
        else:
            x = self.maps(x.reshape([-1] + self.shape), train)
            x = self.dense("backbone.Cnn.dense", x, self.spec["dense"], train, False)
        return self.linear("head", x, self.classes)

    def square(self, path, x, out, side, stride, train):
        """Convolution and norm; a bias only where there is no norm."""
        conv, norm = (path.replace("conv", kind) for kind in ("conv", "norm"))
        weight = self.param(f"{conv}.weight", [out, x.shape[1], side, side])
        bias = self.param(f"{conv}.bias", [out]) if self.spec["norm"] == "none" else None
        x = F.conv2d(x, weight, bias, stride=stride, padding=side // 2)
        return self.norm(norm, x, False, train)

    def residual(self, x, train):
        s, path = self.spec, "backbone.Resnet"
        act = ACTIVATIONS[s["activation"]]
        x = act(self.square(f"{path}.conv1", x, s["widths"][0], 3, 1, train))
        for i, out in enumerate(s["widths"]):
            for j in range((s["depth"] - 2) // 6):
                block = f"{path}.stages.{i}.blocks.{j}"
                stride = 2 if i > 0 and j == 0 else 1
                y = act(self.square(f"{block}.conv1", x, out, 3, stride, train))
                y = self.square(f"{block}.conv2", y, out, 3, 1, train)
                added = out - x.shape[1]
                if stride > 1 or added != 0:
                    if s["shortcut"] == "projection":
                        x = self.square(f"{block}.projection.conv", x, out, 1, stride, train)
                    else:
                        around = (0, 0, 0, 0, added // 2, added - added // 2)
                        x = F.pad(x[:, :, ::stride, ::stride], around)
                x = act(y + x)
        return x.mean([2, 3])

    def maps(self, x, train):
        s = self.spec
        for i, out in enumerate(s["channels"]):
            path = f"backbone.Cnn.blocks.{i}"
            weight = self.param(f"{path}.conv.weight", [out, x.shape[1], s["kernel"], s["kernel"]])
            bias = self.param(f"{path}.conv.bias", [out])
            padding = s["kernel"] // 2 if s["padding"] == "same" else 0
            x = F.conv2d(x, weight, bias, stride=s["stride"], padding=padding)
            x = ACTIVATIONS[s["activation"]](self.norm(f"{path}.norm", x, False, train))
            if s["pool"] == "max":
                x = F.max_pool2d(x, 2)
            elif s["pool"] == "average":
                x = F.avg_pool2d(x, 2)
        return x.flatten(1) if s["head"] == "flatten" else x.mean([2, 3])


def flat(tensors):
    return {k: {"shape": list(v.shape), "values": v.detach().flatten().tolist()} for k, v in tensors.items()}


def optimizer(optim, params):
    (kind, rule), = optim["algorithm"].items()
    exempt = optim["decay-exempt"] == "bias-and-norm"
    # PyTorch's SGD knows the coupled form only; the decoupled one is written out in `case`.
    by_hand = kind == "sgd" and optim["decay"] == "decoupled"
    decay = 0.0 if by_hand else optim["weight-decay"]
    groups = [
        {"params": [p for p in params if p.dim() > 1 or not exempt], "weight_decay": decay},
        {"params": [p for p in params if p.dim() == 1 and exempt], "weight_decay": 0.0},
    ]
    groups = [g for g in groups if g["params"]]
    if kind == "sgd":
        return torch.optim.SGD(groups, lr=optim["lr"], momentum=rule["momentum"], nesterov=rule["nesterov"])
    cls = torch.optim.AdamW if optim["decay"] == "decoupled" else torch.optim.Adam
    return cls(groups, lr=optim["lr"], betas=(rule["beta1"], rule["beta2"]), eps=rule["epsilon"])


def case(name, spec, shape, optim=None, classes=3, batch=5):
    net = Net(spec, shape, classes)
    inputs = fill([batch, math.prod(shape)], 0.5, 1.0)
    labels = torch.arange(batch) % classes
    net.forward(inputs, True)  # creates the parameters
    net.buffers.clear()
    init = flat(net.params)
    logits = net.forward(inputs, True)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    result = {
        "name": name, "model": spec, "shape": shape, "classes": classes,
        "inputs": inputs.flatten().tolist(), "labels": labels.tolist(), "init": init,
        "logits": logits.detach().flatten().tolist(), "loss": loss.item(),
        "grads": flat({k: v.grad for k, v in net.params.items()}), "buffers": flat(net.buffers),
        "eval_logits": net.forward(inputs, False).detach().flatten().tolist(),
    }
    if optim is not None:
        params = list(net.params.values())
        rule = optimizer(optim, params)
        for _ in range(4):
            rule.zero_grad()
            F.cross_entropy(net.forward(inputs, True), labels).backward()
            if optim["clip-norm"] != "off":
                torch.nn.utils.clip_grad_norm_(params, optim["clip-norm"]["max"])
            if optim["decay"] == "decoupled" and "sgd" in optim["algorithm"]:
                with torch.no_grad():
                    for p in params:
                        if p.dim() > 1 or optim["decay-exempt"] == "nothing":
                            p.mul_(1.0 - optim["lr"] * optim["weight-decay"])
            rule.step()
        result["optim"], result["after"] = optim, flat(net.params)
    return result


def mlp(**changes):
    spec = {"widths": [8, 4], "activation": "tanh", "norm": "none", "dropout": 0.0, "dropout-at": "hidden"}
    return {"mlp": {**spec, **changes}}


def cnn(**changes):
    spec = {
        "channels": [4, 6], "kernel": 3, "stride": 1, "padding": "same", "norm": "none",
        "activation": "relu", "pool": "max", "head": "flatten", "dense": [5], "dropout": 0.0,
        "dropout-at": "features",
    }
    return {"cnn": {**spec, **changes}}


def resnet(**changes):
    spec = {
        "depth": 8, "widths": [2, 3, 4], "norm": "batch", "activation": "relu",
        "shortcut": "padded-identity", "dropout": 0.0, "dropout-at": "features",
    }
    return {"resnet": {**spec, **changes}}


def optim(algorithm, **changes):
    spec = {
        "algorithm": algorithm, "lr": 0.05, "weight-decay": 0.0, "decay": "coupled",
        "decay-exempt": "bias-and-norm", "clip-norm": "off",
    }
    return {**spec, **changes}


def sgd(momentum, nesterov=False):
    return {"sgd": {"momentum": momentum, "nesterov": nesterov}}


ADAM = {"adam": {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8}}
NORMS = ["none", "batch", "layer", {"group": 2}]
CASES = [
    *(case(f"mlp norm={norm}", mlp(norm=norm), [12]) for norm in NORMS),
    *(case(f"mlp {a}", mlp(activation=a), [12]) for a in ACTIVATIONS),
    case("linear", mlp(widths=[]), [12]),
    *(case(f"cnn norm={norm}", cnn(norm=norm), [2, 8, 8]) for norm in NORMS),
    case("cnn valid stride", cnn(padding="valid", stride=2, pool="none", channels=[4]), [2, 9, 8]),
    case("cnn average pool", cnn(pool="average", head="global-average", dense=[]), [1, 9, 9]),
    *(case(f"resnet norm={norm}", resnet(norm=norm), [2, 7, 6]) for norm in NORMS[:3]),
    case("resnet group", resnet(norm={"group": 2}, widths=[2, 2, 4]), [1, 5, 6]),
    case("resnet projection", resnet(shortcut="projection", widths=[3, 2, 3]), [2, 8, 8]),
    case("resnet deeper", resnet(depth=14, activation="tanh"), [1, 6, 6]),
    *(
        case(f"optim {name}", mlp(), [12], optim=spec)
        for name, spec in {
            "sgd": optim(sgd(0.0)),
            "momentum": optim(sgd(0.9)),
            "nesterov": optim(sgd(0.9, True)),
            "momentum l2": optim(sgd(0.9), **{"weight-decay": 0.1}),
            "momentum l2 on all": optim(sgd(0.9), **{"weight-decay": 0.1, "decay-exempt": "nothing"}),
            "sgd decoupled": optim(sgd(0.9), **{"weight-decay": 0.1, "decay": "decoupled"}),
            "adam": optim(ADAM, lr=0.01),
            "adam l2": optim(ADAM, lr=0.01, **{"weight-decay": 0.1}),
            "adamw": optim(ADAM, lr=0.01, **{"weight-decay": 0.1, "decay": "decoupled"}),
            "momentum clipped": optim(sgd(0.9), **{"clip-norm": {"max": 0.05}}),
        }.items()
    ),
    # Not Adam: a bias before batch norm has gradient 0 up to rounding, which Adam would blow up.
    case("optim cnn", cnn(norm="batch"), [2, 8, 8], optim=optim(sgd(0.9))),
]
print(json.dumps({"torch": torch.__version__, "cases": CASES}))
