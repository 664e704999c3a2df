using System.Buffers;
using System.Buffers.Binary;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Benchmarks;

/// <summary>Answers in iskandar.v1: head and content in one message.</summary>
internal sealed class ScriptedBinaryClient : ScriptedClient
{
    private const int StreamOffset = 5;

    private static readonly int DataSize = FrameHeader.Size + Heads.Content.Length;

    private readonly byte[][] _answers = [Create(0), Create(1)];
    private int _answered;

    protected override void Take(ReadOnlySpan<byte> message)
    {
        // The registration is JSON.
        while (!message.IsEmpty && message[0] != '{')
        {
            var header = FrameHeader.Read(message);
            switch (header.Type)
            {
                case FrameType.Request:
                    var template = _answers[_answered++ & 1];
                    var answer = Answer(template.Length, opcode: 2);
                    template.CopyTo(answer);
                    BinaryPrimitives.WriteUInt32BigEndian(answer[StreamOffset..], header.Stream);
                    BinaryPrimitives.WriteUInt32BigEndian(answer[^(DataSize - StreamOffset)..], header.Stream);
                    break;
                case FrameType.Ping:
                    var pong = Answer(FrameHeader.Size + header.Length, opcode: 2);
                    message[..pong.Length].CopyTo(pong);
                    (header with { Type = FrameType.Pong }).Write(pong);
                    break;
            }

            message = message[(FrameHeader.Size + header.Length)..];
        }
    }

    private static byte[] Create(int file)
    {
        var head = new ResponseHead();
        Heads.Fill(head, file);
        var output = new ArrayBufferWriter<byte>();
        ResponseFrame.Write(output, 0, head, end: false);
        DataFrame.Write(output, 0, Heads.Content, end: true);
        return output.WrittenSpan.ToArray();
    }
}
