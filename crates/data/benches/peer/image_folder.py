"""What torchvision's ImageFolder takes to decode a folder of images.

    python3 image_folder.py FOLDER [WORKERS]

FOLDER holds one folder per class (the unpacked archive: ImageFolder reads none). Without WORKERS in
one process, else with a DataLoader of so many. Without torchvision, Pillow does what its ImageFolder
would. The other side of the comparison is `cargo bench -p fireassay-data --bench images`.
"""

import pathlib
import resource
import sys
import time

import numpy as np
from PIL import Image


class Plain:
    """ImageFolder with its default loader, and a plain array for its transform."""

    def __init__(self, root, transform):
        classes = sorted(path.name for path in pathlib.Path(root).iterdir() if path.is_dir())
        self.transform = transform
        self.samples = [
            (str(path), label)
            for label, name in enumerate(classes)
            for path in sorted(pathlib.Path(root, name).rglob("*"))
            if path.suffix.lower() in (".jpg", ".jpeg", ".png")
        ]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        path, label = self.samples[index]
        with open(path, "rb") as file:
            image = Image.open(file).convert("RGB")
        return self.transform(image), label


def main():
    root, workers = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    try:
        from torchvision.datasets import ImageFolder as Folder
    except ImportError:
        Folder = Plain
    dataset = Folder(root, transform=np.asarray)
    start = time.perf_counter()
    if workers:
        from torch.utils.data import DataLoader

        loader = DataLoader(dataset, batch_size=64, num_workers=workers, collate_fn=stack)
        images = np.concatenate([batch for batch, _ in loader])
    else:
        images, _ = stack([dataset[index] for index in range(len(dataset))])
    wall = time.perf_counter() - start
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in spent)
    print(f"{Folder.__module__}: {len(images)} images {images.shape[1:]}, {workers} workers")
    print(f"{wall:.2f} s, {cpu:.2f} s of processor time with start-up")


def stack(samples):
    images, labels = zip(*samples)
    return np.stack(images), np.array(labels)


if __name__ == "__main__":
    main()
