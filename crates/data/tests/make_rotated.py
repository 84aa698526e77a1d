"""Writes rotated.json: images turned by scipy, for the tests of src/alter/image.rs.

Needs numpy and scipy (made with 2.4 and 1.17): python3 make_rotated.py > rotated.json
"""

import json
import math

import numpy as np
from scipy.ndimage import affine_transform

HEIGHT, WIDTH, FILL = 5, 7, -0.5


def turned(image, degrees):
    """Bilinear, about the middle, anticlockwise; FILL outside of the image."""
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    middle = (np.array(image.shape) - 1) / 2
    return affine_transform(
        image, matrix, middle - matrix @ middle, order=1, mode="grid-constant", cval=FILL
    )


image = np.random.default_rng(0).normal(size=(HEIGHT, WIDTH)).astype(np.float32)
cases = {
    str(degrees): turned(image.astype(np.float64), degrees).ravel().round(9).tolist()
    for degrees in [-171.0, -33.3, 1.0, 15.0, 45.0, 120.0]
}
print(json.dumps({"image": [float(x) for x in image.ravel()], "fill": FILL, "turned": cases}))
