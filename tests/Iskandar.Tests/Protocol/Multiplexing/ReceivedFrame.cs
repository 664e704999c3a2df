using System.Buffers.Binary;
using System.Text;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>A frame that a peer written by hand has received, whole.</summary>
internal sealed record ReceivedFrame(FrameHeader Header, byte[] Payload)
{
    public FrameType Type => Header.Type;

    public uint Stream => Header.Stream;

    public bool IsEnd => (Header.Flags & FrameFlags.End) != 0;

    public bool IsUpgrade => (Header.Flags & FrameFlags.Upgrade) != 0;

    public string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>The bytes of a CREDIT.</summary>
    public uint Credit => CreditFrame.Read(Payload);

    /// <summary>The code of a RESET.</summary>
    public ErrorCode Code => ResetFrame.Read(Payload);

    /// <summary>What a GOAWAY says.</summary>
    public GoAwayFrame GoAway => GoAwayFrame.Read(Payload);

    /// <summary>The number in a PING or PONG.</summary>
    public ulong Opaque => BinaryPrimitives.ReadUInt64BigEndian(Payload);

    /// <summary>The head of a REQUEST.</summary>
    public RequestHead Request
    {
        get
        {
            var head = new RequestHead();
            Assert.Equal(FieldLinesResult.Ok, RequestFrame.Read(Payload, head, new FieldLineReader(FrameLimits.Head)));
            return head;
        }
    }

    /// <summary>The head of a RESPONSE.</summary>
    public ResponseHead Response
    {
        get
        {
            var head = new ResponseHead();
            Assert.Equal(FieldLinesResult.Ok, ResponseFrame.Read(Payload, head, new FieldLineReader(FrameLimits.Head)));
            return head;
        }
    }

    /// <summary>The lines of TRAILERS.</summary>
    public FieldSection Trailers
    {
        get
        {
            var section = new FieldSection();
            Assert.Equal(FieldLinesResult.Ok, new FieldLineReader(FrameLimits.Head).Read(Payload, section));
            return section;
        }
    }
}
