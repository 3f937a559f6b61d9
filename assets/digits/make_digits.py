"""The handwritten digits of scikit-learn as one small file: python -m assets.digits.make_digits"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

FILE = Path(__file__).with_name("digits.npz")


def main() -> None:
    """Write images, uint8 [N, 8, 8] of 0 to 16 (ink), and labels, uint8 [N]."""
    found = load_digits()
    images, labels = found.images.astype(np.uint8), found.target.astype(np.uint8)
    np.savez_compressed(FILE, images=images, labels=labels)


if __name__ == "__main__":
    main()
