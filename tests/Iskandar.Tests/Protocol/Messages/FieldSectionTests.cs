using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Messages;

public sealed class FieldSectionTests
{
    private readonly FieldSection _section = new();

    [Fact]
    public void Add_ManyLines_KeptInOrder()
    {
        for (var i = 0; i < 100; i++)
        {
            _section.Add($"x-{i}", $"{i}");
        }

        Assert.Equal(100, _section.Count);
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => new Field($"x-{i}", $"{i}")), _section.Lines.ToArray());
    }

    [Fact]
    public void Find_RepeatedName_FirstLineInAnyCase()
    {
        _section.Add("Accept", "a");
        _section.Add("accept", "b");

        Assert.Equal("a", _section.Find("ACCEPT"));
        Assert.Null(_section.Find("Accep"));
    }

    [Fact]
    public void Remove_RepeatedName_EveryLineAndNoOther()
    {
        _section.Add("a", "1");
        _section.Add("b", "2");
        _section.Add("A", "3");
        _section.Add("c", "4");

        _section.Remove("A");
        _section.Remove("not there");

        Assert.Equal([new Field("b", "2"), new Field("c", "4")], _section.Lines.ToArray());
    }

    [Fact]
    public void Clear_ThenAdd_StartsEmpty()
    {
        _section.Add("a", "1");
        _section.Clear();
        Assert.Equal((0, null), (_section.Count, _section.Find("a")));

        _section.Add("b", "2");

        Assert.Equal([new Field("b", "2")], _section.Lines.ToArray());
    }

    [Fact]
    public void Heads_Clear_EverythingForgotten()
    {
        var request = new RequestHead { Method = "GET", Target = "/" };
        request.Fields.Add("a", "1");
        var response = new ResponseHead { Status = 200 };
        response.Fields.Add("a", "1");

        request.Clear();
        response.Clear();

        Assert.Equal(("", "", 0), (request.Method, request.Target, request.Fields.Count));
        Assert.Equal((0, 0), (response.Status, response.Fields.Count));
    }
}
