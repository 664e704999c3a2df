namespace Iskandar.Protocol.Messages;

/// <summary>
/// A header or trailer section (RFC 9110 section 5): field lines in order. Lines of one name must be added one after the other.
/// Reusable: <see cref="Clear"/> keeps the storage. Not safe for concurrent use.
/// </summary>
public sealed class FieldSection
{
    private const int FirstCapacity = 16;

    private Field[] _lines = [];

    /// <summary>The number of field lines.</summary>
    public int Count { get; private set; }

    /// <summary>The field lines, in order.</summary>
    public ReadOnlySpan<Field> Lines => _lines.AsSpan(0, Count);

    /// <summary>Appends a field line.</summary>
    /// <param name="name">A valid field name.</param>
    /// <param name="value">A valid field value.</param>
    public void Add(string name, string value)
    {
        if (Count == _lines.Length)
        {
            Array.Resize(ref _lines, Math.Max(Count * 2, FirstCapacity));
        }

        _lines[Count++] = new Field(name, value);
    }

    /// <summary>The value of the first line with this name, or null.</summary>
    /// <param name="name">The field name, in any case.</param>
    public string? Find(string name)
    {
        foreach (ref readonly var line in Lines)
        {
            if (line.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return line.Value;
            }
        }

        return null;
    }

    /// <summary>Removes every line with this name.</summary>
    /// <param name="name">The field name, in any case.</param>
    public void Remove(string name)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (!_lines[i].Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                _lines[kept++] = _lines[i];
            }
        }

        _lines.AsSpan(kept, Count - kept).Clear();
        Count = kept;
    }

    /// <summary>Removes every line.</summary>
    public void Clear()
    {
        _lines.AsSpan(0, Count).Clear();
        Count = 0;
    }
}
