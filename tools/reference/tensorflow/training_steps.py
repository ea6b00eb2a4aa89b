"""Records three training steps of resnet18 (momentum) and bayesian-cnn (Adam) for libs/compute's parity test."""

import json
import os
import sys
import zlib

os.environ["TF_NUM_INTRAOP_THREADS"] = "2"
os.environ["TF_NUM_INTEROP_THREADS"] = "2"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow as tf

STEPS = 3
SAMPLES = 24


def hashed(name, size):
    """32-bit integers, a function of the name and the position only."""
    x = np.arange(size, dtype=np.uint64) + zlib.crc32(name.encode())
    x &= 0xFFFFFFFF
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x ^= x >> np.uint64(shift)
        x = (x * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return x ^ (x >> np.uint64(16))


def start_value(name, shape):
    """By the weight's kind; the same rule is in parity.test.ts."""
    size = int(np.prod(shape))
    unit = hashed(name, size).astype(np.float64) / 2**31 - 1
    kind = name.rsplit("/", 1)[1]
    if kind == "weight":
        value = unit * np.sqrt(3 / (size / shape[-1]))
    elif kind in ("scale", "variance"):
        value = 1 + 0.1 * unit
    else:
        value = 0.1 * unit
    return value.astype(np.float32).reshape(shape)


class Weights:
    def __init__(self):
        self.all = {}

    def __call__(self, name, shape, trainable=True):
        if name not in self.all:
            self.all[name] = tf.Variable(start_value(name, shape), trainable=trainable)
        return self.all[name]

    def trainable(self):
        return [v for v in self.all.values() if v.trainable]


def linear(w, name, x, units):
    return tf.matmul(x, w(f"{name}/weight", [x.shape[1], units])) + w(f"{name}/bias", [units])


def conv(w, name, x, size, channels, stride):
    p = (size - 1) // 2
    kernel = w(f"{name}/weight", [size, size, x.shape[3], channels])
    # Padding by hand at stride 2: SAME would pad at the end only, and EXPLICIT has other kernels with other rounding.
    if stride == 1:
        return tf.nn.conv2d(x, kernel, 1, "SAME")
    return tf.nn.conv2d(tf.pad(x, [[0, 0], [p, p], [p, p], [0, 0]]), kernel, stride, "VALID")


def norm(w, name, x, updates):
    shape = [x.shape[-1]]
    scale, offset = w(f"{name}/scale", shape), w(f"{name}/offset", shape)
    axes = list(range(len(x.shape) - 1))
    spatial = x if len(x.shape) == 4 else tf.reshape(x, [-1, 1, 1, shape[0]])
    y, mean, variance = tf.compat.v1.nn.fused_batch_norm(spatial, scale, offset, epsilon=1e-5, is_training=True)[:3]
    updates.append((w(f"{name}/mean", shape, False), mean))
    updates.append((w(f"{name}/variance", shape, False), variance))
    return tf.reshape(y, tf.shape(x)) if len(axes) == 1 else y


def resnet18(w, x, mask, updates):
    def conv_norm(name, y, size, channels, stride):
        return norm(w, f"{name}/norm", conv(w, name, y, size, channels, stride), updates)

    x = tf.nn.relu(conv_norm("stem", x, 3, 64, 1))
    for stage in range(4):
        width = 64 * 2**stage
        for block in range(2):
            name = f"stage{stage + 1}/block{block + 1}"
            stride = 2 if stage > 0 and block == 0 else 1
            y = tf.nn.relu(conv_norm(f"{name}/conv1", x, 3, width, stride))
            y = conv_norm(f"{name}/conv2", y, 3, width, 1)
            if stride != 1 or x.shape[3] != width:
                x = conv_norm(f"{name}/shortcut", x, 1, width, stride)
            x = tf.nn.relu(x + y)
    z = tf.reduce_mean(x, [1, 2])
    a0 = linear(w, "head/fc0", z, 2048)
    h0 = tf.nn.relu(norm(w, "head/norm0", a0, updates)) * mask[:, :2048]
    a1 = linear(w, "head/fc1", h0, 512)
    h1 = tf.nn.relu(norm(w, "head/norm1", a1, updates)) * mask[:, 2048:]
    return linear(w, "head/fc2", h1, 10)


def bayesian_cnn(w, x, mask, updates):
    for name, channels in (("conv1", 32), ("conv2", 64)):
        kernel = w(f"{name}/weight", [5, 5, x.shape[3], channels])
        x = tf.nn.conv2d(x, kernel, 1, "VALID") + w(f"{name}/bias", [channels])
        x = tf.nn.relu(tf.nn.max_pool2d(x, 2, 2, "VALID"))
    x = tf.nn.relu(linear(w, "fc1", tf.reshape(x, [x.shape[0], -1]), 128))
    return linear(w, "fc2", x, 10)


def record(name, network, shape, optimizer, rate, dropout):
    images = (hashed("images", int(np.prod(shape))) & np.uint64(255)).astype(np.float32).reshape(shape)
    labels = (hashed("labels", shape[0]) % np.uint64(10)).astype(np.int32)
    mean, std = np.float64(0.45), np.float64(0.25)
    x = tf.constant(images) * np.float32(1 / (255 * std)) + np.float32(-mean / std)
    w = Weights()
    slots, losses = {}, []
    adam = tf.compat.v1.train.AdamOptimizer(rate, 0.9, 0.999, 1e-8)
    for step in range(STEPS):
        updates = []
        mask = None
        if dropout:
            uniform = tf.raw_ops.StatelessRandomUniform(shape=[shape[0], 2560], seed=[7, step])
            mask = tf.cast(uniform >= np.float32(dropout), tf.float32) * np.float32(1 / (1 - dropout))
        with tf.GradientTape() as tape:
            logits = network(w, x, mask, updates)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        weights = w.trainable()
        gradients = tape.gradient(loss, weights)
        losses.append(float(loss))
        if optimizer == "adam":
            adam.apply_gradients(zip(gradients, weights))
        else:
            for v, g in zip(weights, gradients):
                slot = slots.setdefault(v.ref(), tf.Variable(tf.zeros_like(v)))
                tf.raw_ops.ResourceApplyMomentum(
                    var=v.handle, accum=slot.handle, lr=rate, grad=g + v * np.float32(5e-4), momentum=0.9
                )
        for running, value in updates:
            running.assign(running * np.float32(0.9) + value * np.float32(0.1))
    digest = {}
    for key, v in w.all.items():
        flat = v.numpy().ravel()
        at = [j * flat.size // SAMPLES for j in range(SAMPLES)] if flat.size > SAMPLES else range(flat.size)
        digest[key] = {
            "shape": v.shape.as_list(),
            "sum": float(flat.sum(dtype=np.float64)),
            "absSum": float(np.abs(flat).sum(dtype=np.float64)),
            "samples": [float(f"{flat[i]:.9g}") for i in at],
        }
    return {
        "architecture": name,
        "recordedWith": {"tensorflow": tf.__version__, "threads": 2},
        "shape": shape,
        "dropout": dropout,
        "learningRate": rate,
        "losses": losses,
        "weights": digest,
    }


def main(folder):
    for file, vector in (
        ("resnet18-momentum", record("resnet18", resnet18, [8, 32, 32, 3], "momentum", 0.01, 0.1)),
        ("bayesian-cnn-adam", record("bayesian-cnn", bayesian_cnn, [16, 28, 28, 1], "adam", 0.001, False)),
    ):
        lines = [f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in vector.pop("weights").items()]
        head = json.dumps(vector, indent=2)[:-2]
        with open(os.path.join(folder, f"{file}.json"), "w") as out:
            out.write(head + ',\n  "weights": {\n' + ",\n".join(lines) + "\n  }\n}\n")


main(sys.argv[1])
