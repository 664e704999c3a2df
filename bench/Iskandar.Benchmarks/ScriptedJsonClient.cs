using System.Buffers;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Messages;

namespace Iskandar.Benchmarks;

/// <summary>Answers in the JSON encoding: one message.</summary>
internal sealed class ScriptedJsonClient : ScriptedClient
{
    private static ReadOnlySpan<byte> RequestStart => "{\"type\":\"request\",\"id\":\""u8;

    private static ReadOnlySpan<byte> ResponseStart => "{\"type\":\"response\",\"id\":\""u8;

    private readonly byte[][] _rests = [Create(0), Create(1)];
    private int _answered;

    protected override void Take(ReadOnlySpan<byte> message)
    {
        if (!message.StartsWith(RequestStart))
        {
            return;
        }

        var id = message[RequestStart.Length..];
        id = id[..id.IndexOf((byte)'"')];
        var rest = _rests[_answered++ & 1];
        var answer = Answer(ResponseStart.Length + id.Length + rest.Length, opcode: 1);
        ResponseStart.CopyTo(answer);
        id.CopyTo(answer[ResponseStart.Length..]);
        rest.CopyTo(answer[(ResponseStart.Length + id.Length)..]);
    }

    private static byte[] Create(int file)
    {
        var head = new ResponseHead();
        Heads.Fill(head, file);
        var output = new ArrayBufferWriter<byte>();
        JsonMessageWriter.WriteResponse(output, "", head, Heads.Content, done: true);
        return output.WrittenSpan[ResponseStart.Length..].ToArray();
    }
}
