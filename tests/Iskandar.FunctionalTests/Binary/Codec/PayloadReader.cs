using System.Text;

namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>Reads the payload of heads and trailers, and takes nothing that the document doesn't allow.</summary>
public ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public int Byte() => Take(1)[0];

    public int Status() => (Byte() << 8) | Byte();

    public string Text() => Encoding.Latin1.GetString(Take(Size()));

    public int Size()
    {
        var first = Byte();
        var more = (first >> 6) switch
        {
            0 => 0,
            1 => 1,
            2 => 3,
            _ => throw new ProtocolViolationException("A size of 8 bytes."),
        };
        var value = first & 0x3f;
        foreach (var next in Take(more))
        {
            value = (value << 8) | next;
        }

        return value;
    }

    /// <summary>All field lines up to the end.</summary>
    public FieldSection Fields()
    {
        var lines = new List<(string Name, string Value)>();
        while (!IsAtEnd)
        {
            var index = Byte();
            var name = index == 0 ? Text() : NameTable.NameOf(index);
            lines.Add((name, Text()));
        }

        return FieldSection.Checked(lines);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new ProtocolViolationException("A payload ends within a string or a number.");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
