"""Plain words for whatever breaks while we talk to a server.

Owns the one list of what the libraries below may raise, and the one place where it becomes a sentence. The words come
without the host. Must not know what was asked, nor what becomes of the failure.
"""

import http.client
import ssl
from collections.abc import Iterator, Sequence
from typing import Final

import requests
import urllib3

from worker.guard import ExchangeError
from worker.transport import Exchange

FAULTS: Final = (
    ExchangeError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,  # chunk sizes, odd hosts, headers that cannot be encoded
    ArithmeticError,
)


def words_for(error: Exception, exchange: Exchange) -> str:
    """One clause for an error that is among FAULTS."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ExchangeError):
            return str(cause)
        if isinstance(cause, urllib3.exceptions.ProxyError):
            return "the proxy refuses, or does not work"
        if isinstance(cause, ssl.SSLError):
            return _tls_words(cause)
        if isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError):
            return str(exchange.too_slow())
    found = (words for cause in reversed(causes) for kind, words in _WORDS if isinstance(cause, kind))
    return next(found, "the exchange failed")


def is_certificate(error: Exception) -> bool:
    """Whether the server could not prove who it is."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


# The innermost cause that is among them decides, by the first type that fits.
_WORDS: Final[Sequence[tuple[type[BaseException], str]]] = (
    (requests.exceptions.InvalidProxyURL, "the proxy's address cannot be used"),
    (requests.exceptions.InvalidURL, "this is no usable address"),
    (urllib3.exceptions.LocationParseError, "this is no usable address"),
    (http.client.RemoteDisconnected, "the server closed the connection without an answer"),
    (http.client.LineTooLong, "the answer has a header longer than 64 KiB"),
    (http.client.BadStatusLine, "the server does not speak HTTP"),
    (http.client.UnknownProtocol, "the server does not speak HTTP"),
    (urllib3.exceptions.InvalidChunkLength, "the answer is garbled (sizes of its chunks)"),
    (urllib3.exceptions.IncompleteRead, "the answer broke off before its end"),
    (http.client.IncompleteRead, "the answer broke off before its end"),
    (urllib3.exceptions.InvalidHeader, "the answer's headers contradict each other"),
    (requests.exceptions.InvalidHeader, "a header that was to be sent is not allowed in HTTP"),
    (ConnectionError, "the server broke the connection off"),
    (http.client.HTTPException, "the answer's headers cannot be read, or are too many (100 at most)"),
    (urllib3.exceptions.ProtocolError, "the answer is garbled, or broke off"),
    (OSError, "the connection broke off"),
    (ValueError, "the answer is garbled"),
)

# OpenSSL's X509_V_ERR_… numbers.
_CERTIFICATE_WORDS: Final = {
    9: "the server's certificate is not valid yet",
    10: "the server's certificate has expired",
    18: "the server's certificate is signed by itself",
    19: "the server's certificate is signed by an authority that is not trusted here",
    20: "the server's certificate is signed by an authority that is not known here",
    21: "the server's certificate is signed by an authority that is not known here",
    62: "the server's certificate is made out to another name",
    64: "the server's certificate is made out to another address",
}


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, innermost last; libraries keep it in several places."""
    for _ in range(10):
        yield error
        inner = [error.__cause__, getattr(error, "reason", None), *reversed(error.args)]
        wrapped = next((item for item in inner if isinstance(item, BaseException)), None)
        if wrapped is None:
            return
        error = wrapped


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE_WORDS.get(error.verify_code, "the server's certificate cannot be verified")
    reason = error.reason or ""
    if "WRONG_VERSION_NUMBER" in reason or "RECORD_LAYER" in reason or "HTTP_REQUEST" in reason:
        return "the server does not speak TLS on this port"
    if "PROTOCOL" in reason:
        return "the server only offers outdated TLS"
    return "the encrypted connection (TLS) failed"
