"""A hub of ten small networks on a real task, with the accuracies they reach when fine-tuned.

    source  1,000 digits         `pretrain` trains each network on another task about them (`tasks`)
    target  the other 797, noisy `target` packs them: 10 labelled pictures per class, the rest test
    truth   fine-tuned accuracy  `finetune` trains every network on the 100 and counts on the rest

No network saw a digit of the target, nor any noise. Everything here is written by

    python -m disco_jax.demo.target
    python -m disco_jax.demo.pretrain
    python -m disco_jax.demo.finetune

in this order; the seeds are fixed, and the same machine and versions give the same bytes.

The digits: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
Learning Repository, 1998, doi 10.24432/C50P49, CC BY 4.0; as in scikit-learn, 8 by 8 pixels.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
HUB = FOLDER / "hub.toml"
TARGET = FOLDER / "noisy_digits.npz"
ACCURACIES = FOLDER / "accuracies.csv"
