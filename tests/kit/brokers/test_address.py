# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the URL of a broker may say."""

import pytest

from csms.kit.brokers.address import read_url


def test_what_it_says() -> None:
    """Scheme, several servers, usual ports, percent signs, the virtual host, the way of signing in."""
    found = read_url("amqps://me:p%40ss@mq.example/prod%2Fcsms")
    assert (found.kind, found.tls, found.servers) == ("rabbitmq", True, (("mq.example", 5671),))
    assert (found.username, found.password, found.virtual_host) == ("me", "p@ss", "prod/csms")
    assert read_url("amqp://h").virtual_host == read_url("amqp://h/").virtual_host == "/"
    found = read_url("kafka+ssl://me:x@k1,k2:19093,[::1]:9?mechanism=scram-sha-512")
    assert found.servers == (("k1", 9093), ("k2", 19093), ("::1", 9))
    assert (found.kind, found.tls, found.mechanism) == ("kafka", True, "SCRAM-SHA-512")
    assert found.shown == "Kafka at k1:9093, k2:19093, [::1]:9"
    found = read_url("nats://t0ken@n")
    assert (found.kind, found.tls, found.username, found.password) == ("nats", False, "t0ken", None)
    assert read_url("tls://n").tls
    assert "s3cret" not in repr(read_url("amqp://u:s3cret@h"))


@pytest.mark.parametrize(
    "url",
    [
        "http://s3cret@h", "s3cret", "amqp://", "amqp://u:s3cret@", "amqp://u:s3cret@h:port", "nats://h/s3cret",
        "kafka://h?mechanism=s3cret", "amqp://h?s3cret=1", "nats://a,,b", "amqp://h/v#s3cret", "kafka://u:s3cret@h:99999",
        "amqp://u:s3@cret@h",
    ],
)  # fmt: skip
def test_what_it_may_not(url: str) -> None:
    """Refused, in words that repeat nothing of it."""
    with pytest.raises(ValueError, match=r"must|may|has") as caught:
        read_url(url)
    assert "s3cret" not in str(caught.value)
