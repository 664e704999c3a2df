"""The app of interop.proto on grpcio. Says its port on the first line, and ends when standard input does."""

import sys
from concurrent import futures

import grpc

from calls import SERVICE, read_ask, write_answer

CODES = {code.value[0]: code for code in grpc.StatusCode}


def echo(context):
    fields = dict(context.invocation_metadata())
    if "echo-trailing-bin" in fields:
        context.set_trailing_metadata((("echo-trailing-bin", fields["echo-trailing-bin"]),))
    if "echo" in fields:
        context.send_initial_metadata((("echo", fields["echo"]),))


def check(context, status, message):
    if status:
        context.abort(CODES[status], message)


def empty(request, context):
    return b""


def unary(request, context):
    sizes, payload, status, message = read_ask(request)
    echo(context)
    check(context, status, message)
    return write_answer(sizes[0] if sizes else 0, payload)


def stream_in(requests, context):
    return write_answer(0, sum(read_ask(request)[1] for request in requests))


def stream_out(request, context):
    sizes, _, status, message = read_ask(request)
    for size in sizes:
        yield write_answer(size, 0)
    check(context, status, message)


def duplex(requests, context):
    echo(context)
    for request in requests:
        sizes, payload, status, message = read_ask(request)
        for size in sizes:
            yield write_answer(size, payload)
        check(context, status, message)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    methods = {
        "Empty": grpc.unary_unary_rpc_method_handler(empty),
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "StreamIn": grpc.stream_unary_rpc_method_handler(stream_in),
        "StreamOut": grpc.unary_stream_rpc_method_handler(stream_out),
        "Duplex": grpc.stream_stream_rpc_method_handler(duplex),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(0)


main()
