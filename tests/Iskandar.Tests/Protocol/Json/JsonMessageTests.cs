using System.Text;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Json;

/// <summary>What a reader takes although our writer wouldn't write it: messages of peers in any language.</summary>
public sealed class JsonMessageTests
{
    [Theory]
    [InlineData("""{"type":"response","id":"17","status":201,"headers":{"x":"y"},"body":"aGk=","done":true}""")]
    [InlineData("""{"done":true,"body":"aGk=","headers":{"x":"y"},"status":201,"id":"17","type":"response"}""")]
    [InlineData("""{"body":"aGk=","id":"17","done":true,"headers":{"X":"y"},"type":"response","status":201}""")]
    [InlineData(" \r\n\t{ \"id\" : \"17\" , \"type\":\"response\", \"status\" : 201 , \"done\":true,\n\"headers\" : { \"x\" : \"y\" } , \"body\" : \"aGk=\" } \n")]
    public void Members_AnyOrder_Taken(string text)
    {
        var message = Codec.Read(text);

        Assert.Equal((JsonMessageType.Response, "17", 201, true, true), (message.Type, message.Id, message.Status!.Value, message.Done, message.IsValid));
        Assert.Equal("hi"u8, message.Body!);
        Assert.Equal(["y"], message.Values("x"));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"body\"")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("[1,{\"id\":\"2\"},[[]]]")]
    [InlineData("{\"id\":\"2\",\"done\":true,\"headers\":{\"a\":\"b\"}}")]
    public void UnknownMember_AnyValue_Ignored(string value)
    {
        var message = Codec.Read($$"""{"unknown":{{value}},"id":"1","Done":{{value}},"status":200,"trailers":{{value}}}""");

        Assert.Equal(("1", 200, false, true), (message.Id, message.Status!.Value, message.Done, message.IsValid));
        Assert.Empty(message.Fields);
    }

    [Theory]
    [InlineData("""{"id":"1"}""")]
    [InlineData("""{"id":"1","type":null,"done":null,"body":null,"headers":null,"status":null,"method":null,"path":null,"error":null,"bytes":null}""")]
    [InlineData("""{"id":"1","body":"","headers":{},"error":"","done":false}""")]
    public void Members_AbsentOrNullOrEmpty_TheSame(string text)
    {
        var message = Codec.Read(text);

        Assert.Equal((JsonMessageType.Absent, "1", false, "", true), (message.Type, message.Id, message.Done, message.Error, message.IsValid));
        Assert.Equal((null, null, null, 0L), (message.Status, message.Method, message.Path, message.Bytes));
        Assert.Empty(message.Body!);
        Assert.Empty(message.Fields);
    }

    [Theory]
    [InlineData("request", JsonMessageType.Request)]
    [InlineData("response", JsonMessageType.Response)]
    [InlineData("cancel", JsonMessageType.Cancel)]
    [InlineData("credit", JsonMessageType.Credit)]
    [InlineData("r\\u0065quest", JsonMessageType.Request)]
    [InlineData("Request", JsonMessageType.Unknown)]
    [InlineData("upgrade", JsonMessageType.Unknown)]
    [InlineData("", JsonMessageType.Absent)]
    public void Type_Text_Recognised(string type, object expected) =>
        Assert.Equal(expected, Codec.Read($$"""{"type":"{{type}}","id":"1"}""").Type);

    [Fact]
    public void Body_EscapedSlashes_Decoded()
    {
        // json_encode of PHP and others write "/" as "\/".
        Assert.Equal(Convert.FromBase64String("//////+A"), Codec.Read("""{"id":"1","body":"\/\/\/\/\u002f\u002F+A"}""").Body);
        Assert.Equal("a"u8, Codec.Read("""{"id":"1","body":"YQ\u003d\u003d"}""").Body!);
    }

    [Fact]
    public void Body_LargeAndEscaped_Decoded()
    {
        var content = Enumerable.Repeat((byte)0xFF, 100_000).ToArray();
        var text = Convert.ToBase64String(content).Replace("/", "\\/", StringComparison.Ordinal);

        Assert.Equal(content, Codec.Read($$"""{"id":"1","body":"{{text}}"}""").Body);
    }

    [Theory]
    [InlineData("\"a\"", new[] { "a" })]
    [InlineData("[\"a\",\"b\"]", new[] { "a", "b" })]
    [InlineData("[]", new string[0])]
    [InlineData("[\"a\",null,2]", new[] { "a", "2" })]
    [InlineData("42", new[] { "42" })]
    [InlineData("-1.50e3", new[] { "-1.50e3" })]
    [InlineData("true", new[] { "true" })]
    [InlineData("false", new[] { "false" })]
    [InlineData("null", new string[0])]
    [InlineData("\"\"", new[] { "" })]
    [InlineData("\" \\t a b \\t\"", new[] { "a b" })]
    [InlineData("\"\\u00e9\"", new[] { "\u00e9" })]
    public void FieldValue_AnyKind_TakenAsLines(string value, string[] expected)
    {
        var message = Codec.Read($$"""{"id":"1","headers":{"x-test":{{value}},"after":"1"} }""");

        Assert.True(message.IsValid);
        Assert.Equal(expected, message.Values("X-Test"));
        Assert.Equal(["1"], message.Values("after"));
    }

    [Theory]
    [InlineData("é", "é")]
    [InlineData("é€", "Ã©â\u0082¬")]
    [InlineData("\\u20ac", "â\u0082¬")]
    [InlineData("\\ud83d\\ude00", "ð\u009f\u0098\u0080")]
    public void FieldValue_BeyondOneByte_AsAWholeInUtf8(string value, string expected) =>
        Assert.Equal([expected], Codec.Read($$"""{"id":"1","headers":{"x":"{{value}}"} }""").Values("x"));

    [Fact]
    public void SetCookies_SeveralBesideHeaders_ReplaceTheJoinedOne()
    {
        foreach (var text in (string[])[
            """{"id":"1","headers":{"set-cookie":"a=1, b=2","x":"y"},"setCookies":["a=1","b=2"]}""",
            """{"id":"1","setCookies":["a=1","b=2"],"headers":{"set-cookie":"a=1, b=2","x":"y"}}"""])
        {
            var message = Codec.Read(text);

            Assert.True(message.IsValid);
            Assert.Equal(["a=1", "b=2"], message.Values("Set-Cookie"));
            Assert.Equal(["y"], message.Values("x"));
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    public void SetCookies_EmptyOrNull_MeansTheSameAsAbsent(string value) =>
        Assert.Equal(["a=1"], Codec.Read($$"""{"id":"1","headers":{"set-cookie":"a=1"},"setCookies":{{value}}}""").Values("Set-Cookie"));

    [Fact]
    public void SetCookies_FromAPeerThatDoesntKnowThem_HeadersCount() =>
        Assert.Equal(["a=1", "b=2"], Codec.Read("""{"id":"1","headers":{"set-cookie":["a=1","b=2"]}}""").Values("Set-Cookie"));

    [Theory]
    [InlineData(1)]
    [InlineData(128)]
    public void Id_UpToTheLimit_Taken(int length) =>
        Assert.Equal(new string('x', length), Codec.Read($$"""{"id":"{{new string('x', length)}}"}""").Id);

    [Fact]
    public void Id_LimitOfCharactersOfTwoBytes_Taken()
    {
        // The limit of docs/protocol.md is one of characters.
        var id = new string('é', JsonMessage.LongestId);

        Assert.Equal(id, Codec.Read($$"""{"id":"{{id}}"}""").Id);
    }

    [Fact]
    public void Id_OverTheLimit_IsNone() =>
        Assert.Equal("", Codec.Read($$"""{"id":"{{new string('x', JsonMessage.LongestId + 1)}}"}""").Id);

    [Fact]
    public void Id_Escaped_Unescaped() => Assert.Equal("a\"b/é", Codec.Read("""{"id":"a\"b\/\u00e9"}""").Id);

    [Fact]
    public void Fields_FromTheMessageBefore_Cleared()
    {
        var (fields, cookies) = (new FieldSection(), new FieldSection());
        JsonMessage.Read("""{"id":"1","headers":{"a":"b"},"setCookies":["c=1","d=2"]}"""u8, isWhole: true, fields, cookies);

        JsonMessage.Read("""{"id":"2"}"""u8, isWhole: true, fields, cookies);

        Assert.Equal(0, fields.Count);
    }

    [Fact]
    public void Fields_AsManyAsAllowed_Taken()
    {
        var headers = string.Join(',', Enumerable.Range(0, 1000).Select(static i => $"\"x-{i}\":\"{i}\""));

        var message = Codec.Read(Encoding.UTF8.GetBytes($$"""{"id":"1","headers":{ {{headers}} } }"""));

        Assert.Equal((true, 1000), (message.IsValid, message.Fields.Length));
    }
}
