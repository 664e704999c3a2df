using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Iskandar.Client.Hosting;

/// <summary>
/// Fields as ASP.NET Core wants them. A message has a dozen or two: a list holds them in less room than a hash table, and finds them sooner. When there are many, an
/// index helps. Whoever enumerates sees what was there in the beginning.
/// </summary>
/// <param name="capacity">How many there will be, at a guess.</param>
internal sealed class FieldDictionary(int capacity) : IHeaderDictionary
{
    private const int MostWithoutIndex = 32;

    private KeyValuePair<string, StringValues>[] _fields = new KeyValuePair<string, StringValues>[capacity];
    private Dictionary<string, int>? _index;

    public int Count { get; private set; }

    public bool IsReadOnly => false;

    public ICollection<string> Keys => Array.ConvertAll(Fields.ToArray(), static line => line.Key);

    public ICollection<StringValues> Values => Array.ConvertAll(Fields.ToArray(), static line => line.Value);

    public long? ContentLength
    {
        get => this[HeaderNames.ContentLength] is [{ } value] && HeaderUtilities.TryParseNonNegativeInt64(new StringSegment(value).Trim(), out var length) ? length : null;
        set => this[HeaderNames.ContentLength] = value is { } length ? HeaderUtilities.FormatNonNegativeInt64(length) : StringValues.Empty;
    }

    /// <summary>The fields, in order.</summary>
    public ReadOnlySpan<KeyValuePair<string, StringValues>> Fields => _fields.AsSpan(0, Count);

    public StringValues this[string key]
    {
        get => Find(key) is >= 0 and var at ? _fields[at].Value : StringValues.Empty;
        set
        {
            if (value.Count == 0)
            {
                Remove(key);
            }
            else if (Find(key) is >= 0 and var at)
            {
                _fields[at] = new(_fields[at].Key, value);
            }
            else
            {
                AddNew(key, value);
            }
        }
    }

    /// <summary>Adds a line, behind those of the same name. An empty value is a value.</summary>
    public void AddLine(string name, string value)
    {
        if (Find(name) is >= 0 and var at)
        {
            _fields[at] = new(_fields[at].Key, StringValues.Concat(_fields[at].Value, value));
        }
        else
        {
            AddNew(name, value);
        }
    }

    public void Add(string key, StringValues value)
    {
        if (Find(key) >= 0)
        {
            throw new ArgumentException($"There is a field {key} already.", nameof(key));
        }

        AddNew(key, value);
    }

    public void Add(KeyValuePair<string, StringValues> item) => Add(item.Key, item.Value);

    public bool ContainsKey(string key) => Find(key) >= 0;

    public bool Contains(KeyValuePair<string, StringValues> item) => Find(item.Key) is >= 0 and var at && StringValues.Equals(_fields[at].Value, item.Value);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out StringValues value)
    {
        var at = Find(key);
        value = at >= 0 ? _fields[at].Value : default;
        return at >= 0;
    }

    public bool Remove(string key)
    {
        if (Find(key) is not (>= 0 and var at))
        {
            return false;
        }

        // A new array: the old one may be being enumerated.
        var kept = new KeyValuePair<string, StringValues>[_fields.Length];
        Fields[..at].CopyTo(kept);
        Fields[(at + 1)..].CopyTo(kept.AsSpan(at));
        (_fields, _index) = (kept, null);
        Count--;
        return true;
    }

    public bool Remove(KeyValuePair<string, StringValues> item) => Contains(item) && Remove(item.Key);

    public void Clear() => (_fields, _index, Count) = ([], null, 0);

    public void CopyTo(KeyValuePair<string, StringValues>[] array, int arrayIndex) => Fields.CopyTo(array.AsSpan(arrayIndex));

    public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator()
    {
        var (fields, count) = (_fields, Count);
        for (var i = 0; i < count; i++)
        {
            yield return fields[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Count > MostWithoutIndex)
        {
            return FindByIndex(name);
        }

        var fields = Fields;
        for (var i = 0; i < fields.Length; i++)
        {
            // Most names differ in length.
            if (fields[i].Key.Length == name.Length && fields[i].Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    private int FindByIndex(string name)
    {
        if (_index is null)
        {
            _index = new Dictionary<string, int>(Count, StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < Count; i++)
            {
                _index.Add(_fields[i].Key, i);
            }
        }

        return _index.TryGetValue(name, out var at) ? at : -1;
    }

    private void AddNew(string name, StringValues value)
    {
        if (Count == _fields.Length)
        {
            Array.Resize(ref _fields, Math.Max(4, Count * 2));
        }

        _index?.Add(name, Count);
        _fields[Count++] = new(name, value);
    }
}
