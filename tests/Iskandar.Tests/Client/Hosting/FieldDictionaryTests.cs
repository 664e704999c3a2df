using CsCheck;
using Iskandar.Client.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Iskandar.Tests.Client.Hosting;

public sealed class FieldDictionaryTests
{
    private static readonly string[] Names =
    [
        "Content-Length", "content-length", "A", "a", "B", "Host", "host", "Cookie",
        .. Enumerable.Range(0, 50).Select(static i => $"X-{i}"), .. Enumerable.Range(0, 50).Select(static i => $"x-{i}"),
    ];

    private static readonly StringValues[] Values = ["", "1", "42", " 7 ", "-1", "x", new(["1", "2"]), StringValues.Empty];

    private enum Change
    {
        Set,
        Add,
        Remove,
        RemovePair,
        SetLength,
        Clear,
    }

    // Few of them clear: there should be room for many fields to come together.
    private static readonly Gen<Change> Changes = Gen.Frequency(
        (40, Gen.Const(Change.Set)), (40, Gen.Const(Change.Add)), (12, Gen.Const(Change.Remove)), (4, Gen.Const(Change.RemovePair)),
        (3, Gen.Const(Change.SetLength)), (1, Gen.Const(Change.Clear)));

    [Fact]
    public void Changes_AnyInAnyOrder_SameAsAspNetCoresOwn() => Gen.Select(Changes, Gen.Int[0, Names.Length - 1], Gen.Int[0, Values.Length - 1]).Array[0, 200].Sample(
        static changes =>
        {
            var (expected, actual) = (new HeaderDictionary(), new FieldDictionary(capacity: 2));
            foreach (var (change, name, value) in changes)
            {
                Assert.Equal(Apply(expected, change, Names[name], Values[value]), Apply(actual, change, Names[name], Values[value]));
            }

            AssertSame(expected, actual);
        },
        iter: 500);

    [Fact]
    public void Enumeration_RemovedFromMeanwhile_SeesWhatWasThere()
    {
        var fields = new FieldDictionary(capacity: 0) { ["A"] = "1", ["B"] = "2", ["C"] = "3" };

        var seen = "";
        foreach (var (name, _) in fields)
        {
            seen += name;
            Assert.True(fields.Remove(name));
            fields[name.ToLowerInvariant() + "2"] = "new";
        }

        Assert.Equal("ABC", seen);
        Assert.Equal(["a2", "b2", "c2"], fields.Keys);
    }

    [Fact]
    public void AddLine_SameNameAgain_JoinsTheOthersEvenWhenEmpty()
    {
        var fields = new FieldDictionary(capacity: 0);

        fields.AddLine("X-A", "1");
        fields.AddLine("X-B", "");
        fields.AddLine("x-a", "");

        Assert.Equal(["1", ""], fields["X-A"].ToArray());
        Assert.Equal([""], fields["X-B"].ToArray());
        Assert.Equal(["X-A", "X-B"], fields.Keys);
    }

    [Fact]
    public void Fields_Many_EachFoundAfterSomeWereRemoved()
    {
        var fields = new FieldDictionary(capacity: 0);
        for (var i = 0; i < 1_000; i++)
        {
            fields[$"X-{i}"] = $"{i}";
        }

        for (var i = 0; i < 1_000; i += 100)
        {
            Assert.True(fields.Remove($"x-{i}"));
        }

        fields["X-0"] = "again";

        Assert.Equal(991, fields.Count);
        Assert.Equal(["1", "999", "again", ""], [$"{fields["x-1"]}", $"{fields["X-999"]}", $"{fields["x-0"]}", $"{fields["X-100"]}"]);
    }

    private static string Apply(IHeaderDictionary headers, Change change, string name, StringValues value)
    {
        try
        {
            switch (change)
            {
                case Change.Set:
                    headers[name] = value;
                    return "set";
                case Change.Add:
                    headers.Add(new KeyValuePair<string, StringValues>(name, value));
                    return "added";
                case Change.Remove:
                    return $"{headers.Remove(name)}";
                case Change.RemovePair:
                    return $"{headers.Remove(new KeyValuePair<string, StringValues>(name, value))}";
                case Change.SetLength:
                    headers.ContentLength = value.Count == 0 ? null : value.ToString().Length;
                    return "length";
                default:
                    headers.Clear();
                    return "cleared";
            }
        }
        catch (ArgumentException)
        {
            return "threw";
        }
    }

    private static void AssertSame(HeaderDictionary expected, FieldDictionary actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.Equal(expected.ContentLength, actual.ContentLength);
        Assert.Equal(Lines(expected), Lines(actual));
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(expected.Values.Select(static value => value.ToString()).Order(StringComparer.Ordinal), actual.Values.Select(static value => value.ToString()).Order(StringComparer.Ordinal));
        var copied = new KeyValuePair<string, StringValues>[actual.Count + 1];
        actual.CopyTo(copied, 1);
        Assert.Equal(actual, copied.Skip(1));
        foreach (var name in Names)
        {
            Assert.Equal(expected[name], actual[name]);
            Assert.Equal(expected.ContainsKey(name), actual.ContainsKey(name));
            Assert.Equal(expected.TryGetValue(name, out var there), actual.TryGetValue(name, out var here));
            Assert.Equal(there, here);
            Assert.Equal(expected.Contains(new(name, "1")), actual.Contains(new(name, "1")));
        }
    }

    private static IEnumerable<string> Lines(IHeaderDictionary headers) => headers.Select(static field => $"{field.Key}: {field.Value.Count} {field.Value}").Order(StringComparer.Ordinal);
}
