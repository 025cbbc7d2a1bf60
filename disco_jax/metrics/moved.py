"""What moves a score though nothing was learnt, as `tests/metrics/test_moved.py` measures it.

The same features with every column twice, with as many columns of noise, turned into twice the
columns, times a factor, and with every sample twice. A plus is up, a minus down, ± either, as the
data have it, and a dot not by a thousandth. Logits stay as they are.

The data have 300 x 64 and 60 x 160 numbers. What counts up to 128 components, as DISCO does, finds
more of them in more columns: where it had 128 before, it is not moved up by that.
"""

CHANGES = (
    "columns twice",
    "noise columns",
    "twice as wide",
    "times 0.001",
    "times 1000",
    "samples twice",
)
MOVED = {
    "disco": {"classification": "+±+-++", "regression": "+±+..+"},
    "disco:mode=tuned": {"classification": "+-+..+", "regression": "±-±..+"},
    "spectral_share": {"classification": "+-+..+", "regression": "+-+..+"},
    "logme": {"classification": ".-.--+", "regression": ".-.--±"},
    "h_score": {"classification": ".+...."},
    "h_score_shrunk": {"classification": "+-+..+"},
    "transrate": {"classification": "++.-+."},
    "lfc": {"classification": ".±...."},
    "cka": {"classification": ".±...."},
    "gbc": {"classification": "+±+-.."},
    "rankme": {"classification": ".+....", "regression": ".+...."},
    "stable_rank": {"classification": ".+....", "regression": ".+...."},
    "energy": {"classification": "......", "regression": "......"},
    "ridge_loo": {"classification": ".-...+", "regression": ".-...+"},
    "lda_loo": {"classification": ".-...+"},
    "sfda": {"classification": "+++-+."},
    "ncti": {"classification": "+-.±++"},
    "etran": {"classification": "++.-+.", "regression": ".+...."},
    "ped": {"classification": ".-+--+"},
    "nleep": {"classification": ".---.+"},
    "leep": {"classification": "......"},
    "nce": {"classification": "......"},
    "pactran_gauss": {"classification": "+++±-+"},
    "pactran_dirichlet": {"classification": ".....+"},
    "pactran_gamma": {"classification": ".....+"},
    "otce": {"classification": ".±...."},
    "tmi": {"classification": "+++-+-"},
    "tmi_variance": {"classification": "++.-+."},
    "knn": {"classification": ".-...+", "regression": ".-...+"},
    "parc": {"classification": ".-+..+"},
    "interclass_distance": {"classification": "++.-+."},
    "concept_variance": {"classification": ".-...+"},
}
SAID = {"+": "up", "-": "down", "±": "up or down"}


def moved_by(name: str) -> dict[str, dict[str, dict[str, str]]]:
    """`{spec: {task: {change: where to}}}` of a metric and its forms; empty for those of others."""
    return {
        spec: {
            task: {what: SAID[s] for what, s in zip(CHANGES, signs, strict=True) if s in SAID}
            for task, signs in of_task.items()
        }
        for spec, of_task in MOVED.items()
        if spec.partition(":")[0] == name
    }
