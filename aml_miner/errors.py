"""Every error this package raises on purpose.

::

    AmlMinerError
    ├── ConfigurationError          a setting or a YAML file is wrong
    ├── InvalidBatchError           a table, or the META.json beside it, breaks the data contract
    │   └── IntegrityError          a file is not the one META.json vouches for
    ├── FeatureComputationError     a matrix could not be built from a valid batch
    ├── ModelNotLoadedError         no model where one was expected
    │   └── ModelRejectedError      a model file failed its audit
    ├── PredictionError             a model was given something it cannot score
    ├── TrainingRefusedError        too little, or too one-sided, to learn from
    ├── UndefinedMetricError        a metric has no value for these rows
    ├── UnknownAlertError           no alert and no cluster has the id asked for
    ├── OutputError                 a result could not be put where it was asked for
    ├── SourceError                 a source of batches is not reached, refuses, or has none of these
    └── RequestRefusedError         the server does not answer a request, and says why
        ├── UnauthorizedError       without the token it asks for
        ├── UnknownResultError      nothing is stored under that name
        ├── SlowBodyError           the body did not arrive in time
        ├── BodyTooLargeError       the body, as it came or unpacked, is over the limit
        ├── UnsupportedBodyError    of a content type or encoding that is not read
        ├── ServerBusyError         as many requests wait already as may
        ├── ServerNotReadyError     models are not loaded, or the server is stopping
        └── TimeLimitError          it would take longer than a request may

A message says where, what was expected, what was found, how many, the first one by its key, and what to do.
"""


class AmlMinerError(Exception):
    """Base of every error raised on purpose by this package."""


class ConfigurationError(AmlMinerError):
    """A setting or a YAML file is missing, misspelt or out of range."""


class InvalidBatchError(AmlMinerError):
    """A table, or the META.json beside it, breaks the data contract."""


class IntegrityError(InvalidBatchError):
    """A file's hash is missing or differs from the one META.json gives."""


class FeatureComputationError(AmlMinerError):
    """A feature matrix could not be built from a valid batch."""


class ModelNotLoadedError(AmlMinerError):
    """No model was found where one was expected."""


class ModelRejectedError(ModelNotLoadedError):
    """A model file failed its audit and was never given to LightGBM."""


class PredictionError(AmlMinerError):
    """A model was given features it cannot score."""


class TrainingRefusedError(AmlMinerError):
    """There are too few rows, or only one class, to learn from."""


class UndefinedMetricError(AmlMinerError):
    """A metric has no value for these rows: one class only, no rows, or a value it cannot use."""


class UnknownAlertError(AmlMinerError):
    """No alert and no cluster has the id asked for."""


class OutputError(AmlMinerError):
    """A result could not be written where it was asked for."""


class SourceError(AmlMinerError):
    """A source of batches cannot be reached, refuses to answer, or has no batch of those asked for."""


class RequestRefusedError(AmlMinerError):
    """The server does not answer a request, and says why."""


class UnauthorizedError(RequestRefusedError):
    """The request lacks the token the server asks for."""


class UnknownResultError(RequestRefusedError):
    """No result is stored under the name asked for."""


class SlowBodyError(RequestRefusedError):
    """The body did not arrive in time."""


class BodyTooLargeError(RequestRefusedError):
    """The body, as it came or unpacked, is over the limit."""


class UnsupportedBodyError(RequestRefusedError):
    """The body is of a content type or encoding that is not read."""


class ServerBusyError(RequestRefusedError):
    """As many requests wait already as may."""


class ServerNotReadyError(RequestRefusedError):
    """The models are not loaded, or the server is stopping."""


class TimeLimitError(RequestRefusedError):
    """The answer would take longer than a request may."""
