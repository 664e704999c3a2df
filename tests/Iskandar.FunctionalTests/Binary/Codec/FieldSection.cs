namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>Field lines; each character of a value stands for one byte.</summary>
public sealed class FieldSection(IReadOnlyList<(string Name, string Value)> lines)
{
    public IReadOnlyList<(string Name, string Value)> Lines { get; } = lines;

    public IEnumerable<string> Names => Lines.Select(static line => line.Name.ToLowerInvariant()).Distinct();

    /// <summary>The only line of a field, or null.</summary>
    public string? this[string name] => All(name) is { Count: > 0 } values ? Assert.Single(values) : null;

    public IReadOnlyList<string> All(string name) =>
        [.. Lines.Where(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static line => line.Value)];

    public byte[] ToBytes() => WriteTo(new PayloadWriter()).ToBytes();

    public PayloadWriter WriteTo(PayloadWriter writer)
    {
        foreach (var (name, value) in Lines)
        {
            writer.Line(name, value);
        }

        return writer;
    }

    /// <summary>The lines that a peer sent, if it may send such.</summary>
    public static FieldSection Checked(IReadOnlyList<(string Name, string Value)> lines)
    {
        foreach (var (name, value) in lines)
        {
            if (name.Length == 0 || name.Any(static character => !IsToken(character)))
            {
                throw new ProtocolViolationException($"A field with the name '{name}'.");
            }

            if (value.Any(static character => character is < ' ' and not '\t' or '\x7f') || value != value.Trim(' ', '\t'))
            {
                throw new ProtocolViolationException($"The field {name} with the value '{value}'.");
            }
        }

        if (lines.Count > Numbers.MostFieldLines)
        {
            throw new ProtocolViolationException($"{lines.Count} field lines.");
        }

        var runs = lines.Where((line, index) => index == 0 || !line.Name.Equals(lines[index - 1].Name, StringComparison.OrdinalIgnoreCase)).ToList();
        var section = new FieldSection(lines);
        if (runs.Count != section.Names.Count())
        {
            throw new ProtocolViolationException("The lines of a field don't stand together.");
        }

        return section;
    }

    private static bool IsToken(char character) => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal);
}
