"""A case of the interoperability tests with grpcio as the caller: client.py ADDRESS AUTHORITY CASE. Prints what the caller has seen, as JSON."""

import json
import sys
import threading

import grpc

from calls import SERVICE, read_answer, write_ask

WHITESPACE = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
FIELDS = (("echo", "test_initial_metadata_value"), ("echo-trailing-bin", b"\xab\xab\xab"))
LIMIT = 30


class Calls:
    def __init__(self, channel):
        self.empty = channel.unary_unary(f"/{SERVICE}/Empty")
        self.unary = channel.unary_unary(f"/{SERVICE}/Unary", response_deserializer=read_answer)
        self.stream_in = channel.stream_unary(f"/{SERVICE}/StreamIn", response_deserializer=read_answer)
        self.stream_out = channel.unary_stream(f"/{SERVICE}/StreamOut", response_deserializer=read_answer)
        self.duplex = channel.stream_stream(f"/{SERVICE}/Duplex", response_deserializer=read_answer)
        self.missing = channel.unary_unary(f"/{SERVICE}/Missing")
        self.missing_service = channel.unary_unary("/iskandar.interop.MissingCalls/Missing")


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("The call ended well.")


def code(error):
    return str(error.code().value[0])


def text(error):
    return f"{code(error)} {error.details()}"


def metadata(call):
    initial, trailing = dict(call.initial_metadata()), dict(call.trailing_metadata())
    return f"{initial.get('echo', '')} {trailing.get('echo-trailing-bin', b'').hex().upper()}"


def empty_unary(calls):
    return "ok" if calls.empty(b"", timeout=LIMIT) == b"" else "not empty"


def large_unary(calls):
    return "%d for %d" % calls.unary(write_ask([314159], 271828), timeout=LIMIT)


def client_streaming(calls):
    return str(calls.stream_in((write_ask(payload=length) for length in (27182, 8, 1828, 45904)), timeout=LIMIT)[1])


def server_streaming(calls):
    return " ".join(str(size) for size, _ in calls.stream_out(write_ask([31415, 9, 2653, 58979]), timeout=LIMIT))


def ping_pong(calls):
    seen = []
    sizes = iter(((31415, 27182), (9, 8), (2653, 1828), (58979, 45904)))

    class Asks:
        """The next is asked for only when the last answer is there: nothing may wait for more."""

        def __iter__(self):
            return self

        def __next__(self):
            go.acquire()
            size, payload = next(sizes)
            return write_ask([size], payload)

    go = threading.Semaphore(1)
    for answer in calls.duplex(Asks(), timeout=LIMIT):
        seen.append("%d for %d" % answer)
        go.release()
    return ", ".join(seen)


def empty_stream(calls):
    return f"{len(list(calls.duplex(iter(()), timeout=LIMIT)))} answers"


def custom_metadata(calls):
    _, unary = calls.unary.with_call(write_ask([314159], 271828), metadata=FIELDS, timeout=LIMIT)
    duplex = calls.duplex(iter([write_ask([314159], 271828)]), metadata=FIELDS, timeout=LIMIT)
    assert len(list(duplex)) == 1
    return f"{metadata(unary)}, {metadata(duplex)}"


def status_code_and_message(calls):
    ask = write_ask(status=2, message="test status message")
    unary = failure(lambda: calls.unary(ask, timeout=LIMIT))
    duplex = failure(lambda: list(calls.duplex(iter([ask]), timeout=LIMIT)))
    return f"{text(unary)}, {text(duplex)}"


def special_status_message(calls):
    return text(failure(lambda: calls.unary(write_ask(status=2, message=WHITESPACE), timeout=LIMIT)))


def unimplemented_method(calls):
    return code(failure(lambda: calls.missing(b"", timeout=LIMIT)))


def unimplemented_service(calls):
    return code(failure(lambda: calls.missing_service(b"", timeout=LIMIT)))


def cancel_after_begin(calls):
    over = threading.Event()

    def asks():
        over.wait()
        yield from ()

    call = calls.stream_in.future(asks(), timeout=LIMIT)
    call.cancel()
    over.set()
    return str(call.code().value[0])


def cancel_after_first_response(calls):
    over = threading.Event()

    def asks():
        yield write_ask([31415], 27182)
        over.wait()

    call = calls.duplex(asks(), timeout=LIMIT)
    size, _ = next(call)
    call.cancel()
    over.set()
    return f"{size}, {code(failure(lambda: next(call)))}"


def timeout_on_sleeping_server(calls):
    over = threading.Event()

    def asks():
        over.wait()
        yield from ()

    try:
        return code(failure(lambda: list(calls.duplex(asks(), timeout=0.001))))
    finally:
        over.set()


def main():
    address, authority, *cases = sys.argv[1:]
    with grpc.insecure_channel(address, options=(("grpc.default_authority", authority), ("grpc.enable_http_proxy", 0))) as channel:
        calls = Calls(channel)
        for case in cases:
            print(json.dumps(globals()[case](calls)), flush=True)


main()
