"""`python -m disco_jax` is `disco-jax`."""

from disco_jax.cli import main

if __name__ == "__main__":
    main()
