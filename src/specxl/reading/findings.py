"""What the findings of the data audit mean: their grade, and the words for them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Finding:
    """What a finding id means: its grade, a few words for a table, and a sentence for the caveats.

    A row with a `suspect` contradicts itself, one with a `stop` is doubted by somebody else; a `caution` lowers the
    certainty of what rests on the row, and a `note` should be known.
    """

    grade: Literal["stop", "suspect", "caution", "note"]
    short: str
    long: str


FINDINGS: Mapping[str, Finding] = MappingProxyType(
    {
        "suspect:littles_law": Finding(
            "suspect",
            "contradicts Little's law",
            "The requests held open do not match throughput times latency, by a factor of three with means and of four with"
            " medians: the run failed or stalled, or one of its figures is wrong.",
        ),
        "suspect:latency": Finding(
            "suspect",
            "speed and request latency disagree",
            "The stated speed is more than a factor of two from what the latency of whole requests, less the time to the"
            " first token, gives for their output length.",
        ),
        "suspect:not_per_gpu": Finding(
            "suspect",
            "throughput not divided by the GPUs",
            "In all rows of the table a request puts out more than its speed allows, about as many times as there are GPUs:"
            " the throughput per GPU is that of the whole deployment, or the concurrency that of one GPU.",
        ),
        "suspect:output": Finding(
            "suspect",
            "more output than the speed allows",
            "The output per request in flight is more than twice what the stated speed allows: throughput, concurrency or"
            " latency is wrong.",
        ),
        "suspect:lengths": Finding(
            "suspect",
            "measured lengths far from the nominal",
            "The measured mean input or output length is more than a factor of two from the nominal one, so the workload is"
            " not what its name says.",
        ),
        "suspect:sum": Finding(
            "suspect",
            "input and output do not add up",
            "Input and output throughput do not add up to the total by any rule of the format.",
        ),
        "suspect:unit": Finding(
            "suspect",
            "speed and latency disagree",
            "The published speed is not one over the published latency, neither in seconds nor in milliseconds, or the time"
            " per output token is so long that it is probably written in milliseconds.",
        ),
        "suspect:percentile_order": Finding(
            "suspect",
            "percentiles out of order",
            "A higher percentile of a latency is smaller than a lower one.",
        ),
        "suspect:zeros": Finding(
            "suspect",
            "zero where a figure is missing",
            "A figure that cannot be zero is zero, so the source has lost it.",
        ),
        "suspect:failed_requests": Finding(
            "suspect",
            "requests failed",
            "Some of the run's requests failed, so its figures describe a smaller load than its settings say.",
        ),
        "stop:reported_fault": Finding(
            "stop",
            "reported fault",
            "The run is on the list of known issues: somebody has reported that it answers wrongly.",
        ),
        "caution:mixes_runs": Finding(
            "caution",
            "mixes runs",
            "The points of this line are from several runs, the newest for each concurrency, because that was asked for.",
        ),
        "caution:low_score": Finding(
            "caution",
            "low score",
            "The configuration's score in an evaluation of its answers lies clearly under the median of other configurations"
            " of the model in the same task.",
        ),
        "note:warm_up": Finding(
            "note",
            "warm-up",
            "The 99th percentile of the time to first token is more than 20 times the median: a start-up pause probably lies"
            " inside the timed window and lowers the throughput.",
        ),
        "note:gpu_count": Finding(
            "note",
            "GPU count corrected",
            "The source counts the GPUs of this deployment in a way that its own figures contradict; the count shown is"
            " derived from the parallel sizes. Figures per GPU are not affected.",
        ),
        "note:gain_above_acceptance": Finding(
            "note",
            "gain above acceptance length",
            "The speed-up over the same configuration and load without speculation is larger than the accepted tokens per"
            " step allow, so something else differs as well.",
        ),
        "note:synthetic_acceptance": Finding(
            "note",
            "synthetic acceptance",
            "The run speculates with a fixed, synthetic acceptance length; the acceptance on real traffic can differ.",
        ),
        "note:random_prompts": Finding(
            "note",
            "random prompts",
            "The run speculates on random prompts, which are no real text, and before February 2026 perhaps without the chat"
            " template, which lifts the acceptance length from about 2.5 to 3.5; the acceptance on real traffic can differ.",
        ),
        "note:stated_by_hand": Finding(
            "note",
            "stated by hand",
            "A field that decides the comparison (variant, hardware, GPUs or engine) was given by the user and does not stand"
            " in the file.",
        ),
        "note:submission_invalid": Finding(
            "note",
            "no valid submission",
            "The run itself says that it breaks a rule of its benchmark.",
        ),
        "note:derived_shares": Finding(
            "note",
            "role shares derived",
            "The GPU counts of prefill and decode are not known; output and input throughput were put on the whole"
            " deployment with the shares that the total implies.",
        ),
        "note:estimated_speed": Finding(
            "note",
            "speed estimated",
            "The file has no time per output token; it was estimated from the medians of latency and time to first token.",
        ),
    }
)
